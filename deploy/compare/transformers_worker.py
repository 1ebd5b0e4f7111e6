"""Writes texts with Transformers: one JSON object in a line asks for one, and one answers.

usage: transformers_worker.py TARGET.gguf DRAFT.gguf float32|bfloat16|float16 THREADS
"""

import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import torch
from transformers import AutoModelForCausalLM


class Clock:
    """Notes when tokens come. The first to come are those of the prompt."""

    def __init__(self):
        self.counts = []
        self.times = []

    def put(self, tokens):
        self.counts.append(tokens.numel())
        self.times.append(time.perf_counter())

    def end(self):
        pass


def load(path, number_type):
    folder, name = os.path.split(os.path.abspath(path))
    return AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=number_type).eval()


def generate(target, draft, request):
    prompt = torch.tensor([request["tokens"]])
    clock = Clock()
    assisted = {"assistant_model": draft} if request["assisted"] else {}
    with torch.inference_mode():
        text = target.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=request["max_tokens"], do_sample=False,
            pad_token_id=0, streamer=clock, **assisted)
    # The first tokens, which come behind the prompt, may be several at once: the clock starts with them.
    return {
        "tokens": text[0, prompt.shape[1]:].tolist(), "seconds": clock.times[-1] - clock.times[1],
        "count": sum(clock.counts[2:]),
    }


def main():
    target_path, draft_path, number_type, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_num_interop_threads(1)
    target, draft = (load(path, getattr(torch, number_type)) for path in (target_path, draft_path))
    # Dynamic speculation as Transformers sets it itself: up to 20 tokens, while the draft is sure of them.
    draft.generation_config.num_assistant_tokens = 20
    draft.generation_config.assistant_confidence_threshold = 0.4
    draft.generation_config.num_assistant_tokens_schedule = "constant"
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(generate(target, draft, json.loads(line))), flush=True)


main()

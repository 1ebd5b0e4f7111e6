#!/usr/bin/env python3
"""Measures GGUF models on held-out text: bits per byte, by domain.

Usage: measure.py HELD-OUT.json MODEL.gguf...

Any model of the Llama architecture with tied embeddings and GPT-2's byte-level BPE can stand next to the reference
models, whatever its vocabulary: bits are counted for the bytes of the text, not for tokens. A text is read in windows;
a token is counted when at least a quarter of the window stands before it, so a figure is of 64 to 256, or of 128 to
512 tokens of context.
"""
import json
import math
import sys

import gguf
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, decoders, models as tokenizer_models, pre_tokenizers

import model as models
from export import halved, tensor_name

WINDOWS = (256, 512)
TEXTS, LONGEST = 40, 6_000  # of a domain; characters


def read(path):
    """A model of model.py, and its tokenizer, of a GGUF file."""
    reader = gguf.GGUFReader(path)

    def field(name):
        return reader.fields[name].contents()

    shape = models.Shape(
        width=field("llama.embedding_length"),
        layers=field("llama.block_count"),
        heads=field("llama.attention.head_count"),
        kv_heads=field("llama.attention.head_count_kv"),
        feed_forward=field("llama.feed_forward_length"),
        vocabulary=len(field("tokenizer.ggml.tokens")),
        context=field("llama.context_length"),
        rope_theta=field("llama.rope.freq_base"),
        epsilon=field("llama.attention.layer_norm_rms_epsilon"),
    )
    stored = {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
    net = models.Llama(shape)
    if set(stored) != {tensor_name(name) for name in net.state_dict()} or field("tokenizer.ggml.pre") != "gpt-2":
        sys.exit(f"{path}: not of the kind of the reference models (tied embeddings, no biases, GPT-2's pre-tokenizer)")
    weights = {}
    for name in net.state_dict():
        value = stored[tensor_name(name)]
        if name.endswith("query.weight"):
            value = halved(value, shape.heads)
        elif name.endswith("key.weight"):
            value = halved(value, shape.kv_heads)
        weights[name] = torch.tensor(value)
    net.load_state_dict(weights)

    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges")]
    vocabulary = {token: index for index, token in enumerate(field("tokenizer.ggml.tokens"))}
    tokenizer = Tokenizer(tokenizer_models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return net.to(models.DEVICE), tokenizer


@torch.no_grad()
def bits_per_byte(net, tokenizer, texts, window):
    nats, size, context = 0.0, 0, window // 4
    # A byte of a byte-level vocabulary is a character of the token's name.
    names = [tokenizer.id_to_token(index) for index in range(net.shape.vocabulary)]
    sizes = torch.tensor([len(name) for name in names], device=models.DEVICE)
    rows = []
    for text in texts:
        ids = tokenizer.encode(text[:LONGEST]).ids
        rows += [ids[start : start + window - 1] for start in range(0, len(ids) - window + 2, window - 1 - context)]
    for start in range(0, len(rows), 16):
        tokens = torch.tensor([[0] + row for row in rows[start : start + 16]], device=models.DEVICE)
        logits = net(tokens[:, :-1])
        wanted = tokens[:, 1:][:, context:]
        nats += F.cross_entropy(logits[:, context:].flatten(0, 1), wanted.flatten(), reduction="sum").item()
        size += sizes[wanted].sum().item()
    return nats / math.log(2) / size


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        held = json.load(file)
    for path in sys.argv[2:]:
        net, tokenizer = read(path)
        print(f"{path}: {net.count() / 1e6:.1f} million parameters; bits per byte of held-out text", flush=True)
        for window in WINDOWS:
            figures = {domain: bits_per_byte(net, tokenizer, held[domain][:TEXTS], window) for domain in sorted(held)}
            mean = sum(figures.values()) / len(figures)
            print(
                f"  context to {window}: "
                + ", ".join(f"{domain} {figure:.3f}" for domain, figure in figures.items())
                + f"; mean {mean:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

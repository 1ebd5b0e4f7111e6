"""Measures foretoken, llama.cpp and Transformers in one run, on the same cores, models and prompts."""

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import sys
import time

from systems import Failed, Foretoken, LlamaServer, Transformers


def parse():
    parser = argparse.ArgumentParser(
        prog="deploy/compare/run", description=__doc__,
        epilog="example: deploy/compare/run --model wide.gguf --draft draft.gguf --prompts prompts.jsonl")
    add = parser.add_argument
    add("--model", required=True, metavar="FILE", help="GGUF file of the target")
    add("--draft", required=True, metavar="FILE", help="GGUF file of the draft")
    add("--prompts", required=True, nargs="+", metavar="FILE", help="lines of {\"prompt\": TEXT}")
    add("--limit", type=int, default=10, metavar="N", help="prompts of each file (default: 10)")
    add("--max-tokens", type=int, default=128, metavar="N", help="new tokens of a text (default: 128)")
    add("--repetitions", type=int, default=1, metavar="N", help="texts of each prompt (default: 1)")
    add("--output", metavar="FILE", help="JSON to write: {arm: [{prompt, tokens, seconds}]}")
    add("--context", type=int, default=2048, metavar="N", help="tokens of a slot (default: 2048)")
    add("--cores", metavar="N,N", help="run on these cores only (default: all)")
    add("--systems", nargs="+", default=["foretoken", "llama.cpp", "transformers"], metavar="NAME",
        choices=["foretoken", "llama.cpp", "transformers"], help="of foretoken, llama.cpp, transformers (default: all)")
    add("--rules", nargs="+", default=["fixed:4", "confidence:0.4,20", "marginal"], metavar="RULE",
        help="of foretoken, besides off (default: fixed:4 confidence:0.4,20 marginal)")
    add("--temperature", type=float, default=0, metavar="T",
        help="0: the most probable token; above 0 each system samples a text of its own (default: 0)")
    add("--draft-lengths", nargs="+", type=int, default=[1, 2, 3, 4, 6, 8, 16], metavar="N",
        help="of llama.cpp, besides plain (default: 1 2 3 4 6 8 16)")
    add("--llama-draft-threads", type=int, default=1, metavar="N",
        help="of its draft, which takes turns with its target (default: 1)")
    add("--torch-types", nargs="+", default=["float32", "bfloat16"], metavar="TYPE",
        help="of Transformers' numbers (default: float32 bfloat16)")
    add("--foretoken", default="foretoken", help=argparse.SUPPRESS)
    add("--llama-server", default="llama-server", help=argparse.SUPPRESS)
    add("--python", default=sys.executable, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for path in [options.model, options.draft, *options.prompts]:
        if not os.path.isfile(path):
            parser.error(f"there is no file {path}")
    if options.cores:
        known = {str(core) for core in os.sched_getaffinity(0)}
        cores = set(options.cores.split(","))
        if not cores <= known:
            parser.error(f"--cores {options.cores}: choose from {','.join(sorted(known, key=int))}")
        os.sched_setaffinity(0, {int(core) for core in cores})
    if options.output and not os.path.isdir(os.path.dirname(os.path.abspath(options.output))):
        parser.error(f"there is no folder for {options.output}")
    if options.temperature > 0 and "transformers" in options.systems:
        parser.error("--temperature: Transformers is compared greedily alone; name the others with --systems")
    options.threads = len(os.sched_getaffinity(0))
    return options


def read_prompts(options):
    prompts = []
    for path in options.prompts:
        try:
            with open(path) as lines:
                texts = [json.loads(line)["prompt"] for line in lines if line.strip()]
        except (ValueError, KeyError, TypeError):
            raise Failed(f"{path} is not a file of prompts, a line of which is {{\"prompt\": TEXT}}")
        prompts += texts[:options.limit]
    if not prompts:
        raise Failed("there are no prompts")
    return prompts


def start(options, running):
    """Starts all processes, and returns the arms: how each writes a text, by name."""
    def launch(system):
        running.callback(system.stop)
        return system

    arms = {}
    # Plain llama.cpp tokenizes for all.
    plain = launch(LlamaServer(options, 0))
    servers = [plain]
    if "foretoken" in options.systems:
        foretoken = launch(Foretoken(options))
        servers.append(foretoken)
        for rule in ["off", *options.rules]:
            arms[f"foretoken {rule}"] = lambda prompt, rule=rule: foretoken.generate(prompt, rule)
    if "llama.cpp" in options.systems:
        arms[plain.name] = plain.generate
        for length in options.draft_lengths:
            server = launch(LlamaServer(options, length))
            servers.append(server)
            arms[server.name] = server.generate
    if "transformers" in options.systems:
        for number_type in options.torch_types:
            worker = launch(Transformers(options, number_type))
            servers.append(worker)
            arms[f"transformers {number_type} plain"] = lambda prompt, worker=worker: worker.generate(prompt, False)
            arms[f"transformers {number_type} dynamic"] = lambda prompt, worker=worker: worker.generate(prompt, True)
    for server in servers:
        server.ready()
    return arms, plain.tokenize


class Progress:
    def __init__(self, total):
        self.total, self.done, self.begun, self.shown = total, 0, time.monotonic(), time.monotonic()

    def advance(self):
        self.done += 1
        now, terminal = time.monotonic(), sys.stderr.isatty()
        if now - self.shown >= (0.1 if terminal else 15) or terminal and self.done == self.total:
            self.shown = now
            left = (now - self.begun) / self.done * (self.total - self.done)
            line = f"{self.done}/{self.total} texts, {left:.0f} s left"
            print(f"\r{line}\033[K" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def end(self):
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def measure(options, arms, prompts):
    """Lets all arms write each prompt, one at a time, each time beginning with another one."""
    results = {name: [] for name in arms}
    names = list(arms)
    progress = Progress(len(arms) * (1 + len(prompts) * options.repetitions))
    for name in names:
        # A first text warms up, and lets a draft meet its target.
        arms[name](prompts[0])
        progress.advance()
    for turn in range(options.repetitions):
        for index, prompt in enumerate(prompts):
            first = (turn * len(prompts) + index) % len(names)
            for name in names[first:] + names[:first]:
                tokens, seconds, count = arms[name](prompt)
                results[name].append({"prompt": index, "tokens": count, "seconds": seconds, "text": tokens})
                progress.advance()
    progress.end()
    return results


def rate(texts):
    return sum(text["tokens"] for text in texts) / max(1e-9, sum(text["seconds"] for text in texts))


def interval(texts, others):
    """Bootstrap over prompts of the ratio of two arms' rates: each arm has written the same prompts in the same order."""
    pairs = {}
    for text, other in zip(texts, others):
        pairs.setdefault(text["prompt"], []).append((text, other))
    prompts, random_numbers = list(pairs.values()), random.Random(1)
    ratios = []
    for _ in range(2000):
        drawn = [pair for prompt in random_numbers.choices(prompts, k=len(prompts)) for pair in prompt]
        ratios.append(rate([text for text, _ in drawn]) / rate([other for _, other in drawn]))
    ratios.sort()
    return ratios[50], ratios[-51]


def table(results):
    """One line an arm. Its texts are compared with those of the first arm."""
    reference = {text["prompt"]: text["text"] for text in next(iter(results.values()))}
    baseline = "llama.cpp plain" if "llama.cpp plain" in results else next(iter(results))
    base = rate(results[baseline])
    width = max(len(name) for name in results)
    lines = [f"{'arm':{width}} {'texts':>6} {'tokens/s':>9} {'median':>9} {'speed-up':>9} {'same text':>10}"]
    for name, texts in results.items():
        rates = [text["tokens"] / text["seconds"] for text in texts if text["seconds"] > 0]
        same = sum(text["text"] == reference[text["prompt"]] for text in texts)
        lines.append(
            f"{name:{width}} {len(texts):6} {rate(texts):9.1f} {statistics.median(rates or [0]):9.1f}"
            f" {rate(texts) / base:9.2f} {f'{same}/{len(texts)}':>10}")
    lengths = [name for name in results if name.startswith("llama.cpp fixed:")]
    if lengths:
        best = max(lengths, key=lambda name: rate(results[name]))
        lines.append(f"the best static length of llama.cpp: {best}")
        for name in results:
            if name.startswith("foretoken "):
                low, high = interval(results[name], results[best])
                ratio = rate(results[name]) / rate(results[best])
                lines.append(f"{name} over it: {ratio:.3f}, 95 % interval {low:.3f}-{high:.3f}")
    lines.append(f"tokens/s: all tokens by all time; median: over texts; speed-up: tokens/s over {baseline}")
    return "\n".join(lines)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        texts = read_prompts(options)
        with contextlib.ExitStack() as running:
            arms, tokenize = start(options, running)
            prompts = [{"text": text, "tokens": tokenize(text)} for text in texts]
            results = measure(options, arms, prompts)
    except Failed as failure:
        sys.exit(f"compare: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    print(f"{options.threads} cores, {options.model}, {options.draft}, "
          f"{f'temperature {options.temperature}' if options.temperature else 'greedy'}, {options.max_tokens} tokens")
    print(table(results))
    if options.output:
        kept = {
            name: [{key: text[key] for key in ("prompt", "tokens", "seconds")} for text in texts]
            for name, texts in results.items()
        }
        with open(options.output, "w") as file:
            json.dump(kept, file, indent=1)


main()

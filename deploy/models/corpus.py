#!/usr/bin/env python3
"""Cleans the gathered texts, sets some aside, trains the tokenizer and writes the rest as token ids.

Usage: corpus.py FOLDER

Reads FOLDER/sources (see gather). Writes there:
  held-out.json    {domain: [text, ...]}, texts no model sees: 3 of 100 by a hash of their names, and every text that
                   holds a prompt of deploy/bench/prompts (but for prompts that 20 texts hold: a licence's words)
  tokenizer.json   byte-level BPE, 8,192 tokens; 0 is <|endoftext|>
  train.bin        uint16 token ids; each text behind a 0
"""
import gzip
import hashlib
import json
import pathlib
import random
import sys

import numpy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 8192
HELD_OUT_PERCENT = 3
SHORTEST, LONGEST = 400, 120_000  # characters; longer files are mostly tables
MOST = 24_000_000  # characters of a domain, so that none rules
ENDINGS = {".swift": "swift", ".py": "python", ".md": "prose", ".rst": "prose", ".txt": "prose"}
PASSED_OVER = (
    # Written by programs, of no language, or not in English.
    "Generated", "generated", ".pb.swift", ".grpc.swift", "Tables", "/Unicode", "BenchmarkData", "/encodings/",
    "pydoc_data", "/translations/", "/html/_static/", "/fixtures/", "/autogen", "LICENSE", "changelog", "robots.txt",
)  # fmt: skip


def documents(sources):
    """Yields (domain, name, text) of every file worth reading."""
    for path in sorted(sources.rglob("*")):
        name = str(path.relative_to(sources))
        kind = ENDINGS.get(path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix)
        if kind is None or not path.is_file() or any(part in name for part in PASSED_OVER):
            continue
        if kind == "prose" and name.startswith("debian/") and "python3.11-doc" in name and "_sources" not in name:
            continue
        data = path.read_bytes()
        try:
            text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        except (UnicodeDecodeError, gzip.BadGzipFile):
            continue
        text = text.replace("\r\n", "\n")
        if SHORTEST <= len(text) <= LONGEST:
            yield kind, name, text


def main(folder):
    prompts = [
        json.loads(line)["prompt"].strip()
        for file in sorted((pathlib.Path(__file__).resolve().parents[1] / "bench/prompts").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    read = list(documents(folder / "sources"))
    prompts = [prompt for prompt in prompts if sum(prompt in text for _, _, text in read) < 20]
    train, held, seen = {}, {}, set()
    for domain, name, text in read:
        # Copies differ in a name in the header at most.
        middle = hashlib.sha256(text[len(text) // 3 : len(text) // 3 + 2000].encode()).digest()
        if middle in seen:
            continue
        seen.add(middle)
        drawn = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100 < HELD_OUT_PERCENT
        aside = drawn or any(prompt in text for prompt in prompts)
        (held if aside else train).setdefault(domain, []).append(text)

    if not train:
        sys.exit(f"{folder}/sources holds no texts: run gather first")

    draw = random.Random(7)
    texts = []
    for domain, found in sorted(train.items()):
        draw.shuffle(found)
        random.Random(domain).shuffle(held[domain])
        size = count = 0
        while count < len(found) and size < MOST:
            size += len(found[count])
            count += 1
        texts += found[:count]
        print(
            f"{domain:7} {count:5} of {len(found):5} texts, {size / 1e6:5.1f} million characters; "
            f"{len(held[domain])} texts of {sum(map(len, held[domain])) / 1e6:.1f} million held out"
        )
    draw.shuffle(texts)
    (folder / "held-out.json").write_text(json.dumps(held))

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts[::2], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))

    ids = [numpy.array([0] + encoded.ids, dtype=numpy.uint16) for encoded in tokenizer.encode_batch(texts)]
    ids = numpy.concatenate(ids)
    ids.tofile(folder / "train.bin")
    print(f"{len(ids) / 1e6:.1f} million tokens of {sum(map(len, texts)) / len(ids):.2f} characters")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))

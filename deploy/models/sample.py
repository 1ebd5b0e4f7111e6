#!/usr/bin/env python3
"""Lets a model continue beginnings of its training text, and writes what it wrote as token ids: text of its own.

A draft is asked to guess what the target writes, not what people wrote; so it learns from that too (Kim and Rush 2016,
arXiv 1606.07947; Zhou et al. 2023, "DistillSpec", arXiv 2310.08461, compares with texts of the draft). Half of them are
sampled at temperature 1, a quarter at 0.8, and a quarter is greedy, which is where loops are learnt.
"""
import argparse
import pathlib
import time

import numpy
import torch

import model as models
from train import Windows

TEMPERATURES = (1.0, 1.0, 0.8, 0.0)
BEGINNING = 64  # tokens


@torch.no_grad()
def continued(net, beginnings, length):
    """Token ids (batch, length) of texts that begin with (batch, BEGINNING) given ones."""
    batch = beginnings.shape[0]
    temperatures = torch.tensor(TEMPERATURES).repeat_interleave(batch // len(TEMPERATURES))[:, None].to(models.DEVICE)
    memories = [models.Memory(net.shape, batch, length, torch.bfloat16) for _ in net.layers]
    tokens, fed = beginnings, beginnings
    while tokens.shape[1] < length:
        logits = net(fed, memories)[:, -1].float()
        # The choice of the largest score with Gumbel noise is a sample of the softmax.
        noise = -torch.empty_like(logits).exponential_().log()
        fed = (logits + temperatures * noise).argmax(-1, keepdim=True)
        tokens = torch.cat((tokens, fed), 1)
    return tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--tokens", type=float, required=True, help="millions of tokens to write")
    parser.add_argument("--data", required=True, metavar="FILE", help="token ids to take beginnings from")
    parser.add_argument("--length", type=int, default=512, help="tokens of a text")
    parser.add_argument("--batch", type=int, default=256, help="texts at once")
    arguments = parser.parse_args()
    if arguments.batch % len(TEMPERATURES):
        parser.error(f"--batch: {len(TEMPERATURES)} temperatures share it")

    torch.manual_seed(5)
    net = models.load(arguments.model)
    windows = Windows([arguments.data], [1], BEGINNING, seed=5)
    rounds = max(1, round(arguments.tokens * 1e6 / arguments.batch / arguments.length))
    started = time.monotonic()
    texts = []
    for index in range(rounds):
        with models.half_precision():
            tokens = continued(net, windows.batch(arguments.batch)[:, :-1], arguments.length)
        texts.append(tokens.cpu().numpy().astype(numpy.uint16))
        passed = time.monotonic() - started
        print(
            f"{arguments.output.stem}: {(index + 1) * tokens.numel() / 1e6:.2f} million tokens, "
            f"{(index + 1) * tokens.numel() / passed:.0f} tokens/s, "
            f"{passed / (index + 1) * (rounds - index - 1) / 60:.0f} minutes left",
            flush=True,
        )
    numpy.concatenate(texts).tofile(arguments.output)


if __name__ == "__main__":
    main()

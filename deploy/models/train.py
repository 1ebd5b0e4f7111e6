#!/usr/bin/env python3
"""Trains a model of model.py from random weights, plainly or from a teacher.

Matrices are trained with Muon (Jordan et al. 2024, as torch.optim.Muon has it), embeddings and norms with AdamW. The
learning rate rises for 60 steps, stays until half of the tokens are read, and falls in a line to a hundredth. With
--grow, half of the layers are trained first, on half as long windows, at nearly twice the speed; then the stack is put
on itself (Du et al. 2024, "Stacking Your Transformers", arXiv 2405.15319), the copies with zeros where they write, so
that the function stays what it was (Wu et al. 2024, "LLaMA Pro", arXiv 2401.02415), and the texts begin anew.
"""
import argparse
import dataclasses
import pathlib
import sys
import time

import numpy
import torch
import torch.nn.functional as F

import model as models

WARM_UP = 60  # steps
FLAT = 0.5  # of all tokens


class Windows:
    """Windows of length + 1 tokens of files of token ids, each once before any again, in a drawn order.

    Each begins with token 0, which begins every text that is served. Files have shares of the windows.
    """

    def __init__(self, files, shares, length, seed):
        self.length, self.draw = length, numpy.random.default_rng(seed)
        self.files = [numpy.memmap(file, dtype=numpy.uint16, mode="r") for file in files]
        for file, ids in zip(files, self.files):
            if len(ids) <= length:
                sys.exit(f"{file}: {len(ids)} tokens are less than a window of {length + 1}")
        self.shares = numpy.array(shares) / sum(shares)
        self.starts = [[] for _ in files]

    def one(self):
        index = self.draw.choice(len(self.files), p=self.shares)
        ids, starts = self.files[index], self.starts[index]
        if not starts:
            starts.extend(self.draw.permutation(numpy.arange(0, len(ids) - self.length, self.length)))
        start = starts.pop()
        window = ids[start : start + self.length + 1].astype(numpy.int64)
        window[0] = 0
        return window

    def batch(self, size):
        return torch.from_numpy(numpy.stack([self.one() for _ in range(size)])).to(models.DEVICE)


def optimizers(net, rate):
    matrices = [weight for name, weight in net.named_parameters() if weight.dim() == 2 and "embedding" not in name]
    others = [weight for name, weight in net.named_parameters() if weight.dim() < 2 or "embedding" in name]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(others, lr=rate / 5, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def grown(net):
    """A net of twice the layers and the same function."""
    deep = models.Llama(dataclasses.replace(net.shape, layers=2 * net.shape.layers)).to(models.DEVICE)
    weights = net.state_dict()
    for index in range(net.shape.layers):
        for name in [name for name in weights if name.startswith(f"layers.{index}.")]:
            copied = weights[name].clone()
            if name.endswith(("output.weight", "down.weight")):
                copied.zero_()
            weights[name.replace(f"layers.{index}.", f"layers.{index + net.shape.layers}.")] = copied
    deep.load_state_dict(weights)
    return deep


def plain_loss(net):
    def loss(tokens):
        return F.cross_entropy(net(tokens[:, :-1]).float().flatten(0, 1), tokens[:, 1:].flatten())

    return loss


def teacher_loss(net, teacher):
    """The divergence of the student from the teacher at every position (Hinton et al. 2015, arXiv 1503.02531)."""

    def loss(tokens):
        with torch.no_grad():
            wanted = teacher(tokens[:, :-1]).float().log_softmax(-1).flatten(0, 1)
        written = net(tokens[:, :-1]).float().log_softmax(-1).flatten(0, 1)
        return F.kl_div(written, wanted, log_target=True, reduction="batchmean")

    return loss


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("shape", choices=models.SHAPES)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--tokens", type=float, required=True, help="millions of tokens to train on")
    parser.add_argument("--data", action="append", required=True, metavar="FILE[:SHARE]", help="token ids (uint16)")
    parser.add_argument("--grow", type=float, default=0, help="share of the tokens that half of the layers learn from")
    parser.add_argument("--teacher", type=pathlib.Path, help="a trained model, whose distributions are learnt")
    parser.add_argument("--alone", type=float, default=0, help="share of the tokens before the teacher, who is slow")
    parser.add_argument("--length", type=int, default=512, help="tokens in a window")
    parser.add_argument("--batch", type=int, default=16, help="windows in a step")
    parser.add_argument("--rate", type=float, default=0.02, help="learning rate of Muon; AdamW's is a fifth")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    if arguments.grow and models.SHAPES[arguments.shape].layers % 2:
        parser.error(f"--grow: {arguments.shape} has an odd number of layers")
    if not 0 <= arguments.grow < 1 or not 0 <= arguments.alone < 1:
        parser.error("--grow and --alone are shares of the tokens, below 1")
    if arguments.grow and arguments.teacher:
        parser.error("--grow: only without a teacher")

    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)
    pairs = [(file.rsplit(":", 1) + ["1"])[:2] for file in arguments.data]
    shape, length, batch = models.SHAPES[arguments.shape], arguments.length, arguments.batch
    if arguments.grow:
        shape, length, batch = dataclasses.replace(shape, layers=shape.layers // 2), length // 2, batch * 2
    net = models.Llama(shape).to(models.DEVICE)
    teacher = models.load(arguments.teacher).requires_grad_(False) if arguments.teacher else None

    def begin(net):
        windows = Windows([file for file, _ in pairs], [float(share) for _, share in pairs], length, seed=length)
        return windows, torch.compile(plain_loss(net), dynamic=False), optimizers(net, arguments.rate)

    windows, loss, steppers = begin(net)
    steps = max(2, round(arguments.tokens * 1e6 / arguments.batch / arguments.length))
    started, mean, taught = time.monotonic(), None, False
    for step in range(steps):
        done = step / steps
        if arguments.grow and done >= arguments.grow and net.shape.layers < models.SHAPES[arguments.shape].layers:
            net, length, batch = grown(net), length * 2, batch // 2
            windows, loss, steppers = begin(net)
            print(f"{net.shape.layers} layers from here", flush=True)
        if teacher and done >= arguments.alone and not taught:
            loss, taught, mean = torch.compile(teacher_loss(net, teacher), dynamic=False), True, None
            print("learning from the teacher from here: loss is the divergence from it", flush=True)
        factor = min(1, (step + 1) / WARM_UP, max(0.01, (1 - done) / (1 - FLAT)))
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = group.setdefault("rate", group["lr"]) * factor
        with models.half_precision():
            value = loss(windows.batch(batch))
        value.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        mean = value.item() if mean is None else 0.98 * mean + 0.02 * value.item()
        if (step + 1) % 25 == 0 or step + 1 == steps:
            passed = time.monotonic() - started
            left = passed / (step + 1) * (steps - step - 1) / 60
            print(
                f"{arguments.output.stem}: step {step + 1} of {steps}, loss {mean:.3f} nats a token, "
                f"{(step + 1) * arguments.batch * arguments.length / passed:.0f} tokens/s, {left:.0f} minutes left",
                flush=True,
            )
    models.save(net, arguments.output)
    print(f"{arguments.output}: {net.count() / 1e6:.1f} million parameters")


if __name__ == "__main__":
    main()

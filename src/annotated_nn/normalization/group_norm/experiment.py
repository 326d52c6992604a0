r"""
# CIFAR-10 with group normalization

Trains a VGG-style network with [group normalization](__init__.py) to tell ten kinds of photographs apart. Data,
network and training are those of [the experiments](../../experiments/cifar10.py). In a clone of the repository:

```sh
.venv/bin/pip install -e '.[torch]'
export PYTHONPATH=src
.venv/bin/python -m annotated_nn.normalization.group_norm.experiment --data cifar-10-python.tar.gz
```

The last line that it prints is the result of your run. `--norm batch` trains the same network with
batch normalization, to compare. Expect no gain at the usual batch sizes: in the reproduction on CIFAR-10 by the
paper's first author, group normalization was about 1.3 points worse. What it is good for are [small
batches](../../experiments/batch_size.py).

An interrupted run goes on where it was if it had a `--checkpoint` and is started with the same command.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from annotated_nn.experiments.cifar10 import (
    MD5,
    URL,
    VGG,
    CheckpointError,
    DataError,
    NormFactory,
    Settings,
    load_cifar10,
    train,
)
from annotated_nn.normalization.batch_norm import BatchNorm
from annotated_nn.normalization.group_norm import GroupNorm


def arguments() -> argparse.ArgumentParser:
    """## The command line"""
    parser = argparse.ArgumentParser(
        prog="python -m annotated_nn.normalization.group_norm.experiment",
        description="Train a VGG-style network with group normalization on CIFAR-10.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, default=Path("data/cifar-10-python.tar.gz"), help=f"the archive, from {URL}")
    add("--md5", default=MD5, help="the MD5 of the archive, for another one in the same format")
    add("--epochs", type=int, default=Settings.epochs, help="how often to see each image")
    add("--batch-size", type=int, default=Settings.batch_size, help="images for each step")
    add("--lr", type=float, default=Settings.learning_rate, help="learning rate for a batch of 128")
    add("--seed", type=int, default=Settings.seed, help="for the first weights, the order and the crops")
    add("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto is cuda if there is one")
    add("--checkpoint", type=Path, help="write this file after each epoch, and go on from it if it is there")
    add("--norm", choices=["group", "batch"], default="group", help="the normalization layers")
    add("--groups", type=int, default=32, help="G, for group normalization")
    add("--width", type=int, default=64, help="channels of the first stage; 16 is bearable on a CPU")
    return parser


def make_norm(kind: str, groups: int) -> NormFactory:
    """
    ## The layer to choose

    The number of groups $G$ is the same in all stages, as in the paper, so the groups of later stages are larger.
    """
    return partial(GroupNorm, groups) if kind == "group" else BatchNorm


def show_progress(epoch: int, step: int, steps: int) -> None:
    """Write over one line of a terminal; into a file it would be noise."""
    if sys.stderr.isatty():
        print(f"\repoch {epoch}: step {step} of {steps} ", end="", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """## One run"""
    parser = arguments()
    options = parser.parse_args(argv)
    best = "cuda" if torch.cuda.is_available() else "cpu"
    if options.device == "cuda" != best:
        parser.error("PyTorch finds no CUDA device here; use --device cpu")
    device = torch.device(best if options.device == "auto" else options.device)
    # What the user can put right is one line, without a traceback.
    try:
        settings = Settings(options.epochs, options.batch_size, options.lr, seed=options.seed)
        data = load_cifar10(options.data, options.md5)
        # The one place where the global generator counts: the first weights.
        torch.manual_seed(settings.seed)
        model = VGG(make_norm(options.norm, options.groups), options.width).to(device)
        data = data._replace(train=data.train.to(device), test=data.test.to(device))

        began = time.perf_counter()
        for epoch in train(model, data, settings, options.checkpoint, show_progress):
            print(
                f"\repoch {epoch.number:3}: loss {epoch.loss:.4f}, test error {epoch.error:.2f}%", flush=True
            )
        seconds = time.perf_counter() - began
    except (DataError, CheckpointError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        parser.exit(
            130, "\ninterrupted; the same command goes on after the last epoch, if it has a --checkpoint\n"
        )

    # The error of the last epoch: to choose the best one by the test images would flatter it.
    norm = f"group norm (G={options.groups})" if options.norm == "group" else "batch norm"
    print(
        f"result: {norm}, width {options.width}, {settings.epochs} epochs, batch {settings.batch_size}, "
        f"seed {settings.seed}, {device.type}: test error {epoch.error:.2f}% in {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()

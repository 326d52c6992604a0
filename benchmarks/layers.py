"""Forward time of each annotated layer and of PyTorch's own, on two CPU cores.

    PYTHONPATH=src .venv/bin/python benchmarks/layers.py

Prints a Markdown table: milliseconds, the least of 60 runs, all layers in turn.
"""

import platform
import time

import torch
from torch import nn

from annotated_nn.normalization.batch_norm import BatchNorm
from annotated_nn.normalization.group_norm import GroupNorm
from annotated_nn.normalization.instance_norm import InstanceNorm2d
from annotated_nn.normalization.layer_norm import LayerNorm

SHAPE = (32, 256, 28, 28)
ROUNDS = 60
LAYERS: dict[str, tuple[nn.Module, nn.Module]] = {
    "Batch, in training": (nn.BatchNorm2d(256), BatchNorm(256)),
    "Batch, in evaluation": (nn.BatchNorm2d(256).eval(), BatchNorm(256).eval()),
    "Layer": (nn.LayerNorm(SHAPE[1:]), LayerNorm(SHAPE[1:])),
    "Instance": (nn.InstanceNorm2d(256), InstanceNorm2d(256)),
    "Group, G = 32": (nn.GroupNorm(32, 256), GroupNorm(32, 256)),
}


def seconds(layer: nn.Module, x: torch.Tensor) -> float:
    """Time one call."""
    began = time.perf_counter()
    layer(x)
    return time.perf_counter() - began


@torch.no_grad()
def main() -> None:
    """Measure, and print the table."""
    torch.set_num_threads(2)
    x = torch.randn(SHAPE)  # (N, C, H, W)
    best = dict.fromkeys(LAYERS, (float("inf"), float("inf")))
    for _ in range(ROUNDS):
        for name, layers in LAYERS.items():
            theirs, ours = (
                min(was, seconds(layer, x)) for was, layer in zip(best[name], layers, strict=True)
            )
            best[name] = theirs, ours
    print(f"torch {torch.__version__}, {platform.machine()}, input {SHAPE}, ms\n")
    print("| Layer | PyTorch | annotated |\n|---|---|---|")
    for name, (theirs, ours) in best.items():
        print(f"| {name} | {theirs * 1e3:.1f} | {ours * 1e3:.1f} |")


main()

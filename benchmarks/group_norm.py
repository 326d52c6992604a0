"""Time of the fused group norm on a GPU, beside PyTorch's own, `torch.compile` of it, and a plain copy.

    PYTHONPATH=src .venv/bin/python benchmarks/group_norm.py [float16] [bfloat16] [float32]
    PYTHONPATH=src TRITON_INTERPRET=1 .venv/bin/python benchmarks/group_norm.py --smoke

Prints a Markdown table of medians for each type, or for those asked for, and writes it to
benchmarks/README.md with the date and the versions. That needs a GPU. `--smoke` runs each case once on tiny
inputs, on the CPU if need be, without times.

What the columns mean:

* floor: a device copy that moves as many bytes as the path has to, in the same run. Goals: forward at most
  1.25 times the floor, backward at most 1.3 times.
* cold: the L2 cache is emptied before each run; warm: it is not. A tensor of a few megabytes stays in it.
* graph: a replayed CUDA graph of ten calls, warm, divided by ten: without the time that Python and launches
  take. For the small shapes only.
"""

import argparse
import itertools
import math
import os
import platform
import re
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
import triton
from torch import nn
from torch.nn import functional

from annotated_nn.normalization.group_norm.fused import VARIABLE, FusedGroupNorm
from annotated_nn.normalization.group_norm.tiles import Shape, plan_whole

GROUPS = 32
SHAPES = [
    (2, 320, 64, 64),
    (2, 640, 32, 32),
    (2, 1280, 16, 16),
    (128, 64, 32, 32),
    (32, 256, 56, 56),
    (1, 128, 1024, 1024),
    (8, 128, 512, 512),
]
SMOKE_SHAPES = [(1, 64, 2, 3)]
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
# Of 16 MB and less: a launch takes about as long as the work.
SMALL = 16e6
README = Path(__file__).parent / "README.md"
HEADING = "## Fused group normalization on a GPU, {}"
Call = Callable[[], object]
Timer = Callable[[Call], float]


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    layout: str
    backward: bool
    silu: bool

    @property
    def size(self) -> int:
        """Bytes of the input."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def tensors(self) -> int:
        """Tensors moved: 2 or 3 forward, 3 or 5 backward."""
        samples, channels, *positions = self.shape
        last = self.layout == "channels last"
        shape = Shape(samples, channels, math.prod(positions), GROUPS, self.dtype.itemsize, last)
        whole = plan_whole(shape, tensors=2 if self.backward else 1)
        return (3 if whole else 5) if self.backward else (2 if whole else 3)

    def __str__(self) -> str:
        return (
            f"{'×'.join(map(str, self.shape))} | {str(self.dtype).removeprefix('torch.')} | {self.layout} | "
            f"{'backward' if self.backward else 'forward'}{' + SiLU' if self.silu else ''}"
        )


class Eager(nn.GroupNorm):
    """PyTorch's own layer, and SiLU as a layer of its own."""

    def __init__(self, channels: int, silu: bool, dtype: torch.dtype, device: str) -> None:
        super().__init__(GROUPS, channels, device=device, dtype=dtype)
        self.silu = silu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run one after the other."""
        y = super().forward(x)
        return functional.silu(y) if self.silu else y


def all_cases(shapes: list[tuple[int, ...]], dtype: torch.dtype) -> Iterator[Case]:
    """List the lines of the table of a type."""
    for shape, layout, backward, silu in itertools.product(shapes, LAYOUTS, (False, True), (False, True)):
        yield Case(shape, dtype, layout, backward, silu)


def calls(case: Case, device: str, timed: bool) -> dict[str, Call]:
    """Make what is to be timed: one call each. The inputs are random: zeros can be faster than real data."""
    channels, layout = case.shape[1], LAYOUTS[case.layout]
    x = torch.randn(case.shape, dtype=case.dtype, device=device).to(memory_format=layout)
    eager = Eager(channels, case.silu, case.dtype, device)
    layers = {
        "fused": FusedGroupNorm(
            GROUPS, channels, activation="silu" if case.silu else None, device=device, dtype=case.dtype
        ),
        "eager": eager,
        "compiled": torch.compile(eager) if timed else eager,
    }
    # A copy reads a byte for each that it writes.
    half = torch.randint(0, 256, (case.tensors * case.size // 2,), dtype=torch.uint8, device=device)
    other = torch.empty_like(half)
    made: dict[str, Call] = {"floor": lambda: other.copy_(half)}
    for name, layer in layers.items():
        made[name] = backward_call(layer, x) if case.backward else forward_call(layer, x)
    return made


def forward_call(layer: nn.Module, x: torch.Tensor) -> Call:
    """Time the forward pass as in use: without gradients."""

    def call() -> object:
        with torch.no_grad():
            return layer(x)

    return call


def backward_call(layer: nn.Module, x: torch.Tensor) -> Call:
    """Time the backward pass alone."""
    x = x.clone(memory_format=torch.preserve_format).requires_grad_()
    y = layer(x)
    dy = torch.randn_like(y)
    leaves = [x, *layer.parameters()]
    return lambda: torch.autograd.grad(y, leaves, dy, retain_graph=True)


def cold(call: Call) -> float:
    """Measure one call with an empty L2 cache, in microseconds: the median of many."""
    return 1e3 * float(triton.testing.do_bench(call, warmup=25, rep=200, return_mode="median"))


def warm(call: Call, repeats: int = 50) -> float:
    """Measure calls one after the other on the same tensors, in microseconds: the median of many."""
    for _ in range(10):
        call()
    events = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(repeats)
    ]
    for begin, end in events:
        begin.record()
        call()
        end.record()
    torch.cuda.synchronize()
    return 1e3 * statistics.median(begin.elapsed_time(end) for begin, end in events)


def replayed(call: Call, calls_in_graph: int = 10) -> float:
    """Measure a call in a CUDA graph, in microseconds."""
    for _ in range(3):
        call()
    graph = torch.cuda.CUDAGraph()
    # A backward pass runs on the stream of its forward pass, so the graph has to be captured on that one.
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
        for _ in range(calls_in_graph):
            call()
    return warm(graph.replay) / calls_in_graph


COLUMNS = ["floor", "fused", "eager", "compiled"]


def measure(case: Case, made: dict[str, Call], timer: Timer) -> dict[str, float]:
    """Measure each implementation; say why where one cannot be measured in this way."""
    found = {}
    for name, call in made.items():
        try:
            found[name] = timer(call)
        except RuntimeError as error:
            print(f"{case}, {name}: {str(error).splitlines()[0]}", file=sys.stderr)
    return found


def line(case: Case, how: str, times: dict[str, float]) -> str:
    """Show one line: times, and what they are to each other."""
    shown = [f"{times[name]:.1f}" if name in times else "–" for name in COLUMNS]
    ratios = [
        ratio(times, "fused", "floor"),
        ratio(times, "eager", "fused"),
        ratio(times, "compiled", "fused"),
    ]
    return f"| {case} | {case.tensors} | {how} | {' | '.join([*shown, *ratios])} |"


def ratio(times: dict[str, float], above: str, below: str) -> str:
    """Divide, where both are known."""
    return f"{times[above] / times[below]:.2f}" if {above, below} <= times.keys() else "–"


HEADER = (
    "| Input | Type | Layout | Pass | Tensors | Timed | Floor, µs | Fused, µs | Eager, µs | Compiled, µs "
    "| Fused / floor | Eager / fused | Compiled / fused |\n" + "|---" * 6 + "|---:" * 7 + "|"
)


def conditions() -> str:
    """Say when, on what and with which versions."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {torch.cuda.get_device_name()}, torch {torch.__version__}, "
        f"triton {triton.__version__}, Python {platform.python_version()}; G = {GROUPS}."
    )


def with_section(text: str, heading: str, section: str) -> str:
    """Put a section into a text: in place of an earlier one with this heading, or at the end."""
    pattern = rf"^{re.escape(heading)}\n.*?(?=^## |\Z)"
    earlier = re.search(pattern, text, flags=re.MULTILINE | re.DOTALL)
    begin, end = earlier.span() if earlier else (len(text), len(text))
    parts = [text[:begin].strip(), heading, section.strip(), text[end:].strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def smoke(device: str) -> None:
    """Run each case once, to see that it runs. In the interpreter, it is the kernels that run."""
    if os.environ.get("TRITON_INTERPRET") == "1":
        os.environ[VARIABLE] = "triton"
    for dtype in DTYPES.values():
        for case in all_cases(SMOKE_SHAPES, dtype):
            for call in calls(case, device, timed=False).values():
                call()
            print(f"| {case} | {case.tensors} | not timed |")


def table(dtype: torch.dtype) -> str:
    """Measure all cases of a type; print each line as soon as it is known."""
    lines = [HEADER]
    print(HEADER)
    for case in all_cases(SHAPES, dtype):
        timers: dict[str, Timer] = {"cold": cold, "warm": warm}
        if case.size <= SMALL:
            timers["graph"] = replayed
        made = calls(case, "cuda", timed=True)
        for how, timer in timers.items():
            lines.append(line(case, how, measure(case, made, timer)))
            print(lines[-1], flush=True)
        torch.compiler.reset()
    return "\n".join(lines)


def main() -> None:
    """Measure, print the tables, and keep them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("types", nargs="*", metavar="TYPE", help=f"{', '.join(DTYPES)}; all if none is named")
    parser.add_argument("--smoke", action="store_true", help="run tiny inputs once, without times")
    options = parser.parse_args()
    if unknown := set(options.types) - DTYPES.keys():
        parser.error(f"unknown type {', '.join(sorted(unknown))}; use {', '.join(DTYPES)}")
    if options.smoke:
        smoke("cuda" if torch.cuda.is_available() else "cpu")
        return
    if not torch.cuda.is_available():
        parser.error("PyTorch finds no CUDA device here; --smoke runs without one")
    # All on one stream, and not on the default one, which a graph cannot be captured on.
    torch.cuda.set_stream(torch.cuda.Stream())
    what = "`python benchmarks/group_norm.py`; its first lines say what the columns mean."
    for name in options.types or DTYPES:
        section = f"{conditions()} {what}\n\n{table(DTYPES[name])}"
        text = with_section(README.read_text("utf-8"), HEADING.format(name), section)
        README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""How the work of the fused group norm is divided, and what machine code it becomes."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")

from annotated_nn.normalization.group_norm import fused, tiles  # noqa: E402

ROOT = Path(__file__).parent.parent


def test_far_places_are_known_to_be_far():
    shape = tiles.Shape(1, 2**16, 2**15, 2**16, 2, channels_last=True)
    assert shape.is_wide(1, 2**15 + 2)
    assert not shape.is_wide(1, 2**15)
    assert not tiles.Shape(1, 2**16, 2**17, 1, 2, channels_last=False).is_wide(1, 4096)
    # The place within the tile is near, but the tile may be far away.
    assert tiles.Shape(1, 4, 2**30, 1, 2, channels_last=False).is_wide(1, 4096)
    assert tiles.Shape(1, 4, 2**29, 1, 2, channels_last=False).as_rows().is_wide(1, 4096)


# How the work is divided.

FORWARD, BACKWARD = 1, 2
SHAPES = {
    (2, 320, 64, 64): (3, 5),
    (2, 640, 32, 32): (2, 5),
    (2, 1280, 16, 16): (2, 3),
    (128, 64, 32, 32): (2, 3),
    (32, 256, 56, 56): (2, 5),
    (1, 128, 1024, 1024): (3, 5),
    (8, 128, 512, 512): (3, 5),
}


def shape_of(sizes, groups, itemsize, last):
    samples, channels, *positions = sizes
    return tiles.Shape(samples, channels, math.prod(positions), groups, itemsize, last)


@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
@pytest.mark.parametrize("itemsize", [2, 4])
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_tensors_moved(sizes, itemsize, last):
    shape = shape_of(sizes, 32, itemsize, last)
    moved = (
        2 if tiles.plan_whole(shape, FORWARD) else 3,
        3 if tiles.plan_whole(shape, BACKWARD) else 5,
    )
    assert moved == SHAPES[sizes]


@pytest.mark.parametrize("sizes", [*SHAPES, (3, 96, 7, 7), (2, 96), (1, 4096, 2), (1, 96, 20011)], ids=str)
@pytest.mark.parametrize("groups", [1, 32])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
def test_tiles_cover_the_input(sizes, groups, last):
    for itemsize in (2, 4, 8):
        shape = shape_of(sizes, groups, itemsize, last)
        for tensors in (FORWARD, BACKWARD):
            if whole := tiles.plan_whole(shape, tensors):
                values = whole.groups * whole.lanes * whole.positions
                assert values * tensors * shape.register_size <= tiles.REGISTERS
                assert groups % whole.groups == 0
                assert whole.lanes >= shape.group_channels
                assert whole.positions >= shape.positions
        for one in (shape, shape.as_rows()):
            plan = tiles.plan_split(one, 132)
            assert plan.channels * plan.positions * itemsize <= tiles.SPLIT_BYTES
            assert (plan.blocks - 1) * plan.channels < one.channels <= plan.blocks * plan.channels
            assert (plan.tiles - 1) * plan.positions < one.positions <= plan.tiles * plan.positions
            assert (plan.chunks - 1) * plan.chunk < one.positions <= plan.chunks * plan.chunk
            assert plan.chunk % plan.positions == 0


def test_one_group_keeps_the_whole_gpu_busy():
    plan = tiles.plan_split(shape_of((1, 128, 1024, 1024), 1, 2, False).as_rows(), 132)
    assert 4 * 132 / 2 < plan.chunks <= 4 * 132


@pytest.mark.parametrize(("run_length", "alignment"), [(1, 1), (49, 1), (196, 4), (3136, 16), (8, 8)])
def test_alignment(run_length, alignment):
    assert tiles.Shape(1, 3, run_length, 1, 2, False).alignment == alignment
    assert tiles.Shape(1, run_length, 3, 1, 2, True).alignment == alignment


def test_the_floors_on_the_page_follow_from_the_bytes():
    rows = re.findall(r"^\| \$\d.*\|$", fused.__doc__, re.MULTILINE)
    expected = []
    for sizes in ((128, 64, 32, 32), (32, 256, 56, 56), (8, 128, 512, 512)):
        size = 2 * math.prod(sizes)
        floors = " | ".join(f"${tensors}T$ | {tensors * size / 4.3e6:.1f} µs" for tensors in SHAPES[sizes])
        product = r" \times ".join(map(str, sizes))
        expected.append(f"| ${product}$ | {size / 1e6:.1f} MB | {floors} |")
    assert rows == expected


# Machine code.

KERNELS = {
    "forward_whole": True,
    "backward_whole": True,
    "collect_statistics": True,
    "merge_statistics": False,
    "normalize": True,
    "collect_gradients": True,
    "merge_gradients": False,
    "input_gradient": True,
}


def compile_for_hopper(cases, folder):
    result = subprocess.run(
        [sys.executable, ROOT / "tests" / "hopper.py"],
        input=json.dumps(cases),
        env={name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
        | {"PYTHONPATH": str(ROOT / "src"), "TRITON_CACHE_DIR": str(folder)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def cases(dtype, parameters, last, affine=True, silu=True, disassembled=False):
    names = [str(one).removeprefix("torch.") for one in (dtype, parameters)]
    case = {"dtype": names[0], "parameters": names[1], "last": last, "affine": affine, "silu": silu}
    case["disassembled"] = disassembled
    return [case | {"groups": 32, "shape": shape} for shape in ((2, 256, 16, 16), (2, 256, 128, 128))]


def test_all_kernels_compile_for_hopper_with_wide_loads(tmp_path):
    half = torch.float16
    for last in (False, True):
        compiled = compile_for_hopper(cases(half, half, last, disassembled=True), tmp_path)
        assert {kernel["kernel"] for kernel in compiled} == set(KERNELS)
        for kernel in compiled:
            # What does not fit into registers would be traffic.
            assert kernel["stack"] == 0, kernel
            if KERNELS[kernel["kernel"]]:
                loads = {int(bits): count for bits, count in kernel["loads"].items()}
                assert loads[128] >= 2, kernel


@pytest.mark.slow
def test_all_kernels_compile_for_hopper_in_every_type(tmp_path):
    for dtype, last in ((torch.bfloat16, True), (torch.float32, False), (torch.float64, True)):
        compiled = compile_for_hopper(cases(dtype, torch.float32, last, affine=last, silu=last), tmp_path)
        assert {kernel["kernel"] for kernel in compiled} == set(KERNELS)

r"""
# Fused group normalization: the launches

From tensors to [kernels](kernels.py): this page takes the [plan](tiles.py) for a shape, makes room for the results and
starts the programs. A launch says how many programs to run. They are numbered along one axis, which may be
as long as $2^{31} - 1$. The other two axes that a GPU has end at 65535.
"""

from contextlib import AbstractContextManager, nullcontext

import torch
import triton
import triton.language as tl

from annotated_nn.normalization.group_norm import kernels
from annotated_nn.normalization.group_norm.composition import wide_type
from annotated_nn.normalization.group_norm.tiles import (
    SPLIT_WARPS,
    Shape,
    Split,
    Whole,
    plan_split,
    plan_whole,
)

# Parts that a merging program reads at once.
MERGED = 1024


def shape_of(x: torch.Tensor, groups: int, layout: torch.memory_format) -> Shape:
    """See all spatial axes as one."""
    samples, channels = x.shape[:2]
    positions = x.numel() // (samples * channels)
    channels_last = layout != torch.contiguous_format
    return Shape(samples, channels, positions, groups, x.element_size(), channels_last)


def processors(device: torch.device) -> int:
    """Count the multiprocessors; where a CPU plays the GPU, a few."""
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 4


def at(device: torch.device) -> AbstractContextManager[object]:
    """Launch where the tensors are: a machine may have several GPUs."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


def arithmetic(x: torch.Tensor) -> dict[str, object]:
    """Compute in 32 bits at least, and multiply and add in one instruction."""
    return {"ACC": tl.float64 if x.dtype == torch.float64 else tl.float32, "enable_fp_fusion": True}


def options(x: torch.Tensor, shape: Shape, channels: int, positions: int) -> dict[str, object]:
    """List what kernels that read tiles are compiled for."""
    return {
        "POSITIONS": positions,
        "LAST": shape.channels_last,
        "ALIGN": shape.alignment,
        "WIDE": shape.is_wide(channels, positions),
        **arithmetic(x),
    }


def whole_options(x: torch.Tensor, shape: Shape, plan: Whole) -> dict[str, object]:
    """
    List these options for tiles of whole groups.

    Lanes without a channel have places too: they count where it is decided whether 32 bits are enough.
    """
    channels = plan.groups * shape.group_channels + plan.lanes
    return options(x, shape, channels, plan.positions) | {
        "D": shape.group_channels,
        "K": plan.groups,
        "LANES": plan.lanes,
        "num_warps": plan.warps,
    }


def split_options(x: torch.Tensor, shape: Shape, plan: Split) -> dict[str, object]:
    """List these options for tiles of the split path."""
    return options(x, shape, plan.channels, plan.positions) | {
        "CHANNELS": plan.channels,
        "num_warps": SPLIT_WARPS,
    }


def merge_options(x: torch.Tensor, shape: Shape, chunks: int) -> dict[str, object]:
    """List such options for kernels that merge parts."""
    return {
        "D": shape.group_channels,
        "BLOCK": min(triton.next_power_of_2(chunks * shape.group_channels), MERGED),
        **arithmetic(x),
        "num_warps": SPLIT_WARPS,
    }


def forward(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    groups: int,
    eps: float,
    silu: bool,
    dtype: torch.dtype,
    layout: torch.memory_format,
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""
    ## Forward

    Takes $x$, dense in memory in the given layout, and returns $y$ in the same one and the given type. The second
    result is what the way back needs of each group: $\mu$, $\rho$ and $\frac{1}{\sqrt{\sigma^2 + \epsilon}}$.
    """
    shape = shape_of(x, groups, layout)
    all_groups = shape.samples * groups
    y = torch.empty_like(x, dtype=dtype, memory_format=layout)  # (N, C, ...)
    statistics = x.new_empty((3, shape.samples, groups), dtype=wide_type(x))  # (3, N, G)
    size = (shape.channels, shape.positions)

    with at(x.device):
        if whole := plan_whole(shape, tensors=1):
            kernels.forward_whole[(all_groups // whole.groups,)](
                x, weight, bias, y, statistics, *size, groups, all_groups,
                EPS=eps, SILU=silu, **whole_options(x, shape, whole),
            )  # fmt: skip
            return y, statistics

        # The statistics see groups as rows, where groups are contiguous.
        rows = shape.as_rows()
        plan = plan_split(rows, processors(x.device))
        parts = statistics.new_empty((3, rows.samples, plan.chunks, rows.channels))  # (3, N, chunks, C or G)
        kernels.collect_statistics[(rows.samples * plan.blocks * plan.chunks,)](
            x, parts, rows.channels, rows.positions, plan.blocks, plan.chunks, plan.chunk, parts[0].numel(),
            **split_options(x, rows, plan),
        )  # fmt: skip
        kernels.merge_statistics[(all_groups,)](
            parts, statistics, rows.channels, rows.positions, groups,
            plan.chunks, plan.chunk, parts[0].numel(), all_groups,
            EPS=eps, **merge_options(x, rows, plan.chunks),
        )  # fmt: skip

        plan = plan_split(shape, processors(x.device))
        kernels.normalize[(shape.samples * plan.blocks * plan.tiles,)](
            x, weight, bias, statistics, y, *size, groups, plan.blocks, plan.tiles, all_groups,
            D=shape.group_channels, SILU=silu, **split_options(x, shape, plan),
        )  # fmt: skip
    return y, statistics


def backward(
    dy: torch.Tensor,
    x: torch.Tensor,
    statistics: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    silu: bool,
    layout: torch.memory_format,
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""
    ## Backward

    Takes $dy$ and $x$, dense in memory in the given layout, and what `forward` left. Returns $dx$ in the same layout, and
    $d\beta$ and $d\gamma$ in one tensor.
    """
    groups = statistics.shape[2]
    shape = shape_of(x, groups, layout)
    all_groups = shape.samples * groups
    dx = torch.empty_like(x, memory_format=layout)  # (N, C, ...)
    size = (shape.channels, shape.positions)

    with at(x.device):
        if whole := plan_whole(shape, tensors=2):
            sums = statistics.new_empty((2, shape.samples, shape.channels))  # (2, N, C)
            kernels.backward_whole[(all_groups // whole.groups,)](
                dy, x, weight, bias, statistics, dx, sums, *size, groups, all_groups, sums[0].numel(),
                SILU=silu, **whole_options(x, shape, whole),
            )  # fmt: skip
            return dx, sums.sum(1)

        plan = plan_split(shape, processors(x.device))
        sums = statistics.new_empty((2, shape.samples, plan.chunks, shape.channels))  # (2, N, chunks, C)
        factors = statistics.new_empty((2, shape.samples, groups))  # (2, N, G)
        kernels.collect_gradients[(shape.samples * plan.blocks * plan.chunks,)](
            dy, x, weight, bias, statistics, sums, *size, groups,
            plan.blocks, plan.chunks, plan.chunk, all_groups, sums[0].numel(),
            D=shape.group_channels, SILU=silu, **split_options(x, shape, plan),
        )  # fmt: skip
        kernels.merge_gradients[(all_groups,)](
            sums, weight, factors, *size, groups, plan.chunks, sums[0].numel(), all_groups,
            **merge_options(x, shape, plan.chunks),
        )  # fmt: skip
        kernels.input_gradient[(shape.samples * plan.blocks * plan.tiles,)](
            dy, x, weight, bias, statistics, factors, dx, *size, groups, plan.blocks, plan.tiles, all_groups,
            D=shape.group_channels, SILU=silu, **split_options(x, shape, plan),
        )  # fmt: skip
    return dx, sums.sum((1, 2))

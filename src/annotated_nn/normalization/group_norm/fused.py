r"""
# Group normalization in fused kernels

The [annotated layer](__init__.py) is written to be read: each of its lines goes over the data once, and on a GPU each is a
kernel that reads a tensor from memory and writes one back. This page fuses them, forward and backward, into
[kernels](kernels.py) that move as few bytes as can be, with the activation that often follows.

**No GPU figure has been measured yet.** The kernels were run in Triton's interpreter on a CPU and compared with 64-bit arithmetic,
and compiled for an NVIDIA H200 (`sm_90`). How fast they are there is not known: `benchmarks/group_norm.py` will
tell on a machine with an H200. The times below are floors, computed from bytes.

## It is all traffic

With SiLU, group normalization does about twenty operations for each value, and a GPU can do about sixty in the time that it
takes to bring 16 bits from memory and back. So time is bytes moved over bandwidth, and the kernels are designed by counting bytes.

Let the input take $T = NCS \cdot b$ bytes: $N$ samples, $C$ channels, $S = HW$ positions, $b$ bytes for each value. No
kernel can do with less than $2T$ forward, $x$ read and $y$ written, or $3T$ backward, the gradient $dy$ and $x$ read and
$dx$ written. What stands in the way is that the first $y$ depends on the last $x$ of its group, through the mean.

* *Whole.* Where a group fits into the registers of one multiprocessor, one program reads it, computes the mean and the
  variance, and still has the values at hand. Nothing is read twice.
* *Split.* Where it does not, several programs share a group. They read it once for the sums, a small kernel merges the sums,
  and they read it again for the result.

| Path | Read | Written | Bytes |
|---|---|---|---|
| Forward, whole | $x$ | $y$ | $2T$ |
| Forward, split | $x$, $x$ | $y$ | $3T$ |
| Backward, whole | $dy$, $x$ | $dx$ | $3T$ |
| Backward, split | $dy$, $x$, $dy$, $x$ | $dx$ | $5T$ |

SiLU adds nothing to these. As a layer of its own it would add $2T$ forward and $3T$ backward. For comparison, PyTorch's own
kernels always read $x$ twice, so that the layer and SiLU move $5T$ forward.

What the kernels leave for each other is small. With sums of 32 bits, it takes 12 bytes for each group, and backward 8 more: for
each sample and channel on the whole path, for each group on the split one. On the split path, each program that collects
sums also leaves up to 12 bytes for each channel, and reads many thousand bytes for them.

In numbers, with $G = 32$, 16 bits for each value, and the 4.3 TB/s that copying reaches on an H200:

| Input | $T$ | Forward | Floor | Backward | Floor |
|---|---:|---:|---:|---:|---:|
| $128 \times 64 \times 32 \times 32$ | 16.8 MB | $2T$ | 7.8 µs | $3T$ | 11.7 µs |
| $32 \times 256 \times 56 \times 56$ | 51.4 MB | $2T$ | 23.9 µs | $5T$ | 59.7 µs |
| $8 \times 128 \times 512 \times 512$ | 536.9 MB | $3T$ | 374.6 µs | $5T$ | 624.3 µs |

What is in the cache of the GPU already, 60 MB on an H200, can be read faster than that.

## Which program reads what

![Whole: one program reads a group. Split: it reads a part of a group, or a few positions of many channels](programs.svg)

Rows are channels and columns are positions of one sample, with two channels in a group. The filled part is what one program
reads, and each outline is the part of another one. The arrow follows the memory.

With channels last, the channels of a position lie side by side, and a group is many short pieces of memory. Memory is
read in pieces of 32 bytes at least, so a program of the whole path takes as many groups as fill one such piece, where it can.
A program of the split path takes as many channels as fill a line of the cache, 128 bytes, whatever group they belong to, and
the sums are sorted into groups when they are merged.

## How exact it is

Sums are in 32 bits, or in 64 for an input of 64 bits. The mean is subtracted before anything is squared, and what is left
after that is measured and subtracted too, as in [the annotated layer](__init__.py). So the mean is known to twice as many digits as a
number has, on the way forward and on the way back. Programs never add into the same place, so
equal inputs give equal bits.

## Pages

* [The tiles](tiles.py): how they are chosen, for each shape
* [The kernels](kernels.py): the whole path and the split one, forward and backward
* [The launches](launch.py): from tensors to kernels
* [The composition](composition.py): the same in PyTorch's operations
"""

import os
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from annotated_nn.normalization.group_norm.composition import compose_backward, compose_forward, wide_type

# Which implementation to take: `auto`, `triton` or `reference`.
VARIABLE = "ANNOTATED_NN_GROUP_NORM"


class InputError(ValueError, RuntimeError):
    """
    What cannot be normalized.

    The other layers of this package raise a `ValueError`, and PyTorch's function a `RuntimeError`: it is both.
    """


class FusedGroupNorm(nn.GroupNorm):
    """
    ## The layer

    A drop-in for `torch.nn.GroupNorm`, with the same `state_dict`, on any device.

    >>> x = torch.randn(2, 6, 4, 4)
    >>> FusedGroupNorm(num_groups=3, num_channels=6, activation="silu")(x).shape
    torch.Size([2, 6, 4, 4])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        activation: str | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        r"""
        The arguments are those of PyTorch's layer, and one more.

        * `activation` is what follows the layer: `"silu"`, or `None` for nothing.
        """
        super().__init__(num_groups, num_channels, eps, affine, device, dtype)
        if not bias:
            self.register_parameter("bias", None)
        check_activation(activation)
        self.activation = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Takes $x$ and returns $y$, of the same shape and layout and, except under autocast, of the same type."""
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps, self.activation)

    def extra_repr(self) -> str:
        """What `print(model)` shows between the parentheses."""
        return super().extra_repr() + (f", activation={self.activation!r}" if self.activation else "")


def group_norm(
    x: torch.Tensor,
    num_groups: int,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    activation: str | None = None,
) -> torch.Tensor:
    r"""
    ## The function

    Takes $x$ of the shape $N \times C$, followed by any number of spatial axes, and $\gamma$ and $\beta$ with a value for each
    channel. Each of the three may have a floating-point type of its own, of 16, 32 or 64 bits. Returns $y$ with the layout and,
    except under autocast, the type of $x$.

    >>> group_norm(torch.tensor([[1.0, 3.0, 10.0, 30.0]]), num_groups=2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    check_activation(activation)
    check_input(x, num_groups, weight, bias)
    # Under autocast, PyTorch's layer for CUDA takes and returns 32 bits. These kernels compute in 32 bits anyway, so only
    # $y$ gets them: to copy $x$ first would be traffic.
    autocast = x.device.type == "cuda" and torch.is_autocast_enabled("cuda")
    dtype = wide_type(x) if autocast else x.dtype
    y: torch.Tensor = fused_forward(x, weight, bias, num_groups, eps, activation == "silu", dtype)[0]
    return y  # (N, C, ...)


def check_activation(activation: str | None) -> None:
    """Refuse an activation that is not implemented."""
    if activation not in {None, "silu"}:
        raise InputError(f'activation={activation!r} is unknown; use "silu" or None')


def check_input(x: torch.Tensor, groups: int, weight: torch.Tensor | None, bias: torch.Tensor | None) -> None:
    """Refuse what PyTorch refuses, in its words where it has some: a kernel would read past the end of a tensor."""
    if x.dim() < 2:
        raise InputError(f"Expected at least 2 dimensions for input tensor but received {x.dim()}")
    if not x.is_floating_point():
        raise InputError(f"input is {x.dtype}, not floating point; convert it with x.float()")
    channels = x.shape[1]
    if groups < 1 or channels % groups:
        raise InputError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{tuple(x.shape)} and num_groups={groups}"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is None:
            continue
        if parameter.shape != (channels,):
            raise InputError(f"{name} has shape {tuple(parameter.shape)}, but ({channels},) is needed")
        if parameter.device != x.device:
            raise InputError(f"{name} is on {parameter.device}, but the input is on {x.device}")
        if not parameter.is_floating_point():
            raise InputError(f"{name} is {parameter.dtype}, not floating point")
    # A single group of a single value: its mean is itself.
    if x.shape[0] * (channels // groups) == 1 and x.shape[2:].numel() == 1:
        raise InputError(f"Expected more than 1 value per channel when training, got input size {x.shape}")


def uses_triton(x: torch.Tensor) -> bool:
    r"""
    ## Which implementation runs

    | Input | `auto` | `triton` | `reference` |
    |---|---|---|---|
    | empty | composition | composition | composition |
    | on the CPU | composition | kernels, in Triton's interpreter | composition |
    | on a GPU, without Triton | composition | an error | composition |
    | on a GPU, with Triton | kernels | kernels | composition |

    The columns are the values of the environment variable `ANNOTATED_NN_GROUP_NORM`. Without it, `auto` holds. The composition
    is [made of PyTorch's own operations](composition.py). For the interpreter, set `TRITON_INTERPRET=1` before Python starts.

    Importing this page needs neither Triton nor a GPU.
    """
    choice = os.environ.get(VARIABLE, "auto")
    if choice not in {"auto", "triton", "reference"}:
        raise InputError(f"{VARIABLE}={choice} is unknown; use auto, triton or reference")
    if choice == "reference" or x.numel() == 0:
        return False
    if choice == "auto":
        return x.is_cuda and find_spec("triton") is not None
    if find_spec("triton") is None:
        raise InputError(f"{VARIABLE}=triton, but Triton is not installed; pip install triton")
    if not x.is_cuda and os.environ.get("TRITON_INTERPRET") != "1":
        raise InputError(
            f"{VARIABLE}=triton on {x.device}; set TRITON_INTERPRET=1, or move the input to a GPU"
        )
    return True


def layout_of(x: torch.Tensor) -> torch.memory_format:
    r"""
    ## Layouts

    Channels last is a layout of its own for images and video. Input and gradient keep it, and nothing is copied. What is neither
    that nor contiguous is copied once.
    """
    for axes, layout in ((4, torch.channels_last), (5, torch.channels_last_3d)):
        # With one channel, or one position, both layouts are the same.
        if x.dim() == axes and x.is_contiguous(memory_format=layout) and not x.is_contiguous():
            return layout
    return torch.contiguous_format


@torch.library.custom_op("annotated_nn::group_norm", mutates_args=())
def fused_forward(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    num_groups: int,
    eps: float,
    silu: bool,
    dtype: torch.dtype,
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    ## Operations of PyTorch

    `torch.compile` and `torch.export` cannot look into a launch. They do not have to: the forward and the backward pass are
    operations with a name, which tell the shapes of their results without computing them. This one takes the type
    of $y$ too, which under autocast is not that of $x$.
    """
    layout = layout_of(x)
    if not uses_triton(x):
        y, statistics = compose_forward(x, weight, bias, num_groups, eps, silu, dtype)
        return y.contiguous(memory_format=layout), statistics
    # Import Triton only where its kernels run.
    from annotated_nn.normalization.group_norm import launch

    x, weight, bias = x.contiguous(memory_format=layout), dense(weight), dense(bias)
    return launch.forward(x, weight, bias, num_groups, eps, silu, dtype, layout)


def dense(parameter: torch.Tensor | None) -> torch.Tensor | None:
    """Parameters have one axis, and the kernels step along it by one."""
    return None if parameter is None else parameter.contiguous()


@fused_forward.register_fake
def _(
    x: torch.Tensor,
    _weight: object,
    _bias: object,
    num_groups: int,
    _eps: float,
    _silu: bool,
    dtype: torch.dtype,
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `fused_forward` returns, without values."""
    statistics = x.new_empty((3, x.shape[0], num_groups), dtype=wide_type(x))  # (3, N, G)
    return torch.empty_like(x, dtype=dtype, memory_format=layout_of(x)), statistics


@torch.library.custom_op("annotated_nn::group_norm_backward", mutates_args=())
def fused_backward(
    dy: torch.Tensor,
    x: torch.Tensor,
    statistics: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    silu: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The backward pass, with the same two implementations."""
    layout = layout_of(x)
    if not uses_triton(x):
        dx, sums = compose_backward(dy, x, statistics, weight, bias, silu)
        return dx.contiguous(memory_format=layout), sums
    from annotated_nn.normalization.group_norm import launch

    # The gradient comes as the next layer left it: bring it into the layout of the input.
    dy, x = dy.contiguous(memory_format=layout), x.contiguous(memory_format=layout)
    return launch.backward(dy, x, statistics, dense(weight), dense(bias), silu, layout)


@fused_backward.register_fake
def _(
    _dy: torch.Tensor, x: torch.Tensor, statistics: torch.Tensor, *_: object
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `fused_backward` returns, without values."""
    return torch.empty_like(x, memory_format=layout_of(x)), statistics.new_empty((2, x.shape[1]))


# ## Gradients
#
# What the operations above leave to autograd: what to keep, and what to call.
def keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[torch.Tensor, torch.Tensor]) -> None:
    r"""Keep $x$, the statistics and the parameters. Neither $\hat{x}$ nor $z$ is kept: they are computed again."""
    x, weight, bias, _, ctx.eps, ctx.silu, _ = inputs
    statistics = output[1]
    ctx.save_for_backward(x, statistics, weight, bias)
    ctx.mark_non_differentiable(statistics)
    ctx.set_materialize_grads(False)


def differentiate(
    ctx: Any, dy: torch.Tensor | None, _: torch.Tensor | None
) -> tuple[torch.Tensor | None, ...]:
    """
    Compute the gradients of the input and the parameters.

    A kernel's result does not know how it came about. So where the gradient is to be differentiated again (`create_graph=True`), the
    composition computes it, with the statistics as functions of $x$.
    """
    if dy is None:
        return (None,) * 7
    x, statistics, weight, bias = ctx.saved_tensors
    if torch.is_grad_enabled():
        # `create_graph=True`
        _, statistics = compose_forward(x, None, None, statistics.shape[2], ctx.eps, False, x.dtype)
        dx, sums = compose_backward(dy, x, statistics, weight, bias, ctx.silu)
    else:
        dx, sums = fused_backward(dy, x, statistics, weight, bias, ctx.silu)
    dbias, dweight = sums  # (C,) each
    return dx, as_type_of(dweight, weight), as_type_of(dbias, bias), None, None, None, None


def as_type_of(gradient: torch.Tensor, parameter: torch.Tensor | None) -> torch.Tensor | None:
    """Give a gradient the type of its parameter, if there is one."""
    return None if parameter is None else gradient.to(parameter.dtype)


fused_forward.register_autograd(differentiate, setup_context=keep)

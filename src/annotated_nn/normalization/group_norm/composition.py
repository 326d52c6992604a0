r"""
# Fused group normalization: the composition

What the [kernels](kernels.py) compute, in PyTorch's own operations. It runs where the kernels cannot, on a CPU or without Triton,
and where a gradient is to be differentiated again, since PyTorch knows how to differentiate each of its operations. And it
says in a few lines what the kernels have to come to.
"""

import torch
from torch.nn import functional


def wide_type(x: torch.Tensor) -> torch.dtype:
    """16 bits are too few to add up thousands of values: compute in 32 at least."""
    return torch.promote_types(x.dtype, torch.float32)


def per_channel(parameter: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Lay a value for each channel along the axes of $x$."""
    return parameter.to(wide_type(x)).view(1, -1, *(1,) * (x.dim() - 2))  # (1, C, 1, ...)


def compose_forward(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    groups: int,
    eps: float,
    silu: bool,
    dtype: torch.dtype,
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""
    ## Forward

    Takes $x$ and the parameters, returns $y$ in the given type and what the way back needs: $\mu$, $\rho$ and
    $\frac{1}{\sqrt{\sigma^2 + \epsilon}}$ of each group.
    """
    samples, channels = x.shape[:2]
    size = channels // groups * x.shape[2:].numel()
    wide = x.to(wide_type(x)).reshape(samples, groups, size)  # (N, G, m)

    # $\mu$, and $\rho$, which is what is left of the mean after $\mu$ was rounded
    mean = wide.mean(dim=-1, keepdim=True)  # (N, G, 1)
    centred = wide - mean  # (N, G, m)
    rest = centred.mean(dim=-1, keepdim=True)  # (N, G, 1)
    centred = centred - rest  # (N, G, m)
    rstd = torch.rsqrt(centred.square().mean(dim=-1, keepdim=True) + eps)  # (N, G, 1)

    z = (centred * rstd).reshape(x.shape)  # (N, C, ...)
    if weight is not None:
        z = z * per_channel(weight, x)  # (N, C, ...)
    if bias is not None:
        z = z + per_channel(bias, x)  # (N, C, ...)
    y = functional.silu(z) if silu else z  # (N, C, ...)
    return y.to(dtype), torch.stack([mean, rest, rstd]).squeeze(-1)  # (N, C, ...), (3, N, G)


def compose_backward(
    dy: torch.Tensor,
    x: torch.Tensor,
    statistics: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    silu: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""
    ## Backward

    Takes $dy$ and what the forward pass left, with the formulas of [the kernel](kernels.py#backward_whole).
    Returns $dx$, and $d\beta$ and $d\gamma$ in one tensor.
    """
    groups = statistics.shape[2]
    size = x.shape[1] // groups * x.shape[2:].numel()
    mean, rest, rstd = statistics.unsqueeze(-1)  # (N, G, 1) each
    by_group = (x.shape[0], groups, size)
    normalized = (x.to(wide_type(x)).reshape(by_group) - mean - rest) * rstd  # (N, G, m)

    # $dz$, from $dy$ and the activation
    gamma = per_channel(weight, x) if weight is not None else 1.0  # (1, C, 1, ...)
    dz = dy.to(wide_type(x))  # (N, C, ...)
    if silu:
        z = normalized.reshape(x.shape) * gamma  # (N, C, ...)
        if bias is not None:
            z = z + per_channel(bias, x)  # (N, C, ...)
        sigmoid = torch.sigmoid(z)  # (N, C, ...)
        dz = dz * sigmoid * (1 + z * (1 - sigmoid))  # (N, C, ...)

    # $d\beta = \sum dz$ and $d\gamma = \sum dz \cdot \hat{x}$
    others = [axis for axis in range(x.dim()) if axis != 1]
    sums = torch.stack([dz.sum(others), (dz * normalized.reshape(x.shape)).sum(others)])  # (2, C)

    # $dx = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( \gamma \, dz - c_1 - c_2 \hat{x} \right)$
    dz = (dz * gamma).reshape(by_group)  # (N, G, m)
    c1 = dz.mean(dim=-1, keepdim=True)  # (N, G, 1)
    c2 = (dz * normalized).mean(dim=-1, keepdim=True)  # (N, G, 1)
    dx = rstd * (dz - c1 - c2 * normalized)  # (N, G, m)
    return dx.reshape(x.shape).to(x.dtype), sums  # (N, C, ...), (2, C)

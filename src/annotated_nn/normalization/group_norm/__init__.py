r"""
# Group normalization

A PyTorch implementation of the layer from the paper
[Group Normalization](https://arxiv.org/abs/1803.08494) by Yuxin Wu and Kaiming He (ECCV 2018).
What the paper measured is in [the paper in brief](readme.md).

Batch normalization shares its mean and variance among the samples of a batch. With two samples
these are mostly noise, and what the network makes of an image depends on its neighbours.
Group normalization stays inside one sample: it splits the channels into $G$ groups and normalizes each group
by itself.

## One formula, four layers

A feature map has the shape $N \times C \times H \times W$, and $i = (i_N, i_C, i_H, i_W)$ is a place in it:
sample, channel, row and column. Batch, layer, instance and group normalization all compute

\begin{align}
\mu_i &= \frac{1}{m} \sum_{k \in S_i} x_k \\
\sigma_i^2 &= \frac{1}{m} \sum_{k \in S_i} (x_k - \mu_i)^2 \\
\hat{x}_i &= \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} \\
y_i &= \gamma_{i_C} \hat{x}_i + \beta_{i_C}
\end{align}

and differ in $S_i$, the set of the $m$ places that share one mean and variance with $i$. The small $\epsilon$
keeps the division safe even where all values are equal; $\gamma$ and $\beta$, one of each for every channel, are
learned.

![What shares one mean and variance: a column, a row, a cell, or a part of a row](../axes.svg)

Rows are samples, columns are channels, and the dots in a cell stand for its $H \times W$ values. Each outline
is one set:

* Batch: $k_C = i_C$, one channel of the whole batch.
* Layer: $k_N = i_N$, one whole sample.
* Instance: $k_N = i_N$ and $k_C = i_C$, one channel of one sample.
* Group: $k_N = i_N$, and both channels are in the same group of $C/G$ neighbouring channels.

The last of these sets, with $\lfloor \cdot \rfloor$ rounding down to the number of a group, is

$$S_i = \left\{ k \;\middle|\; k_N = i_N,\;
\left\lfloor \frac{k_C}{C/G} \right\rfloor = \left\lfloor \frac{i_C}{C/G} \right\rfloor \right\}$$

So $G = 1$ has the sets of layer normalization and $G = C$ those of instance normalization. In between,
channels that belong together share statistics, and the others need not.

Since $k_N = i_N$, no other sample enters. The layer computes the same for a sample alone and in any batch,
in training and in evaluation, and it has no running averages to keep.

On a GPU, [fused kernels](fused.py) compute the same with a fraction of the traffic to and from memory.
"""

import torch
from torch import nn


class GroupNorm(nn.Module):
    """
    ## The layer

    A drop-in for `torch.nn.GroupNorm`, with the same arguments and the same `state_dict`.

    >>> x = torch.randn(2, 6, 4, 4)
    >>> GroupNorm(num_groups=3, num_channels=6)(x).shape
    torch.Size([2, 6, 4, 4])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        r"""
        The arguments are those of PyTorch's layer.

        * `num_groups` is $G$, the number of groups. The paper takes 32.
        * `num_channels` is $C$, a multiple of $G$.
        * `eps` is $\epsilon$, added to the variance.
        * `affine` says whether to learn $\gamma$ and $\beta$ at all, and `bias` whether $\beta$ is one of them.
        * `device` and `dtype` are those of the parameters.
        """
        # The sums run over sets of one size $m$, so the groups must be equal.
        super().__init__()
        if num_groups < 1 or num_channels < 1:
            raise ValueError(f"num_groups={num_groups} and num_channels={num_channels} must be positive")
        if num_channels % num_groups:
            divisors = [g for g in range(1, num_channels + 1) if num_channels % g == 0]
            raise ValueError(
                f"num_channels={num_channels} cannot be split into num_groups={num_groups} equal groups; "
                f"use one of {divisors}"
            )
        if eps < 0:
            raise ValueError(f"eps={eps} must not be negative, it is added under a square root")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine

        # $\gamma = 1$ and $\beta = 0$: the layer begins as nothing but the normalization.
        gamma = torch.ones(num_channels, device=device, dtype=dtype)  # (C,)
        beta = torch.zeros(num_channels, device=device, dtype=dtype)  # (C,)
        self.weight = nn.Parameter(gamma) if affine else None
        self.bias = nn.Parameter(beta) if affine and bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r"""
        Takes $x$ and returns $y$, of the same shape and type.

        The shape is $N \times C$, followed by any number of spatial axes: none for plain features, one for
        sound, two for images, three for video. A set of one value has variance $0$, so its $y$ is $\beta$.
        """
        # Means over the wrong axes would go unnoticed, so look at the shape first.
        if x.dim() < 2 or x.shape[1] != self.num_channels:
            raise ValueError(
                f"input has shape {tuple(x.shape)}, but (N, {self.num_channels}, ...) is needed; "
                "move the channels to the second axis"
            )
        if not x.is_floating_point():
            raise ValueError(f"input is {x.dtype}, not floating point; convert it with x.float()")

        # Lay the $m = \frac{C}{G} H W$ values of each set side by side. 16-bit formats keep 8 or 11
        # significant bits, too few to add up thousands of values: from here on, a value has 32 bits at least.
        groups = torch.unflatten(x.flatten(1), 1, (self.num_groups, -1))  # (N, G, m)
        groups = groups.to(torch.promote_types(x.dtype, torch.float32))  # (N, G, m)

        # $x_k - \mu_i$, twice: $\mu_i$ was rounded, and its error is now in every value. The error is also
        # their mean, and so small that it is hardly rounded itself: subtract it.
        centred = groups - groups.mean(dim=-1, keepdim=True)  # (N, G, m)
        centred = centred - centred.mean(dim=-1, keepdim=True)  # (N, G, m)

        # $\sigma_i^2 = \frac{1}{m} \sum_k (x_k - \mu_i)^2$ divides by $m$, not by $m - 1$, the default of `torch.var`.
        variance = centred.square().mean(dim=-1, keepdim=True)  # (N, G, 1)

        # $\hat{x}_i = \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}}$
        normalized = centred * torch.rsqrt(variance + self.eps)  # (N, G, m)

        # $y_i = \gamma_{i_C} \hat{x}_i + \beta_{i_C}$ goes by channel, not by group.
        y = normalized.reshape(x.shape)  # (N, C, ...)
        per_channel = (1, self.num_channels) + (1,) * (x.dim() - 2)
        if self.weight is not None:
            y = y * self.weight.view(per_channel)  # (N, C, ...)
        if self.bias is not None:
            y = y + self.bias.view(per_channel)  # (N, C, ...)
        return y.to(x.dtype)  # (N, C, ...)

    def extra_repr(self) -> str:
        """What `print(model)` shows between the parentheses."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, "
            f"affine={self.affine}, bias={self.bias is not None}"
        )


def naive_variance(x: torch.Tensor) -> torch.Tensor:
    r"""
    ## Why the mean comes first

    On paper, $\sigma^2 = \mathbb{E}[x^2] - \mathbb{E}[x]^2$ saves a pass over the data. In floating point it
    subtracts two large numbers to get a small one. Around $10^8$, the square of $10^4$, neighbouring 32-bit
    numbers lie $8$ apart, so the difference can only be a multiple of $8$, and it can be negative:

    >>> x = torch.tensor([10002.0, 10002.0, 10002.0, 10004.0])
    >>> x.var(correction=0)
    tensor(0.7500)
    >>> naive_variance(x)
    tensor(-8.)

    Its square root is NaN, not a number. Subtracting the mean first leaves only small numbers to square.

    Measured on `torch.randn(8, 32, 16, 16) + 1e4` in eight groups, seed 0: variances from $-24$ to $16$ with
    this function; with `forward`, the right ones, from $0.93$ to $1.08$. Compared with 64 bits, the normalized
    values were wrong by at most $4 \cdot 10^{-7}$; by $1.2 \cdot 10^{-3}$ when centred only once, and by
    $1.8 \cdot 10^{-3}$ from `torch.nn.functional.group_norm`.
    """
    return x.square().mean(dim=-1) - x.mean(dim=-1).square()  # (...)

r"""
# Layer normalization

A PyTorch implementation of the layer from the paper
[Layer Normalization](https://arxiv.org/abs/1607.06450) by Jimmy Lei Ba, Jamie Ryan Kiros and Geoffrey Hinton
(2016).

The mean and variance are taken over the features of one sample. Another sample never enters, so the size of
the batch does not matter, training and evaluation are the same, and there is nothing to keep between batches.
That suits sequences: sentences differ in length, and every word is normalized by itself.

The features are the last axes of the input, of the shape $D$ (`normalized_shape`). At each place in the axes
before them, the layer takes the $m$ features $x_1, \dots, x_m$ and computes

\begin{align}
\mu &= \frac{1}{m} \sum_{j=1}^m x_j \\
\sigma^2 &= \frac{1}{m} \sum_{j=1}^m (x_j - \mu)^2 \\
y_j &= \gamma_j \frac{x_j - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta_j
\end{align}

So the shape says what a sample is:

* `LayerNorm(C)` takes $N$ texts of $T$ words, $N \times T \times C$, and normalizes the $C$ features of each word.
* `LayerNorm((C, H, W))` takes images, $N \times C \times H \times W$, and normalizes each image as a whole. This
  is the layer in [the picture of the family](../__init__.py).

Here $\gamma$ and $\beta$ have the shape $D$: one value for each *feature*, where the other layers have one for each
*channel*. On images, `LayerNorm((C, H, W))` and [`GroupNorm(1, C)`](../group_norm/__init__.py) thus share the
normalization, but learn $2CHW$ and $2C$ parameters.
"""

from collections.abc import Sequence

import torch
from torch import nn


class LayerNorm(nn.Module):
    """
    ## The layer

    A drop-in for `torch.nn.LayerNorm`, with the same arguments and the same `state_dict`.

    To shift and scale a sample changes nothing but the rounding:

    >>> x = torch.randn(2, 5, 16)
    >>> layer = LayerNorm(normalized_shape=16, eps=0)
    >>> torch.allclose(layer(x), layer(7 * x + 3), atol=1e-4)
    True
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        r"""
        The arguments are those of PyTorch's layer.

        * `normalized_shape` is $D$, the lengths of the last axes; a number stands for one axis.
        * `eps` is $\epsilon$, added to the variance.
        * `elementwise_affine` says whether to learn $\gamma$ and $\beta$ at all, and `bias` whether $\beta$ is one
          of them.
        * `device` and `dtype` are those of the parameters.
        """
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        if not shape or min(shape) < 1:
            raise ValueError(
                f"normalized_shape={normalized_shape} must be one or more positive lengths, "
                "those of the last axes of the input, such as 512 or (3, 32, 32)"
            )
        if eps < 0:
            raise ValueError(f"eps={eps} must not be negative, it is added under a square root")
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine

        # $\gamma = 1$ and $\beta = 0$: the layer begins as nothing but the normalization.
        gamma = torch.ones(shape, device=device, dtype=dtype)  # (*D,)
        beta = torch.zeros(shape, device=device, dtype=dtype)  # (*D,)
        self.weight = nn.Parameter(gamma) if elementwise_affine else None
        self.bias = nn.Parameter(beta) if elementwise_affine and bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r"""
        Takes $x$ and returns $y$, of the same shape and type.

        The shape ends in $D$, after any number of other axes, or none. With a single feature the variance is
        $0$, so $y$ is $\beta$.
        """
        # Means over the wrong axes would go unnoticed, so look at the shape first.
        axes = list(range(-len(self.normalized_shape), 0))
        if x.shape[axes[0] :] != self.normalized_shape:
            raise ValueError(
                f"input has shape {tuple(x.shape)}, but its last axes must be {self.normalized_shape}; "
                "move the features there, or make the layer with their lengths"
            )
        if not x.is_floating_point():
            raise ValueError(f"input is {x.dtype}, not floating point; convert it with x.float()")

        # 16 bits are too few to add up many values: as in
        # [group normalization](../group_norm/__init__.py#GroupNorm.forward), a value has 32 bits at least.
        values = x.to(torch.promote_types(x.dtype, torch.float32))  # (..., *D)

        # $x_j - \mu$, and once more without the rounding error of $\mu$, which is the mean that remains.
        centred = values - values.mean(axes, keepdim=True)  # (..., *D)
        centred = centred - centred.mean(axes, keepdim=True)  # (..., *D)

        # $\sigma^2$ divides by $m$, not by $m - 1$. Its shape has a $1$ for every axis of $D$.
        variance = centred.square().mean(axes, keepdim=True)  # (..., 1)

        # $y_j = \gamma_j \hat{x}_j + \beta_j$: the parameters line up with the last axes as they are.
        y = centred * torch.rsqrt(variance + self.eps)  # (..., *D)
        if self.weight is not None:
            y = y * self.weight  # (..., *D)
        if self.bias is not None:
            y = y + self.bias  # (..., *D)
        return y.to(x.dtype)  # (..., *D)

    def extra_repr(self) -> str:
        """What `print(model)` shows between the parentheses."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )

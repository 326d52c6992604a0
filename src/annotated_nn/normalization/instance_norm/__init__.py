r"""
# Instance normalization

A PyTorch implementation of the layer from the paper
[Instance Normalization: The Missing Ingredient for Fast Stylization](https://arxiv.org/abs/1607.08022) by
Dmitry Ulyanov, Andrea Vedaldi and Victor Lempitsky (2016).

Every channel of every sample is normalized by itself, over its $m = H W$ places:

\begin{align}
\mu_{nc} &= \frac{1}{m} \sum_{h,w} x_{nchw} \\
\sigma_{nc}^2 &= \frac{1}{m} \sum_{h,w} (x_{nchw} - \mu_{nc})^2 \\
y_{nchw} &= \gamma_c \frac{x_{nchw} - \mu_{nc}}{\sqrt{\sigma_{nc}^2 + \epsilon}} + \beta_c
\end{align}

This takes from an image how strongly each channel responds, its contrast for example, and leaves where it
responds. To redraw a photograph in the style of a painting that is just right: the contrast of the result should
be the painting's, whatever the photograph's was. To tell images apart it can be a disadvantage, for the strength of a
response may be what distinguishes them. For ResNet-50 on ImageNet the validation error is 28.4%, and 23.6% with
batch normalization (Wu and He, ECCV 2018; [more figures](../group_norm/readme.md)).

The layer is [group normalization](../group_norm/__init__.py) with a group for each channel. In training it is
also [batch normalization](../batch_norm/__init__.py) of each sample alone.
"""

import torch
from torch import nn


class InstanceNorm(nn.Module):
    """
    ## The layer

    With the arguments and the `state_dict` of PyTorch's layers, for any number of spatial axes. By default it
    learns nothing and keeps nothing:

    >>> x = torch.randn(2, 3, 8, 8)
    >>> layer = InstanceNorm(num_features=3)
    >>> layer(x).shape
    torch.Size([2, 3, 8, 8])
    >>> len(layer.state_dict())
    0
    """

    spatial_axes: int | None = None
    running_mean: torch.Tensor | None
    running_var: torch.Tensor | None
    num_batches_tracked: torch.Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        r"""
        The arguments are those of PyTorch's layers.

        * `num_features` is $C$, the number of channels.
        * `eps` is $\epsilon$, added to the variance.
        * `momentum` is $\alpha$, the share of the newest batch in the running averages.
        * `affine` says whether to learn $\gamma$ and $\beta$ at all, and `bias` whether $\beta$ is one of them.
        * `track_running_stats` says whether to keep running averages and to use them in evaluation.
        * `device` and `dtype` are those of the parameters and averages.
        """
        super().__init__()
        if num_features < 1:
            raise ValueError(f"num_features={num_features} must be positive, it is the number of channels")
        if eps < 0:
            raise ValueError(f"eps={eps} must not be negative, it is added under a square root")
        if momentum is None or not 0 <= momentum <= 1:
            raise ValueError(
                f"momentum={momentum} must be between 0 and 1, it is the share of the newest batch"
            )
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats

        # $\gamma = 1$ and $\beta = 0$: the layer begins as nothing but the normalization.
        gamma = torch.ones(num_features, device=device, dtype=dtype)  # (C,)
        beta = torch.zeros(num_features, device=device, dtype=dtype)  # (C,)
        self.weight = nn.Parameter(gamma) if affine else None
        self.bias = nn.Parameter(beta) if affine and bias else None

        # PyTorch's layers save a count of batches and leave it at $0$. It is kept here so that each can load the
        # `state_dict` of the other.
        mean = torch.zeros(num_features, device=device, dtype=dtype)  # (C,)
        variance = torch.ones(num_features, device=device, dtype=dtype)  # (C,)
        count = torch.zeros((), device=device, dtype=torch.long)  # ()
        self.register_buffer("running_mean", mean if track_running_stats else None)
        self.register_buffer("running_var", variance if track_running_stats else None)
        self.register_buffer("num_batches_tracked", count if track_running_stats else None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r"""
        Takes $x$ and returns $y$, of the same shape and type.

        The shape is $N \times C$, followed by one spatial axis or more.
        """
        # A class that knows its number of spatial axes takes a sample without a batch too.
        if x.dim() - 1 == self.spatial_axes:
            return self.forward(x.unsqueeze(0)).squeeze(0)  # (C, ...)

        # Means over the wrong axes would go unnoticed, so look at the shape first.
        axes = list(range(2, x.dim()))
        if not axes or x.shape[1] != self.num_features or self.spatial_axes not in {None, len(axes)}:
            spatial = "..." if self.spatial_axes is None else ", ".join("DHW"[-self.spatial_axes :])
            raise ValueError(
                f"input has shape {tuple(x.shape)}, but (N, {self.num_features}, {spatial}) is needed; "
                "move the channels to the second axis, or make a sample a batch with x.unsqueeze(0)"
            )
        if not x.is_floating_point():
            raise ValueError(f"input is {x.dtype}, not floating point; convert it with x.float()")

        # 16 bits are too few to add up many values: as in
        # [group normalization](../group_norm/__init__.py#GroupNorm.forward), a value has 32 bits at least.
        per_channel = (1, self.num_features) + (1,) * len(axes)
        values = x.to(torch.promote_types(x.dtype, torch.float32))  # (N, C, ...)

        if self.training or self.running_mean is None or self.running_var is None:
            # One value is its own mean, and $y$ would be $\beta$ whatever the input is.
            m = x.shape[2:].numel()
            if m == 1:
                raise ValueError(
                    f"input has shape {tuple(x.shape)}, one value for each channel of a sample, whose variance "
                    "says nothing; normalize before the spatial axes shrink to 1, or use another layer"
                )

            # $x_{nchw} - \mu_{nc}$, and once more without the rounding error of $\mu_{nc}$, which is the mean that
            # remains.
            mean = values.mean(axes, keepdim=True)  # (N, C, 1, ...)
            centred = values - mean  # (N, C, ...)
            centred = centred - centred.mean(axes, keepdim=True)  # (N, C, ...)

            # $\sigma_{nc}^2$ divides by $m$, not by $m - 1$: it describes these very values.
            variance = centred.square().mean(axes, keepdim=True)  # (N, C, 1, ...)

            # An empty batch has no statistics to keep.
            if self.training and self.track_running_stats and x.numel():
                self.update_averages(mean, variance, m)
        else:
            # In evaluation the running averages stand in for both.
            centred = values - self.running_mean.view(per_channel)  # (N, C, ...)
            variance = self.running_var.view(per_channel)  # (1, C, 1, ...)

        # $y_{nchw} = \gamma_c \hat{x}_{nchw} + \beta_c$
        y = centred * torch.rsqrt(variance + self.eps)  # (N, C, ...)
        if self.weight is not None:
            y = y * self.weight.view(per_channel)  # (N, C, ...)
        if self.bias is not None:
            y = y + self.bias.view(per_channel)  # (N, C, ...)
        return y.to(x.dtype)  # (N, C, ...)

    @torch.no_grad()
    def update_averages(self, mean: torch.Tensor, variance: torch.Tensor, m: int) -> None:
        r"""
        ## Running averages

        With `track_running_stats=True`, evaluation no longer looks at the sample: as in
        [batch normalization](../batch_norm/__init__.py#BatchNorm.update_averages), the layer is then a fixed scale
        and shift for each channel. The averages take in the mean over the samples of a batch,

        \begin{align}
        \bar{\mu}_c &\leftarrow (1 - \alpha) \bar{\mu}_c + \frac{\alpha}{N} \sum_n \mu_{nc} \\
        \bar{\sigma}_c^2 &\leftarrow (1 - \alpha) \bar{\sigma}_c^2
        + \frac{\alpha}{N} \sum_n \frac{m}{m - 1} \sigma_{nc}^2
        \end{align}

        The variance is that within a sample. How far the samples lie apart, which batch normalization counts
        too, is not in it.
        """
        if self.running_mean is None or self.running_var is None:
            return
        # $(1 - \alpha) a + \alpha b$ is `torch.lerp(a, b, alpha)`. The buffers may have 16 bits: round only the result.
        unbiased = variance * (m / (m - 1))  # (N, C, 1, ...)
        for average, samples in ((self.running_mean, mean), (self.running_var, unbiased)):
            batch = samples.mean(0).flatten()  # (C,)
            average.copy_(torch.lerp(average.to(batch.dtype), batch, self.momentum))  # (C,)

    def extra_repr(self) -> str:
        """What `print(model)` shows between the parentheses."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class InstanceNorm1d(InstanceNorm):
    r"""
    ## With or without a batch

    Three axes may be a batch of sounds, $N \times C \times W$, or one image, $C \times H \times W$. PyTorch tells
    by the name of the layer which it is, and so do these drop-ins for `torch.nn.InstanceNorm1d`,
    `InstanceNorm2d` and `InstanceNorm3d`.

    >>> InstanceNorm2d(3)(torch.randn(3, 8, 8)).shape
    torch.Size([3, 8, 8])
    """

    spatial_axes = 1


class InstanceNorm2d(InstanceNorm):
    r"""Images: $N \times C \times H \times W$ or $C \times H \times W$."""

    spatial_axes = 2


class InstanceNorm3d(InstanceNorm):
    r"""Videos and volumes: $N \times C \times D \times H \times W$ or $C \times D \times H \times W$."""

    spatial_axes = 3

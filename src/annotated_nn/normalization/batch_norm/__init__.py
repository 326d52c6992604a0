r"""
# Batch normalization

A PyTorch implementation of the layer from the paper
[Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift](https://arxiv.org/abs/1502.03167)
by Sergey Ioffe and Christian Szegedy (ICML 2015).

Every channel gets one mean and one variance, taken over all samples of the batch and all places in them. For
a feature map of the shape $N \times C \times H \times W$ these are $m = N H W$ values of channel $c$:

\begin{align}
\mu_c &= \frac{1}{m} \sum_{n,h,w} x_{nchw} \\
\sigma_c^2 &= \frac{1}{m} \sum_{n,h,w} (x_{nchw} - \mu_c)^2 \\
y_{nchw} &= \gamma_c \frac{x_{nchw} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + \beta_c
\end{align}

How this differs from the other layers is on [the page of the family](../__init__.py).

## Two layers in one

In training $\mu_c$ and $\sigma_c^2$ are those of the batch at hand, so $y$ of one sample depends on the samples
that happen to be with it. To use the network, one wants an answer that depends on the sample alone. The layer
therefore keeps running averages $\bar{\mu}_c$ and $\bar{\sigma}_c^2$ while it is trained, and in evaluation it
computes with them. They are constants then, and nothing is left but a scale and a shift for each channel,

\begin{align}
a_c &= \frac{\gamma_c}{\sqrt{\bar{\sigma}_c^2 + \epsilon}} \\
y_{nchw} &= a_c x_{nchw} + (\beta_c - a_c \bar{\mu}_c)
\end{align}

which a convolution before the layer can take into its own weights.

Training and evaluation both need large batches: with few samples the statistics are noise in training, and in
evaluation they are far from what the network was trained with. For ResNet-50 on ImageNet the validation error is
23.6% with 32 images on each GPU and 34.7% with 2; with [group normalization](../group_norm/__init__.py) it is 24.1%
for both (Wu and He, ECCV 2018; [more figures](../group_norm/readme.md)).
"""

import torch
from torch import nn


class BatchNorm(nn.Module):
    """
    ## The layer

    A drop-in for `torch.nn.BatchNorm1d`, `BatchNorm2d` and `BatchNorm3d`, with the same arguments and the same
    `state_dict`. Those three differ only in the number of axes that they accept; this one takes any.

    The company of a sample matters in training and not in evaluation:

    >>> x = torch.randn(4, 3, 8, 8)
    >>> layer = BatchNorm(num_features=3)
    >>> torch.allclose(layer(x)[:1], layer(x[:1]))
    False
    >>> layer = layer.eval()
    >>> torch.allclose(layer(x)[:1], layer(x[:1]))
    True
    """

    running_mean: torch.Tensor | None
    running_var: torch.Tensor | None
    num_batches_tracked: torch.Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        r"""
        The arguments are those of PyTorch's layers.

        * `num_features` is $C$, the number of channels.
        * `eps` is $\epsilon$, added to the variance.
        * `momentum` is $\alpha$, the share of the newest batch in the running averages, or `None` to give all
          batches the same share.
        * `affine` says whether to learn $\gamma$ and $\beta$ at all, and `bias` whether $\beta$ is one of them.
        * `track_running_stats` says whether to keep running averages. Without them, evaluation takes the
          statistics of the batch too.
        * `device` and `dtype` are those of the parameters and averages.
        """
        super().__init__()
        if num_features < 1:
            raise ValueError(
                f"num_features={num_features} must be positive, it is the length of the second axis"
            )
        if eps < 0:
            raise ValueError(f"eps={eps} must not be negative, it is added under a square root")
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(
                f"momentum={momentum} must be between 0 and 1, it is the share of the newest batch; "
                "use None to give all batches the same share"
            )
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats

        # $\gamma = 1$ and $\beta = 0$: the layer begins as nothing but the normalization.
        gamma = torch.ones(num_features, device=device, dtype=dtype)  # (C,)
        beta = torch.zeros(num_features, device=device, dtype=dtype)  # (C,)
        self.weight = nn.Parameter(gamma) if affine else None
        self.bias = nn.Parameter(beta) if affine and bias else None

        # Buffers are saved and moved with the parameters, and no optimizer touches them. Before the first batch,
        # $\bar{\mu} = 0$ and $\bar{\sigma}^2 = 1$ hardly change the input.
        mean = torch.zeros(num_features, device=device, dtype=dtype)  # (C,)
        variance = torch.ones(num_features, device=device, dtype=dtype)  # (C,)
        count = torch.zeros((), device=device, dtype=torch.long)  # ()
        self.register_buffer("running_mean", mean if track_running_stats else None)
        self.register_buffer("running_var", variance if track_running_stats else None)
        self.register_buffer("num_batches_tracked", count if track_running_stats else None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        r"""
        Takes $x$ and returns $y$, of the same shape and type.

        The shape is $N \times C$, followed by any number of spatial axes: none for plain features, one for
        sound, two for images, three for video.
        """
        # Means over the wrong axes would go unnoticed, so look at the shape first.
        if x.dim() < 2 or x.shape[1] != self.num_features:
            raise ValueError(
                f"input has shape {tuple(x.shape)}, but (N, {self.num_features}, ...) is needed; "
                "move the channels to the second axis"
            )
        if not x.is_floating_point():
            raise ValueError(f"input is {x.dtype}, not floating point; convert it with x.float()")

        # $\sum_{n,h,w}$ leaves only the axis of the channels.
        axes = [axis for axis in range(x.dim()) if axis != 1]
        per_channel = (1, self.num_features) + (1,) * (x.dim() - 2)

        # 16 bits are too few to add up many values: as in
        # [group normalization](../group_norm/__init__.py#GroupNorm.forward), a value has 32 bits at least.
        values = x.to(torch.promote_types(x.dtype, torch.float32))  # (N, C, ...)

        if self.training or self.running_mean is None or self.running_var is None:
            # One value is its own mean, and $y$ would be $\beta$ whatever the input is.
            m = x.numel() // self.num_features
            if m == 1:
                raise ValueError(
                    f"input has shape {tuple(x.shape)}, one value for each channel, whose variance says nothing; "
                    "use a larger batch, or layer.eval() for the running averages"
                )

            # $x_{nchw} - \mu_c$, and once more without the rounding error of $\mu_c$, which is the mean that
            # remains.
            mean = values.mean(axes, keepdim=True)  # (1, C, 1, ...)
            centred = values - mean  # (N, C, ...)
            centred = centred - centred.mean(axes, keepdim=True)  # (N, C, ...)

            # $\sigma_c^2$ divides by $m$, not by $m - 1$: it describes these very values.
            variance = centred.square().mean(axes, keepdim=True)  # (1, C, 1, ...)

            # An empty batch has no statistics to keep.
            if self.training and self.track_running_stats and m:
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

        After each batch in training,

        \begin{align}
        \bar{\mu} &\leftarrow (1 - \alpha) \bar{\mu} + \alpha \mu \\
        \bar{\sigma}^2 &\leftarrow (1 - \alpha) \bar{\sigma}^2 + \alpha \frac{m}{m - 1} \sigma^2
        \end{align}

        Values lie closer to their own mean than to the true one, which makes $\sigma^2$ too small by the factor
        $\frac{m-1}{m}$ on average. That is right for the values it comes from; the running average is for others.

        Mind the direction: the momentum of an optimizer is the weight of what is old, $\alpha$ that of what is new.
        """
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return

        # `momentum=None`: with $\alpha = \frac{1}{t}$ at batch $t$, the averages are the plain means of all batches.
        self.num_batches_tracked.add_(1)  # ()
        alpha = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum

        # $(1 - \alpha) a + \alpha b$ is `torch.lerp(a, b, alpha)`. The buffers may have 16 bits: round only the result.
        unbiased = variance * (m / (m - 1))  # (1, C, 1, ...)
        for average, batch in ((self.running_mean, mean), (self.running_var, unbiased)):
            average.copy_(torch.lerp(average.to(batch.dtype), batch.flatten(), alpha))  # (C,)

    def extra_repr(self) -> str:
        """What `print(model)` shows between the parentheses."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

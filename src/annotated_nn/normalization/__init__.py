r"""
# Normalization layers

The scale of what a layer puts out changes while the network learns, and every later layer has to follow.
A normalization layer takes that work away: it shifts and scales values to mean $0$ and variance $1$.

## One formula

A feature map has the shape $N \times C \times H \times W$: samples, channels, rows and columns. For each place
$i$ in it there is an index set $S_i$ of $m$ places, and the layer computes

\begin{align}
\mu_i &= \frac{1}{m} \sum_{k \in S_i} x_k \\
\sigma_i^2 &= \frac{1}{m} \sum_{k \in S_i} (x_k - \mu_i)^2 \\
y_i &= \gamma \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} + \beta
\end{align}

The small $\epsilon$ keeps the division safe even where all values are equal. The scale $\gamma$ and the shift $\beta$
are learned, so that the network can have another mean and variance where it needs them.

## Four index sets

The choice of $S_i$ is what tells one layer of the family from another.

![What shares one mean and variance: a column, a row, a cell, or a part of a row](axes.svg)

Rows are samples, columns are channels, and the dots in a cell stand for its $H \times W$ values. Each outline
is one set. Under the name of the layer are the axes that its means go over.

| Layer | $S_i$: all places in | $m$ | Number of $\gamma$, and of $\beta$ |
|---|---|---|---|
| [Batch](batch_norm/__init__.py) | one channel of all samples | $NHW$ | $C$ |
| [Layer](layer_norm/__init__.py) | one sample | $CHW$ | $CHW$ |
| [Instance](instance_norm/__init__.py) | one channel of one sample | $HW$ | $C$, off by default |
| [Group](group_norm/__init__.py) | $C/G$ channels of one sample | $\frac{C}{G} HW$ | $C$ |

So group normalization has the sets of layer normalization for $G = 1$ and those of instance normalization
for $G = C$.

## What follows from the set

A set that reaches over the batch makes the result for one sample depend on the others. A set inside one sample does
not, and then nothing has to change when the network is used.

| Layer | The result for a sample depends on | In evaluation | Buffers |
|---|---|---|---|
| Batch | all samples of the batch | running averages, a fixed scale and shift | $2C$ and a count of batches |
| Layer | the sample | the same as in training | none |
| Instance | the sample, channel by channel | the same, or running averages on request | none, or $2C$ and a count of batches |
| Group | the sample, group by group | the same as in training | none |

## What it costs

All four take time linear in the size of the input. In evaluation batch normalization has no statistics to
compute; the rest depends on the implementation more than on the layer. Forward only, for an input of
$32 \times 256 \times 28 \times 28$, in milliseconds:

| Layer | PyTorch | Annotated |
|---|---:|---:|
| Batch, in training | 10.9 | 20.1 |
| Batch, in evaluation | 2.7 | 10.3 |
| Layer | 4.2 | 20.1 |
| Instance | 10.7 | 15.9 |
| Group, $G = 32$ | 3.2 | 23.8 |

That is on two CPU cores with torch 2.13, the least of 60 runs each; `benchmarks/layers.py` measures it again. The
annotated layers are written to be read, and go over the data once for each line; how few times are enough is what
[the fused kernels](group_norm/fused.py) are about. Each loads the `state_dict` of
PyTorch's layer, so train with whichever you like.

## Pages

* [Batch normalization](batch_norm/__init__.py), with its running averages
* [Layer normalization](layer_norm/__init__.py), for any shape of features
* [Instance normalization](instance_norm/__init__.py), with and without a batch
* [Group normalization](group_norm/__init__.py), and why the mean is computed before the variance
    * [In fused kernels](group_norm/fused.py): forward and backward on a GPU, by counting bytes
    * [The paper in brief](group_norm/readme.md): what the four layers achieve on images
"""

r"""
# Normalization layers

The scale of what a layer puts out changes while the network learns, and every later layer has to follow.
A normalization layer takes that work away: it shifts and scales values to mean $0$ and variance $1$.
For each place $i$ in the input there is an index set $S_i$, and the layer computes

$$\hat{x}_i = \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}}$$

with the mean $\mu_i$ and variance $\sigma_i^2$ of the values $\{x_k : k \in S_i\}$ and a small $\epsilon$.
The choice of $S_i$ is what tells one layer of the family from another: a set that reaches over the batch makes
the result for one sample depend on the others, and a set inside one sample does not.

* [Group normalization](group_norm/__init__.py): $S_i$ spans a group of channels of one sample
"""

r"""
# Norm of a vector

For $x \in \R^n$ the norm is $\lVert x \rVert = \sqrt{\sum_i x_i^2}$.
\begin{align}
\hat{x} &= \frac{x}{\lVert x \rVert} \tag{1}
\end{align}
"""

import math


class Norm:
    """
    ## The `Norm` class

    :param eps: keeps the division away from zero
    :return: nothing
    """

    def __init__(self, eps: float = 1e-6):
        self.eps = eps

    def __call__(self, x):
        # Squares first, <b>then</b> the root of $s = \sum_i x_i^2$
        total = sum(v * v for v in x)
        return math.sqrt(total) + self.eps

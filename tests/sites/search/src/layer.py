"""
# The layer

Normalizes what it is given.
"""
__proto__ = "constructor"
TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4LastPartOfIt"


class BatchNorm2d:
    """A class, in one sentence."""

    def __init__(self, num_features: int) -> None:
        # Kept for `forward`
        self.num_features = num_features
        self.running_mean = [0.0] * num_features  # not a comment of its own


def forward(x):
    return x[0] <= 1e-5 and x.y.z != "日本語の文字列"

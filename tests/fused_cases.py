"""What the tests of the fused group norm share.

Kernels run on the GPU where there is one, else in Triton's interpreter on the CPU. TRITON_INTERPRET=1 asks
for the interpreter on a machine with a GPU too.
"""

import os

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")

GPU = torch.cuda.is_available() and os.environ.get("TRITON_INTERPRET") != "1"
DEVICE = "cuda" if GPU else "cpu"
if not GPU:
    # Triton reads it as it is imported.
    os.environ["TRITON_INTERPRET"] = "1"
pytest.importorskip("triton", reason="triton is an extra: pip install 'site-builder[kernel]'")

from torch.nn import functional  # noqa: E402
from triton.runtime import interpreter  # noqa: E402

from annotated_nn.normalization.group_norm import fused, launch, tiles  # noqa: E402
from annotated_nn.normalization.group_norm.fused import group_norm  # noqa: E402

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@pytest.fixture
def kernels(monkeypatch):
    """Run the kernels; the tensors are too small for more than one thread."""
    monkeypatch.setenv(fused.VARIABLE, "triton")
    if not GPU:
        prepare_once(monkeypatch)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def prepare_once(monkeypatch):
    """Prepare Triton's modules once for each launch.

    The interpreter does it for each call of a function, which takes more than half of its time.
    """
    prepare, prepared = interpreter._patch_lang, set()

    def prepare_if_needed(function):
        module = id(function.__globals__)
        if module in prepared:
            return None
        prepared.add(module)
        scope = prepare(function)
        restore = scope.restore
        scope.restore = lambda: (restore(), prepared.clear())
        return scope

    monkeypatch.setattr(interpreter, "_patch_lang", prepare_if_needed)


def take(path, monkeypatch):
    """Lead small inputs to a path. On the split one they take several tiles, chunks and merges."""
    if path == "split":
        monkeypatch.setattr(tiles, "REGISTERS", 0)
        monkeypatch.setattr(tiles, "SPLIT_BYTES", 256)
        monkeypatch.setattr(tiles, "LINE", 32)
        monkeypatch.setattr(launch, "MERGED", 16)
        monkeypatch.setattr(launch, "processors", lambda device: 8)


@pytest.fixture(params=["whole", "split"])
def path(request, monkeypatch):
    take(request.param, monkeypatch)
    return request.param


def random(*shape, dtype=torch.float32, seed=0):
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return values.to(dtype).to(DEVICE)


def random_parameters(channels, dtype):
    return [random(channels, dtype=dtype, seed=seed) for seed in (1, 2)]


def exact_norm(x, groups, weight=None, bias=None, eps=1e-5, activation=None):
    # PyTorch cannot differentiate a bias without a weight.
    weight = torch.ones_like(bias) if weight is None and bias is not None else weight
    y = functional.group_norm(x, groups, weight, bias, eps)
    return functional.silu(y) if activation else y


def with_gradients(function, x, groups, weight, bias, dy, **options):
    leaves = [tensor.detach().requires_grad_() for tensor in (x, weight, bias) if tensor is not None]
    given = iter(leaves)
    x, weight, bias = (None if tensor is None else next(given) for tensor in (x, weight, bias))
    y = function(x, groups, weight, bias, **options)
    return y.detach(), *torch.autograd.grad(y, leaves, dy.to(y.dtype))


def close(actual, exact, scale=1.0, wide=False):
    """Allow one rounding to the type of the result, and what sums lose in 32 bits."""
    # The interpreter cuts the bits that do not fit into a bfloat16; a GPU rounds.
    rounding = 1.01 if actual.dtype == torch.bfloat16 and not GPU else 0.51
    lost = 1e-14 if wide else 1e-6
    size = max(1.0, exact.abs().max().item()) if exact.numel() else 1.0
    torch.testing.assert_close(
        actual.double(),
        exact.double(),
        rtol=rounding * torch.finfo(actual.dtype).eps,
        atol=lost * size * scale,
    )


def check(x, groups, weight=None, bias=None, scale=1.0, **options):
    """Compare the result and all gradients with 64-bit arithmetic on the same numbers."""
    # Few bits, so that they are the same in every type.
    dy = random(*x.shape, dtype=torch.bfloat16, seed=9)
    actual = with_gradients(group_norm, x, groups, weight, bias, dy, **options)
    x, weight, bias = (None if t is None else t.double() for t in (x, weight, bias))
    expected = with_gradients(exact_norm, x.contiguous(), groups, weight, bias, dy, **options)
    for one, other in zip(actual, expected, strict=True):
        close(one, other, scale, wide=actual[0].dtype == torch.float64)
    return actual

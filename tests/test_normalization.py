"""Batch, layer and instance normalization compute what PyTorch's own compute, and keep the same state."""

import copy
import doctest
import re

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")

from test_annotated_nn import TOLERANCE, close, output_and_gradients, random  # noqa: E402

from annotated_nn.normalization import batch_norm, instance_norm, layer_norm  # noqa: E402
from annotated_nn.normalization.batch_norm import BatchNorm  # noqa: E402
from annotated_nn.normalization.group_norm import GroupNorm  # noqa: E402
from annotated_nn.normalization.instance_norm import (  # noqa: E402
    InstanceNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from annotated_nn.normalization.layer_norm import LayerNorm  # noqa: E402

# The tensors are so small that threads would only wait for each other.
torch.set_num_threads(1)

DTYPES = pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
TORCHS_BATCH_NORM = {
    2: torch.nn.BatchNorm1d,
    3: torch.nn.BatchNorm1d,
    4: torch.nn.BatchNorm2d,
    5: torch.nn.BatchNorm3d,
}
TORCHS_INSTANCE_NORM = {3: torch.nn.InstanceNorm1d, 4: torch.nn.InstanceNorm2d, 5: torch.nn.InstanceNorm3d}
BATCH_SHAPES = [(7, 3), (2, 5), (3, 4, 7), (1, 3, 5, 7), (4, 1, 3, 1), (2, 3, 1, 1), (2, 3, 2, 3, 2)]
INSTANCE_SHAPES = [(3, 4, 7), (1, 3, 5, 7), (2, 1, 1, 3), (2, 3, 2, 3, 2), (1, 1, 2)]
LAYER_SHAPES = [
    ((4, 6), 6),
    ((6,), 6),  # no batch
    ((2, 5, 6), 6),
    ((2, 5, 6), [5, 6]),
    ((1, 3, 5, 7), (3, 5, 7)),
    ((2, 3, 5, 7), (5, 7)),
    ((2, 3, 1), 1),  # a single feature
    ((2, 1, 3), (2, 1, 3)),
    ((0, 4), 4),  # an empty batch
]


def alike(ours, theirs):
    """Both layers, with the same random parameters and a history."""
    for seed, tensor in enumerate(theirs.state_dict().values(), start=1):
        if tensor.is_floating_point():
            tensor.copy_(random(*tensor.shape, dtype=tensor.dtype, seed=seed).abs() + 0.5)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def assert_same(ours, theirs, shape, dtype):
    """Three batches in training, then one in evaluation: outputs, gradients and state."""
    for seed, training in enumerate([True, True, True, False]):
        x = 2 + 3 * random(*shape, dtype=dtype, seed=seed)
        actual, expected = (output_and_gradients(layer.train(training), x) for layer in (ours, theirs))
        assert len(actual) == 2 + len(list(theirs.parameters()))
        close(actual, expected, TOLERANCE[dtype])
        close(dict(ours.state_dict()), dict(theirs.state_dict()), TOLERANCE[dtype])
        assert {name: tensor.dtype for name, tensor in ours.state_dict().items()} == {
            name: tensor.dtype for name, tensor in theirs.state_dict().items()
        }


@DTYPES
@pytest.mark.parametrize("shape", BATCH_SHAPES, ids=str)
@pytest.mark.parametrize("options", [
    {"momentum": 0.3}, {"momentum": None}, {"track_running_stats": False}, {"affine": False}, {"bias": False},
], ids=str)  # fmt: skip
def test_batch_norm_is_torchs(shape, options, dtype):
    options = {"eps": 1e-3, "dtype": dtype, **options}
    layers = alike(BatchNorm(shape[1], **options), TORCHS_BATCH_NORM[len(shape)](shape[1], **options))
    assert_same(*layers, shape, dtype)


@DTYPES
@pytest.mark.parametrize("shape", INSTANCE_SHAPES, ids=str)
@pytest.mark.parametrize("options", [
    {}, {"affine": True}, {"affine": True, "bias": False}, {"track_running_stats": True, "momentum": 0.3},
], ids=str)  # fmt: skip
def test_instance_norm_is_torchs(shape, options, dtype):
    options = {"eps": 1e-3, "dtype": dtype, **options}
    layers = alike(InstanceNorm(shape[1], **options), TORCHS_INSTANCE_NORM[len(shape)](shape[1], **options))
    assert_same(*layers, shape, dtype)


@pytest.mark.parametrize(("ours", "shape"), [
    (InstanceNorm1d, (3, 5)),
    (InstanceNorm1d, (2, 3, 5)),
    (InstanceNorm2d, (3, 5, 4)),
    (InstanceNorm2d, (2, 3, 5, 4)),
    (InstanceNorm3d, (3, 5, 4, 2)),
    (InstanceNorm3d, (2, 3, 5, 4, 2)),
])  # fmt: skip
def test_instance_norm_takes_a_sample_without_a_batch(ours, shape):
    options = {"affine": True, "track_running_stats": True}
    layers = alike(ours(3, **options), getattr(torch.nn, ours.__name__)(3, **options))
    assert_same(*layers, shape, torch.float32)
    assert repr(layers[0]) == repr(layers[1])


@DTYPES
@pytest.mark.parametrize(("shape", "features"), LAYER_SHAPES, ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"bias": False}, {"elementwise_affine": False}, {"eps": 0.5}], ids=str
)
def test_layer_norm_is_torchs(shape, features, options, dtype):
    options = {"eps": 1e-3, "dtype": dtype, **options}
    layers = alike(LayerNorm(features, **options), torch.nn.LayerNorm(features, **options))
    assert_same(*layers, shape, dtype)
    assert repr(layers[0]) == repr(layers[1])


@pytest.mark.parametrize("options", [{}, {"affine": False}, {"momentum": None, "bias": False}], ids=str)
def test_batch_norm_shows_what_torchs_shows(options):
    expected = repr(torch.nn.BatchNorm2d(3, **options)).removeprefix("BatchNorm2d")
    assert repr(BatchNorm(3, **options)) == "BatchNorm" + expected


SHAPE = (5, 4, 3, 2)
EACH = pytest.mark.parametrize("make", [
    lambda: alike(BatchNorm(4, momentum=0.7), torch.nn.BatchNorm2d(4, momentum=0.7)),
    lambda: alike(LayerNorm((4, 3, 2)), torch.nn.LayerNorm((4, 3, 2))),
    lambda: alike(
        InstanceNorm2d(4, momentum=0.7, affine=True, track_running_stats=True),
        torch.nn.InstanceNorm2d(4, momentum=0.7, affine=True, track_running_stats=True),
    ),
], ids=["batch", "layer", "instance"])  # fmt: skip


@EACH
def test_state_goes_both_ways(make):
    ours, theirs = make()
    ours(random(*SHAPE))
    back = copy.deepcopy(theirs)
    back.load_state_dict(ours.state_dict())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(back.state_dict()[name], tensor) for name, tensor in ours.state_dict().items())
    x = random(*SHAPE, seed=1)
    close(ours.eval()(x), back.eval()(x))


@EACH
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_is_rounded_only_at_the_end(make, dtype):
    ours, theirs = (layer.to(dtype) for layer in make())
    x = 3 + random(*SHAPE, dtype=dtype)
    actual, expected = output_and_gradients(ours, x), output_and_gradients(theirs.double(), x.double())
    assert {tensor.dtype for tensor in actual} == {dtype}
    for rounded, exact in zip(actual, expected, strict=True):
        torch.testing.assert_close(rounded.double(), exact, rtol=0.6 * torch.finfo(dtype).eps, atol=1e-5)
    for name, exact in theirs.state_dict().items():
        torch.testing.assert_close(
            ours.state_dict()[name].double(), exact.double(), rtol=0.6 * torch.finfo(dtype).eps, atol=1e-5
        )


@pytest.mark.parametrize("layer", [
    BatchNorm(256, momentum=0.7, dtype=torch.bfloat16),
    InstanceNorm(256, momentum=0.7, track_running_stats=True, dtype=torch.bfloat16),
])  # fmt: skip
def test_averages_of_16_bits_are_rounded_once(layer):
    exact, x = copy.deepcopy(layer).double(), 3 + random(4, 256, 5, dtype=torch.bfloat16)
    layer(x), exact(x.double())
    for name in ("running_mean", "running_var"):
        rounded = exact.state_dict()[name].to(torch.bfloat16)
        assert (layer.state_dict()[name] == rounded).double().mean() > 0.99


@EACH
def test_half_precision_input_meets_single_precision_state(make):
    ours, theirs = make()
    x = random(*SHAPE, dtype=torch.bfloat16)
    for training in (True, False):
        output = ours.train(training)(x)
        assert output.dtype == torch.bfloat16
        close(output, theirs.train(training)(x), 2**-6)
    assert {tensor.dtype for tensor in ours.state_dict().values()} <= {torch.float32, torch.int64}


@EACH
@pytest.mark.parametrize("rearranged", [
    lambda: random(*SHAPE[::-1]).permute(3, 2, 1, 0),
    lambda: random(*SHAPE).to(memory_format=torch.channels_last),
    lambda: random(2 * SHAPE[0], *SHAPE[1:])[::2],
])  # fmt: skip
def test_input_need_not_be_contiguous(make, rearranged):
    ours, theirs = make()
    x = rearranged()
    assert not x.is_contiguous()
    close(output_and_gradients(ours, x), output_and_gradients(theirs, x))


@pytest.mark.parametrize("layer", [
    BatchNorm(32), LayerNorm((32, 16, 16)), InstanceNorm(32, track_running_stats=True),
])  # fmt: skip
def test_a_large_mean_does_not_drown_the_values(layer):
    x = random(8, 32, 16, 16) + 1e4
    exact = copy.deepcopy(layer).double()
    assert (layer(x) - exact(x.double())).abs().max() < 1e-6
    for name, tensor in layer.state_dict().items():
        torch.testing.assert_close(tensor.double(), exact.state_dict()[name].double(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("ours", "theirs"), [
    (BatchNorm(4), torch.nn.BatchNorm2d(4)),
    (LayerNorm((4, 3)), torch.nn.LayerNorm((4, 3))),
    (
        InstanceNorm(4, affine=True, track_running_stats=True),
        torch.nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
    ),
], ids=["batch", "layer", "instance"])  # fmt: skip
def test_begins_as_torchs(ours, theirs):
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(ours.state_dict()[name], tensor) for name, tensor in theirs.state_dict().items())


def test_parameters_and_averages_are_made_where_and_as_asked():
    for layer in (
        BatchNorm(4, device="meta", dtype=torch.float64),
        LayerNorm(4, device="meta", dtype=torch.float64),
        InstanceNorm(4, affine=True, track_running_stats=True, device="meta", dtype=torch.float64),
    ):
        state = {name: tensor for name, tensor in layer.state_dict().items() if name != "num_batches_tracked"}
        assert {(t.device.type, t.dtype) for t in state.values()} == {("meta", torch.float64)}


def test_cumulative_average_is_the_mean_over_all_batches():
    layer = BatchNorm(3, momentum=None, dtype=torch.float64)
    batches = [random(5, 3, 4, dtype=torch.float64, seed=seed) for seed in range(6)]
    for batch in batches:
        layer(batch)
    assert layer.num_batches_tracked == 6
    close(layer.running_mean, torch.stack([b.mean((0, 2)) for b in batches]).mean(0), 1e-12)
    close(layer.running_var, torch.stack([b.var((0, 2), correction=1) for b in batches]).mean(0), 1e-12)


def test_averages_are_updated_in_place_and_only_in_training():
    for layer in (BatchNorm(3), InstanceNorm(3, track_running_stats=True)):
        mean = layer.running_mean
        before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
        layer.eval()(random(4, 3, 5))
        assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())
        layer.train()(random(4, 3, 5).requires_grad_())
        assert layer.running_mean is mean
        assert not torch.equal(mean, before["running_mean"])
        assert not mean.requires_grad


def test_tracking_can_be_switched_off_later():
    ours, theirs = alike(BatchNorm(3), torch.nn.BatchNorm1d(3))
    for layer in (ours, theirs):
        layer.track_running_stats = False
    assert_same(ours, theirs, (4, 3, 5), torch.float32)


def test_an_empty_batch_leaves_the_averages_alone():
    for layer in (BatchNorm(3), InstanceNorm(3, track_running_stats=True)):
        before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
        assert layer(torch.ones(0, 3, 5)).shape == (0, 3, 5)
        assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())


def test_one_value_is_enough_in_evaluation():
    ours, theirs = alike(BatchNorm(3).eval(), torch.nn.BatchNorm1d(3).eval())
    close(ours(random(1, 3)), theirs(random(1, 3)))


def test_evaluation_is_the_scale_and_shift_that_the_page_says():
    layer, _ = alike(BatchNorm(3, dtype=torch.float64).eval(), torch.nn.BatchNorm2d(3, dtype=torch.float64))
    x = random(2, 3, 4, 5, dtype=torch.float64)
    a = layer.weight / torch.sqrt(layer.running_var + layer.eps)
    b = layer.bias - a * layer.running_mean
    close(layer(x), a.view(3, 1, 1) * x + b.view(3, 1, 1), 1e-12)


def test_the_family_is_related_as_the_pages_say():
    x = random(3, 6, 4, 5)
    close(LayerNorm((6, 4, 5))(x), GroupNorm(1, 6)(x))
    close(InstanceNorm(6)(x), GroupNorm(6, 6)(x))
    close(InstanceNorm(6)(x[:1]), BatchNorm(6)(x[:1]))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: BatchNorm(0), "num_features=0 must be positive"),
    (lambda: BatchNorm(3, eps=-1e-5), "eps=-1e-05 must not be negative"),
    (lambda: BatchNorm(3, momentum=1.5), "use None to give all batches the same share"),
    (lambda: BatchNorm(3, momentum=-0.1), "must be between 0 and 1"),
    (lambda: InstanceNorm(-1), "num_features=-1 must be positive"),
    (lambda: InstanceNorm(3, eps=-1), "must not be negative"),
    (lambda: InstanceNorm(3, momentum=None), "momentum=None must be between 0 and 1"),
    (lambda: InstanceNorm(3, momentum=2), "must be between 0 and 1"),
    (lambda: LayerNorm(()), "must be one or more positive lengths"),
    (lambda: LayerNorm(0), "normalized_shape=0 must be"),
    (lambda: LayerNorm((3, -2)), "such as 512 or (3, 32, 32)"),
    (lambda: LayerNorm(3, eps=-1), "must not be negative"),
])  # fmt: skip
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(("layer", "x", "message"), [
    (BatchNorm(4), torch.ones(4), "input has shape (4,), but (N, 4, ...) is needed"),
    (BatchNorm(4), torch.ones(2, 8, 8, 4), "move the channels to the second axis"),
    (BatchNorm(4), torch.ones(2, 4, dtype=torch.int64), "convert it with x.float()"),
    (BatchNorm(4), torch.ones(1, 4, 1, 1), "use a larger batch, or layer.eval()"),
    (BatchNorm(4, track_running_stats=False).eval(), torch.ones(1, 4), "one value for each channel"),
    (InstanceNorm(4), torch.ones(2, 4), "input has shape (2, 4), but (N, 4, ...) is needed"),
    (InstanceNorm(4), torch.ones(2, 8, 4), "move the channels to the second axis"),
    (InstanceNorm2d(4), torch.ones(2, 4), "input has shape (2, 4), but (N, 4, H, W) is needed"),
    (InstanceNorm3d(4), torch.ones(2, 4), "(N, 4, D, H, W) is needed"),
    (InstanceNorm1d(4), torch.ones(2, 4, 3, 3), "(N, 4, W) is needed"),
    (InstanceNorm(4), torch.ones(2, 4, 3, dtype=torch.int64), "convert it with x.float()"),
    (InstanceNorm(4), torch.ones(2, 4, 1, 1), "one value for each channel of a sample"),
    (LayerNorm(4), torch.ones(4, 2), "its last axes must be (4,); move the features there"),
    (LayerNorm((3, 4)), torch.ones(4), "its last axes must be (3, 4)"),
    (LayerNorm(4), torch.ones(2, 4, dtype=torch.int64), "convert it with x.float()"),
])  # fmt: skip
def test_bad_input_is_refused(layer, x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        layer(x)


@pytest.mark.parametrize(
    ("module", "examples"), [(batch_norm, 5), (layer_norm, 3), (instance_norm, 5)], ids=str
)
def test_examples_in_the_prose_are_true(module, examples):
    results = doctest.testmod(module)
    assert results.attempted == examples
    assert results.failed == 0

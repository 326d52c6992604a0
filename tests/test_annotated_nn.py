"""The annotated layers compute what PyTorch's own compute, and say so where it cannot be done."""

import doctest
import re

import pytest

# importorskip also keeps torch's warning about an absent NumPy from counting as an error.
torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")

from torch.nn import functional  # noqa: E402

from annotated_nn.normalization import group_norm  # noqa: E402
from annotated_nn.normalization.group_norm import GroupNorm, naive_variance  # noqa: E402

SHAPES_AND_GROUPS = [
    ((2, 6), 3),  # no spatial axis
    ((2, 6), 1),
    ((3, 4, 7), 2),
    ((2, 6, 5, 3), 1),
    ((2, 6, 5, 3), 2),
    ((2, 6, 5, 3), 6),
    ((1, 12, 1, 3), 4),  # a batch of one
    ((2, 4, 2, 3, 2), 2),  # video
    ((0, 4, 3), 2),  # an empty batch
]
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


def random(*shape, dtype=torch.float32, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def close(actual, expected, tolerance=1e-5):
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def ours_and_torchs(groups, channels, **options):
    """Both layers, with the same random parameters."""
    theirs = torch.nn.GroupNorm(groups, channels, **options)
    for seed, parameter in enumerate(theirs.parameters(), start=1):
        parameter.data = random(channels, dtype=parameter.dtype, seed=seed)
    ours = GroupNorm(groups, channels, **options)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def output_and_gradients(layer, x):
    """Gradients of the input and the parameters, for a loss that weighs each output differently."""
    x = x.detach().requires_grad_()
    output = layer(x)
    # Few bits, so that they are the same in every type.
    weights = random(*output.shape, dtype=torch.bfloat16, seed=9).to(output.dtype)
    return output, *torch.autograd.grad(output, [x, *layer.parameters()], weights)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize(("shape", "groups"), SHAPES_AND_GROUPS, ids=str)
def test_output_and_gradients_are_torchs(shape, groups, dtype):
    layers = ours_and_torchs(groups, shape[1], eps=1e-3, dtype=dtype)
    x = random(*shape, dtype=dtype)
    actual, expected = (output_and_gradients(layer, x) for layer in layers)
    assert len(actual) == 4
    close(actual, expected, TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize(("shape", "groups"), [*SHAPES_AND_GROUPS, ((2, 4, 64, 64), 2)], ids=str)
def test_half_precision_is_rounded_only_at_the_end(shape, groups, dtype):
    # PyTorch's own gradients in half precision are too coarse to compare with.
    ours, theirs = ours_and_torchs(groups, shape[1], eps=1e-3, dtype=dtype)
    x = 3 + random(*shape, dtype=dtype)
    close(ours(x), theirs(x), 2 * torch.finfo(dtype).eps)
    actual, expected = output_and_gradients(ours, x), output_and_gradients(theirs.double(), x.double())
    assert {tensor.dtype for tensor in actual} == {dtype}
    for rounded, exact in zip(actual, expected, strict=True):
        torch.testing.assert_close(rounded.double(), exact, rtol=0.6 * torch.finfo(dtype).eps, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"affine": False}, {"eps": 0.5}], ids=str)
def test_options_are_torchs(options):
    ours, theirs = ours_and_torchs(2, 4, **options)
    x = random(3, 4, 5)
    close(output_and_gradients(ours, x), output_and_gradients(theirs, x))
    assert repr(ours) == repr(theirs)


def test_training_and_evaluation_are_the_same():
    layer, x = GroupNorm(2, 4), random(3, 4, 5)
    assert torch.equal(layer.train()(x), layer.eval()(x))


@pytest.mark.parametrize("rearranged", [
    lambda: random(5, 6, 4, 3).transpose(0, 1).transpose(1, 2),
    lambda: random(6, 4).t(),
    lambda: random(2, 6, 4, 4).to(memory_format=torch.channels_last),
    lambda: random(4, 12)[:, ::2],
])  # fmt: skip
def test_input_need_not_be_contiguous(rearranged):
    x = rearranged()
    assert not x.is_contiguous()
    ours, theirs = ours_and_torchs(2, x.shape[1])
    close(output_and_gradients(ours, x), output_and_gradients(theirs, x))


def test_one_group_is_layer_norm():
    x = random(3, 6, 4, 5)
    close(GroupNorm(1, 6)(x), functional.layer_norm(x, (6, 4, 5)))


def test_a_group_for_each_channel_is_instance_norm():
    x = random(3, 6, 4, 5)
    close(GroupNorm(6, 6)(x), functional.instance_norm(x))


def test_groups_are_neighbouring_channels():
    x = random(2, 6, 4)
    expected = torch.cat([functional.layer_norm(part, (2, 4)) for part in x.split(2, dim=1)], dim=1)
    close(GroupNorm(3, 6)(x), expected)


def test_begins_as_the_normalization_alone():
    layer = GroupNorm(2, 4)
    assert layer.weight.tolist() == [1] * 4
    assert layer.bias.tolist() == [0] * 4
    output = layer(5 + 3 * random(2, 4, 100)).view(2, 2, -1)
    close(output.mean(-1), torch.zeros(2, 2))
    close(output.var(-1, correction=0), torch.ones(2, 2))


def test_other_samples_do_not_count():
    layer, x = GroupNorm(2, 4), random(3, 4, 5)
    changed = torch.cat([x[:1], 100 * random(7, 4, 5, seed=1)])
    close(layer(changed)[:1], layer(x)[:1], 1e-7)
    close(layer(x[:1]), layer(x)[:1], 1e-7)


def test_single_values_become_beta():
    layer, _ = ours_and_torchs(4, 4)
    close(layer(random(3, 4)), layer.bias.expand(3, 4))


def test_half_precision_input_meets_single_precision_parameters():
    ours, theirs = ours_and_torchs(2, 4)
    x = random(2, 4, 5, dtype=torch.bfloat16)
    assert ours(x).dtype == torch.bfloat16
    close(ours(x), theirs(x), 2**-7)


def large_mean():
    torch.manual_seed(0)
    return torch.randn(8, 32, 16, 16) + 1e4


def test_a_large_mean_does_not_drown_the_values():
    x = large_mean()
    exact = functional.group_norm(x.double(), 8)
    error = (GroupNorm(8, 32)(x) - exact).abs().max()
    torchs_error = (functional.group_norm(x, 8) - exact).abs().max()
    assert error < 1e-6 < 1e-4 < torchs_error
    close(GroupNorm(8, 32, dtype=torch.float64)(x.double()), exact, 1e-10)


def test_naive_variance_goes_wrong_as_the_page_says():
    groups = large_mean().view(64, 1024)
    assert naive_variance(groups).min() < 0
    close(naive_variance(groups.double()), groups.double().var(-1, correction=0), 1e-6)


def test_state_dict_goes_both_ways():
    ours, theirs = ours_and_torchs(2, 4)
    assert list(ours.state_dict()) == ["weight", "bias"]
    back = torch.nn.GroupNorm(2, 4)
    back.load_state_dict(ours.state_dict())
    assert torch.equal(back.weight, theirs.weight)
    assert torch.equal(back.bias, theirs.bias)
    assert not GroupNorm(2, 4, affine=False).state_dict()


def test_parameters_are_made_where_and_as_asked():
    layer = GroupNorm(2, 4, device="meta", dtype=torch.float64)
    assert {(p.device.type, p.dtype) for p in layer.parameters()} == {("meta", torch.float64)}


@pytest.mark.parametrize(("arguments", "message"), [
    ((4, 30), "use one of [1, 2, 3, 5, 6, 10, 15, 30]"),
    ((0, 4), "must be positive"),
    ((-2, 4), "must be positive"),
    ((2, 0), "must be positive"),
    ((2, 4, -1e-5), "must not be negative"),
])  # fmt: skip
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        GroupNorm(*arguments)


@pytest.mark.parametrize(("x", "message"), [
    (torch.ones(4), "input has shape (4,), but (N, 4, ...) is needed"),
    (torch.ones(2, 8, 8, 4), "move the channels to the second axis"),
    (torch.ones(2, 4, dtype=torch.int64), "convert it with x.float()"),
])  # fmt: skip
def test_bad_input_is_refused(x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        GroupNorm(2, 4)(x)


def test_examples_in_the_prose_are_true():
    results = doctest.testmod(group_norm)
    assert results.attempted == 5
    assert results.failed == 0

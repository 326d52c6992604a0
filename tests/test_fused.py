"""The fused group norm is exact in every type, on every path, for every layout and shape."""

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")

from fused_cases import (  # noqa: E402, F401
    DEVICE,
    DTYPES,
    GPU,
    check,
    close,
    exact_norm,
    kernels,
    path,
    random,
    random_parameters,
    with_gradients,
)
from torch.nn import functional  # noqa: E402

from annotated_nn.normalization.group_norm import fused, launch, tiles  # noqa: E402
from annotated_nn.normalization.group_norm.fused import FusedGroupNorm, group_norm  # noqa: E402

pytestmark = pytest.mark.usefixtures("kernels")


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "last"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_is_exact_in_every_type(dtype, layout, path):
    x = 3 + 2 * random(2, 12, 5, 7, dtype=dtype).to(memory_format=layout)
    y, dx, *_ = check(x, 4, *random_parameters(12, dtype), activation="silu")
    assert y.dtype == dx.dtype == dtype


SWEEP = [
    ((2, 12, 5, 7), 3),
    ((3, 8, 4, 4), 8),  # a group for each channel
    ((2, 20, 9, 3), 1),  # one group
    ((1, 24, 16), 4),
    ((5, 48), 16),  # no spatial axis
    ((1, 6, 3, 5, 7), 2),
]


@pytest.mark.slow
@pytest.mark.parametrize("given", [True, False], ids=["affine", "plain"])
@pytest.mark.parametrize("activation", [None, "silu"])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
@pytest.mark.parametrize(("shape", "groups"), SWEEP, ids=str)
def test_is_exact_for_every_shape_and_option(shape, groups, last, activation, given, path):
    layouts = {4: torch.channels_last, 5: torch.channels_last_3d}
    if last and len(shape) not in layouts:
        pytest.skip("this layout is for images and video")
    x = 2 * random(*shape) - 1
    parameters = random_parameters(shape[1], x.dtype) if given else []
    x = x.to(memory_format=layouts[len(shape)]) if last else x
    check(x, groups, *parameters, eps=1e-3, activation=activation)


@pytest.mark.parametrize("missing", ["weight", "bias"])
def test_parameters_may_come_alone(missing, path):
    parameters = dict(zip(("weight", "bias"), random_parameters(6, torch.float32), strict=True))
    check(random(2, 6, 5), 2, **parameters | {missing: None}, activation="silu")


@pytest.mark.parametrize("groups", [1, 3, 9])
def test_groups_of_odd_sizes(groups, path):
    check(random(2, 9, 3, 3), groups, *random_parameters(9, torch.float32))


def test_small_groups_are_taken_several_at_a_time():
    x = random(2, 32, 3)
    plan = tiles.plan_whole(launch.shape_of(x, 8, torch.contiguous_format), tensors=1)
    assert plan.groups == 8
    check(x, 8, *random_parameters(32, torch.float32))


def test_gradients_are_those_of_finite_differences(path):
    # The fast mode compares one random projection, in fewer runs of the interpreter.
    fast = path == "split"
    double = {"dtype": torch.float64}
    leaves = [random(*s, **double, seed=i).requires_grad_() for i, s in enumerate([(2, 4, 3), (4,), (4,)])]
    for activation in (None, "silu"):
        assert torch.autograd.gradcheck(
            lambda x, w, b, how=activation: group_norm(x, 2, w, b, activation=how), leaves, fast_mode=fast
        )


def test_second_gradients_are_those_of_finite_differences():
    leaves = [
        random(*s, dtype=torch.float64, seed=i).requires_grad_()
        for i, s in enumerate([(2, 4, 2), (4,), (4,)])
    ]
    for activation in (None, "silu"):
        assert torch.autograd.gradgradcheck(
            lambda x, w, b, how=activation: group_norm(x, 2, w, b, activation=how), leaves
        )
    assert torch.autograd.gradgradcheck(lambda x: group_norm(x, 2), leaves[:1])


@pytest.mark.parametrize("backend", ["triton", "reference"])
@pytest.mark.parametrize(("shape", "layout"), [
    ((2, 8, 3, 4), torch.channels_last),
    ((2, 8, 3, 2, 4), torch.channels_last_3d),
], ids=str)  # fmt: skip
def test_channels_last_is_kept(shape, layout, backend, path, monkeypatch):
    monkeypatch.setenv(fused.VARIABLE, backend)
    x = random(*shape, dtype=torch.float16).to(memory_format=layout)
    assert not x.is_contiguous()
    y, dx, *_ = check(x, 2, *random_parameters(8, torch.float16))
    assert y.is_contiguous(memory_format=layout)
    assert dx.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("x", [
    random(4, 5, 8, 2).permute(0, 2, 1, 3),
    random(2, 8, 6, 6)[:, :, ::2, 1:],
    random(8, 2, 5).transpose(0, 1),
    random(2, 1, 5, 5).expand(2, 8, 5, 5),
    random(8, 3).t(),
    random(3, 8),
], ids=["permuted", "sliced", "transposed", "expanded", "transposed 2-D", "2-D"])  # fmt: skip
def test_any_strides(x):
    check(x, 4, *random_parameters(8, torch.float32))


@pytest.mark.parametrize("dy", [
    torch.ones(()).expand(2, 8, 3, 3),
    torch.ones(2, 8, 3, 3).to(memory_format=torch.channels_last),
], ids=["expanded", "another layout"])  # fmt: skip
def test_gradients_come_in_any_strides(dy, path):
    x = random(2, 8, 3, 3).requires_grad_()
    weight = random(8, seed=1)
    (actual,) = torch.autograd.grad(group_norm(x, 2, weight), x, dy.to(DEVICE))
    (expected,) = torch.autograd.grad(functional.group_norm(x, 2, weight), x, dy.to(DEVICE))
    close(actual, expected, 4)


def test_parameters_come_in_any_strides():
    x, wide = random(2, 4, 5), random(4, 3, seed=1)
    check(x, 2, wide[:, 1], random(1, seed=2).expand(4))


@pytest.mark.parametrize("shape", [(0, 4, 3, 3), (2, 4, 0), (0, 4)], ids=str)
def test_empty_input(shape):
    ours, theirs = FusedGroupNorm(2, 4, device=DEVICE), torch.nn.GroupNorm(2, 4, device=DEVICE)
    for layer in (ours, theirs):
        x = torch.zeros(shape, device=DEVICE, requires_grad=True)
        y = layer(x)
        y.sum().backward()
        assert y.shape == x.grad.shape == shape
    assert torch.equal(ours.weight.grad, torch.zeros(4, device=DEVICE))
    assert torch.equal(ours.bias.grad, theirs.bias.grad)


def test_one_value_a_group_raises_as_torch_does():
    message = "Expected more than 1 value per channel when training"
    for function in (functional.group_norm, group_norm):
        with pytest.raises(ValueError, match=message):
            function(random(1, 4), 4)
    bias = random(4, seed=1)
    close(group_norm(random(3, 4), 4, None, bias), bias.expand(3, 4))


@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
def test_a_large_mean_does_not_drown_the_values(last, path):
    x = random(2, 8, 16, 16) + 1e4
    x = x.to(memory_format=torch.channels_last) if last else x
    check(x, 2, *random_parameters(8, torch.float32), scale=2)


def test_values_may_differ_in_the_last_bit_alone(path):
    # Ten million and one follows ten million, so the mean is wrong by as much as the values differ.
    x = 1e7 + (random(2, 8, 5, 5) > 0.5)
    assert x.dtype == torch.float32
    check(x, 2, scale=4)


def test_the_first_value_of_a_group_may_be_far_from_the_others(path):
    x = random(1, 4, 8, 8)
    x[:, ::2, 0, 0] = 1e4
    check(x, 2, scale=4)
    # A border of one value, with the picture far from it.
    x = random(1, 4, 8, 8) + 1e3
    x[:, :, :4] = 0
    check(x, 2, scale=4)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_constant_input_becomes_beta(dtype, path):
    bias = random(8, dtype=dtype, seed=1)
    for value in (0.1, 1e4, torch.finfo(dtype).max ** 0.4):
        x = torch.full((2, 8, 4, 4), value, dtype=dtype, device=DEVICE)
        y = group_norm(x, 2, None, bias)
        torch.testing.assert_close(y, bias.view(1, 8, 1, 1).expand_as(y), rtol=0, atol=1e-6)


def test_a_small_epsilon_is_not_rounded_away(path):
    # 16 bits know nothing between 0 and 6e-8.
    x = 1e-3 * random(2, 8, 4, 4, dtype=torch.float16)
    check(x, 2, eps=1e-8)


def test_equal_input_gives_equal_bits(path):
    x, (weight, bias) = random(2, 8, 9, 9), random_parameters(8, torch.float32)
    dy = random(2, 8, 9, 9, seed=9)
    runs = [
        with_gradients(group_norm, x.clone(), 2, weight, bias, dy.clone(), activation="silu") for _ in "12"
    ]
    assert all(torch.equal(one, other) for one, other in zip(*runs, strict=True))


@pytest.mark.skipif(not GPU, reason="takes 20 GB, and a GPU")
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
@pytest.mark.parametrize("shape", [(3, 4, 16384, 16384), (2**21 + 1, 32, 8, 8)], ids=str)
def test_more_values_than_32_bits_can_count(shape, last):
    if torch.cuda.mem_get_info()[1] < 60e9:
        pytest.skip("takes a GPU with 60 GB")
    x = torch.empty(shape, dtype=torch.float16, device=DEVICE)
    x = x.to(memory_format=torch.channels_last) if last else x
    x.normal_(mean=1)
    assert x.numel() > 2**31
    y, dx = with_gradients(group_norm, x, 2, None, None, x)
    for n in (0, shape[0] - 1):
        one = x[n : n + 1].float().contiguous()
        expected = with_gradients(exact_norm, one, 2, None, None, one)
        for part, other in zip((y, dx), expected, strict=True):
            torch.testing.assert_close(part[n : n + 1].float(), other, rtol=2e-3, atol=2e-3)


@pytest.mark.skipif(not GPU, reason="takes 30 GB, and a GPU")
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
def test_more_positions_than_32_bits_can_count(last):
    if torch.cuda.mem_get_info()[1] < 60e9:
        pytest.skip("takes a GPU with 60 GB")
    x = torch.empty((1, 3, 32768, 32768), dtype=torch.float16, device=DEVICE)
    x = x.to(memory_format=torch.channels_last) if last else x
    x.normal_(mean=1)
    y, dx = with_gradients(group_norm, x, 1, None, None, x)
    # The deviation is one. And to stretch what is normalized changes nothing, so there is no gradient.
    for row in (0, 16384, 32767):
        torch.testing.assert_close(y[:, :, row], x[:, :, row] - 1, rtol=2e-3, atol=2e-3)
        assert dx[:, :, row].abs().max() < 1e-2


def test_places_in_64_bits_are_the_same_places(path, monkeypatch):
    monkeypatch.setattr(tiles.Shape, "is_wide", lambda *arguments: True)
    for layout in (torch.contiguous_format, torch.channels_last):
        check(random(2, 6, 5, 3).to(memory_format=layout), 2, *random_parameters(6, torch.float32))


@pytest.mark.parametrize("arguments", [
    (random(4), 2),
    (random(2, 6), 4),
    (random(2, 6), 0),
    (random(2, 6), -3),
    (random(2, 6), 3, random(5)),
    (random(2, 6), 3, random(6), random(6, 1)),
    (random(2, 6), 3, random(6).to("meta")),
    (random(2, 6), 3, torch.ones(6, dtype=torch.int64, device=DEVICE)),
    (torch.ones(2, 6, dtype=torch.int64, device=DEVICE), 3),
    (random(2, 6), 3, None, None, 1e-5, "gelu"),
])  # fmt: skip
@pytest.mark.parametrize("error", [ValueError, RuntimeError])
def test_bad_input_is_refused(arguments, error):
    with pytest.raises(error):
        group_norm(*arguments)


@pytest.mark.parametrize("arguments", [(4, 6), (0, 4), (2, 4, 1e-5, True, "relu")])
def test_bad_layers_are_refused(arguments):
    with pytest.raises((ValueError, ZeroDivisionError)):
        FusedGroupNorm(*arguments)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_the_result_may_be_wider_than_the_input(dtype, path):
    def wide_norm(x, groups, weight, bias):
        return fused.fused_forward(x, weight, bias, groups, 1e-5, False, torch.float32)[0]

    x, (weight, bias) = random(2, 8, 3, 3, dtype=dtype), random_parameters(8, torch.float32)
    dy = random(2, 8, 3, 3, seed=9)
    actual = with_gradients(wide_norm, x, 2, weight, bias, dy)
    expected = with_gradients(exact_norm, *(x.double(), 2, weight.double(), bias.double()), dy)
    assert [tensor.dtype for tensor in actual[:2]] == [torch.float32, dtype]
    for one, other in zip(actual, expected, strict=True):
        close(one, other, scale=2)


@pytest.mark.parametrize("parameter", DTYPES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_parameters_may_have_another_type(dtype, parameter, path):
    x = random(2, 8, 3, 3, dtype=dtype)
    y, dx, dweight, dbias = check(x, 2, *random_parameters(8, parameter), activation="silu", scale=2)
    assert (y.dtype, dx.dtype) == (dtype, dtype)
    assert (dweight.dtype, dbias.dtype) == (parameter, parameter)

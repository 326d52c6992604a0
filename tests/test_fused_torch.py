"""A model and PyTorch see the fused group norm as one of PyTorch's own."""

import copy
import doctest
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra: pip install 'site-builder[torch]'")

from fused_cases import (  # noqa: E402
    DEVICE,
    DTYPES,
    GPU,
    kernels,  # noqa: F401
    random,
    random_parameters,
)
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.nn import functional  # noqa: E402

from annotated_nn.normalization.group_norm import fused, launch  # noqa: E402
from annotated_nn.normalization.group_norm.fused import FusedGroupNorm, group_norm  # noqa: E402

pytestmark = pytest.mark.usefixtures("kernels")

ROOT = Path(__file__).parent.parent
BENCHMARK = str(ROOT / "benchmarks" / "group_norm.py")


@pytest.mark.parametrize("backend", ["triton", "reference"])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "last"])
def test_operations_keep_what_pytorch_asks_of_operations(backend, last, monkeypatch):
    monkeypatch.setenv(fused.VARIABLE, backend)
    x, (weight, bias) = random(2, 8, 3, 3), random_parameters(8, torch.float32)
    x = x.to(memory_format=torch.channels_last) if last else x
    y, statistics = fused.fused_forward(x, weight, bias, 4, 1e-5, True, x.dtype)
    leaves = [tensor.clone().requires_grad_() for tensor in (x, weight, bias)]
    torch.library.opcheck(fused.fused_forward, (*leaves, 4, 1e-5, True, torch.float64))
    torch.library.opcheck(fused.fused_forward, (x, None, None, 4, 1e-5, False, x.dtype))
    torch.library.opcheck(fused.fused_backward, (torch.randn_like(y), x, statistics, weight, bias, True))
    torch.library.opcheck(fused.fused_backward, (torch.randn_like(y), x, statistics, None, None, False))


# What PyTorch tests its own with.


@pytest.mark.parametrize("backend", ["triton", "reference"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_pytorchs_module_inputs(dtype, backend, monkeypatch):
    pytest.importorskip("expecttest", reason="PyTorch's own samples import it")
    from torch.testing._internal import common_modules  # noqa: PLC0415

    monkeypatch.setenv(fused.VARIABLE, backend)
    samples = common_modules.module_inputs_torch_nn_GroupNorm(None, DEVICE, dtype, True, True)
    assert len(samples) >= 8
    for sample in samples:
        arguments, options = sample.constructor_input.args, sample.constructor_input.kwargs
        theirs = torch.nn.GroupNorm(*arguments, **options, device=DEVICE, dtype=dtype)
        ours = FusedGroupNorm(*arguments, **options, device=DEVICE, dtype=dtype)
        for seed, parameter in enumerate(theirs.parameters()):
            parameter.data = random(*parameter.shape, dtype=dtype, seed=seed)
        ours.load_state_dict(theirs.state_dict())
        (x,) = sample.forward_input.args
        results = []
        for layer in (ours, theirs):
            y = layer(x)
            results.append([y, *torch.autograd.grad(y, [x, *layer.parameters()], torch.cos(y.detach()))])
        torch.testing.assert_close(*results, rtol=1e-5, atol=2e-5)


# The interpreter takes ten seconds for all samples of one type.
LONG = {"marks": [] if GPU else pytest.mark.slow}


@pytest.mark.parametrize(("dtype", "backend"), [
    (torch.float64, "triton"),
    pytest.param(torch.float32, "triton", **LONG),
    pytest.param(torch.float16, "triton", **LONG),
    pytest.param(torch.bfloat16, "triton", **LONG),
    *[(dtype, "reference") for dtype in DTYPES],
], ids=str)  # fmt: skip
def test_pytorchs_samples_and_references(dtype, backend, monkeypatch):
    import numpy as np  # noqa: PLC0415

    pytest.importorskip("expecttest", reason="PyTorch's own samples import it")
    from torch.testing._internal.common_methods_invocations import op_db  # noqa: PLC0415

    monkeypatch.setenv(fused.VARIABLE, backend)
    info = next(op for op in op_db if op.name == "nn.functional.group_norm")
    count = 0
    for sample in info.reference_inputs(DEVICE, dtype):
        y = group_norm(sample.input, *sample.args, **sample.kwargs)
        # In 16 bits PyTorch and NumPy are coarser than what is tested: take the same numbers in 64 bits.
        exact = sample.transform(lambda value: value.double() if torch.is_tensor(value) else value)
        expected = info(exact.input, *exact.args, **exact.kwargs)
        # An epsilon of -0.5 may leave a root of nothing, or little, on purpose.
        rough = {"rtol": 2e-5, "atol": 2e-5} if dtype == torch.float32 else {}
        torch.testing.assert_close(y, expected.to(dtype), equal_nan=True, **rough)
        if sample.input.numel():
            numbers = exact.numpy()
            with np.errstate(all="ignore"):
                reference = info.ref(numbers.input, *numbers.args, **numbers.kwargs)
            torch.testing.assert_close(y.cpu(), torch.as_tensor(reference).to(dtype), equal_nan=True, **rough)
        count += 1
    assert count >= 20
    for sample in info.error_inputs(torch.device(DEVICE)):
        given = sample.sample_input
        with pytest.raises(sample.error_type, match=sample.error_regex):
            group_norm(given.input, *given.args, **given.kwargs)


# What a model sees.


def test_state_dict_goes_both_ways():
    theirs = torch.nn.GroupNorm(2, 4)
    theirs.weight.data, theirs.bias.data = random(4, seed=1), random(4, seed=2)
    ours = FusedGroupNorm(2, 4, activation="silu")
    ours.load_state_dict(theirs.state_dict())
    back = torch.nn.GroupNorm(2, 4)
    back.load_state_dict(ours.state_dict())
    assert torch.equal(back.weight, theirs.weight)
    assert torch.equal(back.bias, theirs.bias)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert isinstance(ours, torch.nn.GroupNorm)
    assert repr(FusedGroupNorm(2, 4)).removeprefix("Fused") == repr(theirs)
    assert "activation='silu'" in repr(copy.deepcopy(ours))


@pytest.mark.parametrize("options", [{}, {"affine": False}, {"bias": False}], ids=str)
def test_the_layer_is_the_function(options):
    layer = FusedGroupNorm(2, 4, activation="silu", device=DEVICE, **options)
    x = random(2, 4, 5)
    assert torch.equal(layer(x), group_norm(x, 2, layer.weight, layer.bias, activation="silu"))
    assert len(list(layer.parameters())) == (2 if not options else 0 if "affine" in options else 1)


def test_frozen_parameters_get_no_gradient():
    layer = FusedGroupNorm(2, 4, device=DEVICE).requires_grad_(False)
    x = random(2, 4, 5).requires_grad_()
    layer(x).square().sum().backward()
    assert x.grad is not None
    assert layer.weight.grad is None
    layer(x.detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_autocast_is_torchs(dtype):
    x = random(2, 4, 8, dtype=dtype)
    ours, theirs = FusedGroupNorm(2, 4, device=DEVICE), torch.nn.GroupNorm(2, 4, device=DEVICE)
    with torch.autocast(DEVICE, torch.bfloat16):
        y, expected = ours(x), theirs(x)
    assert y.dtype == expected.dtype
    torch.testing.assert_close(y, expected)


@pytest.mark.parametrize(("dtype", "expected"), [
    (torch.float16, torch.float32),
    (torch.bfloat16, torch.float32),
    (torch.float32, torch.float32),
    (torch.float64, torch.float64),
], ids=str)  # fmt: skip
def test_autocast_on_cuda_returns_32_bits(dtype, expected):
    # Tensors without values can be on a device that is not there, which torch.autocast would warn of.
    enabled = torch.is_autocast_enabled("cuda")
    torch.set_autocast_enabled("cuda", True)
    try:
        with FakeTensorMode():
            x = torch.empty(2, 4, 3, dtype=dtype, device="cuda")
            assert group_norm(x, 2).dtype == functional.group_norm(x, 2).dtype == expected
    finally:
        torch.set_autocast_enabled("cuda", enabled)


BACKENDS = ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)]


# Inductor imports what PyTorch itself calls deprecated.
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("backend", BACKENDS)
def test_compiles_without_a_break_and_for_any_size(backend):
    torch.compiler.reset()
    layer = FusedGroupNorm(2, 4, activation="silu", device=DEVICE)
    compiled = torch.compile(layer, fullgraph=True, dynamic=True, backend=backend)
    for shape in ((2, 4, 3, 5), (3, 4, 6, 2), (1, 4, 4, 4)):
        for layout in (torch.contiguous_format, torch.channels_last):
            results = []
            for function in (compiled, layer):
                x = random(*shape).to(memory_format=layout).requires_grad_()
                y = function(x)
                results.append([y, *torch.autograd.grad(y.square().sum(), [x, *layer.parameters()])])
            assert results[0][0].stride() == results[1][0].stride()
            torch.testing.assert_close(*results)


def test_compiled_gradients_run_the_kernel():
    from functorch.compile import make_boxed_func  # noqa: PLC0415
    from torch._dynamo.backends.common import aot_autograd  # noqa: PLC0415

    graphs = []

    def keep_graph(graph, inputs):
        graphs.append(graph.code)
        return make_boxed_func(graph)

    torch.compiler.reset()
    backend = aot_autograd(fw_compiler=keep_graph, bw_compiler=keep_graph)
    compiled = torch.compile(FusedGroupNorm(2, 4, device=DEVICE), fullgraph=True, backend=backend)
    compiled(random(2, 4, 3).requires_grad_()).sum().backward()
    forward, backward = graphs
    assert "annotated_nn.group_norm.default" in forward
    assert "annotated_nn.group_norm_backward.default" in backward


def test_exports_for_any_batch_and_size():
    layer = FusedGroupNorm(2, 4, activation="silu", device=DEVICE)
    batch, height = torch.export.Dim("batch"), torch.export.Dim("height")
    program = torch.export.export(
        layer, (random(2, 4, 6, 5),), dynamic_shapes={"x": {0: batch, 2: height}}, strict=True
    )
    x = random(3, 4, 7, 5)
    torch.testing.assert_close(program.module()(x), layer(x))


# Which implementation runs.


@pytest.fixture
def launched(monkeypatch):
    """Count launches."""
    calls = []
    for name in ("forward", "backward"):
        original = getattr(launch, name)
        monkeypatch.setattr(
            launch, name, lambda *given, name=name, original=original: calls.append(name) or original(*given)
        )
    return calls


@pytest.mark.parametrize(("choice", "shape", "expected"), [
    ("auto", (2, 4, 3), ["forward", "backward"] if GPU else []),
    ("triton", (2, 4, 3), ["forward", "backward"]),
    ("reference", (2, 4, 3), []),
    ("triton", (0, 4, 3), []),
])  # fmt: skip
def test_dispatch(choice, shape, expected, launched, monkeypatch):
    monkeypatch.setenv(fused.VARIABLE, choice)
    group_norm(random(*shape).requires_grad_(), 2).sum().backward()
    assert launched == expected


def test_no_variable_is_auto(launched, monkeypatch):
    monkeypatch.delenv(fused.VARIABLE)
    group_norm(random(2, 4, 3), 2)
    assert launched == (["forward"] if GPU else [])


def test_differentiating_a_gradient_takes_the_composition(launched):
    x = random(2, 4, 3).requires_grad_()
    (gradient,) = torch.autograd.grad(group_norm(x, 2).square().sum(), x, create_graph=True)
    assert launched == ["forward"]
    assert gradient.requires_grad


def test_without_triton_the_composition_runs(launched, monkeypatch):
    monkeypatch.setattr(fused, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="Triton is not installed"):
        group_norm(random(2, 4, 3), 2)
    monkeypatch.setenv(fused.VARIABLE, "auto")
    group_norm(random(2, 4, 3), 2)
    assert not launched


def test_a_cpu_without_the_interpreter_is_told_how(monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(ValueError, match="set TRITON_INTERPRET=1, or move the input to a GPU"):
        group_norm(torch.ones(2, 4, 3), 2)


def test_an_unknown_choice_is_refused(monkeypatch):
    monkeypatch.setenv(fused.VARIABLE, "cuda")
    with pytest.raises(ValueError, match="use auto, triton or reference"):
        group_norm(random(2, 4, 3), 2)


def run(code, *missing, **environment):
    """Run code in a new Python that cannot import some packages."""
    hidden = "".join(f"sys.modules[{name!r}] = None\n" for name in missing)
    known = {
        name: value for name, value in os.environ.items() if name not in {"TRITON_INTERPRET", fused.VARIABLE}
    }
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{hidden}{code}"],
        env=known | {"PYTHONPATH": str(ROOT / "src")} | environment,
        text=True,
        capture_output=True,
        check=False,
    )


def test_needs_neither_triton_nor_a_gpu():
    code = """
import torch
from annotated_nn.normalization.group_norm.fused import FusedGroupNorm
print(FusedGroupNorm(2, 4)(torch.ones(2, 4, 3)).sum().item())
"""
    result = run(code, "triton", CUDA_VISIBLE_DEVICES="")
    assert (result.returncode, result.stdout) == (0, "0.0\n"), result.stderr


def test_the_pages_are_read_without_torch_and_triton(tmp_path):
    code = f"""
from site_builder.cli import run
sys.exit(run(["check", {str(ROOT / "src" / "annotated_nn")!r}, "-t", {str(tmp_path)!r}]))
"""
    result = run(code, "torch", "triton")
    assert result.returncode == 0, result.stdout + result.stderr


def test_examples_in_the_prose_are_true():
    results = doctest.testmod(fused)
    assert results.attempted == 3
    assert results.failed == 0


def test_the_benchmark_runs_each_case():
    choice = {} if GPU else {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    code = f"import runpy\nsys.argv[1:] = ['--smoke']\nrunpy.run_path({BENCHMARK!r}, run_name='__main__')"
    result = run(code, **choice)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 3 * 2 * 2 * 2
    assert lines[-1] == "| 1×64×2×3 | float32 | channels last | backward + SiLU | 3 | not timed |"


@pytest.fixture
def benchmark():
    return runpy.run_path(BENCHMARK)


@pytest.mark.parametrize(("arguments", "message"), [
    (["float16", "int8"], "unknown type int8; use float16, bfloat16, float32"),
    *([] if torch.cuda.is_available() else [([], "finds no CUDA device here; --smoke runs without one")]),
], ids=str)  # fmt: skip
def test_the_benchmark_says_what_it_needs(arguments, message, benchmark, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["group_norm.py", *arguments])
    with pytest.raises(SystemExit):
        benchmark["main"]()
    assert message in capsys.readouterr().err


def test_a_new_table_takes_the_place_of_the_old_one(benchmark):
    with_section = benchmark["with_section"]
    text = with_section(with_section("# Measured\n\nText.\n", "## A", "old\n"), "## B", "b")
    assert text == "# Measured\n\nText.\n\n## A\n\nold\n\n## B\n\nb\n"
    assert with_section(text, "## A", "new") == text.replace("old", "new")
    assert with_section(text, "## B", "new") == text.replace("\nb\n", "\nnew\n")

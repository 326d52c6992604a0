import re
import subprocess
import sys
from pathlib import Path

import pytest
from cases import balanced, replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.reading.formula import MacroError, make_converter
from site_builder.reading.formula_limits import MAX_BYTES, MAX_NESTING

FIXTURES = Path(__file__).parent / "fixtures" / "formula"
CONVERT = make_converter({})
CSS_COLOURS = """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
    burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue
    darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange
    darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise
    darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia
    gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo
    ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
    lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue
    lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon
    mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue
    mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin
    navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen
    paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red
    rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue
    slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white
    whitesmoke yellow yellowgreen
""".split()  # noqa: SIM905


def shown(tex: str) -> str:
    formula = CONVERT(tex.rstrip("\n"), "begin" in tex or "tag" in tex)
    styles = [f"{name}: {declarations}" for name, declarations in formula.styles]
    return "\n".join([formula.html, *styles, *([f"error: {formula.error}"] if formula.error else [])])


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file: Path, golden) -> None:
    golden(file, replayed(file, shown))


@pytest.mark.parametrize("colour", [*CSS_COLOURS, "#abc", "#a0B1c2", "A0B1C2", "Coral"])
def test_every_colour_of_css_is_known(colour: str) -> None:
    assert len(CSS_COLOURS) == 148
    for command in (rf"\textcolor{{{colour}}}{{x}}", rf"\color{{{colour}}} x"):
        formula = CONVERT(command, False)
        assert formula.error == ""
        assert len(formula.styles) == 1
        assert "style=" not in formula.html


def test_a_colour_is_the_one_that_css_means() -> None:
    (style,) = CONVERT(r"\textcolor{lightcoral}{x}", False).styles
    assert style[1] == "color:lightcoral;"
    assert f'class="{style[0]}"' in CONVERT(r"\textcolor{lightcoral}{x}", False).html


def test_more_colours_than_there_are_names_are_an_error_not_a_wrong_colour() -> None:
    tex = "".join(rf"\textcolor{{#0000{n:02x}}}{{x}}" for n in range(18))
    assert len(CONVERT(tex, False).styles) == 18
    assert CONVERT("".join(rf"\textcolor{{#0000{n:02x}}}{{x}}" for n in range(40)), False).error


def test_equations_are_numbered_if_so_configured() -> None:
    assert "(1)" not in CONVERT(r"\begin{align}a\\b\end{align}", True).html
    numbered = make_converter({}, numbered=True)(r"\begin{align}a\label{x}\\b\end{align}", True)
    assert "(1)" in numbered.html
    assert "(2)" in numbered.html
    assert "id=" not in numbered.html


def test_macros() -> None:
    convert = make_converter({"R": r"\mathbb{R}", "half": r"\frac{#1}{2}"})
    assert convert(r"\half{\R}", False).html == "<math><mfrac><mi>ℝ</mi><mn>2</mn></mfrac></math>"
    assert make_converter({"pmb": "x"})(r"\pmb", False).html == "<math><mi>x</mi></math>"
    assert "expand" in make_converter({"a": r"\b", "b": r"\a"})(r"\a", False).error


@pytest.mark.parametrize("macros", [{"a b": "x"}, {"": "x"}, {"a": "{" * 11 + "x" + "}" * 11}])
def test_a_macro_that_is_no_tex_is_an_error(macros: dict[str, str]) -> None:
    with pytest.raises(MacroError):
        make_converter(macros)


REALISTIC = [
    r"\alpha \beta \gamma " * 40,
    r"\frac{a}{b} " * 100,
    " + ".join([r"\sqrt{\frac{x_i}{\sigma_i}}"] * 200),
    r"\begin{align}" + r" \\ ".join([r"\hat{\mathbf{x}}_i &= \tilde{y}_{i,j}^\top"] * 150) + r"\end{align}",
    r"\left(" * 20 + "x" + r"\right)" * 20,
    r"\hat{x}\bar{y}\vec{z}" * 60,
    "{" * MAX_NESTING + "x" + "}" * MAX_NESTING,
    "(" * 40 + ")" * 40,
    r"(\hat{x})(\alpha)(\frac12)(\sum_i)(x^2)(\frac{1}{2})[\sqrt[3]{x}]" * 20,
    r"\hat x \bar y \vec z \sum_i \sum_j x_i^2 y'" * 60,
    r"[0, 1) \cup \bigl\langle x \bigr) \in \left\{ (x \right. " * 5,
    "(x + 1) [y] " * 200,
]


@pytest.mark.parametrize("tex", REALISTIC, ids=range(len(REALISTIC)))
def test_what_is_long_is_not_deep(tex: str) -> None:
    assert CONVERT(tex, True).error == ""


@pytest.mark.parametrize(
    ("tex", "error"),
    [
        ("x" * (MAX_BYTES + 1), "longer than 8 KB"),
        ("é" * (MAX_BYTES // 2 + 1), "longer than 8 KB"),
        ("{" * (MAX_NESTING + 1) + "}" * (MAX_NESTING + 1), "nested more than 50"),
        (r"\frac{1}{" * 51 + "x" + "}" * 51, "nested more than 50"),
        (r"\left(" * 51 + "x" + r"\right)" * 51, "nested more than 50"),
        (r"\begin{matrix}" * 51 + "x" + r"\end{matrix}" * 51, "nested more than 50"),
        (r"\sqrt" * 51 + " x", "nested more than 50"),
        ("x^{" * 51 + "x" + "}" * 51, "nested more than 50"),
        (r"\def\x{y}\x", "cannot define"),
        (r"\hat" * 51 + " x", "nested more than 50"),
        (r"\frac1" * 60 + " x", "nested more than 50"),
        (r"\frac-" * 60 + " x", "nested more than 50"),
        (r"\sum_" * 60 + " x", "nested more than 50"),
        (r"{\hat\hat\hat\hat" * 20 + " x", "nested more than 50"),
        ("(" * 17, "more than 8 brackets"),
        ("[~^]" * 9, "more than 8 brackets"),
        (r"(\hat)" * 9, "more than 8 brackets"),
        (r"(\frac1)" * 9, "more than 8 brackets"),
        ("(x % )\n" * 9, "more than 8 brackets"),
        ("x" * 20 + r"\bigl(\langle [0, \lVert \{" * 2, "more than 8 brackets"),
    ],
)
def test_limits(tex: str, error: str) -> None:
    formula = CONVERT(tex, False)
    assert error in formula.error
    assert "sb-formula-error" in formula.html


def test_no_shape_of_nesting_ends_the_process() -> None:
    """Each shape is repeated up to the limit of length, on the usual stack and on a quarter of it."""
    done = subprocess.run(
        [sys.executable, FIXTURES / "deep.py"], capture_output=True, text=True, timeout=240, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 1000


TEX = st.lists(
    st.sampled_from(
        [
            r"\frac",
            r"\sqrt",
            r"\left(",
            r"\right)",
            r"\begin{align}",
            r"\end{align}",
            r"\text{",
            r"{",
            r"}",
            r"^",
            r"_",
            r"&",
            r"\\",
            r"$",
            r"#",
            r"%",
            r"\tag{1}",
            r"\label{x}",
            r"a",
            r"<",
            r"\color{red}",
            r"\textcolor{coral}{",
            r"'",
            r"\alpha",
            r"\hat",
            r"\sum",
            r"\limits",
            r"\def",
            r"\x",
            r"\substack{",
            r"\begin{split}",
            r"[",
            r"]",
            r"~",
            r"é",
        ]
    ),
    max_size=25,
).map(" ".join)


@given(TEX, st.booleans())
def test_every_text_is_converted_or_shown(tex: str, display: bool) -> None:
    formula = CONVERT(tex, display)
    assert balanced(formula.html)
    assert "style=" not in re.sub("displaystyle=", "", formula.html)
    assert formula.html.startswith('<span class="sb-formula-error"' if formula.error else "<math")
    assert re.sub(r"[^ -~é]|[<>&\"]", "", formula.error) or not formula.error

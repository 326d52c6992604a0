import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from site_builder.reading.docstring import MAX_NESTING, to_markdown

CASES = sorted(Path(__file__).parent.joinpath("fixtures", "docstring").glob("*.txt"))
INPUT, EXPECTED = "======== input\n", "======== expected\n"


def read_case(case):
    title, rest = case.read_text(encoding="utf-8").split(INPUT)
    return title, rest.split(EXPECTED)[0].removesuffix("\n")


def check_origins(text, markdown, origins):
    assert len(origins) == len(markdown.split("\n"))
    assert all(0 <= origin <= text.count("\n") for origin in origins)
    assert list(origins) == sorted(origins)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case, golden):
    title, text = read_case(case)
    markdown, origins = to_markdown(text)
    check_origins(text, markdown, origins)
    golden(case, f"{title}{INPUT}{text}\n{EXPECTED}{markdown}\n")


@pytest.mark.parametrize("name", ["markdown", "numpy_not", "google_not"])
def test_markdown_comes_back_unchanged(name):
    _, text = read_case(next(case for case in CASES if case.stem == name))
    assert to_markdown(text) == (text, tuple(range(text.count("\n") + 1)))


def render(text):
    return MarkdownIt("commonmark").render(to_markdown(text)[0])


def test_fields_have_the_form_that_maps_have_in_their_keys():
    html = render("### Get it\n:param idx: is the index\n:param name: is the name\n:return: the input")
    assert html == (
        "<h3>Get it</h3>\n<ul>\n<li><code>idx</code>  is the index</li>\n"
        "<li><code>name</code>  is the name</li>\n</ul>\n<p><em>Returns</em>  the input</p>\n"
    )


def test_lines_keep_their_origins():
    text = (
        "Do it.\n:param x: one\n    of them\n:type x: int\n.. gone\n\n.. math:: y\n\n:class:`a\nb` and\nend"
    )
    markdown, origins = to_markdown(text)
    lines = dict(zip(markdown.split("\n"), origins, strict=True))
    assert lines["Do it."] == 0
    assert lines["* `x` (`int`)  one"] == 1
    assert lines["  of them"] == 2
    assert lines["y"] == 6
    assert lines["`a b` and"] == 8
    assert lines["end"] == 10


@pytest.mark.parametrize(
    "text", ["", "\n", "One line", "One\n\n", "  \n x", "a\0:param x: y", "\r\n\f\x85\u2028"]
)
def test_nothing_to_do(text):
    assert to_markdown(text) == (text, tuple(range(text.count("\n") + 1)))


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n  "])
def test_the_end_stays_as_it_was(end):
    assert to_markdown(f":param x: y{end}")[0] == f"* `x`  y{end}"


def test_a_text_of_which_nothing_is_seen():
    assert to_markdown(".. a comment") == ("", (0,))
    assert to_markdown(".. a comment\n\n")[0].strip() == ""


def test_white_space_that_is_not_a_space_around_an_underline():
    assert to_markdown("ab\n\r~~~\n:param x: y")[0] == "### ab\n\n* `x`  y"


def test_fence_is_longer_than_those_in_it():
    markdown, _ = to_markdown(">>> '''\n````\n'''")
    assert markdown.startswith("`````python\n")


def test_idioms_nest():
    text = "\n".join("    " * depth + "Note:" for depth in range(5)) + "\n" + "    " * 5 + ":param x: deep"
    assert to_markdown(text)[0].split("\n\n") == ["**Note**"] * 5 + ["* `x`  deep"]


PIECES = r"""
:param x: text|:param|:type x: int|:return:|:raises E:|@param x: y|>>> |>>> f()|Args:|Returns:|Example::|Note:
Inputs: a|Parameters|----------|==========|~~~~|~~~|^^^^|Title|x (int): text|x : int|int: text|.. math::|..
.. note:: text|.. [1] note|.. _name: url|.. _name:|text::|::|```|````|$$|$|\begin{align}|\end{align}|<pre>
</pre>|<!--|-->|:class:`x`|:class:`|`|``|`a <b>`_|[1]_|name_|\|- item|1. item|* |a &= b \\|+--+--+|== ==
**Note**|words and words and more words|é
""".replace("\n", "|").split("|")
ODD = ["\t", "\r", "\f", "\u2028"]
LINES = st.builds(
    lambda indent, pieces: " " * indent + "".join(pieces),
    st.sampled_from([0, 0, 1, 2, 4, 4, 8, 12]),
    st.lists(st.sampled_from([*PIECES, *ODD]), max_size=3),
)
PROSE = st.one_of(st.text(), st.lists(LINES, max_size=25).map("\n".join))


@given(PROSE)
def test_total_and_origins_in_order(text):
    markdown, origins = to_markdown(text)
    check_origins(text, markdown, origins)


@given(st.lists(LINES, max_size=12).map("\n".join), st.sampled_from(["```", "~~~~~~~~~"]))
@example("Returns:", "~~~~~~~~~")
def test_what_is_in_a_fence_stays(text, fence):
    code = "\n".join(line for line in text.split("\n") if line.strip()[:3] not in {"```", "~~~"})
    fenced = f"{fence}\n{code}\n{fence}"
    markdown, _ = to_markdown(f"{fenced}\n\n:param x: {fence[0]}")
    assert markdown.startswith(f"{fenced}\n\n* `x`")


HOSTILE = [
    ":param " * 5000,
    ":param x: y\n" * 5000,
    ">>> \n" * 5000,
    ">>> x\n\n" * 5000,
    "``" * 5000,
    "`` `" * 5000,
    " ".join("`" * n for n in range(1, 300)),
    ":class:`" * 5000,
    "`a <" * 5000,
    "`a`_ " * 5000,
    "[" * 5000 + "]_",
    "Args:\n" * 5000,
    "Args:\n    x: y\n" * 5000,
    "\n".join(" " * n + "Args:" for n in range(400)),
    "\n".join(" " * n + ".. note::" for n in range(400)),
    "Args:\n" + "    x(" * 5000,
    "Args:\n    " + "x, " * 5000,
    "Returns:\n    " + "a[" * 5000,
    "Returns:\n    " + "a or " * 5000,
    "Args:\n    x" + " " * 50000 + "y",
    "Notes\n-----\n" * 5000,
    "Title\n-----\n" * 5000,
    "\\begin{a}\n" * 5000,
    "$$\n" * 5001,
    "$" * 5001 + "::\n x",
    "$a " * 5000 + ":x:`y`",
    "text::\n\n    x\n" * 5000,
    "::\n" * 5000,
    ".. math::\n\n    a\\\\\n" * 2000,
    "..\n" * 5000,
    ".. [1] x\n" * 5000,
    ".. _a: b\n" * 5000 + "a_ " * 5000,
    "== ==\n" * 5001,
    "+-+-+\n" * 5000,
    "~~~~\n" * 5000,
    "* " * 5000 + ":x:`y`",
    "a::\n\n" + "    x\n\n" * 5000,
    "``a``\n\n" + "    x\n\n" * 5000,
    "\n" * 50000 + ":x:`y`",
    "```\n" * 5001 + ":x:`y`",
    "<!--\n" * 5000 + ":x:`y`",
    "a_" * 20000 + "\n.. _a: b",
    ":" * 50000 + "`x`",
    "x:\n" + " \n" * 20000 + "y",
    ".. _" + "a " * 20000 + "\n.. _b: c",
    "a:\n\n" * 5000,
    "@type x\n" * 5000,
]


def test_hostile_repetition_ends():
    script = (
        "import sys; sys.path[:0] = [sys.argv[1]]\n"
        "from test_docstring import HOSTILE, to_markdown\n"
        "for text in HOSTILE: to_markdown(text)\n"
    )
    here = Path(__file__).parent
    subprocess.run([sys.executable, "-c", script, str(here)], check=True, timeout=120, cwd=here)


def test_nesting_without_end_is_left_as_it_is():
    deep = (
        "\n".join("  " * depth + "Note:" for depth in range(3 * MAX_NESTING))
        + "\n"
        + "  " * 200
        + ":param x: deep"
    )
    markdown, origins = to_markdown(deep)
    check_origins(deep, markdown, origins)
    assert markdown.count("**Note**") == MAX_NESTING + 1
    assert ":param x: deep" in markdown

import importlib
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from html import unescape
from itertools import islice
from pathlib import Path

import pytest
from cases import balanced, replayed
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexer import Lexer
from pygments.lexers.python import PythonLexer
from pygments.token import Text

from site_builder.reading.highlight import INVISIBLE, _class_name, _coloured, highlight, listing, numbered
from site_builder.reading.lexing import FasterPythonLexer

FIXTURES = Path(__file__).parent / "fixtures" / "highlight"
LANGUAGES = [
    "python",
    "cuda",
    "rust",
    "javascript",
    "bash",
    "html",
    "yaml",
    "markdown",
    "haskell",
    "pycon",
    "nothing",
]


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file: Path, golden) -> None:
    language = {"py": "python"}.get(name := file.suffixes[0][1:], name)
    golden(
        file, replayed(file, lambda code: "\n".join(highlight(code.removesuffix("\n").split("\n"), language)))
    )


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^<>]*>", "", html))


def check(lines: list[str], language: str) -> None:
    html = highlight(lines, language)
    assert all(map(balanced, html))
    shown = [INVISIBLE.sub(lambda found: f"[U+{ord(found[0]):04X}]", line) for line in lines]
    assert [text_of(line) for line in html] == shown


@given(
    st.lists(
        st.text(st.sampled_from("ab'\"\\/*#<>&{}()$`|-= \t\u200b\f"), max_size=12), min_size=1, max_size=12
    )
)
def test_the_text_is_kept(lines: list[str]) -> None:
    for language in LANGUAGES:
        check(lines, language)


def library() -> Iterator[Path]:
    return islice(sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")), 0, None, 12)


def test_the_text_of_real_files_is_kept() -> None:
    files = [file for file in library() if file.stat().st_size < 60_000]
    assert len(files) > 5
    for file in files:
        check(file.read_text(encoding="utf-8").split("\n"), "python")


class Failing(Lexer):
    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, object, str]]:
        yield 0, Text, text[:3]
        raise ValueError


class Losing(Lexer):
    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, object, str]]:
        yield 0, Text, text.replace("b", "")


@pytest.mark.parametrize("lexer", [Failing(), Losing()])
def test_a_lexer_that_fails_costs_the_colours_only(lexer: Lexer, monkeypatch) -> None:
    # The package has a function of the same name.
    module = importlib.import_module("site_builder.reading.highlight")
    monkeypatch.setattr(module, "_lexer", lambda language: lexer)
    assert highlight(["a <b>", "", "c"], "any") == ["a &lt;b&gt;", "", "c"]


def test_blank_lines_are_kept_as_they_are() -> None:
    assert highlight(["", "  ", "x", "\t", "", "  y", ""], "python") == ["", "  ", "x", "\t", "", "  y", ""]


BLANK = """
from site_builder.reading.highlight import highlight
print(len(highlight(["x"] + ["    "] * 200_000, "python")))
"""


def test_runs_of_blank_lines_cost_no_more_than_their_length() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLANK], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "200001\n"


def test_no_line_without_lines() -> None:
    assert highlight([], "python") == []
    assert highlight([""], "python") == [""]


def test_code_beside_prose() -> None:
    html = numbered({2: "a", 3: "<b>b</b>", 4: "c"}, (3, 4))
    assert html == (
        '<span class="line"><span class="lineno">3</span><b>b</b>\n</span>'
        '<span class="line"><span class="lineno">4</span>c\n</span>'
    )


def test_a_listing() -> None:
    assert listing("x = 1\n\n", "python") == (
        '<div class="sb-listing"><pre tabindex="0"><code class="language-python">'
        'x = <span class="mi">1</span>\n</code></pre></div>'
    )
    assert "&lt;b&gt;" in listing("<b>", "")


def coloured(lexer: Lexer, text: str) -> list[tuple[int, str, str]]:
    """Join neighbours of one colour, where that shows nowhere."""
    joined: list[tuple[int, str, str]] = []
    for at, kind, value in lexer.get_tokens_unprocessed(text):
        name = _class_name(kind)
        if value and joined and name == joined[-1][1] and not (name and value.isspace()):
            joined[-1] = (joined[-1][0], name, joined[-1][2] + value)
        elif value:
            joined.append((at, name, value))
    return joined


STOCK, OURS = PythonLexer(stripnl=False), FasterPythonLexer(stripnl=False)


def test_the_faster_lexer_colours_like_the_stock_one() -> None:
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[::12]:
        text = file.read_text("utf-8")
        assert coloured(OURS, text) == coloured(STOCK, text), file
        assert _coloured(text.split("\n"), OURS) == _coloured(text.split("\n"), STOCK), file


CORNERS = """x:=1 x[a:=b] a==b f(x=.5) a.__dict__ x.match 1..real ... @a.b f'{a.b:>{c}}' x.é x·print
é.print printé xprint print2 rb'a' fx'a' _ __init__ x.__init__ if(a)else(b) 0x1Fg 1_000abc @if ²abc"""


@pytest.mark.parametrize(
    "text", [*CORNERS.split(), "a . b", "  match x:\n", "case _:\n", "x. print", "'a\nb"]
)
def test_the_faster_lexer_knows_the_corners(text: str) -> None:
    assert coloured(OURS, text) == coloured(STOCK, text)


SNIPPETS = r"""
a match case _ print self if in def class import from as None async yield lazy x1 é · ² 0 1.5 1e3j 0x __init__
__doc__ .a .é = == := : , ; ( ) [ ] { } @ + - ** -> \ ' " ''' f''' f' rb" F" 'a' " b" ' ' % %s {x!r} # !
"""


@given(
    st.lists(st.sampled_from([*SNIPPETS.split(), '"""', " ", "\n", "\t", "\n    ", r"\n"]), max_size=20).map(
        "".join
    )
)
def test_the_faster_lexer_colours_anything_like_the_stock_one(text: str) -> None:
    assert coloured(OURS, text) == coloured(STOCK, text)
    assert _coloured(text.split("\n"), OURS) == _coloured(text.split("\n"), STOCK)

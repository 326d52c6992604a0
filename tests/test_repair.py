import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder.fragment import bare, placeholders
from site_builder.sanitize import sanitize
from site_builder.translating.repair import Repair, mend, repair

FIXTURES = Path(__file__).parent / "fixtures" / "repair"
KEYS = (FIXTURES / "keys.html").read_text(encoding="utf-8").split("\n\n")


# --- Goldens: title, key, value, expected, kinds -------------------------------------------------


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.stem)
def test_damage(file: Path, golden: Callable[[Path, str], None]) -> None:
    cases = [case.split("\n.\n") for case in file.read_text(encoding="utf-8").split("\n.\n\n")]
    shown = []
    for title, key, value, *_ in cases:
        repaired = repair(value, key)
        assert (repaired.html == value) == (not repaired.kinds), title
        kinds = " ".join(repaired.kinds) or "-"
        shown.append(f"{title}\n.\n{key}\n.\n{value}\n.\n{repaired.html}\n.\n{kinds}\n.\n")
    golden(file, "\n".join(shown))


# --- What holds for any value --------------------------------------------------------------------

PIECES = (FIXTURES / "pieces.list").read_text(encoding="utf-8").splitlines()
values = st.lists(
    st.sampled_from([*PIECES, " ", "\n", "\x00", "\ufffe"]) | st.text(max_size=3), max_size=25
).map("".join)


def targets(html: str) -> set[str]:
    return {unescape(target) for target in re.findall(r'<a href="([^"]*)"', html)}


def tags(html: str) -> list[str]:
    """List the tags, but for those that a parser adds to tables."""
    return [tag for tag in re.findall(r"</?\w+", html.lower()) if not tag.endswith("tbody")]


@given(values, st.sampled_from(KEYS))
def test_any_value_becomes_valid(value: str, key: str) -> None:
    repaired = repair(value, key)
    html = sanitize(bare(repaired.html))
    parser = html5lib.HTMLParser()
    parser.parseFragment(html)
    assert parser.errors == []
    assert tags(html) == tags(bare(repaired.html))
    assert sorted(placeholders(html)) == sorted(set(placeholders(key)))
    assert targets(sanitize(key)) <= targets(html)
    assert repair(repaired.html, key) == Repair(repaired.html)


@given(st.text(st.characters(), max_size=200), st.text(st.characters(), max_size=50))
def test_any_text_is_taken(value: str, key: str) -> None:
    assert isinstance(repair(value, key).html, str)


@pytest.mark.parametrize("key", KEYS)
def test_what_is_in_order_stays(key: str) -> None:
    assert repair(key, key) == Repair(key)
    assert repair(key + "\n", key) == Repair(key + "\n")


# --- What is told quickly to be in order ---------------------------------------------------------

ATOMS = [
    *["text ", "文", " ", "\n", "5", "&amp;", "&#x27;", "\x00", "\U0001f600", ">", "^"],
    *("_＾_2_＾_", "_%5E_2_%5E_", "_&Hat;_2_&Hat;_", '<a href="B.html"> </a>'),
    *(f"<span translate=no>_^_{number}_^_</span>" for number in (0, 1, 1, 2)),
    *('<a href="A.html">a</a>', '<a href="B.html"><em>b</em></a>', "<a href='C.html'>c</a>", "<br>"),
    *(
        "<em>e</em>",
        "<strong>s </strong>",
        "<em><strong>t</strong></em>",
        "<small></small>",
        "<code>c</code>",
    ),
]
BLOCKS = [
    *("<p>{}</p>", "<p>{}</p>\n", "<h1>{}</h1>\n", "<h2>{}</h2>", "<h2>{}</h3>", "<hr>", "{}", "<br>"),
    *("<ul><li>{}</li>\n<li>{}</li></ul>\n", '<ol start="3"><li>{}</li></ol>', "<ol><li>{}</li></ul>"),
    *("<ul><li><p>{}</p>\n</li>\n<li><p>{}</p>{}</li></ul>", "<ul><li>{}<ul><li>{}</li></ul>{}</li></ul>"),
    *("<blockquote><p>{}</p></blockquote>{}", "<dl><dt>{}</dt><dd>{}</dd></dl>", "<details>{}</details>"),
    "<table><thead><tr><th>{}</th></tr></thead><tbody><tr><td>{}</td></tr></tbody></table>{}",
    '<table><thead><tr><th align="right">{}</th></tr></thead></table>',
    "<table><tr><td>{}</td></tr></table>",
]
few_atoms = st.lists(st.sampled_from(ATOMS), max_size=4)


@st.composite
def entries(draw: st.DrawFn) -> tuple[str, str]:
    """Make a key, and a value with its blocks in which some things are otherwise."""
    blocks = draw(st.lists(st.sampled_from(BLOCKS), max_size=4))
    lines = [draw(few_atoms) for block in blocks for _ in range(block.count("{}"))]
    told = [draw(st.permutations(atoms)) for atoms in lines]
    for _ in range(draw(st.integers(0, 2)) if told else 0):
        one, two = (draw(st.integers(0, len(told) - 1)) for _ in "12")
        told[one], told[two] = draw(st.sampled_from([(told[two], told[one]), (draw(few_atoms), told[two])]))
    others = list(blocks)
    if blocks and draw(st.booleans()):
        others[draw(st.integers(0, len(blocks) - 1))] = draw(st.sampled_from(BLOCKS))
    return filled(blocks, lines), filled(others, told)


def filled(blocks: list[str], lines: list[list[str]]) -> str:
    rest = iter(["".join(atoms) for atoms in lines])
    return "".join(re.sub(r"\{\}", lambda _: next(rest, ""), block) for block in blocks)


@settings(max_examples=400)
@given(entries())
def test_what_is_told_quickly_is_so(entry: tuple[str, str]) -> None:
    key, value = entry
    assert repair(value, key) == mend(value, key)
    assert repair(key, key) == mend(key, key)


@given(values, st.sampled_from(KEYS))
def test_what_is_told_quickly_is_so_of_any_value(value: str, key: str) -> None:
    assert repair(value, key) == mend(value, key)


@pytest.mark.parametrize("level", range(1, 7))
def test_a_heading_ends_as_it_begins(level: int) -> None:
    value = f"<h1>a</h{level}><ul><li>b</li></ul>"
    assert repair(value, value) == mend(value, value)


def test_links_to_elsewhere_stay() -> None:
    value = '<p><a href="https://ja.wikipedia.org/wiki/X">あ</a> <a href="A.html">い</a></p>'
    assert repair(value, '<p><a href="A.html">a</a></p>') == Repair(value)


@pytest.mark.parametrize(
    "piece", ["x </p> ", "<b><i></b>", "<ul><li>", "</ul><li>", "<a href=x>", "<", "<!--", "&#00", "_^"]
)
def test_much_damage_is_no_trouble(piece: str) -> None:
    html = repair(piece * 5000, KEYS[0]).html
    parser = html5lib.HTMLParser()
    parser.parseFragment(sanitize(bare(html)))
    assert parser.errors == []

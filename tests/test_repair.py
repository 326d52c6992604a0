import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import html5lib
import pytest
from entries import entries
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

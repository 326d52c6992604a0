"""Real maps of a live site, with real damage; the counts stand at the end of the run."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from html import unescape
from pathlib import Path

import html5lib
import pytest

from site_builder.fragment import bare, placeholders
from site_builder.sanitize import limits, sanitize
from site_builder.translating.catalog import Catalog, dumps, entry_lines, load_catalog, parse_map_name
from site_builder.translating.repair import Repair, repair

DATA = Path(__file__).parents[2] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real maps in ../shared/data are not here")


@cache
def catalogs() -> tuple[Catalog, ...]:
    return tuple(
        load_catalog(file, (parse_map_name(file.name) or ("", ""))[1], file.name)
        for file in sorted(DATA.rglob("*.ja.json"))
    )


@cache
def repaired() -> tuple[tuple[str, str, Repair], ...]:
    """Every fragment with its translation, as it is and repaired."""
    entries = [entry for catalog in catalogs() for entry in catalog.entries.items()]
    return tuple((key, value, repair(value, key)) for key, value in entries if "<" in key)


def targets(html: str) -> set[str]:
    return {unescape(target) for target in re.findall(r'<a href="([^"]*)"', html)}


def test_all_load_and_are_written_back_byte_for_byte() -> None:
    assert len(catalogs()) >= 243
    assert {catalog.language for catalog in catalogs()} == {"ja"}
    for catalog in catalogs():
        assert dumps(catalog) == catalog.path.read_bytes()
        assert list(entry_lines(catalog)) == list(catalog.entries)


def test_none_is_beyond_the_limits() -> None:
    assert [limit for _, value, _ in repaired() if (limit := limits(value))] == []


def test_all_values_become_valid() -> None:
    """Well-formed, without nested links, with the placeholders and link targets of their keys."""
    for key, _, repair_ in repaired():
        html = sanitize(bare(repair_.html))
        parser = html5lib.HTMLParser()
        parser.parseFragment(html)
        assert parser.errors == [], html
        assert sorted(placeholders(html)) == sorted(placeholders(key)), html
        assert targets(key) <= targets(html), html
        assert re.findall(r"</?\w+", html) == re.findall(r"</?\w+", bare(repair_.html))


def test_repairing_twice_is_repairing_once() -> None:
    for key, _, repair_ in repaired():
        assert repair(repair_.html, key) == Repair(repair_.html)


def test_all_words_stay() -> None:
    """Nothing that a translator wrote is lost, and only the labels of links are added."""
    for _, value, repair_ in repaired():
        before, after = (Counter(re.sub(r"<[^<>]*>|\s", "", html)) for html in (value, repair_.html))
        assert not before - after
        assert "nested-link" in repair_.kinds or before == after


def test_counts(record_property: Callable[[str, object], None]) -> None:
    kinds = Counter(kind for _, _, repair_ in repaired() for kind in repair_.kinds)
    damaged = sum(bool(repair_.kinds) for _, _, repair_ in repaired())
    entries = sum(len(catalog.entries) for catalog in catalogs())
    counts = (
        f"{len(catalogs())} maps, {entries} entries, {len(repaired())} of them HTML, {damaged} repaired: "
    )
    record_property("real maps", counts + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    assert (len(catalogs()), entries, len(repaired()), damaged) == (243, 6212, 5791, 417)
    assert kinds == {
        "stranded-text": 331,
        "nested-link": 81,
        "list-structure": 34,
        "block-in-list": 16,
        "unbalanced-tags": 9,
    }
    assert all(repair_.html == value for _, value, repair_ in repaired() if not repair_.kinds)

"""One line of the original in two translations, within a map or between the maps of a language."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from site_builder.errors import Location, Problem
from site_builder.fragment.lines import has_plain_words, is_untranslated
from site_builder.translating.catalog import Catalog, entry_lines
from site_builder.translating.check.codes import CODES
from site_builder.translating.check.entry import MARK, Entry, Pair, shortened

_MANNER = re.compile(r"(?:です|ます|します|しました|する|である|だ)\Z")
"""Endings of Japanese sentences that differ in manner only."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One place where a line is translated."""

    map: int
    key: str
    original: str
    translation: str


def inconsistencies(maps: Sequence[tuple[Catalog, str]]) -> tuple[Problem, ...]:
    """Find lines that the maps of one language translate differently.

    Each map comes with its path as messages should name it. Case, signs and spaces do not count. What
    most places have, or else the first, is the reference; any other translation is reported once for
    each map that has it. Lines that are not translated are none.
    """
    lines_of = cache(lambda number: entry_lines(maps[number][0]))

    def place(use: _Use) -> Location:
        return Location(maps[use.map][1], lines_of(use.map).get(use.key, 0))

    problems = [
        _problem(place(use), use, reference, f"{place(reference)}", count)
        for ways in _by_original(maps).values()
        if len(ways) > 1
        for use, reference, count in _odd(ways)
    ]
    return tuple(sorted(problems, key=lambda problem: problem.where))


def _by_original(maps: Sequence[tuple[Catalog, str]]) -> Mapping[str, Mapping[str, Sequence[_Use]]]:
    """Collect the uses of each line by how it is translated."""
    found: dict[str, dict[str, list[_Use]]] = {}
    for number, (catalog, _) in enumerate(maps):
        for key, value in catalog.entries.items():
            for pair in Entry(key, value, catalog.language).lines if value.strip() else ():
                way = _MANNER.sub("", _letters(pair.translated_text.replace(MARK, "")))
                if way and _counts(pair):
                    ways = found.setdefault(_letters(pair.original_text), {})
                    use = _Use(number, key, pair.original_text, pair.translated_text)
                    ways.setdefault(way, []).append(use)
    return found


def _counts(pair: Pair) -> bool:
    return has_plain_words(pair.original) and not is_untranslated(pair.original, pair.translation)


def _letters(text: str) -> str:
    """Reduce a text to its letters, digits and placeholders."""
    return "".join(char for char in text.casefold() if char.isalnum() or char == MARK)


def _odd(ways: Mapping[str, Sequence[_Use]]) -> Iterator[tuple[_Use, _Use, int]]:
    """Pair the first use in each map of every translation but the usual one with the first of that."""
    counts = Counter({way: len(uses) for way, uses in ways.items()})
    usual, count = counts.most_common(1)[0]
    for way, uses in ways.items():
        if way != usual:
            for use in {use.map: use for use in reversed(uses)}.values():
                yield use, ways[usual][0], count


def _problem(where: Location, use: _Use, reference: _Use, other_place: str, count: int) -> Problem:
    here, there = _contrasted(use.translation, reference.translation)
    places = other_place if count == 1 else f"{count} places, such as {other_place}"
    message = f'"{shortened(use.original)}" is "{here}" here, "{there}" in {places}'
    hint = "translate it in one way, unless the two mean different things"
    return Problem(where, "inconsistent", message, hint, use.key[:60], CODES["inconsistent"].severity)


def _contrasted(one: str, other: str) -> tuple[str, str]:
    """Quote two texts from shortly before where they differ."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = same - 10 if same > 20 else 0
    lead = "…" if start else ""
    return lead + shortened(one[start:]), lead + shortened(other[start:])

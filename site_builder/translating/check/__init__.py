"""What is wrong with translations: rules over entries, over maps, and over the maps of a language.

A rule reports what a translator would want to mend, and little else: how often each is right stands in
the benchmarks. Most rules look at an entry line by line, as far as its blocks are those of the original.
"""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from site_builder.errors import Location, Problem
from site_builder.translating.catalog import Catalog, entry_lines
from site_builder.translating.check.codes import CODES, DEFAULT_CODES, Code, Finding
from site_builder.translating.check.entry import Entry
from site_builder.translating.check.inconsistent import inconsistencies
from site_builder.translating.check.links import link_targets, nested_link
from site_builder.translating.check.numbers import number
from site_builder.translating.check.pieces import placeholder, structure
from site_builder.translating.check.signs import punctuation, whitespace
from site_builder.translating.check.stale import stale
from site_builder.translating.check.unsafe import control_character, unsafe_html, zero_width
from site_builder.translating.check.wording import empty, glossary, same

__all__ = [
    "CODES",
    "DEFAULT_CODES",
    "Code",
    "Finding",
    "check_catalog",
    "entry_problems",
    "inconsistencies",
    "stale",
]

_NO_TERMS: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_EXCERPT = 60
_RULES = (
    placeholder,
    structure,
    nested_link,
    link_targets,
    unsafe_html,
    control_character,
    zero_width,
    number,
    empty,
    same,
    glossary,
    punctuation,
    whitespace,
)


def entry_problems(
    key: str, value: str, language: str, terms: Mapping[str, tuple[str, ...]] = _NO_TERMS
) -> Iterator[Finding]:
    """Find what is wrong with one translation, whatever its code; `terms` is the language's glossary."""
    entry = Entry(key, value, language, terms)
    if not value.strip():
        yield from empty(entry)
        return
    for rule in _RULES:
        yield from rule(entry)


def check_catalog(
    catalog: Catalog,
    shown: str,
    *,
    page_keys: Collection[str] | None = None,
    terms: Mapping[str, tuple[str, ...]] = _NO_TERMS,
    codes: Collection[str] = DEFAULT_CODES,
) -> tuple[Problem, ...]:
    """Find the problems of a map that have one of `codes`, in the order of the file.

    `shown` is its path as messages should name it; `page_keys` is all that its page says, without
    which no key is stale. What takes other maps to see is left to `inconsistencies`.
    """
    found = [
        (key, finding)
        for key, value in catalog.entries.items()
        for finding in entry_problems(key, value, catalog.language, terms)
        if finding.code in codes
    ]
    if page_keys is not None and "stale" in codes:
        found += stale(catalog, page_keys)
    lines = entry_lines(catalog) if found else {}
    problems = [_problem(Location(shown, lines.get(key, 0)), key, finding) for key, finding in found]
    return tuple(sorted(problems, key=lambda problem: problem.where))


def _problem(where: Location, key: str, finding: Finding) -> Problem:
    severity = CODES[finding.code].severity
    return Problem(where, finding.code, finding.message, finding.hint, key[:_EXCERPT], severity)

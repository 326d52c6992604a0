"""Keys that no source says any more."""

from collections.abc import Collection, Iterator

from rapidfuzz import fuzz, process

from site_builder.fragment.lines import has_words
from site_builder.fragment.wording import normal_form
from site_builder.translating.catalog import Catalog
from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import shortened, visible

_ALIKE = 60
"""From what likeness on, in percent, a text may be what a key has become."""


def stale(catalog: Catalog, page_keys: Collection[str]) -> Iterator[tuple[str, Finding]]:
    """Find the keys of a map that are none of its page's, each with the nearest text without an entry.

    `page_keys` is all that the page says: its title, its summary and every fragment. Spelling does
    not count.
    """
    current = {_form(key): key for key in page_keys}
    own = {key: _form(key) for key in catalog.entries}
    old = [key for key, form in own.items() if form not in current and has_words(key)]
    if not old:
        return
    said = set(own.values())
    untranslated = {key: _text(key) for form, key in current.items() if form not in said and has_words(key)}
    for key in old:
        near = process.extractOne(_text(key), untranslated, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        hint = (
            f'the source says now: "{shortened(near[0], 60)}"; `translations sync` moves what still holds'
            if near
            else "`translations sync` keeps it in the attic"
        )
        yield key, Finding("stale", "no source says this any more", hint)


def _form(key: str) -> str:
    return normal_form(key) if key.startswith("<") else " ".join(key.split())


def _text(key: str) -> str:
    return visible(key) if key.startswith("<") else key

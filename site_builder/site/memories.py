"""What a site's maps say in each language."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path

from site_builder.errors import Location, Problem, SiteError
from site_builder.fragment.lines import read_line
from site_builder.model import Page
from site_builder.sanitize import are_small, limits
from site_builder.site import Site, shown_map
from site_builder.site.files import attic_path, former_files
from site_builder.translating.attic import load_attic
from site_builder.translating.catalog import Catalog, entry_lines, load_catalog
from site_builder.translating.memory import Memory
from site_builder.translating.pairs import forms_of
from site_builder.translating.shared import WORDLESS, Shared


def load_memory(site: Site, source: str, language: str) -> tuple[Memory, tuple[Problem, ...]]:
    """Return what the own map of a source says; a map that cannot be loaded says nothing."""
    path = site.maps.get((source, language))
    entries, problems = _entries(site, path, language) if path else ({}, ())
    return Memory(entries, own=source, similarity=site.config.similarity), problems


def full_memory(site: Site, page: Page, shared: Shared) -> Memory:
    """Return all that is known in a language of the texts of one page."""
    said = frozenset(form for section in page.sections for form in forms_of(section.docs.html))
    return Memory(shared.entries(page.source), shared, page.source, site.config.similarity, said)


def forms_said(page: Page) -> tuple[str, ...]:
    """Return the forms of all that `full_memory` may be asked of a page, each once."""
    titles = (read_line(escape(text, quote=False)).form for text in (page.title, page.summary))
    texts = (section.docs.html for section in page.sections if section.words)
    lines = (form for text in texts for form in forms_of(text) or (WORDLESS,))
    return tuple(dict.fromkeys((*titles, *lines)))


def load_shared(site: Site, language: str, sources: Iterable[str] | None = None) -> Shared:
    """Return what all maps of a language say, the attic and the maps without a source too.

    Of the maps with a source only those of `sources`, if these are given.
    """
    named = {source for source, tag in site.maps if tag == language} if sources is None else sources
    paths = {source: path for source in sorted(named) if (path := site.maps.get((source, language)))}
    maps = {source: _entries(site, path, language)[0].items() for source, path in paths.items()}
    former: list[tuple[str, str]] = []
    for path in former_files(site, language):
        with suppress(SiteError):  # Told by `former_problems`.
            former += _former_entries(site, path, language)
    return Shared(maps, former)


def former_problems(site: Site) -> Iterator[Problem]:
    """Say which attics, and which maps without a source, cannot be read."""
    for language in site.languages:
        for path in former_files(site, language):
            try:
                _former_entries(site, path, language)
            except SiteError as error:
                yield from error.problems


def entry_places(site: Site, source: str, language: str, keys: Collection[str]) -> dict[str, Location]:
    """Say where the map of a source translates each fragment of `keys`, or where it would."""
    if not keys:
        return {}
    shown, path = shown_map(site, source, language), site.maps.get((source, language))
    try:
        lines = entry_lines(Catalog(language, path, {}, path.read_bytes())) if path else {}
    except (OSError, ValueError):  # Told when the page was read.
        lines = {}
    by_forms = {} if lines.keys() >= set(keys) else {forms_of(key): line for key, line in lines.items()}
    return {key: Location(shown, lines.get(key) or by_forms.get(forms_of(key), 0)) for key in keys}


def _former_entries(site: Site, path: Path, language: str) -> list[tuple[str, str]]:
    shown = site.config.shown(path)
    if path == attic_path(site, language):
        entries = [(key, value) for key, values in load_attic(path, shown).items() for value in values]
    else:
        entries = list(load_catalog(path, language, shown).entries.items())
    return [(key, value) for key, value in entries if not limits(value) and not limits(key)]


def _entries(site: Site, path: Path, language: str) -> tuple[Mapping[str, str], tuple[Problem, ...]]:
    try:
        catalog = load_catalog(path, language, site.config.shown(path))
    except SiteError as error:
        return {}, error.problems
    if are_small((*catalog.entries, *catalog.entries.values())):
        return catalog.entries, ()
    refused = {
        key: limit for key, value in catalog.entries.items() if (limit := limits(value) or limits(key))
    }
    if not refused:
        return catalog.entries, ()
    known = {key: value for key, value in catalog.entries.items() if key not in refused}
    return known, tuple(_over_limits(catalog, site.config.shown(path), refused))


def _over_limits(catalog: Catalog, shown: str, refused: Mapping[str, str]) -> Iterator[Problem]:
    lines = entry_lines(catalog)
    for key, limit in refused.items():
        hint = "the page shows the original here; shorten or simplify the translation"
        yield Problem(Location(shown, lines[key]), "limit", f"over a limit: {limit}", hint, key[:60])

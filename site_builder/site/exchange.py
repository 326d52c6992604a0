"""The maps of a language handed to the tools of translators as one PO file, and taken back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

from site_builder.config import Config
from site_builder.errors import Problem, SiteError
from site_builder.fragment.lines import is_blank
from site_builder.model import Page
from site_builder.reading.discover import Source
from site_builder.site import Site, open_site
from site_builder.site.drafts import Draft, write_drafts
from site_builder.site.files import attic_path
from site_builder.site.maps import attic_draft, lines_of, load_map, map_draft, read_pages, require_language
from site_builder.site.memories import full_memory, load_shared
from site_builder.translating.attic import attic_size, load_attic, with_entries
from site_builder.translating.catalog import Catalog
from site_builder.translating.exchange import Imported as Taken
from site_builder.translating.exchange import SourceTexts, Suggestion, export_po, import_po, read_po
from site_builder.translating.memory import Memory, translatable
from site_builder.translating.pairs import has_gaps
from site_builder.translating.partial import suggested


def export_language(config: Config, language: str) -> bytes:
    """Write what the site says in `language` as a PO file.

    What a map does not translate, or only in part, is fuzzy with what memory has of it; where that
    translates an older English, this goes with it. Raises SiteError if a source or map cannot be read.
    """
    site = _open(config, language)
    pages, problems = read_pages(site)
    catalogs, more = _catalogs(site, language)
    if problems or more:
        raise SiteError(*problems, *more)
    shared = load_shared(site, language)
    texts = [
        _texts(source, page, catalogs[source.path], full_memory(site, page, shared)) for source, page in pages
    ]
    return export_po(language, texts, config.title)


@dataclass(frozen=True, slots=True)
class Imported:
    """What `import_language` did."""

    language: str
    files: tuple[Path, ...]
    """The maps that are changed."""
    translations: int
    """How many translations are new in them."""
    moved: int
    """How many went to the attic: those of texts that no page says, and those that others replaced."""
    fuzzy: int
    """How many were not taken because they are marked so."""
    problems: tuple[Problem, ...]
    """Why a source could not be read; its map is still that of the texts it had."""


def import_language(config: Config, content: bytes, shown: str, language: str | None = None) -> Imported:
    """Write the translations of a PO file into the maps; `shown` is the file's path for messages.

    Its header says which language it is in, unless `language` does. What it replaces goes to the attic.
    Raises SiteError, and changes nothing, if anything is wrong with the file, or if a map or the attic
    cannot be read.
    """
    language = language or _language_of(config, content, shown)
    site = _open(config, language)
    po = read_po(content, shown, (language,))
    catalogs, damaged = _catalogs(site, language)
    if damaged:
        raise SiteError(*damaged)
    path = attic_path(site, language)
    attic = load_attic(path, config.shown(path))
    pages, problems = read_pages(site)
    taken = import_po(po, _known_texts(catalogs, pages))
    changes = {source: _changed(catalogs[source], entries) for source, entries in taken.entries.items()}
    new_attic = with_entries(attic, _left(taken, catalogs, changes))
    maps = _map_drafts(site, catalogs, changes)
    write_drafts([*attic_draft(path, attic, new_attic), *maps], config.shown)
    return Imported(
        language,
        tuple(draft.path for draft in maps),
        sum(map(len, changes.values())),
        attic_size(new_attic) - attic_size(attic),
        taken.fuzzy,
        tuple(problems),
    )


def _language_of(config: Config, content: bytes, shown: str) -> str:
    site = open_site(config)
    return read_po(content, shown, sorted({*site.languages, *site.former})).language


def _open(config: Config, language: str) -> Site:
    require_language(config, language)
    return open_site(replace(config, languages=(language,)))


def _catalogs(site: Site, language: str) -> tuple[dict[str, Catalog], list[Problem]]:
    """Load the map of each source, by its path."""
    catalogs: dict[str, Catalog] = {}
    problems: list[Problem] = []
    for source in site.sources:
        try:
            catalogs[source.path] = load_map(site, source, language)
        except SiteError as error:
            problems += error.problems
    return catalogs, problems


def _finished(catalog: Catalog) -> Catalog:
    """Empty what a map translates in part only: a translator has to see it."""
    entries = {key: value if _is_finished(key, value) else "" for key, value in catalog.entries.items()}
    return replace(catalog, entries=entries)


def _is_finished(key: str, value: str) -> bool:
    return not is_blank(value) and not has_gaps(key, value)


def _texts(source: Source, page: Page, catalog: Catalog, memory: Memory) -> SourceTexts:
    finished = _finished(catalog)
    keys = tuple(translatable(page))
    open_keys = [key for key in keys if not finished.entries.get(key)]
    suggestions = {key: found for key in open_keys if (found := _suggestion(key, page, memory))}
    return SourceTexts(source.path, keys, finished, lines_of(page), suggestions, _comments(page))


def _comments(page: Page) -> dict[str, tuple[str, ...]]:
    """Say what the placeholders of each fragment stand for."""
    return {
        section.docs.html: tuple(
            f"_^_{number}_^_ = {shorten(piece.source, 80, placeholder=' …')}"
            for number, piece in enumerate(section.docs.protected)
        )
        for section in page.sections
    }


def _suggestion(key: str, page: Page, memory: Memory) -> Suggestion | None:
    if key in (page.title, page.summary):
        text = memory.recall_text(key)
        return Suggestion(text.text) if text.state == "current" else None
    known = memory.recall(key)
    value, previous = (known.value, "") if known.value else suggested(key, known)
    return Suggestion(value, previous) if value else None


def _known_texts(catalogs: Mapping[str, Catalog], pages: Sequence[tuple[Source, Page]]) -> list[SourceTexts]:
    """Say what pages and maps know; of a page that cannot be read, its map is the best witness."""
    said = {source.path: tuple(translatable(page)) for source, page in pages}
    return [
        SourceTexts(source, said.get(source, tuple(catalog.entries)), _finished(catalog))
        for source, catalog in catalogs.items()
    ]


def _changed(catalog: Catalog, entries: Mapping[str, str]) -> dict[str, str]:
    """Find what is new in `entries`, in which what was not finished may be empty."""
    return {
        key: value for key, value in entries.items() if value.strip() and value != catalog.entries.get(key)
    }


def _left(
    taken: Taken, catalogs: Mapping[str, Catalog], changes: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """List the translations that no map takes, and those that are replaced."""
    yield from ((key, value) for key, values in taken.unknown.items() for value in values)
    for source, changed in changes.items():
        yield from ((key, catalogs[source].entries.get(key, "")) for key in changed)


def _map_drafts(
    site: Site, catalogs: Mapping[str, Catalog], changes: Mapping[str, Mapping[str, str]]
) -> list[Draft]:
    return [
        draft
        for source, changed in changes.items()
        for draft in map_draft(site, catalogs[source], {**catalogs[source].entries, **changed})
    ]

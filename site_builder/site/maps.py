"""The maps of a site as files that translators work on: found, made and read with their pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.language import find_language
from site_builder.model import Page
from site_builder.reading.discover import Source
from site_builder.site import Site, open_site, unknown_language
from site_builder.site.drafts import Draft, write_drafts
from site_builder.site.memories import full_memory, load_shared
from site_builder.site.pages import load_page
from site_builder.translating.attic import Attic, dump_attic
from site_builder.translating.catalog import Catalog, dumps, load_catalog, map_path
from site_builder.translating.entries import loads
from site_builder.translating.sync import Renewal, completed


@dataclass(frozen=True, slots=True)
class Added:
    """What `add_language` wrote."""

    files: tuple[Path, ...]
    entries: int
    """How many texts are new in them."""
    filled: int
    """How many of these memory had a translation of; the others are empty."""
    problems: tuple[Problem, ...]
    """Why a source has no map, a map is as it was, or a text is in none."""


def add_language(config: Config, language: str) -> Added:
    """Write a map for every source, with every text that it does not have yet.

    What is in a map stays as it is; a source or map that cannot be read is left alone. Raises
    SiteError if the tag is unknown.
    """
    require_language(config, language)
    _require_one_spelling(config, language)
    site = open_site(replace(config, languages=(language,)))
    pages, problems = read_pages(site)
    shared = load_shared(site, language)
    drafts: list[Draft] = []
    entries = filled = 0
    for source, page in pages:
        try:
            catalog = load_map(site, source, language)
            renewal = completed(catalog.entries, page, full_memory(site, page, shared))
            drafts += map_draft(site, catalog, renewal.entries)
        except SiteError as error:
            problems += error.problems
            continue
        problems += unfit_problems(site, source, page, renewal)
        entries += len(renewal.entries) - len(catalog.entries)
        filled += renewal.filled
    write_drafts(drafts, config.shown)
    return Added(tuple(draft.path for draft in drafts), entries, filled, tuple(problems))


def _require_one_spelling(config: Config, language: str) -> None:
    for tag in {tag for _, tag in open_site(config).maps}:
        if tag != language and tag.casefold() == language.casefold():
            hint = f"say {tag}, or rename those maps"
            where = Location("command line")
            raise SiteError(Problem(where, "language", f"there are maps in {tag} already", hint))


def require_language(config: Config, language: str) -> None:
    """Raise SiteError unless the site can be translated into `language`."""
    where = Location("command line")
    if find_language(language) is None:
        raise SiteError(unknown_language(language, where))
    if language.lower() == config.language.lower():
        hint = "name the language to translate into"
        raise SiteError(Problem(where, "language", f"{language} is the source's language", hint))


def read_pages(site: Site) -> tuple[list[tuple[Source, Page]], list[Problem]]:
    """Read the sources of a site; say why one cannot be read."""
    pages: list[tuple[Source, Page]] = []
    problems: list[Problem] = []
    for source in site.sources:
        page, found = load_page(site.config, source)
        if page:
            pages.append((source, page))
        else:
            problems += found
    return pages, problems


def load_map(site: Site, source: Source, language: str) -> Catalog:
    """Read the map of a source, which is empty if there is none; raises SiteError if it is damaged."""
    path = site.maps.get((source.path, language))
    if path:
        return load_catalog(path, language, site.config.shown(path))
    return Catalog(language, site.config.translations / map_path(source.path, language), {})


def map_draft(site: Site, catalog: Catalog, entries: Mapping[str, str]) -> Sequence[Draft]:
    """Draft a map with other entries; nothing if that changes nothing.

    Raises SiteError if it could not be read again.
    """
    if dict(entries) == catalog.entries:
        return ()
    content = dumps(replace(catalog, entries=entries))
    loads(content, site.config.shown(catalog.path))
    return (Draft(catalog.path, catalog.content, content),)


def attic_draft(path: Path, attic: Attic, new: Attic) -> Sequence[Draft]:
    """Draft an attic with other contents; nothing if that changes nothing."""
    if new == attic:
        return ()
    return (Draft(path, path.read_bytes() if path.exists() else b"", dump_attic(new)),)


def unfit_problems(site: Site, source: Source, page: Page, renewal: Renewal) -> Iterator[Problem]:
    """Say which texts of a page are in no map, at their place in the source."""
    lines = lines_of(page)
    for key, problem in renewal.unfit:
        where = Location(site.config.shown(source.file), lines.get(key, 0))
        yield replace(problem, where=where, message=f"{problem.message}, so no map can hold it")


def lines_of(page: Page) -> dict[str, int]:
    """Find the first line of the source that says each of a page's texts."""
    lines = dict.fromkeys((page.title, page.summary), 1)
    for section in page.sections:
        lines.setdefault(section.docs.html, section.lines.start)
    return lines

"""One site: its sources, its maps, and how they belong together.

Here `build` begins, and so does everything that looks at a whole site without making one.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.language import find_language, nearest_tag
from site_builder.model import Page
from site_builder.reading import read_page
from site_builder.reading.discover import Source, collisions, survey
from site_builder.reading.formula import MacroError, make_converter
from site_builder.reading.markup import Markup
from site_builder.sanitize import limits
from site_builder.translating.catalog import (
    Catalog,
    dumps,
    entry_lines,
    load_catalog,
    map_path,
    parse_map_name,
    source_stem,
)
from site_builder.translating.memory import Memory
from site_builder.translating.sync import with_missing


@dataclass(frozen=True, slots=True)
class Site:
    """What the configuration and the disk say, before any source is read."""

    config: Config
    sources: tuple[Source, ...]
    languages: tuple[str, ...]
    """Those that the site is translated into, without the source's."""
    maps: Mapping[tuple[str, str], Path]
    """The maps, by source path and language tag."""
    assets: frozenset[str]
    """The files below the source folder that may be published, if a source links to them."""
    problems: tuple[Problem, ...]


def open_site(config: Config) -> Site:
    """Find the sources and maps of a site.

    Raises SiteError if it has no sources, or if two things would be written to one place.
    """
    sources, problems, assets = survey(config)
    _require_valid_macros(config)
    _require_languages(config)
    maps, map_problems = _find_maps(config, sources)
    languages = config.languages or tuple(sorted({tag for _, tag in maps}))
    if clashes := [*collisions(sources, languages, config.shown), *_equal_but_for_case(config, languages)]:
        raise SiteError(*clashes)
    known = {key: path for key, path in maps.items() if key[1] in languages}
    return Site(config, sources, languages, known, assets, (*problems, *map_problems))


def read_source(config: Config, source: Source, content: bytes) -> tuple[Page | None, tuple[Problem, ...]]:
    """Read one source of a site, whose file holds `content`; the page is None if it cannot be read."""
    page, problems = read_page(content, source, config.shown(source.file), _markup(config))
    if page and page.url == "index.html" and page.title == source.path:
        # The root's own `__init__.py` has no dotted name.
        page = replace(page, title=config.title)
    return page, problems


def load_memory(site: Site, source: str, language: str) -> tuple[Memory, tuple[Problem, ...]]:
    """Return what is known in a language of one source; a map that cannot be loaded knows nothing."""
    path = site.maps.get((source, language))
    if path is None:
        return Memory(), ()
    try:
        catalog = load_catalog(path, language, site.config.shown(path))
    except SiteError as error:
        return Memory(), error.problems
    refused = {key: limit for key, value in catalog.entries.items() if (limit := limits(value))}
    if not refused:
        return Memory(catalog.entries), ()
    known = {key: value for key, value in catalog.entries.items() if key not in refused}
    return Memory(known), tuple(_over_limits(catalog, site.config.shown(path), refused))


def entry_place(site: Site, source: str, language: str, key: str) -> Location:
    """Return where a map translates the fragment `key`; its line only if the key is spelled so there."""
    path = site.maps[source, language]
    shown = site.config.shown(path)
    return Location(shown, entry_lines(load_catalog(path, language, shown)).get(key, 0))


def _over_limits(catalog: Catalog, shown: str, refused: Mapping[str, str]) -> Iterator[Problem]:
    lines = entry_lines(catalog)
    for key, limit in refused.items():
        hint = "the page shows the original here; shorten or simplify the translation"
        yield Problem(Location(shown, lines[key]), "limit", f"over a limit: {limit}", hint, key[:60])


def _require_languages(config: Config) -> None:
    for tag in (config.language, *config.languages):
        if find_language(tag) is None:
            raise SiteError(_unknown_language(tag, Location("languages")))


def _unknown_language(tag: str, where: Location) -> Problem:
    near = nearest_tag(tag)
    hint = f"did you mean {near}?" if near else "use a BCP 47 tag, such as ja or pt-BR"
    return Problem(where, "language", f"{tag!r} is no language tag", hint)


# Formulas and Markdown.


def _require_valid_macros(config: Config) -> None:
    try:
        _markup(config)
    except MacroError as error:
        hint = "write TeX, with #1 for the first argument"
        raise SiteError(Problem(Location("[tool.site-builder.macros]"), "macro", str(error), hint)) from None


def _markup(config: Config) -> Markup:
    return _make_markup(
        tuple(sorted(config.macros.items())), config.number_equations, config.remote_images == "load"
    )


@lru_cache(maxsize=4)
def _make_markup(macros: tuple[tuple[str, str], ...], numbered: bool, load_remote_images: bool) -> Markup:
    return Markup(make_converter(dict(macros), numbered), load_remote_images)


# Which map belongs to which source.


def _find_maps(
    config: Config, sources: tuple[Source, ...]
) -> tuple[dict[tuple[str, str], Path], tuple[Problem, ...]]:
    by_stem = {source_stem(source.path): source.path for source in sources}
    maps: dict[tuple[str, str], Path] = {}
    problems = []
    for path in sorted(config.translations.rglob("*.json")):
        stem, tag = parse_map_name(path.relative_to(config.translations).as_posix()) or ("", path.stem)
        if problem := _misplaced(config.shown(path), stem, tag, by_stem):
            problems.append(problem)
        else:
            maps[by_stem[stem], tag] = path
    return maps, tuple(problems)


def _misplaced(shown: str, stem: str, tag: str, by_stem: Mapping[str, str]) -> Problem | None:
    """Say why a map is not read."""
    if find_language(tag) is None:
        return replace(_unknown_language(tag, Location(shown)), severity="warning")
    if stem not in by_stem:
        near = next(iter(get_close_matches(stem, by_stem, 1, 0.5)), "")
        hint = f"the nearest source is {by_stem[near]}" if near else "delete it, or bring its source back"
        return Problem(Location(shown), "orphan", "no source belongs to this map", hint, severity="warning")
    return None


def _equal_but_for_case(config: Config, languages: tuple[str, ...]) -> Iterator[Problem]:
    spelled = {config.language.lower(): config.language}
    for tag in languages:
        other = spelled.setdefault(tag.lower(), tag)
        if other is not tag:
            message = (
                f"the languages {other} and {tag} differ only in case"
                if other != tag
                else f"{tag} is the source's language"
            )
            hint = "spell the tag in one way, in the configuration and in the names of the maps"
            yield Problem(Location(config.shown(config.translations)), "language", message, hint)


# Maps for translators.


@dataclass(frozen=True, slots=True)
class Added:
    """What `add_language` wrote."""

    files: tuple[Path, ...]
    entries: int
    """How many texts are new in them, each with an empty value."""
    problems: tuple[Problem, ...]
    """Why a source has no map, or a map is as it was."""


def add_language(config: Config, language: str) -> Added:
    """Write a map for every source, with every text that the language does not have yet.

    What is in a map stays as it is; a source or map that cannot be read is left alone. Raises
    SiteError if the tag is unknown.
    """
    _require_language(config, language)
    site = open_site(config)
    files: list[Path] = []
    problems: list[Problem] = []
    entries = 0
    for source in site.sources:
        try:
            old, new = _maps_of(site, source, language)
        except SiteError as error:
            problems += error.problems
            continue
        if len(new.entries) > len(old.entries):
            _replace(new.path, dumps(new))
            files.append(new.path)
            entries += len(new.entries) - len(old.entries)
    return Added(tuple(files), entries, tuple(problems))


def _maps_of(site: Site, source: Source, language: str) -> tuple[Catalog, Catalog]:
    """Return the map of a source as it is and as it should be."""
    config = site.config
    path = site.maps.get((source.path, language)) or config.translations / map_path(source.path, language)
    try:
        page, problems = read_source(config, source, source.file.read_bytes())
    except OSError as error:
        hint = "check that the file exists and may be read"
        where = Location(config.shown(source.file))
        raise SiteError(Problem(where, "unreadable", f"cannot be read: {error.strerror}", hint)) from error
    if page is None:
        raise SiteError(*problems)
    new = not path.exists()
    catalog = Catalog(language, path, {}) if new else load_catalog(path, language, config.shown(path))
    return catalog, with_missing(catalog, page)


def _require_language(config: Config, language: str) -> None:
    where = Location("command line")
    if find_language(language) is None:
        raise SiteError(_unknown_language(language, where))
    if language.lower() == config.language.lower():
        hint = "name the language to translate into"
        raise SiteError(Problem(where, "language", f"{language} is the source's language", hint))


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is never half written; a link to it stays one."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).chmod(mode)
    Path(draft.name).replace(path)

"""One site: its sources, its maps, and how they belong together.

Here `build` begins, and so does everything that looks at a whole site without making one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.language import is_language, nearest_tag
from site_builder.reading.discover import Source, collisions, survey
from site_builder.site.found_maps import Maps, json_files
from site_builder.translating.catalog import map_path, parse_map_name, source_stem


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
    former: Mapping[str, tuple[Path, ...]]
    """By language tag, the maps whose source is gone."""
    problems: tuple[Problem, ...]


def open_site(config: Config) -> Site:
    """Find the sources and maps of a site.

    Raises SiteError if it has no sources, or if two things would be written to one place.
    """
    sources, problems, assets = survey(config)
    if config.macros:
        from site_builder.site.pages import require_valid_macros  # noqa: PLC0415 - Most sites have none.

        require_valid_macros(config)
    _require_languages(config)
    maps, former, map_problems = _find_maps(config, sources)
    if config.translations != config.root / "translations" and not config.translations.is_dir():
        hint = "correct the name; only `translations add` makes it"
        where = Location(config.shown(config.translations))
        missing = Problem(
            where, "missing-folder", "there is no such folder of maps", hint, severity="warning"
        )
        map_problems = (missing, *map_problems)
    languages = config.languages or tuple(sorted({*(tag for _, tag in maps), *former}))
    if clashes := [*collisions(sources, languages, config.shown), *_equal_but_for_case(config, languages)]:
        raise SiteError(*clashes)
    maps = maps.within(languages) if config.languages else maps
    return Site(config, sources, languages, maps, assets, former, (*problems, *map_problems))


def shown_map(site: Site, source: str, language: str) -> str:
    """Name the map of a source as the user would, be there one or not."""
    path = site.maps.get((source, language)) or site.config.translations / map_path(source, language)
    return site.config.shown(path)


def _require_languages(config: Config) -> None:
    for tag in (config.language, *config.languages):
        if not is_language(tag):
            raise SiteError(unknown_language(tag, Location("languages")))


def unknown_language(tag: str, where: Location) -> Problem:
    """Say that a tag is none."""
    near = nearest_tag(tag)
    hint = f"did you mean {near}?" if near else "use a BCP 47 tag, such as ja or pt-BR"
    return Problem(where, "language", f"{tag!r} is no language tag", hint)


# Which map belongs to which source.


ATTIC = "attic"
"""The folder, below that of the maps, of what no source says any more: `attic/ja.json`."""


def _find_maps(
    config: Config, sources: tuple[Source, ...]
) -> tuple[Maps, dict[str, tuple[Path, ...]], tuple[Problem, ...]]:
    """Find the maps of the sources, those without a source, and what is wrong with files that are neither."""
    by_stem = {source_stem(source.path): source.path for source in sources}
    tags: dict[str, tuple[str, ...]] = {}
    spelled: dict[tuple[str, ...], tuple[str, ...]] = {}  # Most sources have the same languages.
    former: dict[str, tuple[Path, ...]] = {}
    problems = []
    for below in json_files(config.translations):
        stem, tag = parse_map_name(below) or ("", PurePosixPath(below).stem)
        if not stem and below.rpartition("/")[0] == ATTIC:
            continue
        if stem in by_stem and is_language(tag):
            source = by_stem[stem]
            found = (*tags.get(source, ()), tag)
            tags[source] = spelled.setdefault(found, found)
            continue
        path = config.translations / below
        problem = _misplaced(config.shown(path), stem, tag, by_stem)
        problems.append(problem)
        if problem.code == "orphan":
            former[tag] = (*former.get(tag, ()), path)
    return Maps(config.translations, tags), former, tuple(problems)


def _misplaced(shown: str, stem: str, tag: str, by_stem: Mapping[str, str]) -> Problem:
    """Say why a map is not read."""
    if not stem:
        hint = f"name it {tag}.LANG.json, as its source is named"
        return Problem(Location(shown), "language", "its name says no language", hint, severity="warning")
    if not is_language(tag):
        return replace(unknown_language(tag, Location(shown)), severity="warning")
    near = next(iter(get_close_matches(stem, by_stem, 1, 0.5)), "")
    hint = f"the nearest source is {by_stem[near]}" if near else "delete it, or bring its source back"
    return Problem(Location(shown), "orphan", "no source belongs to this map", hint, severity="warning")


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

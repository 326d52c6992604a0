"""The maps of a site after its sources changed. Nothing that a person wrote is lost.

What leaves a map goes to the attic of its language, from which memory still reads it, until it is emptied.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.language import find_language
from site_builder.model import Page
from site_builder.reading.discover import Source
from site_builder.site import ATTIC, Site, open_site
from site_builder.site.drafts import Draft, diff, write_drafts
from site_builder.site.files import attic_path
from site_builder.site.maps import (
    attic_draft,
    load_map,
    map_draft,
    read_pages,
    require_language,
    unfit_problems,
)
from site_builder.site.memories import full_memory, load_shared
from site_builder.translating.attic import attic_size, load_attic, with_entries
from site_builder.translating.catalog import Catalog, load_catalog, parse_map_name, source_stem
from site_builder.translating.sync import Renewal, renewed


@dataclass(frozen=True, slots=True)
class Synced:
    """What `sync` did, or would do."""

    written: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    """Maps whose source is gone."""
    kept: int = 0
    """How many translations stay in their maps."""
    filled: int = 0
    """How many texts memory gave a translation."""
    partial: int = 0
    """How many texts it gave the translation of some lines; the others are in the source's language."""
    empty: int = 0
    """How many texts have no translation."""
    moved: int = 0
    """How many translations went to the attic."""
    diff: str = ""
    """Of all files; only where nothing is written."""
    problems: tuple[Problem, ...] = ()
    """Why a map is as it was, or a text is in none."""


def sync(
    config: Config, languages: Sequence[str] | None = None, *, dry_run: bool = False, force: bool = False
) -> Synced:
    """Make every map that of its source again: of `languages`, or of all that the site has.

    What a page says and its map does not comes from memory as far as that goes. What no page says any
    more goes to the attic, and a map whose source is gone is removed. What cannot be read is left alone,
    and what depends on it. Doing it again changes nothing.

    If the maps and the sources have no text in common, they are hardly of one site: then, unless `force`,
    nothing is written, and SiteError is raised.

    Raises SiteError if a file cannot be written, or if the site has no map in one of `languages`.
    """
    for tag in languages or ():
        require_language(config, tag)
    site = open_site(replace(config, languages=tuple(languages or config.languages)))
    _require_maps(config, site, languages or ())
    pages, problems = read_pages(site)
    plans = [_plan(site, language, pages) for language in _languages_of(site)]
    counts = Counter[str]()
    for plan in plans:
        counts.update(plan.counts)
    if not force:
        _require_common_texts(config, counts)
    drafts = [draft for plan in plans for draft in plan.drafts]
    if not dry_run:
        write_drafts(drafts, config.shown)
        for draft in drafts:
            if draft.after is None:
                _remove_empty(draft.path.parent, config)
    return Synced(
        tuple(draft.path for draft in drafts if draft.after is not None),
        tuple(draft.path for draft in drafts if draft.after is None),
        **counts,
        diff=diff(drafts, config.shown) if dry_run else "",
        problems=(*_found(site), *problems, *(problem for plan in plans for problem in plan.problems)),
    )


def _require_common_texts(config: Config, counts: Counter[str]) -> None:
    if counts["moved"] and not counts["kept"] + counts["filled"] + counts["partial"]:
        message = f"none of the translations belongs to a source in {config.shown(config.source)}"
        hint = "name the folder that they translate; --force moves all of them to the attic"
        raise SiteError(Problem(Location(config.shown(config.translations)), "source", message, hint))


def prune(config: Config, languages: Sequence[str] | None = None, *, dry_run: bool = False) -> int:
    """Empty the attics of `languages`, or all of them; say how many translations went, or would go.

    Raises SiteError, before anything is removed, if one of them is damaged.
    """
    paths = [path for path in _attics(config) if languages is None or path.stem in languages]
    sizes = [attic_size(load_attic(path, config.shown(path))) for path in paths]
    if not dry_run:
        write_drafts([Draft(path, path.read_bytes(), None) for path in paths], config.shown)
        _remove_empty(config.translations / ATTIC, config)
    return sum(sizes)


def _remove_empty(folder: Path, config: Config) -> None:
    """Remove a folder of maps in which there is nothing any more, and those above it."""
    with suppress(OSError):  # There is none, or it holds something.
        while folder != config.translations and folder.is_relative_to(config.translations):
            folder.rmdir()
            folder = folder.parent


def _attics(config: Config) -> list[Path]:
    files = sorted((config.translations / ATTIC).glob("*.json"))
    return [path for path in files if find_language(path.stem)]


def _found(site: Site) -> list[Problem]:
    """What was wrong before; a map whose source is gone is no problem any more."""
    return [problem for problem in site.problems if problem.code != "orphan"]


def _languages_of(site: Site) -> tuple[str, ...]:
    """List the languages that have maps, if only of sources that are gone, or that are configured."""
    return site.config.languages or tuple(sorted({*site.languages, *site.former}))


def _require_maps(config: Config, site: Site, languages: Sequence[str]) -> None:
    known = {*config.languages, *site.former, *(tag for _, tag in site.maps)}
    unknown = [tag for tag in dict.fromkeys(languages) if tag not in known]
    if unknown:
        hint = "site-builder translations add {} makes the maps of a new language"
        raise SiteError(*(
            Problem(Location("command line"), "language", f"there is no map in {tag}", hint.format(tag))
            for tag in unknown
        ))  # fmt: skip


# What becomes of the maps of one language.


@dataclass(frozen=True, slots=True)
class _Plan:
    drafts: tuple[Draft, ...] = ()
    """In an order in which a crash loses nothing: what goes to the attic is there before it leaves a map."""
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def _plan(site: Site, language: str, pages: Sequence[tuple[Source, Page]]) -> _Plan:
    path = attic_path(site, language)
    try:
        attic = load_attic(path, site.config.shown(path))
    except SiteError as error:  # Nothing can leave a map.
        return _Plan(problems=error.problems)
    renewals, problems = _renewals(site, language, pages)
    moved = {entry for one in renewals for entry in one.renewal.given}
    former, more = _former(site, language)
    leaving = [entry for one in renewals for entry in one.renewal.gone]
    leaving += [entry for catalog in former for entry in catalog.entries.items() if entry not in moved]
    new_attic = with_entries(attic, leaving)
    counts = Counter({"moved": attic_size(new_attic) - attic_size(attic)})
    for one in renewals:
        counts.update({name: getattr(one.renewal, name) for name in ("kept", "filled", "partial", "empty")})
    drafts = (
        *attic_draft(path, attic, new_attic),
        *(draft for one in renewals for draft in one.drafts),
        *(Draft(catalog.path, catalog.content, None) for catalog in former),
    )
    return _Plan(drafts, counts, (*problems, *more))


@dataclass(frozen=True, slots=True)
class _Renewed:
    """A map of one source, as it should be."""

    renewal: Renewal
    drafts: tuple[Draft, ...]


def _renewals(
    site: Site, language: str, pages: Sequence[tuple[Source, Page]]
) -> tuple[list[_Renewed], list[Problem]]:
    """Renew every map of a language that can be loaded. All of memory is read before any of it changes."""
    shared = load_shared(site, language)
    renewals: list[_Renewed] = []
    problems: list[Problem] = []
    for source, page in pages:
        try:
            catalog = load_map(site, source, language)
            renewal = renewed(catalog.entries, page, full_memory(site, page, shared))
            renewals.append(_Renewed(renewal, tuple(map_draft(site, catalog, renewal.entries))))
            problems += unfit_problems(site, source, page, renewal)
        except SiteError as error:
            problems += error.problems
    return renewals, problems


def _former(site: Site, language: str) -> tuple[list[Catalog], list[Problem]]:
    """Load the maps whose sources are gone."""
    catalogs: list[Catalog] = []
    problems: list[Problem] = []
    for path in site.former.get(language, ()):
        if _is_out_of_sight(site, path):
            continue
        try:
            catalogs.append(load_catalog(path, language, site.config.shown(path)))
        except SiteError as error:
            problems += error.problems
    return catalogs, problems


def _is_out_of_sight(site: Site, path: Path) -> bool:
    """Tell whether the source of a map may be there, in a place that could not be looked at."""
    stem, _ = parse_map_name(path.relative_to(site.config.translations).as_posix()) or ("", "")
    source = site.config.shown(site.config.source / stem)
    places = {problem.where.path for problem in site.problems if problem.code == "source"}
    return any(source == source_stem(place) or source.startswith(f"{place}/") for place in places)

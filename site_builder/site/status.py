"""How much of each page each language has, and where in the maps to write the rest."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from site_builder.errors import Problem
from site_builder.model import GapPlace, LocalizedPage, PageStatus
from site_builder.site import Site, shown_map
from site_builder.site.memories import entry_places, full_memory, load_shared
from site_builder.site.pages import load_page
from site_builder.translating.join import in_source_language, localize


def measure(site: Site) -> tuple[tuple[PageStatus, ...], tuple[Problem, ...]]:
    """Say of each page with prose how much of it each language has; also what kept pages from being read."""
    config = site.config
    memories = {tag: load_shared(site, tag) for tag in site.languages}
    problems: list[Problem] = []
    statuses: list[PageStatus] = []
    for source in site.sources:
        page, found = load_page(config, source)
        problems += (problem for problem in found if problem.severity == "error")
        if page is None:
            continue
        original = in_source_language(page, config.language)
        for tag, shared in memories.items():
            localized = localize(original, tag, full_memory(site, page, shared))
            if has_prose(localized):
                statuses.append(page_status(site, localized))
    return tuple(statuses), tuple(problems)


def with_problems(statuses: Iterable[PageStatus], problems: Iterable[Problem]) -> Iterator[PageStatus]:
    """Count the problems in the map of each page."""
    in_maps = Counter(problem.where.path for problem in problems)
    return (replace(status, problems=in_maps[status.map]) for status in statuses)


def has_prose(localized: LocalizedPage) -> bool:
    """Tell whether there is something on a page to be translated."""
    return any(localized.words.values())


def page_status(site: Site, localized: LocalizedPage) -> PageStatus:
    """Say how much of a page its language has; problems are not counted."""
    source, language = localized.page.source, localized.language
    keys = {gap.key for gap in localized.gaps}
    places = entry_places(site, source, language, keys)
    folder = "" if language == site.config.language else f"{language}/"
    return PageStatus(
        source=source,
        title=localized.page.title,
        url=f"{folder}{localized.page.url}",
        language=language,
        words=localized.words,
        gaps=tuple(GapPlace(gap, places[gap.key]) for gap in localized.gaps),
        problems=0,
        map=shown_map(site, source, language) if (source, language) in site.maps else "",
    )

"""The first step of a page, in some process: its source and its maps are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from site_builder.build.digests import digest, maps_digest
from site_builder.errors import Location, Problem
from site_builder.model import Page, Text
from site_builder.reading.discover import Source
from site_builder.site import Site, read_source
from site_builder.site.memories import full_memory, load_memory
from site_builder.translating.join import localized_title
from site_builder.translating.memory import Memory
from site_builder.translating.shared import Shared


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a source and its maps."""

    source: Source
    digest: bytes = b""
    """Of the source; empty if it could not be read."""
    page: Page | None = None
    problems: tuple[Problem, ...] = ()
    maps_digest: bytes = b""
    titles: Mapping[str, Text] = field(default_factory=dict)
    """By language, as other pages name it."""
    summaries: Mapping[str, Text] = field(default_factory=dict)
    map_problems: tuple[Problem, ...] = ()
    wanting: frozenset[str] = frozenset()
    """The languages whose own map does not say all of the page."""
    begun: frozenset[str] = frozenset()
    """The languages whose own map says anything."""


def read(site: Site, source: Source) -> Reading:
    """Read one source and its maps."""
    try:
        content = source.file.read_bytes()
    except OSError as error:
        where = Location(site.config.shown(source.file))
        hint = "check that the file exists and may be read"
        problem = Problem(where, "unreadable", f"cannot be read: {error.strerror}", hint)
        return read_maps(site, Reading(source, problems=(problem,)))
    page, problems = read_source(site.config, source, content)
    return read_maps(site, Reading(source, digest(content), page, problems))


def read_maps(site: Site, reading: Reading) -> Reading:
    """Read what the maps of a source say of its title; their other texts are wanted only in writing."""
    page, titles, summaries = reading.page, {}, {}
    problems: list[Problem] = []
    wanting: set[str] = set()
    begun: set[str] = set()
    # Before they are read: a map that is saved meanwhile is then read again by the next build.
    as_of = maps_digest(site, reading.source)
    for tag in site.languages:
        memory, found = load_memory(site, reading.source.path, tag)
        problems += found
        if any(value and not value.isspace() for value in memory.entries.values()):
            begun.add(tag)
        if page:
            if memory.knows(page):
                titles[tag], summaries[tag] = _names(page, replace(memory, is_complete=True))
            else:
                wanting.add(tag)
    if page:
        titles[site.config.language] = Text(page.title, "current")
        summaries[site.config.language] = Text(page.summary, "current")
    return replace(
        reading,
        maps_digest=as_of,
        titles=titles,
        summaries=summaries,
        map_problems=tuple(problems),
        wanting=frozenset(wanting),
        begun=frozenset(begun),
    )


def with_shared(site: Site, reading: Reading, memories: Mapping[str, Shared]) -> Reading:
    """Name a page as all maps know it, where its own does not say all of it."""
    page, titles, summaries = reading.page, dict(reading.titles), dict(reading.summaries)
    for tag in reading.wanting if page else ():
        assert page
        memory = full_memory(site, page, memories[tag])
        titles[tag], summaries[tag] = _names(page, memory)
    return replace(reading, titles=titles, summaries=summaries) if reading.wanting else reading


def _names(page: Page, memory: Memory) -> tuple[Text, Text]:
    return localized_title(page, memory), memory.recall_text(page.summary)

"""The first step of a page, in some process: its source and its maps are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from site_builder.build.cache import value_digest
from site_builder.build.digests import digest, digest_now
from site_builder.build.inputs import Inputs, map_digests
from site_builder.build.marks import Marks, marks_said, marks_wanted
from site_builder.errors import Location, Problem, reason
from site_builder.model import Page, Text
from site_builder.reading.discover import Source
from site_builder.site.memories import forms_said, load_memory
from site_builder.translating.join import localized_title
from site_builder.translating.memory import Memory


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the memory of a language, all of its maps, knows of a page."""

    memory: bytes
    """Digest of that memory."""
    answer: bytes
    """Digest of what in it has to do with the page."""
    title: Text
    summary: Text


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a source and its maps. The page itself is kept in the cache."""

    source: Source
    key: bytes = b""
    """Digest of all that the page was made of; empty if it could not be read."""
    has_page: bool = False
    outline: Page | None = None
    """The page without its sections, which others want to know; only when it has just been read."""
    module: str = ""
    """By which name Python imports it, if its code may link."""
    styles: frozenset[tuple[str, str]] = frozenset()
    """What its formulas rely on."""
    outlined: bytes = b""
    """Digest of the outline."""
    leads_to: tuple[str, ...] = ()
    """What an index links to, as written, in order."""
    problems: tuple[Problem, ...] = ()
    maps: Mapping[str, bytes] = field(default_factory=dict)
    """By language: the digest of the source's own map."""
    titles: Mapping[str, Text] = field(default_factory=dict)
    """By language, as other pages name it."""
    summaries: Mapping[str, Text] = field(default_factory=dict)
    map_problems: tuple[Problem, ...] = ()
    wanting: frozenset[str] = frozenset()
    """The languages whose own map does not say all of the page."""
    begun: frozenset[str] = frozenset()
    """The languages whose own map says anything."""
    marks: Marks | None = None
    """Of the lines of the maps and the page; only when they have just been read."""
    recalled: Mapping[str, Recalled] = field(default_factory=dict)
    """What else is known in the languages that are wanting."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the cache keeps of a source."""

    page: Page | None
    problems: tuple[Problem, ...]


def read(inputs: Inputs, source: Source) -> Reading:
    """Read one source and its maps."""
    site = inputs.site
    try:
        content = source.file.read_bytes()
    except OSError as error:
        where = Location(site.config.shown(source.file))
        hint = "check that the file exists and may be read"
        problem = Problem(where, "unreadable", f"cannot be read: {reason(error)}", hint)
        return read_maps(inputs, Reading(source, problems=(problem,)))
    key = inputs.key(source, digest(content))
    found = inputs.cache.load(page_name(key), Read) or _read(inputs, source, key, content)
    page, is_index = found.page, source.url.rpartition("/")[2] == "index.html"
    links = (href for section in page.sections for href, _ in section.links) if page and is_index else ()
    reading = Reading(source, key, leads_to=tuple(links), problems=found.problems)
    return _with_maps(inputs, _outlined(reading, page) if page else reading, page)


def _outlined(reading: Reading, page: Page) -> Reading:
    outline = replace(page, sections=())
    return replace(
        reading,
        has_page=True,
        outline=outline,
        module=page.names.module if page.names else "",
        styles=page.styles,
        outlined=value_digest(outline),
    )


def _read(inputs: Inputs, source: Source, key: bytes, content: bytes) -> Read:
    from site_builder.site.pages import read_source  # noqa: PLC0415 - Many builds read no source.

    found = Read(*read_source(inputs.site.config, source, content))
    inputs.cache.save(page_name(key), found)
    return found


def load_page(inputs: Inputs, reading: Reading) -> Page:
    """Return the whole page of a reading that has one, from the cache or else from its source."""
    assert reading.has_page
    source = reading.source
    found = inputs.cache.load(page_name(reading.key), Read) if source.path else None
    page = found.page if found else _read_again(inputs, reading) if source.path else None
    title = reading.titles[inputs.site.config.language]
    return page or Page(source.path, source.url, title.text, "", ())


def _read_again(inputs: Inputs, reading: Reading) -> Page | None:
    """Read a page that the cache does not hold; what was edited meanwhile, the next build finds."""
    from site_builder.site.pages import read_source  # noqa: PLC0415

    try:
        return read_source(inputs.site.config, reading.source, reading.source.file.read_bytes())[0]
    except OSError:
        return None


def page_name(key: bytes) -> str:
    """Name what the cache keeps of a source."""
    return f"page/{key.hex()}"


def read_maps(inputs: Inputs, reading: Reading) -> Reading:
    """Read what the maps of a source say of its title; their other texts are wanted only in writing."""
    return _with_maps(inputs, reading, load_page(inputs, reading) if reading.has_page else None)


def _with_maps(inputs: Inputs, reading: Reading, page: Page | None) -> Reading:
    site = inputs.site
    titles, summaries = {}, {}
    problems: list[Problem] = []
    wanting: set[str] = set()
    begun: set[str] = set()
    said: dict[str, bytes] = {}
    # Before they are read: a map that is saved meanwhile is then read again by the next build.
    as_of = map_digests(site, reading.source, digest_now)
    for tag in site.languages:
        memory, found = load_memory(site, reading.source.path, tag)
        problems += found
        if any(value and not value.isspace() for value in memory.entries.values()):
            begun.add(tag)
            said[tag] = marks_said(memory.entries)
        if page:
            if memory.knows(page):
                titles[tag], summaries[tag] = names(page, replace(memory, is_complete=True))
            else:
                wanting.add(tag)
    if page:
        titles[site.config.language] = Text(page.title, "current")
        summaries[site.config.language] = Text(page.summary, "current")
    return replace(
        reading,
        maps=as_of,
        titles=titles,
        summaries=summaries,
        map_problems=tuple(problems),
        wanting=frozenset(wanting),
        begun=frozenset(begun),
        marks=Marks(said, marks_wanted(forms_said(page)) if page and wanting else b""),
        recalled={},
    )


def names(page: Page, memory: Memory) -> tuple[Text, Text]:
    """Return the title and the summary of a page, as far as they are known."""
    return localized_title(page, memory), memory.recall_text(page.summary)

"""The two steps of a page, each in some process: read its source, then write it in each language."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from html import escape
from pathlib import Path

from jinja2 import Environment

from site_builder.build.publish import Stage
from site_builder.config import Config
from site_builder.errors import Location, Problem
from site_builder.model import LocalizedPage, Page
from site_builder.reading.discover import Source
from site_builder.site import Site, load_memory, read_source
from site_builder.translating.join import in_source_language, localize
from site_builder.writing.compose import Frame, compose
from site_builder.writing.links import Linker, Targets
from site_builder.writing.render import make_environment, render_page


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a source."""

    source: Source
    digest: bytes = b""
    """Of the file that was read; empty if it could not be."""
    page: Page | None = None
    problems: tuple[Problem, ...] = ()


def read(site: Site, source: Source) -> Reading:
    """Read one source."""
    try:
        content = source.file.read_bytes()
    except OSError as error:
        where = Location(site.config.shown(source.file))
        hint = "check that the file exists and may be read"
        return Reading(
            source, problems=(Problem(where, "unreadable", f"cannot be read: {error.strerror}", hint),)
        )
    page, problems = read_source(site.config, source, content)
    return Reading(source, digest(content), page, problems)


def is_fresh(reading: Reading) -> bool:
    """Whether a source is still as it was read."""
    try:
        return reading.digest == digest(reading.source.file.read_bytes())
    except OSError:
        return False


def digest(*parts: bytes) -> bytes:
    """Return a short hash of `parts`, in their order."""
    return blake2b(b"\0".join(parts), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Rendering:
    """What came of writing a page in all languages."""

    url: str
    made_of: bytes = b""
    """A digest of all that went into it; empty if it is not to be used again."""
    files: tuple[str, ...] = ()
    """Below the output."""
    assets: frozenset[str] = frozenset()
    """The files beside the sources that it shows or links to."""
    words: int = 0
    coverage: Mapping[str, float] = field(default_factory=dict)
    """Share of the words that are shown in each language, 0 to 1."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """All that writing a page needs besides its URL."""

    site: Site
    frame: Frame
    readings: Mapping[str, Reading]
    """What becomes a page, by URL."""
    targets: Targets
    stage: Stage
    digest: bytes
    """Of all that goes into every page."""

    def made_of(self, url: str) -> bytes:
        """Digest all that goes into a page."""
        reading = self.readings[url]
        maps = (self.site.maps.get((reading.source.path, tag)) for tag in self.frame.languages)
        return digest(self.digest, reading.digest, repr([_stamp(path) for path in maps]).encode())


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        return (path.stat().st_mtime_ns, path.stat().st_size) if path else None
    except OSError:
        return None


def is_reusable(writing: Writing, rendering: Rendering) -> bool:
    """Whether a page is on disk already as it would be written."""
    config = writing.site.config
    return (
        rendering.made_of == writing.made_of(rendering.url)
        and all((config.output / file).is_file() for file in rendering.files)
        and all((config.source / asset).is_file() for asset in rendering.assets)
    )


@lru_cache(maxsize=1)
def templates(writing: Writing) -> Environment:
    """Return the templates of a site, made once in each process: they cannot travel."""
    return make_environment(writing.site.config)


def write(writing: Writing, url: str) -> Rendering:
    """Write one page in every language."""
    reading, site, frame = writing.readings[url], writing.site, writing.frame
    assert reading.page
    original = in_source_language(reading.page, site.config.language)
    linker = Linker(writing.targets, reading.page)
    files = {tag: file for tag in frame.languages if (file := _file(site, reading.source, tag))}
    coverage, problems, broken = {}, [], set[str]()
    for tag in frame.languages:
        page, found = _in_language(site, original, tag)
        html = render_page(templates(writing), compose(frame, page, linker, files))
        writing.stage.write(frame.folder(tag) + url, html.encode())
        coverage[tag] = page.coverage
        problems += [*found, *_broken_links(site.config, page, files.get(tag), linker.broken - broken)]
        broken |= linker.broken
    return Rendering(
        url,
        made_of=b"" if broken else writing.made_of(url),
        files=tuple(frame.folder(tag) + url for tag in frame.languages),
        assets=frozenset(linker.assets),
        words=sum(section.words for section in reading.page.sections),
        coverage=coverage,
        problems=tuple(problems),
    )


def _in_language(site: Site, original: LocalizedPage, tag: str) -> tuple[LocalizedPage, tuple[Problem, ...]]:
    if tag == original.language:
        return original, ()
    memory, problems = load_memory(site, original.page.source, tag)
    return localize(original, tag, memory), problems


def _file(site: Site, source: Source, tag: str) -> Path | None:
    """Return the file that a page in a language is made from, its source or its map."""
    if tag == site.config.language:
        return source.file if source.path else None
    return site.maps.get((source.path, tag))


def _broken_links(
    config: Config, page: LocalizedPage, file: Path | None, broken: Collection[str]
) -> Iterator[Problem]:
    for href in sorted(broken):
        hint = "link to a source or to a file beside it; the path is relative to this file"
        line = _line_of(href, page.page, file) if file and page.language == config.language else 0
        where = Location(config.shown(file or config.source), line)
        yield Problem(where, "link", "the link leads nowhere", hint, excerpt=href, severity="warning")


def _line_of(href: str, page: Page, file: Path) -> int:
    """Find the line of a source that a link stands in, or at least where its section begins."""
    attribute = f'="{escape(href)}"'
    for section in page.sections:
        pieces = (piece.html for piece in section.docs.protected)
        if any(attribute in html for html in (section.docs.html, *pieces)):
            lines = file.read_bytes().splitlines()
            said = (
                number for number in section.lines if href.encode() in b"".join(lines[number - 1 : number])
            )
            return next(said, section.lines.start)
    return 0


@dataclass(slots=True)
class Pages:
    """What a process knows of its last build, so that the next one does the work of the change."""

    readings: dict[str, Reading] = field(default_factory=dict)
    """By source path."""
    renderings: dict[str, Rendering] = field(default_factory=dict)
    """By URL."""

    def problems(self) -> Iterator[Problem]:
        """List what is wrong with any page."""
        for reading in self.readings.values():
            yield from reading.problems
        for rendering in self.renderings.values():
            yield from rendering.problems

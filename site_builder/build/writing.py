"""The second step of a page, in some process: it is written in every language."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from jinja2 import Environment

from site_builder.build.digests import digest
from site_builder.build.inputs import Inputs
from site_builder.build.notebooks import notebooks
from site_builder.build.reading import Reading, load_page
from site_builder.build.stage import Stage
from site_builder.config import Config
from site_builder.errors import Location, Problem
from site_builder.model import LocalizedPage, PageStatus
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.assets import image_size
from site_builder.site.memories import entry_places, full_memory, load_memory
from site_builder.site.status import has_prose, page_status
from site_builder.translating.join import in_source_language, localize, originals
from site_builder.translating.shared import Shared
from site_builder.writing.compose import Frame, compose, notebook_url
from site_builder.writing.links import Linker, Targets
from site_builder.writing.metadata import describe
from site_builder.writing.navigation import Navigation
from site_builder.writing.references import Reference, link_code
from site_builder.writing.render import make_environment, render_page
from site_builder.writing.search import CODE, code_text, prose_text, text_path
from site_builder.writing.status import listed
from site_builder.writing.twin import make_twin, twin_url


@dataclass(frozen=True, slots=True)
class Rendering:
    """What came of writing a page in all languages."""

    url: str
    made_of: Mapping[str, bytes] = field(default_factory=dict)
    """A digest of each thing that went into it."""
    files: tuple[str, ...] = ()
    """Below the output; none if the page could not be written."""
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """By corpus of the search: a digest of what can be found on the page."""
    has_broken_links: bool = False
    assets: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)
    """The files beside the sources that it shows or links to; of images, width and height."""
    words: int = 0
    coverage: Mapping[str, float] = field(default_factory=dict)
    """Share of the words that are shown in each language, 0 to 1."""
    indexed: frozenset[str] = frozenset()
    """The languages in which something of it is said."""
    images: Mapping[str, bytes] = field(default_factory=dict)
    """Digest of each file that is also within its notebooks."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """What it is about, in plain text, in each language in which something of it is said."""
    statuses: bytes = b""
    """Digest of how much each language has of it."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A page that is to be written, with all that it shows of others."""

    reading: Reading
    around: Navigation
    references: Sequence[Reference | None]
    """What the names in its code link to."""
    made_of: Mapping[str, bytes]
    """A digest of each thing that goes into it."""


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """What writing any page needs besides."""

    inputs: Inputs
    formula_url: str
    """Where the sheet of formulas lies, below the root."""
    targets: Targets
    stage: Stage
    memories: dict[str, Shared]
    """All that is known in the languages in which the own map of some page is wanting."""

    @property
    def site(self) -> Site:
        """What the configuration and the disk say."""
        return self.inputs.site

    def frame(self, around: Navigation) -> Frame:
        """Return what a page and those around it share."""
        return Frame(self.site.config, self.inputs.languages, around, self.formula_url)


def own_files(rendering: Rendering) -> Iterator[str]:
    """List the files of a page below the output, those of the search too."""
    yield from rendering.files
    yield from (text_path(corpus, rendering.url) for corpus in rendering.texts)


def templates(writing: Writing) -> Environment:
    """Return the templates of a site, made once in each process: they cannot travel."""
    return _environment(_Theme(tuple(writing.inputs.versions.values()), writing.site.config))


@dataclass(frozen=True, slots=True)
class _Theme:
    versions: tuple[bytes, ...]
    config: Config = field(compare=False)


@lru_cache(maxsize=1)
def _environment(theme: _Theme) -> Environment:
    return make_environment(theme.config)


def write(writing: Writing, task: Task) -> tuple[Rendering, tuple[PageStatus, ...]]:
    """Write one page in every language; return also how much of it each language has."""
    site, frame, reading = writing.site, writing.frame(task.around), task.reading
    plain = load_page(writing.inputs, reading)
    page = link_code(plain, task.references)
    original = in_source_language(page, site.config.language)
    linker = Linker(writing.targets, page)
    size_of = cache(lambda asset: image_size(site.config, asset))
    sources = {tag: file for tag in frame.languages if (file := _file(site, reading.source, tag))}
    books = notebooks(site.config, reading.source, plain, linker.assets) if site.config.notebooks else None
    pages = {tag: _localized(writing, reading, original, tag) for tag in frame.languages}
    indexed = frozenset(tag for tag, localized in pages.items() if localized.translated)
    problems: list[Problem] = []
    broken: set[str] = set()
    written: dict[str, bytes] = {}
    texts = {CODE: code_text(plain)} if site.config.search else {}
    for tag, localized in pages.items():
        copies = originals(original, localized) if localized is not original else ()
        context = compose(frame, localized, linker, sources, copies, indexed, size_of=size_of)
        url = frame.folder(tag) + page.url
        written[url] = render_page(templates(writing), context).encode()
        if site.config.markdown:
            written[twin_url(url)] = make_twin(context, reading.source.kind, writing.targets.pages).encode()
        if books:
            written[notebook_url(url)] = books.write(context, url)
        if texts:
            texts[tag] = prose_text(localized, context.children)
        problems += _guesses(site, localized)
        problems += _broken_links(site.config, localized, sources.get(tag), linker.broken - broken)
        broken |= linker.broken
    for path, content in written.items():
        writing.stage.write(path, content)
    rendering = Rendering(
        page.url,
        made_of=task.made_of,
        has_broken_links=bool(broken),
        files=tuple(written),
        texts=_write_texts(writing, page.url, texts),
        assets={asset: size_of(asset) for asset in linker.assets},
        words=sum(section.words for section in page.sections),
        coverage={tag: localized.coverage for tag, localized in pages.items()},
        indexed=indexed,
        images={path: digest(content) for path, content in books.images.items()} if books else {},
        descriptions={tag: describe(pages[tag]) for tag in frame.languages if tag in indexed},
        problems=tuple(problems),
    )
    return rendering, tuple(_statuses(site, original, pages.values()))


def _statuses(site: Site, original: LocalizedPage, pages: Iterable[LocalizedPage]) -> Iterator[PageStatus]:
    for page in pages:
        if page is not original and has_prose(page):
            yield listed(page_status(site, page))


def _write_texts(writing: Writing, url: str, texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Write what can be found on a page, for `index` to read."""
    for corpus, text in texts.items():
        writing.stage.write(text_path(corpus, url), text)
    return {corpus: digest(text) for corpus, text in texts.items()}


def _localized(writing: Writing, reading: Reading, original: LocalizedPage, tag: str) -> LocalizedPage:
    site, source = writing.site, reading.source.path
    if tag == original.language:
        return original
    if tag in reading.wanting:
        memory = full_memory(site, original.page, writing.memories[tag])
    else:
        memory = replace(load_memory(site, source, tag)[0], is_complete=True)
    localized = localize(original, tag, memory, show_outdated=site.config.outdated == "translation")
    if source:
        return localized
    # An index that we made says the names of its pages: it is translated if any of them is.
    title = reading.titles[tag]
    return replace(localized, title=title, translated=title.state == "current")


def _file(site: Site, source: Source, tag: str) -> Path | None:
    """Return the file that a page in a language is made from, its source or its map."""
    if tag == site.config.language:
        return source.file if source.path else None
    return site.maps.get((source.path, tag))


def _guesses(site: Site, page: LocalizedPage) -> Iterator[Problem]:
    """Warn of what a translator meant otherwise, perhaps."""
    keys = {key for key, _ in page.guesses}
    places = entry_places(site, page.page.source, page.language, keys) if keys else {}
    for key, done in page.guesses:
        hint = "say each placeholder of the original once, in the same block"
        yield Problem(places[key], "placeholder", done, hint, key[:60], severity="warning")


_MOST_BROKEN = 20  # Links told of one file: more of them have one cause.


def _broken_links(
    config: Config, page: LocalizedPage, file: Path | None, broken: Collection[str]
) -> Iterator[Problem]:
    said = (link for section in reversed(page.page.sections) for link in reversed(section.links))
    lines = dict(said) if page.language == config.language else {}
    for href in islice(sorted(broken), _MOST_BROKEN):
        more = len(broken) - _MOST_BROKEN
        message = "the link leads nowhere" + (f", like {more} more in this file" if more > 0 else "")
        hint = "link to a source or to a file beside it; the path is relative to this file"
        line = lines.get(href, 0)
        where = Location(config.shown(file or config.source), line)
        yield Problem(where, "link", message, hint, excerpt=href, severity="warning")

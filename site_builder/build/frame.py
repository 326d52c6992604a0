"""What all pages share: their order, generated indexes, what links can lead to.

It is put together from as little of each page as that takes; the rest is looked up page by page.
"""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from site_builder.build.digests import Digest, digest
from site_builder.build.entries import Entries, Rows, packed_entry
from site_builder.build.inputs import Inputs
from site_builder.build.known import Brief, Readings
from site_builder.build.reading import Reading
from site_builder.build.writing import Task
from site_builder.model import Page, State, Text
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.writing.compose import FORMULA_SHEET
from site_builder.writing.contents import WIDEST, surroundings
from site_builder.writing.links import Targets
from site_builder.writing.navigation import Navigation, in_order, navigation_of
from site_builder.writing.references import Index, Reference, index_of

_RECENT, _RECENT_OUTLINES = 512, 64
"""Pages of which what others want to know is held in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The pages of a site as each of them may have to know them."""

    readings: Readings
    shared: bytes
    """Digest of all that can change a page besides its own source and maps."""
    wanting: frozenset[str]
    """The languages in which the own map of some page is wanting."""
    paths: Mapping[str, str]
    """Of the sources, by URL in the order of the site; a generated index has none."""
    generated: Mapping[str, Reading]
    """The generated indexes, by URL."""
    modules: Mapping[str, str]
    """The path of each module's source."""
    entries: Entries
    navigation: Navigation
    targets: Targets
    index: Index
    formula_sheet: bytes
    """What the formulas of all pages need."""
    digests: Mapping[str, bytes]
    """Of what goes into every page, part by part."""

    @property
    def urls(self) -> Collection[str]:
        """The URLs of all pages, in the order of the site."""
        return self.paths.keys()

    @property
    def formula_url(self) -> str:
        """Where the sheet of formulas lies, below the root; empty if there is none."""
        sheet = self.formula_sheet
        return f"{FORMULA_SHEET}?h={digest(sheet)[:4].hex()}" if sheet else ""

    def reading(self, url: str) -> Reading:
        """Return what was read for a page."""
        found = self.generated.get(url) or self.readings.get(self.paths[url])
        assert found
        return found

    def references(self, reading: Reading) -> Sequence[Reference | None]:
        """Return what the names in the code of a page link to."""
        known = self.index.pages.get(reading.module)
        if not known or known.url != reading.source.url:
            return ()
        return self.index.references(reading.outline or known)

    def task(self, url: str) -> Task:
        """Return all that it takes to write a page."""
        reading = self.reading(url)
        references = self.references(reading)
        neighbours = surroundings(self.navigation, url)
        shown = (part for other in neighbours for part in (other.encode(), self.entries.digest(other)))
        made_of = {
            **self.digests,
            "formulas": self.formula_url.encode() if reading.styles else b"",
            "links": digest(repr(references).encode("utf-8", "surrogatepass")),
            "neighbours": digest(*shown),
            "source": reading.key,
            **{f"map {tag}": made for tag, made in reading.maps.items()},
            **{f"memory {tag}": reading.recalled[tag].answer for tag in reading.wanting},
        }
        return Task(reading, self.around(url), references, made_of)

    def around(self, url: str) -> Navigation:
        """Return the pages that a page names because of where it lies."""
        return self.navigation.around(url, WIDEST, self.entries.some)

    def over(self, readings: Readings) -> "Frame":
        """Return the same, but for looking up in other readings."""
        entries = _entries(readings, self.paths, self.generated)
        navigation = replace(self.navigation, entries=entries)
        index = replace(self.index, pages=_outlines(readings, self.modules))
        return replace(self, readings=readings, entries=entries, navigation=navigation, index=index)


def make_frame(inputs: Inputs, readings: Readings, failed: Collection[str]) -> Frame:
    """Put together what all pages share, those left out that `failed`, by URL."""
    site, paths, gathered, seen = inputs.site, dict[str, str](), _Gathered(), Digest()
    for path, brief in readings.briefs():
        if brief.has_page and brief.url not in failed:
            paths[brief.url] = path
            gathered.add(path, brief)
            seen.add(brief.named, brief.outlined)
    generated = {url: page for url, page in gathered.indexes(site).items() if url not in failed}
    sources = {path: url for url, path in paths.items()}
    ordered = in_order([*paths, *generated], gathered.page_links(paths, sources))
    paths = {url: paths.get(url, "") for url in ordered}
    entries = _entries(readings, paths, generated)
    for url in generated:
        seen.add(url.encode(), entries.digest(url))
    navigation = navigation_of(ordered, entries)
    targets = Targets(sources, paths, site.assets, site.config.base_url)
    outlines = _outlines(readings, gathered.modules)
    sheet = gathered.formula_sheet()
    pages = Digest(repr(inputs.languages).encode())
    for url, path in paths.items():
        pages.add(url.encode(), path.encode())
    digests = {**inputs.versions, "pages": pages.value()}
    return Frame(
        readings,
        digest(*digests.values(), sheet, seen.value()),
        frozenset(gathered.wanting),
        paths,
        generated,
        gathered.modules,
        entries,
        navigation,
        targets,
        index_of(outlines, site.sources[0].package),
        sheet,
        digests,
    )


def _entries(readings: Readings, paths: Mapping[str, str], generated: Mapping[str, Reading]) -> Entries:
    def packed(url: str) -> bytes:
        return packed_entry(generated[url]) if url in generated else readings.entry(paths[url])

    return Entries(Rows(paths, packed, _RECENT))


def _outlines(readings: Readings, modules: Mapping[str, str]) -> Mapping[str, Page]:
    return Rows(modules, lambda module: readings.outline(modules[module]), _RECENT_OUTLINES)


@dataclass(slots=True)
class _Gathered:
    """What is put together of all pages."""

    modules: dict[str, str] = field(default_factory=dict)
    """The path of each module's source."""
    wanting: set[str] = field(default_factory=set)
    _styles: set[tuple[str, str]] = field(default_factory=set)
    _begun: dict[str, frozenset[str]] = field(default_factory=dict)
    """By folder, the languages in which any page below it has been begun."""
    _indexed: set[str] = field(default_factory=set)
    """The folders that have an index."""
    _leads_to: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, path: str, brief: Brief) -> None:
        """Add a page."""
        # A package hides the module of the same name.
        if brief.module and (brief.module not in self.modules or path.endswith("__init__.py")):
            self.modules[brief.module] = path
        self.wanting |= brief.wanting
        self._styles |= brief.styles
        folder, _, name = brief.url.rpartition("/")
        if name == "index.html":
            self._indexed.add(folder)
        for above in _folders_of(brief.url):
            self._begun[above] = self._begun.get(above, frozenset()) | brief.begun
        if brief.leads_to:
            self._leads_to[brief.url] = brief.leads_to

    def indexes(self, site: Site) -> dict[str, Reading]:
        """Make an index for each folder without one."""
        generated = {}
        for folder in sorted(self._begun.keys() - self._indexed):
            url = f"{folder}/index.html".lstrip("/")
            title = folder.rpartition("/")[2] or site.config.title
            generated[url] = _index(site, url, title, self._begun[folder])
        return generated

    def page_links(self, paths: Mapping[str, str], urls: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the pages that each index links to as it goes along, by URL."""
        return {
            url: [urls[path] for path in _linked_sources(paths[url], leads_to) if path in urls]
            for url, leads_to in self._leads_to.items()
        }

    def formula_sheet(self) -> bytes:
        """Return the style sheet that the formulas of all pages need."""
        rules = (f".{name}{{{declarations}}}\n" for name, declarations in sorted(self._styles))
        return "".join(rules).encode()


def _folders_of(url: str) -> Iterator[str]:
    while url:
        url = url.rpartition("/")[0]
        yield url


def _linked_sources(path: str, leads_to: Iterable[str]) -> Iterator[str]:
    for href in leads_to:
        linked = unquote(href.partition("#")[0])
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), linked))


def _index(site: Site, url: str, title: str, begun: frozenset[str]) -> Reading:
    """Make the index of a folder, which is in a language if any page below it has been begun in that."""
    languages = (site.config.language, *site.languages)
    states: dict[str, State] = {
        tag: "current" if tag == site.config.language or tag in begun else "missing" for tag in languages
    }
    return Reading(
        Source("", url, site.config.source),
        digest(repr((title, sorted(begun))).encode()),
        has_page=True,
        # A folder's name is the same in every language.
        titles={tag: Text(title, state) for tag, state in states.items()},
        summaries=dict.fromkeys(languages, Text("", "current")),
    )

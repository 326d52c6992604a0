"""What all pages share: their order, generated indexes, what links can lead to.

It is put together from as little of each page as that takes; the rest is looked up page by page.
"""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from site_builder.build.digests import digest
from site_builder.build.entries import Entries, packed_entry
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
from site_builder.writing.references import Index, index_of

_RECENT, _RECENT_OUTLINES = 512, 64
"""Pages of which what others want to know is held in memory."""


class Signs(NamedTuple):
    """Digests of what others see of a page. A site has very many."""

    named: bytes
    """Of its titles and summaries."""
    outlined: bytes
    """Of the page without its sections."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The pages of a site as each of them may have to know them."""

    readings: Readings
    signs: Mapping[str, Signs]
    """By URL."""
    wanting: frozenset[str]
    """The languages in which the own map of some page is wanting."""
    paths: Mapping[str, str]
    """Of the sources, by URL; a generated index has none."""
    generated: Mapping[str, Reading]
    """The generated indexes, by URL."""
    entries: Entries
    navigation: Navigation
    targets: Targets
    modules: "_Modules"
    index: Index
    formula_sheet: bytes
    """What the formulas of all pages need."""
    digests: Mapping[str, bytes]
    """Of what goes into every page, part by part."""

    @property
    def urls(self) -> Collection[str]:
        """The URLs of all pages, in the order of the site."""
        return self.navigation.entries.keys()

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

    def outline(self, url: str) -> Page | None:
        """Return a page without its sections, if its code may link."""
        return self.modules.page(self.paths[url]) if url in self.paths else None

    def task(self, url: str) -> Task:
        """Return all that it takes to write a page."""
        reading, outline = self.reading(url), self.outline(url)
        references = self.index.references(outline) if outline else ()
        shown = (part for other in surroundings(self.navigation, url) for part in self._named(other))
        made_of = {
            **self.digests,
            "formulas": self.formula_url.encode() if reading.styles else b"",
            "links": digest(repr(references).encode("utf-8", "surrogatepass")),
            "neighbours": digest(*shown),
            "source": reading.key,
            **{f"map {tag}": made for tag, made in reading.maps.items()},
            **{f"memory {tag}": reading.recalled[tag].answer for tag in reading.wanting},
        }
        return Task(reading, self.navigation.around(url, WIDEST, self.entries.some), references, made_of)

    def _named(self, url: str) -> tuple[bytes, bytes]:
        return url.encode(), self.signs[url].named

    def shared(self) -> bytes:
        """Digest all that can change a page besides its own source and maps."""
        parts = (part for url, signs in sorted(self.signs.items()) for part in (url.encode(), *signs))
        return digest(*self.digests.values(), self.formula_sheet, *parts)


def make_frame(inputs: Inputs, readings: Readings, failed: Collection[str]) -> Frame:
    """Put together what all pages share, those left out that `failed`, by URL."""
    site, paths, signs, gathered = inputs.site, dict[str, str](), dict[str, Signs](), _Gathered()
    for path, brief in readings.briefs():
        if brief.has_page and brief.url not in failed:
            paths[brief.url], signs[brief.url] = path, Signs(brief.named, brief.outlined)
            gathered.add(path, brief)
    generated = {url: page for url, page in gathered.indexes(site).items() if url not in failed}
    signs |= {url: Signs(named_digest(page), b"") for url, page in generated.items()}
    sources = {path: url for url, path in paths.items()}
    ordered = in_order(signs, gathered.page_links(paths, sources))

    def packed(url: str) -> bytes:
        return packed_entry(generated[url]) if url in generated else readings.entry(paths[url])

    navigation = navigation_of(ordered, entries := Entries(_Packed(ordered, packed)))
    targets = Targets(sources, frozenset(ordered), site.assets, site.config.base_url)
    modules = _Modules(gathered.modules, readings)
    pages = ([source.path for source in site.sources], ordered, inputs.languages)
    return Frame(
        readings,
        signs,
        frozenset(gathered.wanting),
        paths,
        generated,
        entries,
        navigation,
        targets,
        modules,
        index_of(modules, site.sources[0].package),
        gathered.formula_sheet(),
        {**inputs.versions, "pages": digest(repr(pages).encode())},
    )


def named_digest(reading: Reading) -> bytes:
    """Digest how other pages name one."""
    return digest(
        repr((sorted(reading.titles.items()), sorted(reading.summaries.items()))).encode(
            "utf-8", "surrogatepass"
        )
    )


class _Packed(Mapping[str, bytes]):
    """The names of the pages, by URL in the order of the site."""

    def __init__(self, ordered: Iterable[str], packed: Callable[[str], bytes]) -> None:
        self._order = dict.fromkeys(ordered)
        self._packed = lru_cache(_RECENT)(packed)

    def __getitem__(self, url: str) -> bytes:
        if url not in self._order:
            raise KeyError(url)
        return self._packed(url)

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, url: object) -> bool:
        return url in self._order


class _Modules(Mapping[str, Page]):
    """The pages whose code may link, without their sections, by module."""

    def __init__(self, paths: Mapping[str, str], readings: Readings) -> None:
        self._paths = paths
        self._outline = lru_cache(_RECENT_OUTLINES)(readings.outline)

    def __getitem__(self, module: str) -> Page:
        page = self._outline(self._paths[module])
        if page is None:
            raise KeyError(module)
        return page

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, module: object) -> bool:
        return module in self._paths

    def page(self, path: str) -> Page | None:
        """Return the page of a source, if it is that of a module."""
        page = self._outline(path)
        return page if page and page.names and self._paths.get(page.names.module) == path else None


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

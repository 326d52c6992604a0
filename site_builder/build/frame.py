"""What all pages share: their order, generated indexes, what links can lead to."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from site_builder.build.digests import digest
from site_builder.build.reading import Inputs, Reading
from site_builder.model import Page, State, Text
from site_builder.reading.discover import Source, folders_without_index
from site_builder.site import Site
from site_builder.writing.compose import FORMULA_SHEET, Frame
from site_builder.writing.links import Targets
from site_builder.writing.navigation import Entry, navigate
from site_builder.writing.references import Index, make_index


def with_indexes(site: Site, readings: Iterable[Reading]) -> dict[str, Reading]:
    """Return what becomes a page, by URL; a folder without an index gets one."""
    pages = {reading.source.url: reading for reading in readings if reading.outline}
    begun: dict[str, frozenset[str]] = {}
    for url, page in pages.items():
        for folder in _folders_of(url):
            begun[folder] = begun.get(folder, frozenset()) | page.begun
    for folder in folders_without_index([reading.source for reading in pages.values()]):
        url = f"{folder}/index.html".lstrip("/")
        pages[url] = _index(site, url, folder.rpartition("/")[2] or site.config.title, begun[folder])
    return pages


def _folders_of(url: str) -> Iterator[str]:
    while url:
        url = url.rpartition("/")[0]
        yield url


def _index(site: Site, url: str, title: str, begun: frozenset[str]) -> Reading:
    """Make the index of a folder, which is in a language if any page below it has been begun in that."""
    languages = (site.config.language, *site.languages)
    states: dict[str, State] = {
        tag: "current" if tag == site.config.language or tag in begun else "missing" for tag in languages
    }
    return Reading(
        Source("", url, site.config.source),
        digest(repr((title, sorted(begun))).encode()),
        Page("", url, title, "", ()),
        # A folder's name is the same in every language.
        titles={tag: Text(title, state) for tag, state in states.items()},
        summaries=dict.fromkeys(languages, Text("", "current")),
    )


def make_frame(site: Site, readings: Mapping[str, Reading]) -> Frame:
    """Return what all pages share."""
    sheet = formula_sheet(readings.values())
    url = f"{FORMULA_SHEET}?h={digest(sheet)[:4].hex()}" if sheet else ""
    entries = [Entry(url, reading.titles, reading.summaries) for url, reading in readings.items()]
    navigation = navigate(entries, _page_links(readings))
    return Frame(site.config, (site.config.language, *site.languages), navigation, url)


def _page_links(readings: Mapping[str, Reading]) -> dict[str, list[str]]:
    """Return the pages that each index links to as it goes along, by URL."""
    urls = {reading.source.path: url for url, reading in readings.items() if reading.source.path}
    return {
        url: [urls[path] for path in _linked_sources(reading) if path in urls]
        for url, reading in readings.items()
        if reading.leads_to
    }


def _linked_sources(reading: Reading) -> Iterator[str]:
    for href in reading.leads_to:
        path = unquote(href.partition("#")[0])
        yield posixpath.normpath(posixpath.join(posixpath.dirname(reading.source.path), path))


def make_targets(site: Site, readings: Mapping[str, Reading]) -> Targets:
    """Return what the links of a site can lead to."""
    urls = {reading.source.path: url for url, reading in readings.items() if reading.source.path}
    return Targets(urls, frozenset(readings), site.assets, site.config.base_url)


def make_site_index(site: Site, readings: Mapping[str, Reading]) -> Index:
    """Return what the names in the code of a site can link to."""
    return make_index(
        (reading.outline for reading in readings.values() if reading.outline), site.sources[0].package
    )


def formula_sheet(readings: Iterable[Reading]) -> bytes:
    """Return the style sheet that the formulas of all pages need."""
    styles = frozenset[tuple[str, str]]().union(
        *(reading.outline.styles for reading in readings if reading.outline)
    )
    return "".join(f".{name}{{{declarations}}}\n" for name, declarations in sorted(styles)).encode()


def frame_digests(inputs: Inputs, frame: Frame) -> dict[str, bytes]:
    """Digest all that goes into every page, part by part."""
    pages = ([source.path for source in inputs.site.sources], [*frame.navigation.entries], frame.languages)
    return {**inputs.versions, "pages": digest(repr(pages).encode())}

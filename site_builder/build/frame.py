"""What belongs to no page alone: the order of the pages, generated indexes, shared files."""

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from site_builder.build.steps import Reading, Rendering, Writing, digest, templates
from site_builder.config import Config
from site_builder.model import Page, Text
from site_builder.reading.discover import Source, folders_without_index
from site_builder.site import Site, load_memory
from site_builder.translating.join import localized_text, localized_title
from site_builder.writing.compose import FORMULA_SHEET, Frame, absolute, language
from site_builder.writing.links import Targets
from site_builder.writing.navigation import Entry, navigate
from site_builder.writing.render import Alternate, make_environment, render_not_found
from site_builder.writing.sitemap import make_robots, make_sitemap
from site_builder.writing.theme import STATIC_FOLDER, static_files


def with_indexes(config: Config, readings: Iterable[Reading]) -> dict[str, Reading]:
    """Return what becomes a page, by URL; a folder without an index gets one."""
    pages = {reading.source.url: reading for reading in readings if reading.page}
    for folder in folders_without_index([reading.source for reading in pages.values()]):
        url = f"{folder}/index.html".lstrip("/")
        title = folder.rpartition("/")[2] or config.title
        source = Source("", url, config.source / folder)
        pages[url] = Reading(source, digest(title.encode()), Page("", url, title, "", ()))
    return pages


def make_frame(site: Site, readings: Mapping[str, Reading]) -> Frame:
    """Return what all pages share."""
    languages = (site.config.language, *site.languages)
    sheet = formula_sheet(readings.values())
    url = f"{FORMULA_SHEET}?h={digest(sheet)[:4].hex()}" if sheet else ""
    entries = [_entry(site, url, reading) for url, reading in readings.items()]
    return Frame(site.config, languages, navigate(entries), url)


def _entry(site: Site, url: str, reading: Reading) -> Entry:
    page = reading.page
    assert page
    titles = {site.config.language: Text(page.title, "current")}
    summaries = {site.config.language: Text(page.summary, "current")}
    for tag in site.languages:
        memory, _ = load_memory(site, page.source, tag)
        titles[tag] = localized_title(page, memory)
        summaries[tag] = localized_text(page.summary, memory)
    return Entry(url, titles, summaries)


def formula_sheet(readings: Iterable[Reading]) -> bytes:
    """Return the style sheet that the formulas of all pages need."""
    styles = frozenset[tuple[str, str]]().union(
        *(reading.page.styles for reading in readings if reading.page)
    )
    return "".join(f".{name}{{{declarations}}}\n" for name, declarations in sorted(styles)).encode()


def frame_digest(site: Site, frame: Frame) -> bytes:
    """Digest all that goes into every page."""
    environment = make_environment(site.config)
    assert environment.loader
    names = [name for name in environment.loader.list_templates() if name.endswith(".html")]
    texts = [environment.loader.get_source(environment, name)[0].encode() for name in names]
    static = [
        part for name, content in static_files(site.config).items() for part in (name.encode(), content)
    ]
    return digest(repr((frame, names, [source.path for source in site.sources])).encode(), *texts, *static)


def shared_files(writing: Writing, renderings: Collection[Rendering]) -> dict[str, bytes]:
    """Return the files of a site that are no pages: theme, assets, sitemap and the like."""
    config, frame = writing.site.config, writing.frame
    files = {f"{STATIC_FOLDER}/{name}": content for name, content in static_files(config).items()}
    if sheet := formula_sheet(writing.readings.values()):
        files[FORMULA_SHEET] = sheet
    for asset in frozenset[str]().union(*(rendering.assets for rendering in renderings)):
        files[asset] = (config.source / asset).read_bytes()
    files["404.html"] = _not_found(writing).encode()
    files[".nojekyll"] = b""
    if config.base_url:
        urls = [rendering.url for rendering in renderings if rendering.files]
        files["sitemap.xml"] = make_sitemap(_addresses(frame, url) for url in sorted(urls)).encode()
        files["robots.txt"] = make_robots(config.base_url).encode()
    return files


def _addresses(frame: Frame, url: str) -> dict[str, str]:
    return {tag: absolute(frame.config, frame.folder(tag) + url) for tag in frame.languages}


def _not_found(writing: Writing) -> str:
    """Render the page that stands for every page that is missing: its links cannot be relative."""
    config, frame = writing.site.config, writing.frame
    root = f"{urlsplit(config.base_url).path}/"
    homes = tuple(
        Alternate(language(tag), f"{root}{frame.folder(tag)}index.html", current=tag == config.language)
        for tag in frame.languages
    )
    return render_not_found(templates(writing), config, language(config.language), root, homes)


def make_targets(config: Config, readings: Mapping[str, Reading]) -> Targets:
    """Return what the links of a site can lead to."""
    urls = {reading.source.path: url for url, reading in readings.items() if reading.source.path}
    return Targets(config.source, urls, frozenset(readings), config.base_url)

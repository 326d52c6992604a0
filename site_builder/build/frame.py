"""What belongs to no page alone: the order of the pages, generated indexes, shared files."""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from site_builder.build.digests import digest
from site_builder.build.reading import Reading
from site_builder.build.writing import Rendering, Writing, templates
from site_builder.errors import Location, Problem
from site_builder.model import Page, State, Text
from site_builder.reading.discover import Source, folders_without_index
from site_builder.site import Site
from site_builder.site.assets import read_asset
from site_builder.site.status import with_problems
from site_builder.writing.compose import FORMULA_SHEET, Frame, language
from site_builder.writing.links import Targets
from site_builder.writing.navigation import Entry, navigate
from site_builder.writing.references import Index, make_index
from site_builder.writing.render import Alternate, make_environment, render_not_found
from site_builder.writing.status import STATUS_PAGE, render_status
from site_builder.writing.theme import STATIC_FOLDER, static_files


def with_indexes(site: Site, readings: Iterable[Reading]) -> dict[str, Reading]:
    """Return what becomes a page, by URL; a folder without an index gets one."""
    pages = {reading.source.url: reading for reading in readings if reading.page}
    for folder in folders_without_index([reading.source for reading in pages.values()]):
        url = f"{folder}/index.html".lstrip("/")
        below = [page for page in pages.values() if not folder or page.source.url.startswith(f"{folder}/")]
        begun = frozenset[str]().union(*(page.begun for page in below))
        pages[url] = _index(site, url, folder.rpartition("/")[2] or site.config.title, begun)
    return pages


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
        url: [urls[path] for path in _linked_sources(reading.page, reading.source.path) if path in urls]
        for url, reading in readings.items()
        if reading.page and url.rpartition("/")[2] == "index.html"
    }


def _linked_sources(page: Page, source: str) -> Iterator[str]:
    for section in page.sections:
        for href, _ in section.links:
            path = unquote(href.partition("#")[0])
            yield posixpath.normpath(posixpath.join(posixpath.dirname(source), path))


def make_targets(site: Site, readings: Mapping[str, Reading]) -> Targets:
    """Return what the links of a site can lead to."""
    urls = {reading.source.path: url for url, reading in readings.items() if reading.source.path}
    return Targets(urls, frozenset(readings), site.assets, site.config.base_url)


def make_site_index(site: Site, readings: Mapping[str, Reading]) -> Index:
    """Return what the names in the code of a site can link to."""
    return make_index(
        (reading.page for reading in readings.values() if reading.page), site.sources[0].package
    )


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
    names = environment.loader.list_templates()
    texts = [environment.loader.get_source(environment, name)[0].encode() for name in names if _is_text(name)]
    static = [
        part for name, content in static_files(site.config).items() for part in (name.encode(), content)
    ]
    return digest(repr((frame, names, [source.path for source in site.sources])).encode(), *texts, *static)


def _is_text(name: str) -> bool:
    return not name.startswith("static/") and not name.endswith((".py", ".pyc"))


def shared_files(
    writing: Writing,
    readings: Mapping[str, Reading],
    renderings: Collection[Rendering],
    problems: Iterable[Problem],
    others: Collection[str],
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """Return the files of a site that are no pages, besides the `others`: theme, assets and the like.

    What an author linked to but cannot be published is left out, and told.
    """
    config, frame = writing.site.config, writing.frame
    files = {f"{STATIC_FOLDER}/{name}": content for name, content in static_files(config).items()}
    if sheet := formula_sheet(readings.values()):
        files[FORMULA_SHEET] = sheet
    files["404.html"] = _not_found(writing).encode()
    files[".nojekyll"] = b""
    if frame.languages[1:]:
        files[STATUS_PAGE] = _status(writing, renderings, problems).encode()
    taken = [*files, *others, *(file for rendering in renderings for file in rendering.files)]
    assets = frozenset[str]().union(*(rendering.assets for rendering in renderings))
    contents, asset_problems = _read_assets(writing.site, sorted(assets), taken)
    return {**files, **contents}, asset_problems


def _status(writing: Writing, renderings: Collection[Rendering], problems: Iterable[Problem]) -> str:
    statuses = with_problems((status for page in renderings for status in page.statuses), problems)
    return render_status(templates(writing), writing.site.config, statuses)


def _read_assets(
    site: Site, assets: Iterable[str], taken: Iterable[str]
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    names = {path.casefold() for file in taken for path in (file, *_parents(file))}
    files = {file.casefold() for file in taken}
    contents: dict[str, bytes] = {}
    problems = []
    for asset in assets:
        folded = asset.casefold()
        where = Location(site.config.shown(site.config.source / asset))
        if folded in names or files.intersection(_parents(folded)):
            hint = "rename it, and the links to it"
            problems.append(Problem(where, "collision", "the site has a page or file of its own there", hint))
        else:
            try:
                contents[asset] = read_asset(site.config, asset)
            except OSError as error:
                hint = "check that the file exists and may be read"
                problems.append(Problem(where, "unreadable", f"cannot be read: {error.strerror}", hint))
    return contents, tuple(problems)


def _parents(path: str) -> Iterator[str]:
    return (parent.as_posix() for parent in PurePosixPath(path).parents if parent.name)


def _not_found(writing: Writing) -> str:
    """Render the page that stands for every page that is missing: its links cannot be relative."""
    config, frame = writing.site.config, writing.frame
    root = f"{urlsplit(config.base_url).path}/"
    homes = tuple(
        Alternate(language(tag), f"{root}{frame.folder(tag)}index.html", current=tag == config.language)
        for tag in frame.languages
    )
    return render_not_found(templates(writing), config, language(config.language), root, homes)

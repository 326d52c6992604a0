"""What programs look for besides pages: sitemaps, robots.txt, llms.txt, CNAME and the web manifest."""

import posixpath
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import quote

from site_builder.build.known import Renderings
from site_builder.build.pages import Written
from site_builder.build.writing import Rendering
from site_builder.config import Config
from site_builder.writing.compose import Frame, absolute, language
from site_builder.writing.llms import Listed, Part, make_llms
from site_builder.writing.manifest import MANIFEST, make_manifest
from site_builder.writing.sitemap import make_robots, make_sitemaps
from site_builder.writing.theme import STATIC_FOLDER, static_files
from site_builder.writing.twin import twin_url


def make_lists(written: Written, said: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the lists of all pages, as (path, content): sitemaps, an llms.txt for each language `said`."""
    writing, renderings = written.writing, written.renderings
    config, frame = writing.site.config, writing.frame(written.frame.navigation)
    if config.base_url:
        addresses = (_addresses(frame, renderings[url]) for url in sorted(written.urls))
        yield from make_sitemaps(addresses, config.base_url, config.language)
    languages = [tag for tag in frame.languages if tag in said]
    for tag in languages:
        yield f"{frame.folder(tag)}llms.txt", _llms(frame, renderings, languages, tag).encode()


def web_files(config: Config) -> Iterator[tuple[str, bytes]]:
    """Yield what the configuration alone decides, as (path, content)."""
    if config.base_url:
        yield "robots.txt", make_robots(config.base_url).encode()
    if config.cname:
        yield "CNAME", f"{config.cname}\n".encode()
    static = static_files(config)
    if MANIFEST not in static:
        yield f"{STATIC_FOLDER}/{MANIFEST}", make_manifest(config, language(config.language), static)


def _addresses(frame: Frame, page: Rendering) -> dict[str, str]:
    """Return the addresses of a page in each language in which something of it is said."""
    return {
        tag: absolute(frame.config, frame.folder(tag) + page.url)
        for tag in frame.languages
        if tag in page.indexed
    }


def _llms(frame: Frame, renderings: Renderings, languages: Sequence[str], tag: str) -> str:
    folders: dict[str, list[Listed]] = {}
    for url in frame.navigation.entries:
        page = renderings[url]
        if tag in page.indexed:
            folder = url.partition("/")[0] if "/" in url else ""
            folders.setdefault(folder, []).append(_listed(frame, page, tag))
    parts = [Part(_heading(frame, folder, tag), listed) for folder, listed in folders.items()]
    others = [_other(frame, other, tag) for other in languages if other != tag]
    home = renderings["index.html"].descriptions.get(tag, "")
    return make_llms(tag, frame.config.title, home, parts, others)


def _heading(frame: Frame, folder: str, tag: str) -> str:
    index = frame.navigation.entries.get(f"{folder}/index.html")
    return index.titles[tag].text if index else folder


def _listed(frame: Frame, page: Rendering, tag: str) -> Listed:
    title = frame.navigation.entries[page.url].titles[tag].text
    url = twin_url(page.url) if frame.config.markdown else page.url
    return Listed(title, _href(frame, frame.folder(tag) + url, tag), page.descriptions[tag])


def _other(frame: Frame, other: str, tag: str) -> Listed:
    return Listed(language(other).native_name, _href(frame, f"{frame.folder(other)}llms.txt", tag))


def _href(frame: Frame, path: str, tag: str) -> str:
    """Return the address of a file, or the way to it from a language's llms.txt."""
    return absolute(frame.config, path) or quote(posixpath.relpath(path, frame.folder(tag) or "."))

"""What search engines read: sitemaps and robots.txt."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import chain

MOST_ADDRESSES = 50_000
"""How many addresses one sitemap may hold."""
LARGEST = 50_000_000
"""How many bytes."""

_OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
"""
_CLOSING = "</urlset>\n"
_INDEX = """<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
"""


def make_sitemaps(
    pages: Iterable[Mapping[str, str]],
    base_url: str,
    language: str,
    *,
    most: int = MOST_ADDRESSES,
    largest: int = LARGEST,
) -> Iterator[tuple[str, bytes]]:
    """Yield the sitemap, as (name, content); where one is too small, its parts and their index.

    Each of `pages` maps language tags to the page's absolute URLs; who reads none of these languages
    is shown `language`. No more than two parts are held at a time.
    """
    parts = _parts((entry for urls in pages for entry in _entries(urls, language)), most, largest)
    first, second = next(parts, b""), next(parts, None)
    if second is None:
        yield "sitemap.xml", _OPENING.encode() + first + _CLOSING.encode()
        return
    names: list[str] = []
    for part in chain((first, second), parts):
        names.append(f"sitemap-{len(names) + 1}.xml")
        yield names[-1], _OPENING.encode() + part + _CLOSING.encode()
    listed = "".join(f"<sitemap>\n<loc>{escape(base_url)}/{name}</loc>\n</sitemap>\n" for name in names)
    yield "sitemap.xml", f"{_INDEX}{listed}</sitemapindex>\n".encode()


def _parts(entries: Iterable[bytes], most: int, largest: int) -> Iterator[bytes]:
    """Join entries as long as they fit into one sitemap."""
    room = largest - len(_OPENING + _CLOSING)
    part, size = list[bytes](), 0
    for entry in entries:
        if part and (len(part) == most or size + len(entry) > room):
            yield b"".join(part)
            part, size = [], 0
        part.append(entry)
        size += len(entry)
    if part:
        yield b"".join(part)


def _entries(urls: Mapping[str, str], language: str) -> Iterator[bytes]:
    versions = {**urls, "x-default": urls[language]} if language in urls else urls
    alternates = "".join(
        f'<xhtml:link rel="alternate" hreflang="{escape(tag)}" href="{escape(url)}"/>\n'
        for tag, url in versions.items()
    )
    shown = alternates if len(urls) > 1 else ""
    for url in urls.values():
        yield f"<url>\n<loc>{escape(url)}</loc>\n{shown}</url>\n".encode()


def make_robots(base_url: str) -> str:
    """Return robots.txt."""
    return f"User-agent: *\nAllow: /\nSitemap: {base_url}/sitemap.xml\n"

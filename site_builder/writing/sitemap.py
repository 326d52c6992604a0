"""What search engines read: sitemap.xml and robots.txt."""

from collections.abc import Iterable, Mapping
from html import escape

_OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
"""


def make_sitemap(pages: Iterable[Mapping[str, str]]) -> str:
    """Return sitemap.xml; each of `pages` maps language tags to the page's absolute URLs."""
    return f"{_OPENING}{''.join(map(_entries, pages))}</urlset>\n"


def _entries(urls: Mapping[str, str]) -> str:
    alternates = "".join(
        f'<xhtml:link rel="alternate" hreflang="{escape(tag)}" href="{escape(url)}"/>\n'
        for tag, url in urls.items()
    )
    shown = alternates if len(urls) > 1 else ""
    return "".join(f"<url>\n<loc>{escape(url)}</loc>\n{shown}</url>\n" for url in urls.values())


def make_robots(base_url: str) -> str:
    """Return robots.txt."""
    return f"User-agent: *\nAllow: /\nSitemap: {base_url}/sitemap.xml\n"

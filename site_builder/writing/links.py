"""Where the links of a page lead: to pages in the page's language, to files at the root, or outside."""

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from site_builder.model import Page
from site_builder.writing.theme import STATIC_FOLDER

_LINK = re.compile(r'(<(?:a|img)\b(?:[^<>"]|"[^"]*")*?\s(?:href|src)=")([^"]*)"')


@lru_cache(maxsize=4096)  # Mostly the same in every language, and from all pages of a folder.
def way(path: str, folder: str) -> str:
    """Return the relative link from a `folder` to a `path`, `.` if they are the same.

    Both are normal and lie below the site's root, which is the empty folder.
    """
    there, here = (place.split("/") if place else [] for place in (path, folder))
    shared = 0
    for name, other in zip(there, here):  # noqa: B905 - One of them is longer.
        if name != other:
            break
        shared += 1
    return quote("/".join([".."] * (len(here) - shared) + there[shared:]) or ".")


@dataclass(frozen=True, slots=True)
class Targets:
    """What the links of a site can lead to."""

    urls: Mapping[str, str]
    """The URL of each page, by the path of its source."""
    pages: Collection[str]
    """The URLs of all pages, quick to look up."""
    assets: frozenset[str]
    """The files beside the sources that may be published."""
    base_url: str = ""


@dataclass(slots=True)
class Linker:
    """Rewrites the links of one page, in its source's language first and then in any other."""

    targets: Targets
    page: Page
    assets: set[str] = field(default_factory=set)
    """The files beside the source that the page shows or links to."""
    broken: set[str] = field(default_factory=set)
    """The links that lead nowhere, as written; they stay as they are."""
    linked: set[str] = field(default_factory=set)
    """The URLs of the pages that it links to."""
    _known: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    """What became of each link, as written, below each language's folder."""

    def rewrite(self, html: str, language_folder: str) -> str:
        """Make the links in `html` fit the page where it is written below `language_folder`.

        Only the source's language, whose folder is empty, may link to a file that the page has not
        linked to before: a translation does not decide what is published.
        """
        if 'href="' not in html and 'src="' not in html:
            return html
        return _LINK.sub(lambda link: f'{link[1]}{self._href(link[2], language_folder)}"', html)

    def _href(self, written: str, language_folder: str) -> str:
        key = written, language_folder
        if key not in self._known:
            self._known[key] = self._new_href(written, language_folder)
        return self._known[key]

    def _new_href(self, written: str, language_folder: str) -> str:
        parts = self._inside(unescape(written))
        if parts is None or not parts.path:
            return written
        target = self._existing(unquote(parts.path), publish=not language_folder)
        if target is None:
            self.broken.add(unescape(written))
            return written
        if target in self.targets.pages:
            self.linked.add(target)
        own = self.page.url if target in self.targets.pages else language_folder + self.page.url
        path = way(target, posixpath.dirname(own))
        return escape(urlunsplit(("", "", path, parts.query, parts.fragment)))

    def _inside(self, href: str) -> SplitResult | None:
        """Split a link into the site; None if it leads outside."""
        base_url = self.targets.base_url
        own = base_url and (href == base_url or href.startswith((f"{base_url}/", f"{base_url}#")))
        try:
            parts = urlsplit(href.removeprefix(base_url) or "/" if own else href)
        except ValueError:
            self.broken.add(href)
            return None
        return None if parts.scheme or parts.netloc else parts

    def _existing(self, written: str, *, publish: bool) -> str | None:
        """Return the path below the root that `written` leads to from the page."""
        folder = "/" if written.startswith("/") else posixpath.dirname(f"/{self.page.url}")
        path = posixpath.normpath(posixpath.join(folder, written)).lstrip("/")
        path = "" if path == "." else path
        if path.startswith(f"{STATIC_FOLDER}/"):
            return path
        if path in self.targets.urls:
            return self.targets.urls[path]
        for url in (path, f"{path}/index.html".lstrip("/"), f"{path}.html"):
            if url in self.targets.pages:
                return url
        if publish and path in self.targets.assets:
            self.assets.add(path)
        return path if path in self.assets else None

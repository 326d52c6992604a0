"""Where the links of a page lead: to pages in the page's language, to files at the root, or outside."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from site_builder.model import Page
from site_builder.writing.theme import STATIC_FOLDER

_LINK = re.compile(r'(<(?:a|img)\b(?:[^<>"]|"[^"]*")*?\s(?:href|src)=")([^"]*)"')


@dataclass(frozen=True, slots=True)
class Targets:
    """What the links of a site can lead to."""

    folder: Path
    """The source folder."""
    urls: Mapping[str, str]
    """The URL of each page, by the path of its source."""
    pages: frozenset[str]
    """The URLs of all pages."""
    base_url: str = ""


@dataclass(slots=True)
class Linker:
    """Rewrites the links of one page, in any language."""

    targets: Targets
    page: Page
    assets: set[str] = field(default_factory=set)
    """The files beside the source that the page shows or links to."""
    broken: set[str] = field(default_factory=set)
    """The links that lead nowhere, as written; they stay as they are."""
    _resolved: dict[str, str | None] = field(default_factory=dict)

    def rewrite(self, html: str, language_folder: str) -> str:
        """Make the links in `html` fit the page where it is written below `language_folder`."""
        if 'href="' not in html and 'src="' not in html:
            return html
        return _LINK.sub(lambda link: f'{link[1]}{self._href(link[2], language_folder)}"', html)

    def _href(self, written: str, language_folder: str) -> str:
        if written not in self._resolved:
            self._resolved[written] = self._resolve(unescape(written))
        target = self._resolved[written]
        if target is None:
            return written
        path, mark, rest = target.partition("\0")
        at_root = path not in self.targets.pages
        here = posixpath.dirname(language_folder + self.page.url if at_root else self.page.url)
        return escape(quote(posixpath.relpath(path, here or ".")) + rest) if mark else written

    def _resolve(self, href: str) -> str | None:
        """Return the path below the root that `href` leads to, a NUL, and its query and fragment."""
        base_url = self.targets.base_url
        inside = base_url and (href == base_url or href.startswith((f"{base_url}/", f"{base_url}#")))
        try:
            parts = urlsplit(href.removeprefix(base_url) or "/" if inside else href)
        except ValueError:
            self.broken.add(href)
            return None
        if parts.scheme or parts.netloc or not parts.path:
            return None
        path = self._existing(unquote(parts.path))
        if path is None:
            self.broken.add(href)
            return None
        query, fragment = parts.query and f"?{parts.query}", parts.fragment and f"#{parts.fragment}"
        return f"{path}\0{query}{fragment}"

    def _existing(self, written: str) -> str | None:
        folder = "/" if written.startswith("/") else posixpath.dirname(f"/{self.page.url}")
        path = posixpath.normpath(posixpath.join(folder, written)).lstrip("/")
        if path.startswith(f"{STATIC_FOLDER}/"):
            return path
        path = "" if path == "." else path
        if path in self.targets.urls:
            return self.targets.urls[path]
        for url in (path, f"{path}/index.html".lstrip("/"), f"{path}.html"):
            if url in self.targets.pages:
                return url
        if self._is_asset(path):
            self.assets.add(path)
            return path
        return None

    def _is_asset(self, path: str) -> bool:
        """Whether `path` is a file beside the sources, and not one that is kept from readers."""
        if not path or "\0" in path or any(part.startswith(".") for part in path.split("/")):
            return False
        file = (self.targets.folder / path).resolve()
        return file.is_relative_to(self.targets.folder.resolve()) and file.is_file()

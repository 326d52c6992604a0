"""Where the links and images of a notebook lead: it may lie anywhere, far from the site."""

import base64
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from site_builder.config import Config
from site_builder.writing.compose import absolute

_KINDS = {
    ".bmp": "image/bmp", ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
    ".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp",
}  # fmt: skip

Load = Callable[[str], bytes | None]
"""Returns an image by its path below the root of the site, or None if it is not to be put into a notebook."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is."""

    config: Config
    url: str
    """Below the root, with the folder of its language."""
    load: Load

    def link(self, href: str) -> str:
        """Make a link of the page one of its notebook: absolute, if the site has an address."""
        path = self._path(href)
        if path is None:
            return href
        shown = absolute(self.config, path) or quote(
            posixpath.relpath(path, posixpath.dirname(self.url) or ".")
        )
        parts = urlsplit(href)
        return (
            shown
            + (f"?{parts.query}" if parts.query else "")
            + (f"#{parts.fragment}" if parts.fragment else "")
        )

    def _path(self, href: str) -> str | None:
        """Return what a link leads to, below the root; None if that is not of the site."""
        try:
            parts = urlsplit(href)
        except ValueError:
            return None
        if parts.scheme or parts.netloc:
            return None
        if not parts.path:
            return self.url
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.url), unquote(parts.path))).lstrip(
            "/"
        )

    def image(self, attachments: dict[str, dict[str, str]]) -> Callable[[str], str]:
        """Return a function that puts an image into `attachments` and says how a cell shows it."""

        def shown(href: str) -> str:
            path = self._path(href)
            kind = _KINDS.get(posixpath.splitext(path)[1].lower()) if path else None
            content = self.load(path) if path and kind else None
            if content is None or not path or not kind:
                return self.link(href)
            encoded = base64.b64encode(content).decode()
            if kind == "image/svg+xml":
                # JupyterLab shows no attachment of this kind.
                return f"data:{kind};base64,{encoded}"
            name = re.sub(r"[^\w.-]", "-", path.replace("/", "-"), flags=re.ASCII)
            attachments[name] = {kind: encoded}
            return f"attachment:{name}"

        return shown

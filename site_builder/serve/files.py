"""Which file of the site a request means: never another one."""

from mimetypes import MimeTypes
from pathlib import Path
from urllib.parse import unquote_to_bytes

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ipynb": "application/json",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
_TEXTS = ("application/json", "application/xml", "image/svg+xml", "application/manifest+json")


class BadPathError(ValueError):
    """A request's path is none that a browser makes of a link."""


def segments(raw_path: bytes) -> tuple[str, ...]:
    """Split the path of a request, still percent-encoded, into names; the last is empty for a folder.

    Decoded once, no name is special to any file system: raises BadPathError for every other path.
    """
    if not raw_path.startswith(b"/") or b"#" in raw_path or b"%2f" in raw_path.lower():
        raise BadPathError
    try:
        path = unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:  # Overlong spellings of `/` and `.` end here too.
        raise BadPathError from None
    *folders, last = path[1:].split("/")
    if any(character < " " or character in "\\\x7f" for character in path):
        raise BadPathError
    if any(name in ("", ".", "..") for name in folders) or last in (".", ".."):
        raise BadPathError
    return (*folders, last)


def find_file(root: Path, names: tuple[str, ...]) -> Path | None:
    """Find the file that `names` lead to, of a folder its index page.

    None if there is none, or if it is not the site's to show.
    """
    path = _inside(root, names[:-1] if names[-1] == "" else names)
    if path and names[-1] == "":
        path = _inside(root, (*names[:-1], "index.html"))
    return path if path and path.is_file() else None


def is_folder(root: Path, names: tuple[str, ...]) -> bool:
    """Tell whether `names` lead to a folder of the site."""
    path = _inside(root, names)
    return path is not None and path.is_dir()


def _inside(root: Path, names: tuple[str, ...]) -> Path | None:
    if any(name.startswith(".") for name in names):
        return None
    try:
        home = root.resolve(strict=True)
        path = home.joinpath(*names).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # Missing, too long, links in a circle.
        return None
    if not path.is_relative_to(home):
        return None
    return None if any(part.startswith(".") for part in path.relative_to(home).parts) else path


def not_found_page(root: Path, names: tuple[str, ...]) -> Path | None:
    """Find the `404.html` nearest to a missing file: in its folder, or in one above it."""
    nearest = None
    for depth in range(len(names)):
        if not is_folder(root, names[:depth]):
            break  # Nor is there anything below it, however long the path.
        nearest = find_file(root, (*names[:depth], "404.html")) or nearest
    return nearest


def content_type(path: Path) -> str:
    """Name the type of a file by its suffix, the same on every machine."""
    # A fresh MimeTypes knows Python's own table only, not the system's files.
    guess = _TYPES.get(path.suffix.lower()) or MimeTypes().guess_type(path.name)[0]
    kind = guess or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTS else kind

"""Where files lie: in folders of this machine, or behind URLs that fsspec can read.

A place of this machine is a plain Path. Any other is a UPath, which has the same methods but is no Path:
nothing of fsspec is imported before a URL is named.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from site_builder.errors import Location, Problem, SiteError

_EXTRA = "pip install 'site-builder[distributed]'"


def is_url(place: Path) -> bool:
    """Say whether a place is behind a URL."""
    return not isinstance(place, Path)


def spells_url(text: str) -> bool:
    """Say whether a text is a URL and no path."""
    return "://" in text


@lru_cache(maxsize=16)
def at_url(url: str) -> Path:
    """Return the place behind a URL, without a look at it. What `file://` names is a plain folder.

    Raises SiteError if nothing installed can read such URLs.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        from urllib.request import url2pathname  # noqa: PLC0415 - It imports what speaks HTTP.

        return Path(os.path.abspath(url2pathname(parts.path)))  # noqa: PTH100 - A link stays a link.
    try:
        from upath import UPath  # noqa: PLC0415 - Only those who name a URL need it.
    except ImportError:
        raise _error(url, "needs fsspec, which is not installed", _EXTRA) from None
    try:
        place = UPath(url)
        _ = place.fs  # Only now its plugin is imported.
    except (ImportError, ValueError) as error:
        known = "install the fsspec plugin for it, or correct the URL"
        raise _error(url, f"no plugin can read it: {error}", known) from None
    except Exception as error:  # What a plugin makes of a URL that it cannot use, it alone knows.
        raise _error(url, f"cannot be used: {error}", "correct the URL") from None
    return cast("Path", place)


def file_system(place: Path) -> tuple[Any, str]:
    """Return the fsspec file system of a place behind a URL, and its path there."""
    url = cast("Any", place)
    return url.fs, url.path


def is_private(place: Path) -> bool:
    """Say whether no other process can reach a place: it lies in the memory of this one."""
    return is_url(place) and cast("Any", place).protocol == "memory"


def is_below(place: Path, folder: Path) -> bool:
    """Say whether a place is a folder or lies in it, links resolved."""
    return is_url(place) == is_url(folder) and place.resolve().is_relative_to(folder.resolve())


@contextmanager
def telling(place: Path) -> Iterator[None]:
    """Turn what goes wrong at a URL into a SiteError: plugins raise errors of their own kinds."""
    try:
        yield
    except SiteError:
        raise
    except Exception as error:
        hint = "check its name, your credentials and the network"
        raise _error(str(place), f"cannot be used: {error or type(error).__name__}", hint) from error


def _error(url: str, message: str, hint: str) -> SiteError:
    return SiteError(Problem(Location(url), "url", message, hint))


# What folders hold.


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder behind a URL lists, with as much of `os.DirEntry` as is wanted of it."""

    name: str
    kind: Literal["file", "directory"]

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 - There are no links.
        """Say whether it is a folder."""
        return self.kind == "directory"

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002
        """Say whether it is a file."""
        return self.kind == "file"

    def is_symlink(self) -> bool:
        """Say whether it is a link, which none is."""
        return False


def entries(folder: Path) -> "Sequence[os.DirEntry[str] | Entry]":
    """List a folder. Raises OSError."""
    if isinstance(folder, Path):
        with os.scandir(folder) as listing:
            return list(listing)
    system, path = file_system(folder)
    found = system.ls(path, detail=True)
    # Some stores list a folder in itself.
    return [Entry(_name(info), info["type"]) for info in found if info["name"].strip("/") != path.strip("/")]


def _name(info: dict[str, Any]) -> str:
    return str(info["name"]).rstrip("/").rpartition("/")[2]


def version(file: Path) -> str:
    """Return what a store says of the content of a file behind a URL; empty if nothing is certain.

    Raises OSError.
    """
    system, path = file_system(file)
    info = system.info(path)
    tags = (str(info[name]) for name in _TAGS if info.get(name))
    return next(tags, "")


Look = tuple[int, int, int]
"""What tells whether a file is still the same, at a look from outside."""

_TAGS = ("ETag", "etag", "md5Hash", "content_md5")  # Of the content, as stores name it.
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "created")


def looks(folder: Path) -> dict[str, Look]:
    """Look at all files below a folder behind a URL, by their paths below it."""
    system, path = file_system(folder)
    system.invalidate_cache()
    top = len(path.strip("/"))
    found = system.find(path, detail=True)
    return {name.strip("/")[top:].lstrip("/"): _look(info) for name, info in found.items()}


def _look(info: dict[str, Any]) -> Look:
    told = repr([info.get(name) for name in (*_TAGS, *_TIMES)]).encode()
    return int(info.get("size") or 0), int.from_bytes(blake2b(told, digest_size=6).digest()), 0

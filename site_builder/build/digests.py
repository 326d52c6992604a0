"""What tells whether something has changed: digests of files, of maps, of anything that can be spelled."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from struct import iter_unpack

from site_builder.build.state import State
from site_builder.config import Config
from site_builder.places import is_url, version

_UNSURE = 2e9  # Nanoseconds: in less, a file can be written again without a sign of it.
_NOTHING = b"\xff"  # Not of a file.
_SIZE = 16  # Of a digest, in bytes.


def digest(*parts: bytes) -> bytes:
    """Return a short hash of `parts`, in their order."""
    return Digest(*parts).value()


class Digest:
    """A short hash of parts that come one after another."""

    def __init__(self, *parts: bytes) -> None:
        self._whole = blake2b(digest_size=_SIZE)
        self.add(*parts)

    def add(self, *parts: bytes) -> None:
        """Go on with more parts."""
        for part in parts:
            self._whole.update(len(part).to_bytes(8, "little") + part)

    def value(self) -> bytes:
        """Return the hash of all parts so far."""
        return self._whole.digest()


def parted(joined: bytes) -> Iterator[bytes]:
    """Yield digests that were joined."""
    return (found for (found,) in iter_unpack(f"{_SIZE}s", joined))


@dataclass(frozen=True, slots=True)
class Files:
    """What files hold, read again only if they look otherwise than a database says."""

    state: State

    def digest(self, path: str | Path) -> bytes:
        """Digest what a file holds now."""
        if not isinstance(path, str) and is_url(path):
            return self._digest_at_url(path)
        began = time.time_ns()
        try:
            status = os.stat(path)  # noqa: PTH116 - There are many.
            times = status.st_mtime_ns, status.st_ctime_ns
            signs = b"%d %d %d %d" % (status.st_size, status.st_ino, *times)
            found = self._known(path, signs)
            if found is None:
                found = digest_now(path)
                if found != _NOTHING and began - max(times) > _UNSURE:
                    self._learn(path, signs, found)
        except OSError:
            return _NOTHING
        return found

    def _digest_at_url(self, file: Path) -> bytes:
        """Digest what a file behind a URL holds, read again unless its store vouches that it is the same."""
        try:
            tag = version(file).encode()
            found = self._known(str(file), tag) if tag else None
            if found is None:
                found = digest(file.read_bytes())
                if tag:
                    self._learn(str(file), tag, found)
        except OSError:
            return _NOTHING
        return found

    def _known(self, path: str | Path, signs: bytes) -> bytes | None:
        row = self.state.row("SELECT signs, digest FROM files WHERE path = ?", os.fsencode(path))
        return row[1] if row and row[0] == signs and isinstance(row[1], bytes) else None

    def _learn(self, path: str | Path, signs: bytes, found: bytes) -> None:
        self.state.do("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", os.fsencode(path), signs, found)


def digest_now(path: str | Path) -> bytes:
    """Digest what a file holds, whatever is known of it."""
    try:
        return digest(Path(path).read_bytes() if isinstance(path, str) else path.read_bytes())
    except OSError:
        return _NOTHING


def config_digest(config: Config) -> bytes:
    """Digest the configuration, but for where the site lies."""
    return digest(repr(replace(config, output=config.root)).encode("utf-8", "surrogatepass"))


def program_digest(files: Files) -> bytes:
    """Digest the program, with the versions of Python and of all that is installed beside it."""
    folders = [
        folder for folder in sys.path if folder and os.access(folder, os.R_OK) and Path(folder).is_dir()
    ]
    names = (name for folder in folders for name in os.listdir(folder))  # noqa: PTH208 - No paths are wanted.
    installed = sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))
    return digest(sys.version.encode(), repr(installed).encode(), _folder_digest(_HOME, files))


def theme_digest(config: Config, files: Files) -> bytes:
    """Digest the templates and static files, the theme's and the site's own."""
    folders = [Path(*import_module("site_builder.templates").__path__), config.templates, config.static]
    return digest(*(_folder_digest(folder, files) for folder in folders if folder))


_HOME = Path(__file__).parents[1]


def _folder_digest(folder: Path, files: Files) -> bytes:
    found = sorted(
        os.path.join(place, name)  # noqa: PTH118
        for place, below, names in os.walk(folder)
        if "__pycache__" not in place
        for name in names
    )
    return digest(*(part for path in found for part in (os.fsencode(path), files.digest(path))))

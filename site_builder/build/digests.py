"""What tells whether something has changed: digests of files, of maps, of anything that can be spelled."""

import os
import sys
import time
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib import import_module
from pathlib import Path

from site_builder.config import Config
from site_builder.places import is_url, version
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.files import memory_files

_UNSURE = 2e9  # Nanoseconds: in less, a file can be written again without a sign of it.
_NOTHING = b"\xff"  # Not of a file.

Signs = tuple[int, int, int, int]
"""Size, inode and times of a file: with the same, it holds the same."""


def digest(*parts: bytes) -> bytes:
    """Return a short hash of `parts`, in their order."""
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "little") + part)
    return whole.digest()


@dataclass(slots=True)
class Files:
    """What files hold, read again only if they look otherwise."""

    known: dict[str, tuple[Signs, bytes]] = field(default_factory=dict)

    asked: dict[str, tuple[Signs, bytes]] = field(default_factory=dict)
    """What of it is still asked for."""

    def digest(self, path: str | Path) -> bytes:
        """Digest what a file holds now."""
        if not isinstance(path, str) and is_url(path):
            return self._digest_at_url(path)
        name, began = os.fspath(path), time.time_ns()
        try:
            status = os.stat(name)  # noqa: PTH116 - There are many.
            signs = status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
            known = self.known.get(name)
            found = known[1] if known and known[0] == signs else digest(Path(name).read_bytes())
        except OSError:
            return _NOTHING
        if began - max(signs[2:]) > _UNSURE:
            self.known[name] = self.asked[name] = signs, found
        return found

    def _digest_at_url(self, file: Path) -> bytes:
        """Digest what a file behind a URL holds, read again unless its store vouches that it is the same."""
        name = str(file)
        try:
            tag = version(file)
            signs = 0, int.from_bytes(digest(tag.encode())[:6]), 0, 0
            known = self.known.get(name)
            found = known[1] if tag and known and known[0] == signs else digest(file.read_bytes())
        except OSError:
            return _NOTHING
        if tag:
            self.known[name] = self.asked[name] = signs, found
        return found


def map_digests(site: Site, source: Source, files: Files) -> dict[str, bytes]:
    """Digest the map of a source in each language that has one."""
    paths = {tag: site.maps.get((source.path, tag)) for tag in site.languages}
    return {tag: files.digest(path) for tag, path in paths.items() if path}


def memory_digest(site: Site, language: str, files: Files) -> bytes:
    """Digest all that is known in a language, as it is now."""
    owners = {path: source for (source, tag), path in site.maps.items() if tag == language}
    return digest(
        *(
            part
            for path in memory_files(site, language)
            # A map whose source goes or comes back says something else.
            for part in (f"{path} {owners.get(path)}".encode("utf-8", "surrogatepass"), files.digest(path))
        )
    )


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

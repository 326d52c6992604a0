"""The site behind a URL: written in place, by whoever makes a file, and listed last.

A store of objects has no folder to wait in and no way to put many files in place at once, so nothing here
withstands a crash as `publish` does. Each file is whole; the site as a whole is between two states while it
is built, and the next build goes on from wherever the last one was cut short.
"""

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from site_builder.build.folder import CONTROL, require_plain
from site_builder.errors import Location, Problem, SiteError
from site_builder.places import Look, file_system, is_below, looks, telling

_MANIFEST = f"{CONTROL}/manifest.json"
_BEGUN = f"{CONTROL}/begun.json"
"""There while a site is written, and after a build that was cut short."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Where files are written at once. May travel to worker processes."""

    root: Path
    foreign: frozenset[str] = frozenset()
    """What is not ours, and stays."""
    waits = False

    def write(self, path: str, content: bytes) -> bool:
        """Write the site's file `path`; returns whether it held something else before.

        `path` is relative to the site's root, with `/`: anything else is a ValueError. Raises SiteError if
        it cannot be written, or if it is not ours.
        """
        require_plain(path)
        if path in self.foreign:
            hint = "move it away, then build again"
            raise self.error("is in the way of the site, and was not made by it", hint, path)
        with telling(self.root / path):
            if self._held(path) == content:
                return False
            self.put(path, content)
        return True

    def read(self, path: str) -> bytes:
        """Return what the site's file `path` holds."""
        with telling(self.root / path):
            return (self.root / path).read_bytes()

    def published(self, path: str) -> bytes:
        """Return what the site's file `path` holds as it is."""
        return self.read(path)

    def put(self, path: str, content: bytes) -> None:
        """Write a file, whatever was there."""
        # Only to files do plugins give the type that their name says, without which browsers download pages.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, PurePosixPath(path).name)
            file.write_bytes(content)
            system, there = file_system(self.root / path)
            system.put_file(str(file), there)

    def remove(self, path: str) -> None:
        """Remove a file that is there."""
        system, there = file_system(self.root / path)
        system.rm_file(there)

    def error(self, message: str, hint: str, path: str = "") -> SiteError:
        """Make the error that says what is wrong with `path`, or with the place."""
        where = Location(str(self.root / path) if path else str(self.root))
        return SiteError(Problem(where, "output", message, hint))

    def _held(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class ObjectPublication:
    """A site that changes as it is written."""

    objects: Objects
    before: Mapping[str, Look]
    ours: frozenset[str]

    @property
    def stage(self) -> Objects:
        """Where files go. Who asks for it begins the change, which is marked before."""
        if _BEGUN not in self.before:
            with telling(self.objects.root):
                self.objects.put(_BEGUN, _dump({"foreign": sorted(self.objects.foreign)}))
        return self.objects

    def show(self, paths: Iterable[str], ours: Collection[str] | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """Return nothing: whatever was written is there already."""
        return ()

    def commit(self, paths: Iterable[str], same: Iterable[str] = ()) -> tuple[str, ...]:
        """Say that the site consists of exactly `paths` and what is the `same`; remove what it no longer has.

        Returns what was written or removed. It is a ValueError if one of `paths` is not there. Only files
        of ours are removed.
        """
        files, root = {*paths, *same}, self.objects.root
        with telling(root):
            now = looks(root)
        if missing := files - now.keys():
            raise ValueError(f"never written: {min(missing)!r}")
        changed = {path for path in files if now[path] != self.before.get(path)}
        removed = {path for path in self.ours - files if path in now}
        with telling(root):
            content = {"generator": "site-builder", "version": 1, "files": sorted(files)}
            self.objects.put(_MANIFEST, _dump(content))
            for path in (*sorted(removed), _BEGUN):
                self.objects.remove(path)
        return tuple(sorted(changed | removed))


@contextmanager
def publishing(output: Path) -> Iterator[ObjectPublication]:
    """Write a site behind a URL. What is written is there at once, with or without a commit.

    Raises SiteError if what is there already is not ours, or if the place cannot be used.
    """
    objects = Objects(output)
    with telling(output):
        before = looks(output)
        others = {path for path in before if not path.startswith(f"{CONTROL}/")}
        if others and not {_MANIFEST, _BEGUN} & before.keys():
            hint = "choose a new or empty place for the output, or empty this one yourself"
            raise objects.error("is not empty, and no site of ours: nothing was written", hint)
        ours = frozenset(_load(objects, _MANIFEST, "files") if _MANIFEST in before else ())
        # Of a build that was cut short, what it found there and did not make is known.
        known = frozenset(_load(objects, _BEGUN, "foreign")) if _BEGUN in before else others - ours
    yield ObjectPublication(Objects(output, frozenset(others & known)), before, ours)


def check_output(output: Path, source: Path) -> None:
    """Raise SiteError if a site made from `source` must not be written to `output`."""
    objects, hint = Objects(output), "choose another output"
    if is_below(source, output):
        what = "is the source" if is_below(output, source) else "contains the source"
        raise objects.error(what, hint)


def _load(objects: Objects, path: str, name: str) -> list[str]:
    """Load a list of paths, to which someone else may have written."""
    try:
        found = json.loads((objects.root / path).read_bytes())[name]
        for item in found:
            require_plain(item)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        hint = "empty the place, then build again"
        raise objects.error("is damaged", hint, path) from error
    return list(found)


def _dump(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"

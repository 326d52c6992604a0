"""The site on disk: written aside, then put in place by steps that can be finished after any crash.

New files wait in a stage inside the output folder. Before the journal is written, a killed build
has changed nothing; after it, every file is wholly old or wholly new, and the next build finishes
the change before its own.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from site_builder.build.folder import Folder, check_output, folders_above, open_folder, require_plain
from site_builder.build.journal import (
    begin,
    carry_out,
    load_manifest,
    plan,
    recover,
    save_manifest,
    staged,
    staged_name,
)
from site_builder.build.lock import locked
from site_builder.errors import SiteError

__all__ = ["Publication", "Stage", "check_output", "publishing"]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where new files wait. May travel to worker processes."""

    folder: Folder
    place: Path
    waits = True

    def write(self, path: str, content: bytes) -> bool:
        """Say what the site's file `path` shall hold; returns whether that differs from what is on disk.

        `path` is relative to the site's root, with `/`: anything else is a ValueError. The last
        content given for a path counts, and one cut short counts as never given. Raises SiteError
        if it cannot be written.
        """
        require_plain(path)
        differs = not _holds(f"{self.folder.root}/{path}", content)
        new = f"{self.place}/{staged_name(path)}"
        with self.folder.telling():
            if differs:
                draft = f"{self.place}/draft-{os.getpid()}-{threading.get_ident()}"
                with open(draft, "wb") as file:  # noqa: PTH123 - There are many.
                    file.write(content)
                os.replace(draft, new)  # noqa: PTH105
            else:
                with suppress(FileNotFoundError):
                    os.unlink(new)  # noqa: PTH108
        return differs

    def read(self, path: str) -> bytes:
        """Return what the site's file `path` shall hold: as it was last written here, or else as it is."""
        try:
            return staged(self.place, path).read_bytes()
        except FileNotFoundError:
            return self.published(path)

    def published(self, path: str) -> bytes:
        """Return what the site's file `path` holds as it is."""
        return self.folder.place(path).read_bytes()


@dataclass(frozen=True, slots=True)
class Publication:
    """A site about to change."""

    stage: Stage

    def show(self, paths: Iterable[str], ours: Collection[str] | None = None) -> tuple[str, ...]:
        """Put those of `paths` in place that replace files of the site, before a commit; return these.

        Each is whole, old or new; until the commit they stand among others of the last build. `ours` are
        files of the site, if that is known without looking it up.
        """
        folder, shown = self.stage.folder, []
        with folder.telling():
            ours = frozenset(load_manifest(folder)) if ours is None else ours
            for path in paths:
                new, place = f"{self.stage.place}/{staged_name(path)}", folder.place(path)
                is_there = path in ours and folder.is_real(place) and _has_mode(folder, path, S_ISREG)
                if is_there and os.path.lexists(new):
                    os.replace(new, place)  # noqa: PTH105 - As all names here.
                    shown.append(path)
        return tuple(shown)

    def commit(self, paths: Iterable[str], same: Iterable[str] = ()) -> tuple[str, ...]:
        """Make the site consist of exactly these files, and return those that were written or removed.

        Each of `paths` was given to the stage, or is a file of the site already: it is a ValueError if
        not. What is the `same` was not given, and was seen to be as it was published. Only files of ours are
        replaced or removed, and folders that become empty by it. Raises SiteError, with nothing changed, if
        something that is not ours stands in the way. Nothing is touched if the site is as it should be. May
        be called once.
        """
        folder = self.stage.folder
        # Sorted lists: there may be very many, and a set of them takes five times as much.
        given, others = sorted({*paths}), sorted({*same})
        files = sorted({*given, *others}) if others else given
        above = _require_tree(files)
        with folder.telling():
            ours = frozenset(load_manifest(folder))
            moved = list(self._waiting(given))
            unreal = tuple(f"{one}/" for one in above if not _has_mode(folder, one, S_ISDIR))
            unsure = (path for path in others if path not in ours or path.startswith(unreal))
            _require_room(folder, chain(given, unsure), ours)
            removed = sorted(ours.difference(files))
            present = [path for path in removed if folder.place(path).is_file()]
            self._change(moved, removed, files)
        return tuple(sorted([*moved, *present]))

    def _waiting(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the paths whose new content waits; the others must be there, or it is a ValueError."""
        for path in paths:
            if os.path.lexists(f"{self.stage.place}/{staged_name(path)}"):
                yield path
            elif not os.path.isfile(f"{self.stage.folder.root}/{path}"):  # noqa: PTH113 - There are many.
                raise ValueError(f"never written: {path!r}")

    def _change(self, moved: Sequence[str], removed: Sequence[str], files: Sequence[str]) -> None:
        folder = self.stage.folder
        if not moved and not removed:
            save_manifest(folder, files)
            return
        journal = plan(self.stage.place.name, moved, removed, files)
        begin(folder, journal)
        carry_out(folder, journal)


@contextmanager
def publishing(output: Path, shown: str = "") -> Iterator[Publication]:
    """Hold the output folder while a site is written to it; without a commit nothing in it changes.

    What a killed build left is finished first. `shown` is the folder as the user would type it.
    Raises SiteError if the folder is not ours and not empty, if another build is at work in it, or
    if it cannot be written.
    """
    folder = open_folder(output, shown)
    folder.require_ours()
    missing = [place for place in (folder.root, *folder.root.parents) if not place.exists()]
    try:
        with locked(folder):
            with folder.telling():
                recover(folder)
                stage = Path(tempfile.mkdtemp(prefix="stage-", dir=folder.control))
            try:
                yield Publication(Stage(folder, stage))
            finally:
                # A change that Ctrl-C interrupts is finished here; one that cannot be, by the next build.
                with suppress(OSError, SiteError):
                    recover(folder)
    finally:
        _remove_empty([folder.control, *missing])


def _holds(place: str, content: bytes) -> bool:
    try:
        status = os.lstat(place)
        if not S_ISREG(status.st_mode) or status.st_size != len(content):
            return False
        with open(place, "rb") as file:  # noqa: PTH123
            return file.read() == content
    except OSError:  # Absent or unreadable: it is to be replaced either way.
        return False


def _require_tree(files: Iterable[str]) -> set[str]:
    """Return the folders of files; ValueError if one of them is a file too."""
    folders = folders_above(files)
    for path in files:
        require_plain(path)
        if path in folders:
            raise ValueError(f"both a file and a folder: {path!r}")
    return folders


def _has_mode(folder: Folder, path: str, is_kind: Callable[[int], bool]) -> bool:
    try:
        return is_kind(os.lstat(f"{folder.root}/{path}").st_mode)
    except OSError:
        return False


def _require_room(folder: Folder, files: Iterable[str], ours: Container[str]) -> None:
    known: dict[str, str | None] = {}
    for path in files:
        if obstacle := folder.in_the_way(path, ours, known):
            hint = "move it out of the output folder, then build again"
            message = "is in the way of the site" if obstacle == path else f"is in the way of {path}"
            raise folder.error(f"{message}, and was not made by it", hint, obstacle)


def _remove_empty(folders: Iterable[Path]) -> None:
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()

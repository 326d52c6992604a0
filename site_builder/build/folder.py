"""The output folder: what may become one, which files in it are ours, and how its troubles are told."""

import errno
import os
import re
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from site_builder.errors import Location, Problem, SiteError

CONTROL = ".site-builder"
"""The hidden folder in the output that marks it as ours."""

_REMEDIES = {
    errno.ENOSPC: "make room on this disk, then build again",
    errno.EDQUOT: "make room in your quota, then build again",
    errno.EACCES: "give yourself the right to write here, or choose another output folder",
    errno.EPERM: "give yourself the right to write here, or choose another output folder",
    errno.EROFS: "choose an output folder on a disk that can be written",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """An output folder."""

    root: Path
    """Absolute, without symbolic links."""
    shown: str
    """As the user would type it."""

    @property
    def control(self) -> Path:
        """Where the manifest lies, and during a build the lock, the journal and the stage."""
        return self.root / CONTROL

    @property
    def manifest(self) -> Path:
        """The list of our files."""
        return self.control / "manifest.json"

    @property
    def journal(self) -> Path:
        """The change that is under way."""
        return self.control / "journal.json"

    def place(self, path: str) -> Path:
        """Say where the site's file `path` lies; ValueError if that is no plain path below the folder."""
        require_plain(path)
        return self.root / path

    def error(self, message: str, hint: str, path: str = "") -> SiteError:
        """Make the error that says what is wrong with `path` below this folder, or with the folder."""
        return SiteError(
            Problem(Location("/".join(filter(None, [self.shown, path]))), "output", message, hint)
        )

    @contextmanager
    def telling(self, path: str = "") -> Iterator[None]:
        """Turn what the file system refuses into a SiteError."""
        try:
            yield
        except OSError as error:
            hint = _REMEDIES.get(error.errno or 0, "mend it, or choose another output folder")
            raise self.error(_reason(error), hint, path or self._below(error.filename)) from error

    def _below(self, filename: object) -> str:
        if not isinstance(filename, str) or not Path(filename).is_relative_to(self.root):
            return ""
        below = Path(filename).relative_to(self.root).as_posix()
        return "" if below == "." or below.startswith(CONTROL) else below

    def require_ours(self) -> None:
        """Raise SiteError unless the folder is ours, empty, or not there yet."""
        with self.telling():
            if not self.root.exists():
                return
            if not self.root.is_dir():
                raise self.error("is a file, the output must be a folder", "choose another output folder")
            if self.control.is_symlink():
                raise self.error("is a symbolic link", "remove it, then build again", CONTROL)
            marked = self.manifest.is_file() or self.journal.is_file()
            if not marked and any(child.name != CONTROL for child in self.root.iterdir()):
                hint = "choose a new or empty folder for the output, or empty this one yourself"
                raise self.error("is not empty, and no site of ours: nothing was written", hint)

    def in_the_way(self, path: str, ours: Container[str], known: dict[str, str | None]) -> str:
        """Name the first thing that is not ours and stands where the file `path` must go, or nothing.

        `known` takes what was found of folders, for the next path.
        """
        above = self._above(path.rpartition("/")[0], ours, known)
        mode = self._mode(path) if above == "" else 0
        if not mode:
            return above or ""
        if S_ISREG(mode):
            return "" if path in ours else path
        return self._foreign(path, ours) if S_ISDIR(mode) else path

    def _above(self, folder: str, ours: Container[str], known: dict[str, str | None]) -> str | None:
        """Name what stands in the way of a folder; nothing if it is there, None if it can be made."""
        if not folder:
            return ""
        if folder not in known:
            above = self._above(folder.rpartition("/")[0], ours, known)
            mode = self._mode(folder) if above == "" else 0
            if not mode:
                known[folder] = above or None
            elif S_ISREG(mode) and folder in ours:
                known[folder] = None  # It goes before the folder comes.
            else:
                known[folder] = "" if S_ISDIR(mode) else folder
        return known[folder]

    def _mode(self, path: str) -> int:
        """Return the mode of what is at `path`; 0 if there is nothing."""
        try:
            return os.lstat(f"{self.root}/{path}").st_mode
        except FileNotFoundError:
            return 0

    def _foreign(self, path: str, ours: Container[str]) -> str:
        """Name the first thing in the folder `path` that does not vanish with our files."""
        top = self.root / path
        for at in (top, *sorted(top.rglob("*"))):
            below = at.relative_to(self.root).as_posix()
            has_children = at.is_dir() and not at.is_symlink() and any(at.iterdir())
            if not has_children and below not in ours:
                return below
        return ""

    def is_real(self, place: Path) -> bool:
        """Say whether no symbolic link leads to `place`, which lies below the folder."""
        return place.parent.resolve() == place.parent


_NO_NAMES = frozenset({"", ".", ".."})
_NO_SIGNS = re.compile(r"[\0\\:]" if os.name == "nt" else r"\0")


def require_plain(path: str) -> None:
    """Raise ValueError unless `path` is a plain path below a site's root, with `/`."""
    names = path.split("/")
    if not _NO_NAMES.isdisjoint(names) or _NO_SIGNS.search(path) or names[0].lower() == CONTROL:
        raise ValueError(f"not a path of a site: {path!r}")


def folders_above(paths: Iterable[str]) -> set[str]:
    """Return every folder that a path lies in, below the root."""
    above: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in above:
            above.add(folder)
            folder = folder.rpartition("/")[0]
    return above


def open_folder(output: Path, shown: str = "") -> Folder:
    """Resolve `output`, which may be a symbolic link itself; SiteError if it leads nowhere."""
    shown = shown or output.as_posix()
    try:
        return Folder(output.resolve(), shown)
    except (OSError, RuntimeError, ValueError) as error:
        problem = Problem(
            Location(shown), "output", f"leads nowhere: {error}", "choose another output folder"
        )
        raise SiteError(problem) from error


def check_output(output: Path, source: Path, shown: str = "") -> None:
    """Raise SiteError if a site made from `source` must not be written to `output`; touches nothing.

    A folder below the source is allowed: it is never read as source.
    """
    folder, origin = open_folder(output, shown), source.resolve()
    hint = "choose another output folder"
    if folder.root == origin:
        raise folder.error("is the source folder", hint)
    if folder.root in {Path(folder.root.anchor), Path(os.path.expanduser("~")).resolve()}:  # noqa: PTH111 -- Path.home() raises where there is none.
        raise folder.error("is no place for a site: everything of yours lies in it", hint)
    if origin.is_relative_to(folder.root):
        raise folder.error("contains the source", hint)
    folder.require_ours()


def _reason(error: OSError) -> str:
    return f"cannot be written: {error.strerror or error}"

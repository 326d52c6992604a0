"""What an output folder remembers on disk: the list of our files, and the change that is under way.

A change is written down whole before its first step. Its steps can be repeated from the start as
often as need be, so that a change cut short at any point is finished by going through it again.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from site_builder.build.folder import Folder, folders_above, require_plain

_STAGE = "stage-"
_MANY = 500  # Files: to sync each would cost more than what others may have written there.
_SYNC_THREADS = 8  # The disk commits what several threads wait for at once: half the cost of one thread.


@dataclass(frozen=True, slots=True)
class Journal:
    """A change of the folder, all of it."""

    stage: str
    """Name of the folder that holds the new files."""
    remove_first: tuple[str, ...]
    """Files that stand where a new file or its folder must go."""
    move: tuple[str, ...]
    remove_last: tuple[str, ...]
    files: tuple[str, ...]
    """Every file of the site once the change is done."""


def staged(stage: Path, path: str) -> Path:
    """Say where the new content of `path` waits: in one flat folder, which is one folder to sync."""
    return stage / staged_name(path)


def staged_name(path: str) -> str:
    """Name the file in the stage in which the new content of `path` waits."""
    return blake2b(path.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def plan(stage: str, moved: Sequence[str], removed: Sequence[str], files: Sequence[str]) -> Journal:
    """Put the steps in order: new pages come before old ones go, unless these are in the way.

    All paths are sorted.
    """
    new = frozenset(moved if removed else ())
    new_folders = folders_above(new)
    first = [path for path in removed if path in new_folders or not new.isdisjoint(_parents(path))]
    last = sorted({*removed} - {*first})
    return Journal(stage, tuple(first), tuple(moved), tuple(last), tuple(files))


def _parents(path: str) -> list[str]:
    """List the folders that a path lies in, below the root, the innermost first."""
    parents = []
    while path := path.rpartition("/")[0]:
        parents.append(path)
    return parents


def load_manifest(folder: Folder) -> tuple[str, ...]:
    """Load the list of our files, empty before the first build; SiteError if it is damaged."""
    return _paths(folder, folder.manifest, _load(folder, folder.manifest), "files")


def save_manifest(folder: Folder, files: Iterable[str]) -> None:
    """List our files, unless they are listed already."""
    content = {"generator": "site-builder", "version": 1, "files": sorted(files)}
    if not _holds(folder.manifest, content):
        _write(folder.manifest, content)


def begin(folder: Folder, journal: Journal) -> None:
    """Write the change down, after all that it needs is safely on disk."""
    _sync_stage(folder.control / journal.stage, journal.move)
    steps = {name: getattr(journal, name) for name in ("remove_first", "move", "remove_last", "files")}
    _write(folder.journal, {"stage": journal.stage, **steps})


def carry_out(folder: Folder, journal: Journal) -> None:
    """Do what `journal` says, or what is left of it, and forget it."""
    stage = folder.control / journal.stage
    for path in journal.remove_first:
        _remove(folder, path)
    _move_all(folder, stage, journal.move)
    for path in journal.remove_last:
        _remove(folder, path)
    touched = folders_above((*journal.remove_first, *journal.move, *journal.remove_last))
    if len(touched) < _MANY or not _sync_file_system(folder.root):
        _sync([folder.root, *filter(Path.is_dir, (folder.root / parent for parent in touched))])
    save_manifest(folder, journal.files)
    folder.journal.unlink(missing_ok=True)
    shutil.rmtree(stage, ignore_errors=True)


def recover(folder: Folder) -> None:
    """Finish the change that a killed build left, and throw away what none will need."""
    saved = _load(folder, folder.journal)
    if saved:
        stage = str(saved.get("stage"))
        if not stage.startswith(_STAGE) or len(Path(stage).parts) != 1:
            raise _damaged(folder, folder.journal)
        names = ("remove_first", "move", "remove_last", "files")
        carry_out(folder, Journal(stage, *(_paths(folder, folder.journal, saved, name) for name in names)))
    for child in folder.control.iterdir():
        if child.name not in {folder.manifest.name, "lock"}:
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()


def _move_all(folder: Folder, stage: Path, paths: Iterable[str]) -> None:
    ready: set[str] = set()
    for path in paths:
        new, above = f"{stage}/{staged_name(path)}", path.rpartition("/")[0]
        if not os.path.exists(new):  # noqa: PTH110 - There are many. It was moved before the build was cut short.
            continue
        place = folder.place(path)
        if above not in ready:
            if not folder.is_real(place):
                hint = "remove the link, then build again"
                raise folder.error("a symbolic link stands in its way", hint, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            ready.add(above)
        os.replace(new, place)  # noqa: PTH105


def _remove(folder: Folder, path: str) -> None:
    """Remove a file of ours and the folders that this empties."""
    place = folder.place(path)
    if not folder.is_real(place):  # Someone put a link there: what it leads to is not ours.
        return
    if place.is_file() and not place.is_symlink():
        place.unlink()
    for parent in _parents(path):
        try:
            (folder.root / parent).rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return


def _load(folder: Folder, path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, path) from error
    if not isinstance(content, dict) or not content:
        raise _damaged(folder, path)
    return content


def _paths(folder: Folder, path: Path, content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Take a list of paths out of `content`: someone else may have written to it."""
    if not content:
        return ()
    try:
        for item in content[name]:
            require_plain(item)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, path) from error
    return tuple(content[name])


def _damaged(folder: Folder, path: Path) -> Exception:
    hint = f"delete the folder {folder.shown}, then build again"
    return folder.error("is damaged", hint, path.relative_to(folder.root).as_posix())


def _spelled(content: Mapping[str, Any]) -> Iterator[bytes]:
    """Spell JSON in parts: of a large site it would be large."""
    parts = json.JSONEncoder(indent=1, sort_keys=True).iterencode(content)
    while part := "".join(islice(parts, 10_000)):
        yield part.encode()
    yield b"\n"


def _holds(path: Path, content: Mapping[str, Any]) -> bool:
    try:
        with path.open("rb") as file:
            return all(file.read(len(part)) == part for part in _spelled(content)) and not file.read(1)
    except FileNotFoundError:
        return False


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a file at once and for good: after a power cut it is the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    with draft.open("wb") as file:
        file.writelines(_spelled(content))
    _sync([draft])
    draft.replace(path)
    _sync([path.parent])


def _sync_stage(stage: Path, paths: Sequence[str]) -> None:
    """Wait until the new files are on disk: all that waits there at once, where they are many."""
    if len(paths) > _MANY and _sync_file_system(stage):
        return
    _sync(staged(stage, path) for path in paths)
    _sync([stage])


def _sync_file_system(place: Path) -> bool:
    """Wait until all files of a file system are on disk; False where the system has no such call."""
    if sys.platform != "linux":
        return False
    import ctypes  # noqa: PLC0415 - Few builds write so many files.

    descriptor = os.open(place, os.O_RDONLY)
    try:
        call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if call is None or call(descriptor):
            return False
    finally:
        os.close(descriptor)
    return True


def _sync(paths: Iterable[Path]) -> None:
    """Wait until the files and folders are on disk."""
    with ThreadPoolExecutor(_SYNC_THREADS) as threads:
        list(threads.map(_sync_one, paths))


def _sync_one(path: Path) -> None:
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":  # Windows has no such call for folders.
        return
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

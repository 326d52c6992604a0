"""When to build again: something that the site is made of changed."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from watchfiles import Change, awatch

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError

_STEP_MS = 10
"""A change is told when none has followed it for this long."""
_DEBOUNCE_MS = 400
"""A change is told after this long at the latest."""
_LOOK_MS = 200
"""How often folders that appear or are replaced, and single files, are looked for."""
_TEMPORARY = ("~", ".tmp", ".swp", ".pyc", "___jb_tmp___", "___jb_old___")


@dataclass(frozen=True, slots=True)
class Watched:
    """What the site is made of."""

    folders: frozenset[Path]
    """With all below; they may be missing."""
    files: frozenset[Path]
    output: Path

    def concerns(self, path: Path) -> bool:
        """Tell whether a change of `path` can change the site."""
        if path.is_relative_to(self.output) or not _is_source(path.name):
            return False
        below = (path.relative_to(folder).parts for folder in self.folders if path.is_relative_to(folder))
        return any(all(map(_is_source, parts)) for parts in below)


def _is_source(name: str) -> bool:
    hidden = name.startswith((".", "#")) or name == "__pycache__"
    return not hidden and not name.endswith(_TEMPORARY) and name != "4913"  # Vim tries out a folder with it.


def watched(config: Config) -> Watched:
    """List what the site of `config` is made of."""
    folders = (config.source, config.translations, config.templates, config.static, _own_templates())
    files = (config.root / name for name in ("pyproject.toml", "site-builder.toml"))
    # Events name the real path.
    found = frozenset(folder.resolve() for folder in folders if folder)
    return Watched(found, frozenset(files), config.output.resolve())


def _own_templates() -> Path | None:
    """Our templates, where they are being worked on: an installed package does not change."""
    spec = find_spec("site_builder.templates")
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) if places else None
    return folder if folder and "site-packages" not in folder.parts else None


async def changes(look: Callable[[], Watched]) -> AsyncGenerator[frozenset[Path]]:
    """Yield once when watching has begun, then after every change of what `look` lists.

    The files that were seen to change are told, by their real paths. Others may have changed too: files
    written into a new folder at once are missed by the system, so that everything is to be read again.
    Raises SiteError where the system does not let us watch.
    """
    while True:
        plan = look()
        seen = _fingerprint(plan)
        begun = False
        async with aclosing(_events(plan)) as events:
            async for changed in events:
                if changed or not begun:
                    yield changed
                begun = True
                if look() != plan or _fingerprint(plan) != seen:
                    break  # Begin anew, and so yield: a folder that was replaced is no longer watched.


async def _events(plan: Watched) -> AsyncGenerator[frozenset[Path]]:
    """Yield the files that changed, none of them when there was no change for a while."""

    def concerns(_: Change, path: str) -> bool:
        return plan.concerns(Path(path))

    folders = [folder for folder in plan.folders if folder.is_dir()]
    try:
        async for changed in awatch(
            *folders,
            watch_filter=concerns,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            yield frozenset(Path(path) for _, path in changed)
    except OSError as error:
        hint = "raise the system's limit on watched files, or set WATCHFILES_FORCE_POLLING=1"
        raise SiteError(Problem(Location("serve"), "watch", f"cannot watch: {error}", hint)) from error


def _fingerprint(plan: Watched) -> tuple[object, ...]:
    """Tell one folder or file from another of the same name; of a file, also one content from the next."""
    folders = (_status(folder)[:2] for folder in sorted(plan.folders))
    return (*folders, *(_status(file) for file in sorted(plan.files)))


def _status(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

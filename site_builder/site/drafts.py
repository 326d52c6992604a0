"""Files as they are to be: told as a diff, or written so that none is ever half written."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from site_builder.errors import Location, Problem, SiteError


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is to be written, or removed."""

    path: Path
    before: bytes
    """Empty for a new file."""
    after: bytes | None
    """None if it is to be removed."""


def write_drafts(drafts: Iterable[Draft], shown: Callable[[Path], str]) -> None:
    """Write or remove files, in order.

    Raises SiteError, and writes nothing, if one of them is not what it was when its draft was made; and
    at the first one that cannot be written, when those before it stay written.
    """
    drafts = tuple(drafts)
    for draft in drafts:
        _require_unchanged(draft, shown)
    for draft in drafts:
        try:
            if draft.after is None:
                draft.path.unlink()
            else:
                replace_file(draft.path, draft.after)
        except OSError as error:
            what = "removed" if draft.after is None else "written"
            message = f"cannot be {what}: {error.strerror or error}"
            hint = "nothing is lost: mend that, and run the command again"
            raise SiteError(Problem(Location(shown(draft.path)), "unwritable", message, hint)) from error


def _require_unchanged(draft: Draft, shown: Callable[[Path], str]) -> None:
    try:
        now = draft.path.read_bytes()
    except FileNotFoundError:
        now = b""
    except OSError:  # Writing will tell.
        return
    if now != draft.before:
        hint = "nothing is written: run the command again"
        raise SiteError(Problem(Location(shown(draft.path)), "changed", "was changed meanwhile", hint))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that it is never half written; a link to it stays one."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(mode)
            Path(draft.name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(draft.name).unlink()
            raise


def diff(drafts: Iterable[Draft], shown: Callable[[Path], str]) -> str:
    """Say as a unified diff what `write_drafts` would change."""
    return "".join(_line(line) for draft in drafts for line in _diff(draft, shown(draft.path)))


def _diff(draft: Draft, shown: str) -> Iterable[str]:
    before, after = _lines(draft.before), _lines(draft.after or b"")
    return unified_diff(
        before, after, shown if draft.before else _NOTHING, shown if draft.after is not None else _NOTHING
    )


_NOTHING = "/dev/null"


def _lines(content: bytes) -> list[str]:
    # A text may hold what Python takes for the end of a line, and a diff does not.
    return re.findall(r"[^\n]*\n|[^\n]+", content.decode("utf-8", "replace"))


def _line(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"

"""TOML files that know on which line each of their keys stands."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from site_builder.errors import Location, Problem, SiteError


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a TOML file."""

    file: str
    """As the user would type it."""
    text: str
    """Of the whole file."""
    path: tuple[str, ...]
    """The keys that lead to the table; empty for the file's top."""
    values: Mapping[str, Any]

    def location(self, key: Sequence[str]) -> Location:
        """Say where `key` (below the table) begins, as closely as it can be told."""
        return Location(self.file, _line_of(self.text, (*self.path, *key)))


def read_table(folder: Path, name: str, path: tuple[str, ...]) -> Table | None:
    """Read the table at `path` of the file `name`; None if there is no such file or table.

    Raises SiteError if the file cannot be read, is not TOML, or has something else there.
    """
    text = _read(folder / name, name)
    if text is None:
        return None
    values = _value_at(_parsed(name, text), path)
    if values is None:
        return None
    if not isinstance(values, dict):
        raise _error(Location(name, _line_of(text, path)), f"{'.'.join(path)} must be a table")
    return Table(name, text, path, values)


def _read(file: Path, name: str) -> str | None:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _error(Location(name), f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _error(Location(name, line), "the file is not UTF-8") from None


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # "Invalid value (at line 3, column 9)", or "(at end of document)".
        message, _, place = str(error).rpartition(" (at ")
        numbers = re.findall(r"\d+", place) or [text.count("\n") + 1, 0]
        where = Location(name, *map(int, numbers))
        raise _error(where, f"the file is not TOML: {message}") from None
    except RecursionError:
        raise _error(Location(name), "the file is nested too deeply") from None


def _error(where: Location, message: str) -> SiteError:
    return SiteError(Problem(where, "configuration", message, "nothing is built without it: mend it"))


def _value_at(values: Any, path: Sequence[str]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _line_of(text: str, path: Sequence[str]) -> int:
    """Find the line on which the key `path` begins, or 0.

    It is the last line with the key's name before which the file is TOML without that key.
    """
    lines = [f"{line}\n" for line in text.split("\n")]
    for number in range(len(lines), 0, -1):
        if path[-1] in lines[number - 1] and _lacks("".join(lines[: number - 1]), path):
            return number
    return 0


def _lacks(text: str, path: Sequence[str]) -> bool:
    try:
        return _value_at(tomllib.loads(text), path) is None
    except tomllib.TOMLDecodeError:
        return False

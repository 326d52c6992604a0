"""The translation map on disk: its name, how it is read, and how it is written back.

A map is one flat JSON object, fragment to translated fragment. It comes from strangers, so reading
is strict and says everything that is wrong at once; it belongs to them, so writing changes nothing
but what changed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from site_builder.errors import Location, Problem, SiteError, reason
from site_builder.translating.entries import BOM, Entry, loads, walk

LARGEST_MAP = 8 * 1024 * 1024
"""Bytes that a map may have; the largest of real ones has a fiftieth."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The translations of one source file into one language."""

    language: str
    """The tag as the file's name spells it."""
    path: Path
    entries: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)
    """The file as it was read; empty for a new one."""


def source_stem(source_path: str) -> str:
    """Say what the names of a source's maps begin with: `norm/__init__`, `readme`, `norm.cu`."""
    return re.sub(r"\.(?:py|md)\Z", "", source_path)


def map_path(source_path: str, language: str) -> str:
    """Name the map of a source, both below their folders: `norm/__init__.ja.json`."""
    return f"{source_stem(source_path)}.{language}.json"


def parse_map_name(path: str) -> tuple[str, str] | None:
    """Take the name of a map apart into source stem and language tag; None if it names no map.

    Any spelling of a tag will do here; whether there is such a language is another question.
    """
    stem, dot, tag = path.removesuffix(".json").rpartition(".")
    named = path.endswith(".json") and dot and stem and not stem.endswith("/") and "/" not in tag and tag
    return (stem, tag) if named else None


def load_catalog(path: Path, language: str, shown: str) -> Catalog:
    """Read a map; `shown` is its path as messages should name it.

    Raises SiteError with the problems of the file (at most 100), each with its line and column.
    """
    try:
        if path.stat().st_size > LARGEST_MAP:
            hint = "split the source that it translates"
            raise SiteError(Problem(Location(shown), "limit", f"larger than {LARGEST_MAP >> 20} MB", hint))
        content = path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {reason(error)}"
        raise SiteError(
            Problem(
                Location(shown), "map-unreadable", message, "check that the file exists and its permissions"
            )
        ) from error
    return Catalog(language, path, loads(content, shown), content)


def entry_lines(catalog: Catalog) -> dict[str, int]:
    """Find the line, from 1, of each entry that was read from the file. Not for the usual way."""
    text, lines, line, end = _text(catalog), {}, 1, 0
    for entry in walk(text) if text else ():
        line += text.count("\n", end, entry.start)
        lines[entry.key], end = line, entry.start
    return lines


def _text(catalog: Catalog) -> str:
    return catalog.content.decode("utf-8").removeprefix(BOM)


def dumps(catalog: Catalog) -> bytes:
    """Write a map.

    If its entries are those that were read, the result is the file byte for byte. Otherwise each
    unchanged entry keeps its bytes; the rest follows the file's own style: escaping, white space,
    and a new key's place (its sorted one in a sorted file, else the end). A new map is sorted,
    indented by 1, not escaped, and ends with a line break.
    """
    text = _text(catalog)
    if not text.strip():
        return _new(catalog.entries)
    read = list(walk(text))
    if {entry.key: entry.value for entry in read} == catalog.entries:
        return catalog.content
    return (BOM.encode() if catalog.content.startswith(BOM.encode()) else b"") + _edited(
        text, read, catalog.entries
    ).encode("utf-8")


def _new(entries: Mapping[str, str]) -> bytes:
    return (json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _edited(text: str, read: list[Entry], entries: Mapping[str, str]) -> str:
    """Write changed entries into the text that was read."""
    if not read or not entries:
        return _new(entries).decode().rstrip() + text[len(text.rstrip()) :]
    escaped = "\\u" in text and text.isascii()
    found = {entry.key: entry for entry in read}
    colon = text[found[read[0].key].key_end : read[0].value_start]
    parts: list[str] = []
    for key in _order(list(found), entries):
        entry, value = found.get(key), entries[key]
        if entry and entry.value == value:
            pair = text[entry.start : entry.end]
        elif entry:
            pair = text[entry.start : entry.value_start] + _encoded(value, escaped)
        else:
            pair = _encoded(key, escaped) + colon + _encoded(value, escaped)
        at_home = entry and (entry is read[0]) == (not parts)
        parts.append(
            (entry.lead if entry and at_home else read[min(len(parts), 1, len(read) - 1)].lead) + pair
        )
    return text[: text.index("{") + 1] + ",".join(parts) + text[read[-1].end :]


def _order(keys: list[str], entries: Mapping[str, str]) -> list[str]:
    """Keep the order of `keys`; what is new goes to its sorted place in a sorted file, else to the end."""
    known = set(keys)
    order = [key for key in keys if key in entries] + [key for key in entries if key not in known]
    return sorted(order) if keys == sorted(keys) else order


def _encoded(text: str, escaped: bool) -> str:
    return json.dumps(text, ensure_ascii=escaped)

"""The translation map on disk: its name, how it is read, and how it is written back.

A map is one flat JSON object, fragment to translated fragment. It comes from strangers, so reading
is strict and says everything that is wrong at once; it belongs to them, so writing changes nothing
but what changed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from json.decoder import scanstring  # type: ignore[attr-defined]  # Missing in typeshed.
from pathlib import Path
from typing import Any

from site_builder.errors import Location, Problem, SiteError
from site_builder.sanitize import LONGEST_ENTRY

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that have no place in prose."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\n\r]*")
_BOM = "\ufeff"
_MOST_PROBLEMS = 100


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
        content = path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise SiteError(
            Problem(
                Location(shown), "map-unreadable", message, "check that the file exists and its permissions"
            )
        ) from error
    return Catalog(language, path, loads(content, shown), content)


def loads(content: bytes, shown: str) -> dict[str, str]:
    """Read the entries of a map, in the file's order. Raises SiteError as above."""
    text = _decoded(content, shown)
    entries = _trusted(text)
    if entries is None or _is_suspicious(entries):
        problems = tuple(islice(_problems(text, shown), _MOST_PROBLEMS))
        if problems:
            raise SiteError(*problems)
    assert entries is not None
    return entries


class _NotText:
    """A number, true, false, null, list or object, where only text may stand."""


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written, keys twice and all."""


_NOT_TEXT = _NotText()
_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_float=lambda _: _NOT_TEXT,
    parse_int=lambda _: _NOT_TEXT,
    parse_constant=lambda _: _NOT_TEXT,
)


def _decoded(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        message = f"not UTF-8: byte {content[error.start]:#04x} cannot stand here"
        where = _location(shown, before, len(before))
        raise SiteError(Problem(where, "encoding", message, "save the file as UTF-8")) from None


def _trusted(text: str) -> dict[str, str] | None:
    """Read the entries at the speed of C, or None if that is not all there is to say."""
    try:
        pairs = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Pairs):
        return None
    entries = dict(pairs)
    return entries if len(entries) == len(pairs) and set(map(type, entries.values())) <= {str} else None


def _is_suspicious(entries: Mapping[str, str]) -> bool:
    """Look for characters that must not be there, and for entries that are too long."""
    whole = "".join(entries) + "".join(entries.values())
    if CONTROL.search(whole) or any(map(_is_too_long, (*entries, *entries.values()))):
        return True
    try:
        whole.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _is_too_long(text: str) -> bool:
    return len(text) * 4 > LONGEST_ENTRY and len(text.encode("utf-8", "replace")) > LONGEST_ENTRY


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where an entry stands in the text of its map."""

    key: str
    value: Any
    lead: str
    """White space before it."""
    start: int
    key_end: int
    value_start: int
    end: int


def _walk(text: str) -> Iterator[_Entry]:
    """Find the entries of a map one by one. Raises JSONDecodeError or RecursionError where it ends."""
    at = _after(text, 0, "{", "expected `{`: a map is one JSON object")
    lead = text.index("{") + 1
    if text[at : at + 1] == "}":
        at += 1
    else:
        while True:
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError('expected a key in `"`', text, at)
            key, key_end = scanstring(text, at + 1, True)
            value_start = _after(text, key_end, ":", "expected `:` after the key")
            value, end = _value(text, value_start)
            yield _Entry(key, value, text[lead:at], at, key_end, value_start, end)
            at = _skip_space(text, end)
            if text[at : at + 1] == "}":
                at += 1
                break
            lead = at + 1
            at = _after(text, at, ",", "expected `,` or `}` after the value")
    if (at := _skip_space(text, at)) != len(text):
        raise json.JSONDecodeError("text after the end of the object", text, at)


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply; a value is text", text, at) from None


def _after(text: str, at: int, expected: str, message: str) -> int:
    at = _skip_space(text, at)
    if text[at : at + 1] != expected:
        raise json.JSONDecodeError(message, text, at)
    return _skip_space(text, at + 1)


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None
    return space.end()


def _problems(text: str, shown: str) -> Iterator[Problem]:
    """Say everything that is wrong with a map, up to where it stops being JSON."""
    first: dict[str, int] = {}
    try:
        for entry in _walk(text):
            if entry.key in first:
                message = f"the key stands in line {_location(shown, text, first[entry.key]).line} already"
                where = _location(shown, text, entry.start)
                yield Problem(where, "duplicate-key", message, "keep one of the two", _excerpt(entry))
            first.setdefault(entry.key, entry.start)
            yield from _string_problems(entry, "key", entry.key, _location(shown, text, entry.start))
            where = _location(shown, text, entry.value_start)
            if isinstance(entry.value, str):
                yield from _string_problems(entry, "value", entry.value, where)
            else:
                written = text[entry.value_start : min(entry.end, entry.value_start + 40)].partition("\n")[0]
                message = f"the value is not text: {written}"
                yield Problem(where, "not-text", message, 'write the translation in `"`', _excerpt(entry))
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        hint = "the file may be cut off" if error.pos >= len(text.rstrip()) else "correct the JSON"
        yield Problem(_location(shown, text, error.pos), "json", message, hint)


def _string_problems(entry: _Entry, what: str, string: str, where: Location) -> Iterator[Problem]:
    for code, pattern in (("surrogate", _SURROGATE), ("control-character", CONTROL)):
        if found := pattern.search(string):
            message = f"U+{ord(found[0]):04X} in the {what}: no text has this character"
            yield Problem(where, code, message, "remove it", _excerpt(entry))
    if _is_too_long(string):
        message = f"the {what} is longer than {LONGEST_ENTRY // 1024} KB"
        yield Problem(where, "too-long", message, "split the source's text", _excerpt(entry))


def _location(shown: str, text: str, at: int) -> Location:
    return Location(shown, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _excerpt(entry: _Entry) -> str:
    return _SURROGATE.sub("\ufffd", entry.key[:60])


def entry_lines(catalog: Catalog) -> dict[str, int]:
    """Find the line, from 1, of each entry that was read from the file. Not for the usual way."""
    text, lines, line, end = _text(catalog), {}, 1, 0
    for entry in _walk(text) if text else ():
        line += text.count("\n", end, entry.start)
        lines[entry.key], end = line, entry.start
    return lines


def _text(catalog: Catalog) -> str:
    return catalog.content.decode("utf-8").removeprefix(_BOM)


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
    read = list(_walk(text))
    if {entry.key: entry.value for entry in read} == catalog.entries:
        return catalog.content
    return (_BOM.encode() if catalog.content.startswith(_BOM.encode()) else b"") + _edited(
        text, read, catalog.entries
    ).encode("utf-8")


def _new(entries: Mapping[str, str]) -> bytes:
    return (json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _edited(text: str, read: list[_Entry], entries: Mapping[str, str]) -> str:
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

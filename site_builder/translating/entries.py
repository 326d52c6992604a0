"""The text of a translation map as entries, and everything that can be wrong with it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from json.decoder import scanstring  # type: ignore[attr-defined]  # Missing in typeshed.
from typing import Any

from site_builder.errors import Location, Problem, SiteError
from site_builder.sanitize import LONGEST_ENTRY, NOT_TEXT, find_not_text

_CONTROL = re.compile(f"[{NOT_TEXT}]")
# Half of a pair, a control, or what is no character; a pair is looked at again.
_SUSPICIOUS_ESCAPE = re.compile(
    r"\\(?:[bf]|u(?:00[0189]|007[fF]|[dD][89a-fA-F]|[fF][dD][dDeE]|[fF]{3}[eEfF]))"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\n\r]*")
BOM = "\ufeff"
_MOST_PROBLEMS = 100


def loads(content: bytes, shown: str) -> dict[str, str]:
    """Read the entries of a map, in the file's order. Raises SiteError as above."""
    text = _decoded(content, shown)
    entries = _trusted(text)
    if entries is None or _is_suspicious(text, entries):
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
        return content.decode("utf-8").removeprefix(BOM)
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


def _is_suspicious(text: str, entries: Mapping[str, str]) -> bool:
    """Look quickly for characters that must not be there, spelled out or escaped, and for long entries."""
    if find_not_text(text) or ("\\" in text and _SUSPICIOUS_ESCAPE.search(text)):
        return True
    return max(map(len, (*entries, *entries.values())), default=0) * 4 > LONGEST_ENTRY


def _is_too_long(text: str) -> bool:
    return len(text) * 4 > LONGEST_ENTRY and len(text.encode("utf-8", "replace")) > LONGEST_ENTRY


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an entry stands in the text of its map."""

    key: str
    value: Any
    lead: str
    """White space before it."""
    start: int
    key_end: int
    value_start: int
    end: int


def walk(text: str) -> Iterator[Entry]:
    """Find the entries of a map one by one. Raises JSONDecodeError where it is none."""
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
            yield Entry(key, value, text[lead:at], at, key_end, value_start, end)
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
        for entry in walk(text):
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
        message = error.msg[:1].lower() + error.msg[1:].removesuffix(" at").removesuffix(" starting")
        hint = "the file may be cut off" if error.pos >= len(text.rstrip()) else "correct the JSON"
        yield Problem(_location(shown, text, error.pos), "json", message, hint)


def _string_problems(entry: Entry, what: str, string: str, where: Location) -> Iterator[Problem]:
    for code, find in (("surrogate", _SURROGATE.search), ("control-character", find_not_text)):
        if found := find(string):
            message = f"U+{ord(found[0]):04X} in the {what}: no text has this character"
            yield Problem(where, code, message, "remove it", _excerpt(entry))
    if _is_too_long(string):
        message = f"the {what} is longer than {LONGEST_ENTRY // 1024} KB"
        yield Problem(where, "too-long", message, "split the source's text", _excerpt(entry))


def _location(shown: str, text: str, at: int) -> Location:
    return Location(shown, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _excerpt(entry: Entry) -> str:
    return " ".join(_CONTROL.sub("\ufffd", _SURROGATE.sub("\ufffd", entry.key[:60])).split())

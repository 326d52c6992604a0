"""The lines of maps and pages as marks: a page can be told by the few maps that have any of its lines."""

import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from site_builder.translating.pairs import read_forms
from site_builder.translating.shared import MOST, WORDLESS


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a source."""

    said: Mapping[str, bytes] = field(default_factory=dict)
    """Those of the lines that its own map says, by language."""
    wanted: bytes = b""
    """Those of the lines of its page, if an own map is wanting."""


def marks_said(entries: Mapping[str, str]) -> bytes:
    """Mark the lines of the entries that have a translation."""
    said = (key for key, value in entries.items() if value and not value.isspace())
    return _packed(mark for key in said for mark in _marks_of(key))


def marks_wanted(forms: Iterable[str]) -> bytes:
    """Mark lines."""
    return _packed(map(_mark, forms))


def relatives(wanting: Mapping[str, Marks], marks: Iterable[tuple[str, Marks]]) -> dict[str, frozenset[str]]:
    """Return by language the sources whose maps can say any of the lines that are wanted.

    Of a line that very many have, those are the first; and the sources that are `wanting` themselves.
    `marks` are those of all sources, by path in their order.
    """
    wanted = frozenset(mark for one in wanting.values() for mark in _unpacked(one.wanted))
    found: dict[str, set[str]] = {}
    maps_with = Counter[tuple[str, int]]()
    for path, one in marks:
        for tag, said in one.said.items():
            shared = [(tag, mark) for mark in wanted.intersection(_unpacked(said))]
            if path in wanting or any(maps_with[mark] < MOST for mark in shared):
                found.setdefault(tag, set()).add(path)
            maps_with.update(shared)
    return {tag: frozenset(paths) for tag, paths in found.items()}


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def _marks_of(key: str) -> tuple[int, ...]:
    return tuple(_mark(form) for form in read_forms(key) or (WORDLESS,))


def _mark(form: str) -> int:
    found = blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(found.digest(), "little")


def _packed(marks: Iterable[int]) -> bytes:
    found = sorted(set(marks))
    return struct.pack(f"<{len(found)}Q", *found)


def _unpacked(marks: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(marks) // 8}Q", marks)

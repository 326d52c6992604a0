"""Entries, dealt to the shards in which their terms are looked up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain

from site_builder.writing.search.postings import Record, Records
from site_builder.writing.search.terms import places, shard_of

_TOGETHER = 128  # Shards that are in memory at once, or more where that would take too many files.
_MOST_FILES = 256
_KNOWN = 1 << 16  # Keys of which it is known which shard holds them.
_START, _MIDDLE, _END = b'{"words":{', b'},\n"grams":{', b"}}\n"


def entry(term: str, pages: str) -> bytes:
    """Write a term with its list of pages, as it stands in shards."""
    return f'"{term}":[{pages}]'.encode()  # Nothing that JSON must escape is part of a term.


def shard(words: Iterable[bytes], grams: Iterable[bytes]) -> bytes:
    """Return a shard that holds these entries."""
    return b"".join((_START, b",".join(words), _MIDDLE, b",".join(grams), _END))


def entries_of(content: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the entries that a shard holds, as `shard` was given them."""
    words, _, grams = content.removeprefix(_START).removesuffix(_END).partition(_MIDDLE)
    return _split(words), _split(grams)


def _split(entries: bytes) -> list[bytes]:
    return [b"%b]" % written for written in entries.removesuffix(b"]").split(b"],")] if entries else []


def deal(
    words: Iterable[Record], grams: Iterable[Record], count: int, files: ExitStack | None
) -> Iterator[tuple[int, bytes]]:
    """Yield each of `count` shards, with its number, of entries that are given by their terms and in order.

    With `files`, most of them wait there.
    """
    placed = chain(_placed(words, count, 0), _placed(grams, count, 1))
    if files is None:
        yield from _filled(placed, range(count))
        return
    # Neighbours apart: the large shards lie together.
    parts = min(count // _TOGETHER + 1, _MOST_FILES)
    waiting = [Records[int](files) for _ in range(parts)]
    for half, written in placed:
        waiting[half // 2 % parts].append((half, written))
    for start, records in enumerate(waiting):
        yield from _filled(records, range(start, count, parts))
        records.close()


def _placed(entries: Iterable[Record], count: int, kind: int) -> Iterator[tuple[int, bytes]]:
    """Yield each entry with the halves of shards that it belongs to: of shard 3, the 6th or the 7th."""
    numbers = _Numbers(count)
    for term, written in entries:
        for number in {*map(numbers.__getitem__, places(term))}:
            yield 2 * number + kind, written


class _Numbers(dict[str, int]):
    """The shard of each key, as it was found."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def __missing__(self, key: str) -> int:
        if len(self) == _KNOWN:
            self.clear()
        number = self[key] = shard_of(key, self.count)
        return number


def _filled(placed: Iterable[tuple[int, bytes]], shards: range) -> Iterator[tuple[int, bytes]]:
    halves: dict[int, list[bytes]] = defaultdict(list)
    for half, written in placed:
        halves[half].append(written)
    for number in shards:
        yield number, shard(halves.pop(2 * number, ()), halves.pop(2 * number + 1, ()))

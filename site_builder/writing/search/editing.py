"""A corpus of which a few pages have changed: only the shards that hold what changed are written again."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from site_builder.writing.search.dealing import entries_of, entry, shard
from site_builder.writing.search.postings import decoded, encoded
from site_builder.writing.search.shards import gram_size, shard_count, shard_path, terms_of, word_size
from site_builder.writing.search.terms import places, shard_of


@dataclass(slots=True)
class _Change:
    """What becomes of a term."""

    term: str
    size_of: Callable[[str, int], int]
    weights: dict[int, int | None] = field(default_factory=dict)
    """The new weight on each page that has another one; None where it is gone."""
    grown: int = 0
    """By how much that changes the size."""

    def apply(self, entries: list[bytes]) -> None:
        """Change the term's entry among those of a shard, which are in order."""
        start = entry(self.term, "")[:-1]
        # The quotation mark that ends a term sorts before all that can be part of one.
        at = bisect_left(entries, start)
        was = entries[at][len(start) : -1] if at < len(entries) and entries[at].startswith(start) else b""
        now = self._listed(was)
        entries[at : at + bool(was)] = [entry(self.term, now)] if now else []
        self.grown = self._size(len(now)) - self._size(len(was))

    def _listed(self, was: bytes) -> str:
        pages = decoded(json.loads(b"[%b]" % was))
        weights: dict[int, int | None] = {page // 4: page % 4 for page in pages}
        weights |= self.weights
        return encoded([page * 4 + weight for page, weight in sorted(weights.items()) if weight is not None])

    def _size(self, length: int) -> int:
        return self.size_of(self.term, length) if length else 0


def edit_shards(
    corpus: str,
    size: int,
    changed: Iterable[tuple[int, bytes, bytes]],
    read: Callable[[str], bytes],
    write: Callable[[str, bytes], object],
) -> int:
    """Change what the shards of a corpus say of some pages; return the new size of all.

    `changed` are the pages, by number, with the text that they had and the one that they have; `size` is
    that of before. Returns 0 if another number of shards is needed: then the corpus must be indexed from the
    start, whatever was written.
    """
    words, grams = _changes(changed)
    count = shard_count(size)
    halves = _dealt(words, count), _dealt(grams, count)
    for number in sorted({*halves[0], *halves[1]}):
        path = shard_path(corpus, number)
        write(path, _edited(read(path), [half.get(number, ()) for half in halves]))
    size += sum(change.grown for change in (*words, *grams))
    return size if shard_count(size) == count else 0


def _changes(changed: Iterable[tuple[int, bytes, bytes]]) -> tuple[list[_Change], list[_Change]]:
    words: dict[str, _Change] = {}
    grams: dict[str, _Change] = {}
    for page, before, after in changed:
        old, new = terms_of(before), terms_of(after)
        for changes, was, now, size_of in (
            (words, old.words, new.words, word_size),
            (grams, old.grams, new.grams, gram_size),
        ):
            for term in {term for term, _ in was.items() ^ now.items()}:
                changes.setdefault(term, _Change(term, size_of)).weights[page] = now.get(term)
    return [*words.values()], [*grams.values()]


def _dealt(changes: Iterable[_Change], count: int) -> Mapping[int, list[_Change]]:
    """Return the changes of each shard, by its number."""
    dealt: dict[int, list[_Change]] = defaultdict(list)
    for change in changes:
        for number in {shard_of(key, count) for key in places(change.term)}:
            dealt[number].append(change)
    return dealt


def _edited(content: bytes, changes: Iterable[Iterable[_Change]]) -> bytes:
    """Change a shard. Its other entries are not read."""
    halves = entries_of(content)
    for entries, changed in zip(halves, changes, strict=True):
        for change in changed:
            change.apply(entries)
    return shard(*halves)

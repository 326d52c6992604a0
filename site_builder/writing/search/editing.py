"""A corpus of which a few pages have changed: only the shards that hold what changed are written again."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from site_builder.writing.search.shards import (
    entries,
    gram_size,
    shard,
    shard_count,
    shard_path,
    terms_of,
    word_size,
)
from site_builder.writing.search.terms import places, shard_of

_Changes = dict[str, dict[int, int | None]]
"""For each term, its new weight on each page; None where it is gone."""
_Lists = dict[str, list[int]]


def edit_shards(
    corpus: str,
    size: int,
    changed: Iterable[tuple[int, bytes, bytes]],
    read: Callable[[str], bytes],
    write: Callable[[str, bytes], object],
) -> int:
    """Change what the shards of a corpus say of some pages; return the new size of all.

    `changed` are the pages, by number, with the text that they had and the one that they have; `size` is
    that of before. Returns 0, and has written nothing, if another number of shards is needed: then the
    corpus must be indexed from the start.
    """
    words, grams = _changes(changed)
    edit = _Edit(corpus, shard_count(size), read)
    size += sum(edit.change_word(word, pages) for word, pages in words.items())
    size += sum(edit.change_gram(gram, pages) for gram, pages in grams.items())
    if shard_count(size) != edit.count:
        return 0
    for number, content in edit.written():
        write(shard_path(corpus, number), content)
    return size


def _changes(changed: Iterable[tuple[int, bytes, bytes]]) -> tuple[_Changes, _Changes]:
    words: _Changes = {}
    grams: _Changes = {}
    for page, before, after in changed:
        old, new = terms_of(before), terms_of(after)
        for changes, was, now in ((words, old.words, new.words), (grams, old.grams, new.grams)):
            for term in {term for term, _ in was.items() ^ now.items()}:
                changes.setdefault(term, {})[page] = now.get(term)
    return words, grams


@dataclass(slots=True)
class _Edit:
    """The shards that change."""

    corpus: str
    count: int
    read: Callable[[str], bytes]
    shards: dict[int, dict[str, _Lists]] = field(default_factory=dict)

    def change_word(self, word: str, pages: Mapping[int, int | None]) -> int:
        """Change a word in every shard that has it; return by how much that changes the size."""
        lists = [
            self._lists(number, "words") for number in {shard_of(key, self.count) for key in places(word)}
        ]
        before, after = _change(lists, word, pages)
        return (word_size(word, after) if after else 0) - (word_size(word, before) if before else 0)

    def change_gram(self, gram: str, pages: Mapping[int, int | None]) -> int:
        """Change a character or a pair of them; return by how much that changes the size."""
        before, after = _change([self._lists(shard_of(gram, self.count), "grams")], gram, pages)
        return (gram_size(after) if after else 0) - (gram_size(before) if before else 0)

    def _lists(self, number: int, kind: str) -> _Lists:
        if number not in self.shards:
            self.shards[number] = json.loads(self.read(shard_path(self.corpus, number)))
        return self.shards[number][kind]

    def written(self) -> Iterator[tuple[int, bytes]]:
        """Yield each changed shard, by its number."""
        for number, lists in sorted(self.shards.items()):
            words, grams = (
                {term: _spelled(lists[kind][term]) for term in sorted(lists[kind])}
                for kind in ("words", "grams")
            )
            yield number, shard(entries(words).values(), entries(grams).values())


def _change(shards: Iterable[_Lists], term: str, pages: Mapping[int, int | None]) -> tuple[int, int]:
    """Change a term in the shards that have it; return how long its list was, and how long it is."""
    was: list[int] = []
    now: list[int] = []
    for lists in shards:
        was = lists.pop(term, [])
        now = list(_encoded({**_decoded(was), **pages}))
        if now:
            lists[term] = now
    return len(_spelled(was)), len(_spelled(now))


def _written(lists: _Lists) -> Iterable[bytes]:
    return entries({term: _spelled(lists[term]) for term in sorted(lists)}).values()


def _spelled(pages: Iterable[int]) -> bytes:
    return ",".join(map(str, pages)).encode()


def _decoded(pages: Iterable[int]) -> dict[int, int | None]:
    """Return the weight of each page of a list: `(distance from the one before) * 4 + weight`."""
    weights: dict[int, int | None] = {}
    page = -1
    for item in pages:
        page += item // 4
        weights[page] = item % 4
    return weights


def _encoded(weights: Mapping[int, int | None]) -> Iterator[int]:
    last = -1
    for page, weight in sorted(weights.items()):
        if weight is not None:
            yield (page - last) * 4 + weight
            last = page

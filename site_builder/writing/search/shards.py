"""Which page holds which term: the texts of a corpus, one after another, into shards."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from site_builder.writing.search.terms import RULES, Terms, find_terms, places, shard_of
from site_builder.writing.search.text import FOLDER, text_path

CODE = "code"
"""The corpus of the code. No language has such a tag."""
FORMAT = b"1"
"""To be changed with whatever makes other shards of the same texts."""

_BLOCK = 1024  # Pages in one list of URLs.
_SHARD = 24_000  # Characters that a shard should have.


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a manifest says of a corpus."""

    shards: int
    version: str
    """Another one whenever its files are others."""


@dataclass(slots=True)
class _Postings:
    """The pages of each term, as a shard writes them: `(distance from the one before) * 4 + weight`."""

    lists: dict[str, bytearray] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def add(self, page: int, terms: Mapping[str, int]) -> None:
        lists, last = self.lists, self.last
        for term, weight in terms.items():
            before = last.get(term)
            if before is None:
                lists[term] = bytearray(b"%d" % ((page + 1) * 4 + weight))
            else:
                lists[term] += b",%d" % ((page - before) * 4 + weight)
            last[term] = page


def make_shards(
    corpus: str, urls: Iterable[str], read: Callable[[str], bytes], write: Callable[[str, bytes], object]
) -> int:
    """Index the texts of the pages at `urls`, in this order; return how many shards were written."""
    words, grams = _Postings(), _Postings()
    for number, url in enumerate(urls):
        terms = _terms(json.loads(read(text_path(corpus, url))))
        words.add(number, terms.words)
        grams.add(number, terms.grams)
    count = _count(words.lists, grams.lists)
    for number, content in enumerate(_shards(words.lists, grams.lists, count)):
        write(shard_path(corpus, number), content)
    return count


def shard_path(corpus: str, number: int) -> str:
    """Return where a shard lies, below the site's root."""
    return f"{FOLDER}/{corpus}/{number}.json"


def _terms(text: Mapping[str, Any]) -> Terms:
    if "path" in text:
        anchors = [anchor for anchor, _ in text["sections"]]
        # The definition that a section is, without the class that it is in.
        names = [anchor.rpartition(".")[2] for anchor in anchors]
        return find_terms("", (text["path"], *names), (*anchors, *(code for _, code in text["sections"])))
    headings = [heading for _, _, heading, _ in text["parts"]]
    return find_terms(
        text["title"], headings, (text["about"], *headings, *(part[3] for part in text["parts"]))
    )


def _count(words: Mapping[str, bytearray], grams: Mapping[str, bytearray]) -> int:
    """Say how many shards it takes, each word being in as many as it has places."""
    size = sum(len(pages) + 7 for pages in grams.values())
    size += sum((len(pages) + len(word) + 5) * max(1, len(word) - 2) for word, pages in words.items())
    return size // _SHARD + 1


def _shards(words: Mapping[str, bytearray], grams: Mapping[str, bytearray], count: int) -> Iterator[bytes]:
    words_of = _dealt(((word, places(word)) for word in sorted(words)), _entries(words), count)
    grams_of = _dealt(((gram, (gram,)) for gram in sorted(grams)), _entries(grams), count)
    for in_words, in_grams in zip(words_of, grams_of, strict=True):
        yield b'{"words":{%b},\n"grams":{%b}}\n' % (b",".join(in_words), b",".join(in_grams))


def _entries(lists: Mapping[str, bytearray]) -> dict[str, bytes]:
    # All names at once, which is quicker: JSON writes no line break in a string.
    names = json.dumps(list(lists), ensure_ascii=False, separators=("\n", ":"))[1:-1].encode().split(b"\n")
    return {
        term: b"%b:[%b]" % (name, bytes(pages))
        for (term, pages), name in zip(lists.items(), names, strict=False)
    }


def _dealt(
    keyed: Iterable[tuple[str, Iterable[str]]], entries: Mapping[str, bytes], count: int
) -> list[list[bytes]]:
    """Put the entry of each term into the shards of its keys, once."""
    dealt: list[list[bytes]] = [[] for _ in range(count)]
    numbers: dict[str, int] = {}
    for term, keys in keyed:
        for key in keys:
            if key not in numbers:
                numbers[key] = shard_of(key, count)
        for number in {numbers[key] for key in keys}:
            dealt[number].append(entries[term])
    return dealt


def page_files(urls: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Return the lists of the pages' URLs."""
    for start in range(0, len(urls), _BLOCK):
        content = json.dumps(urls[start : start + _BLOCK], ensure_ascii=False, indent=0).encode()
        yield f"{FOLDER}/pages/{start // _BLOCK}.json", content + b"\n"


def make_manifest(language: str, pages: int, code: Corpus, prose: Corpus) -> tuple[str, bytes]:
    """Return what a query in a language reads first: its path and its content."""
    corpora = [
        {"name": name, "shards": corpus.shards, "version": corpus.version}
        for name, corpus in ((language, prose), (CODE, code))
    ]
    content = {"pages": pages, "block": _BLOCK, "corpora": corpora, "rules": RULES}
    return f"{FOLDER}/{language}.json", json.dumps(content).encode() + b"\n"

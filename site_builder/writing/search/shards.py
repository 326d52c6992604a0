"""Which page holds which term: the texts of a corpus, one after another, into shards."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
    size: int = 0
    """Of all that the shards hold; it decides how many they are."""


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
    """Index the texts of the pages at `urls`, in this order; return the size of what was written."""
    words, grams = _Postings(), _Postings()
    for number, url in enumerate(urls):
        terms = terms_of(read(text_path(corpus, url)))
        words.add(number, terms.words)
        grams.add(number, terms.grams)
    size = sum(word_size(word, len(pages)) for word, pages in words.lists.items())
    size += sum(gram_size(len(pages)) for pages in grams.lists.values())
    for number, content in enumerate(_shards(words.lists, grams.lists, shard_count(size))):
        write(shard_path(corpus, number), content)
    return size


def shard_path(corpus: str, number: int) -> str:
    """Return where a shard lies, below the site's root."""
    return f"{FOLDER}/{corpus}/{number}.json"


def terms_of(content: bytes) -> Terms:
    """Return the terms of a page, whose text is given as `text` writes it."""
    text = json.loads(content)
    if "path" in text:
        anchors = [anchor for anchor, _ in text["sections"]]
        # The definition that a section is, without the class that it is in.
        names = [anchor.rpartition(".")[2] for anchor in anchors]
        return find_terms("", (text["path"], *names), (*anchors, *(code for _, code in text["sections"])))
    headings = [heading for _, _, heading, _ in text["parts"]]
    return find_terms(
        text["title"], headings, (text["about"], *headings, *(part[3] for part in text["parts"]))
    )


def shard_count(size: int) -> int:
    """Say how many shards it takes."""
    return size // _SHARD + 1


def word_size(word: str, length: int) -> int:
    """Say what a word takes whose list of pages is so long: it is in as many shards as it has places."""
    return (length + len(word) + 5) * max(1, len(word) - 2)


def gram_size(length: int) -> int:
    """Say what a character or a pair of them takes."""
    return length + 7


def shard(words: Iterable[bytes], grams: Iterable[bytes]) -> bytes:
    """Return a shard that holds these entries."""
    return b'{"words":{%b},\n"grams":{%b}}\n' % (b",".join(words), b",".join(grams))


def _shards(words: Mapping[str, bytearray], grams: Mapping[str, bytearray], count: int) -> Iterator[bytes]:
    words_of = _dealt(((word, places(word)) for word in sorted(words)), entries(words), count)
    grams_of = _dealt(((gram, (gram,)) for gram in sorted(grams)), entries(grams), count)
    for in_words, in_grams in zip(words_of, grams_of, strict=True):
        yield shard(in_words, in_grams)


def entries(lists: Mapping[str, bytes] | Mapping[str, bytearray]) -> dict[str, bytes]:
    """Write each term with its list of pages, as it stands in shards."""
    # All names at once, which is quicker: JSON writes no line break in a string.
    names = json.dumps(list(lists), ensure_ascii=False, separators=("\n", ":"))[1:-1].encode().split(b"\n")
    return {
        term: b"%b:[%b]" % (name, bytes(pages))
        for (term, pages), name in zip(lists.items(), names, strict=False)
    }


def _dealt(
    keyed: Iterable[tuple[str, Iterable[str]]], written: Mapping[str, bytes], count: int
) -> list[list[bytes]]:
    """Put the entry of each term into the shards of its keys, once."""
    dealt: list[list[bytes]] = [[] for _ in range(count)]
    numbers: dict[str, int] = {}
    for term, keys in keyed:
        for key in keys:
            if key not in numbers:
                numbers[key] = shard_of(key, count)
        for number in {numbers[key] for key in keys}:
            dealt[number].append(written[term])
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

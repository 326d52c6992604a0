"""Which page holds which term: the texts of a corpus, one after another, into shards."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from site_builder.writing.search.dealing import deal, entry
from site_builder.writing.search.postings import Postings, Record, Records, encoded
from site_builder.writing.search.terms import RULES, Terms, find_terms
from site_builder.writing.search.text import FOLDER, text_path

CODE = "code"
"""The corpus of the code. No language has such a tag."""
FORMAT = b"1"
"""To be changed with whatever makes other shards of the same texts."""

_BLOCK = 1024  # Pages in one list of URLs.
_SHARD = 24_000  # Characters that a shard should have.
_ROOM = 16_000_000  # Bytes of memory for what is gathered.


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a manifest says of a corpus."""

    shards: int
    version: str
    """Another one whenever its files are others."""
    size: int = 0
    """Of all that the shards hold; it decides how many they are."""


def make_shards(
    corpus: str,
    urls: Iterable[str],
    read: Callable[[str], bytes],
    write: Callable[[str, bytes], object],
    room: int = _ROOM,
) -> int:
    """Index the texts of the pages at `urls`, in this order; return the size of what was written.

    What takes more than about `room` bytes of memory waits in files.
    """
    with ExitStack() as files:
        words, grams = Postings(files), Postings(files)
        for number, url in enumerate(urls):
            terms = terms_of(read(text_path(corpus, url)))
            words.add(number, terms.words)
            grams.add(number, terms.grams)
            if words.room + grams.room > room:
                words.spill()
                grams.spill()
        is_large = bool(words.runs)
        of_words, of_grams = (Records[str](files) if is_large else list[Record]() for _ in range(2))
        size = _keep(words, word_size, of_words) + _keep(grams, gram_size, of_grams)
        for number, content in deal(of_words, of_grams, shard_count(size), files if is_large else None):
            write(shard_path(corpus, number), content)
        return size


def _keep(
    postings: Postings, size_of: Callable[[str, int], int], entries: list[Record] | Records[str]
) -> int:
    """Write the entry of each term; return the size of all."""
    size = 0
    for term, pages in postings.read():
        written = encoded(pages)
        size += size_of(term, len(written))
        entries.append((term, entry(term, written)))
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


def gram_size(_gram: str, length: int) -> int:
    """Say what a character or a pair of them takes."""
    return length + 7


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

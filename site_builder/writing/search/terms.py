"""What of a text is looked up: the same here and in the browser, which is given `RULES`."""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add
from typing import Final

_CHUNK = 64
"""A longer word is cut into overlapping parts: it costs no more than its length then."""

_IGNORED = (
    "\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufe00-\ufe0f\ufeff"
)
"""Accents, vowel points, tatweel, joiners and marks of direction: readers leave them out."""

_SAME = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "ı": "i", "ς": "σ",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ک": "ك",
    **{digit: str(value) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(digits)},
}  # fmt: skip
"""Letters that readers do not tell apart when they type."""

_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f"
    "\u3031-\u319f\u31a0-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts without spaces between words, and Hangul, where parts of words are looked for."""

_BETWEEN = (
    "\\x00-/:-@\\[-\\^`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u0589\u05be\u060c\u061b\u061f"
    "\u066a-\u066d\u06d4\u0964\u0965\u0df4\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030"
    "\ufd3e\ufd3f\ufe10-\ufe6f\ufff0-\uffff"
)
"""What stands between words. A sign that is missing here belongs to the word beside it, and is found too."""

RULES: Final[Mapping[str, object]] = {
    "ignored": f"[{_IGNORED}]",
    "same": _SAME,
    "run": f"[{_UNSPACED}]+|[^{_UNSPACED}{_BETWEEN}]+",
    "unspaced": f"[{_UNSPACED}]",
}
"""The patterns are regular expressions of Python and, with the flag `u`, of JavaScript."""

_IGNORED_PATTERN = re.compile(f"[{_IGNORED}]")
_SAME_PATTERN = re.compile(f"[{''.join(_SAME)}]")
_WITHOUT_MARKS = re.compile("[\x00-\x7f\u2010-\u2027\u3000-\u30ff\u3400-\u9fff\uac00-\ud7a3]*")
"""What a composed text may consist of and have no marks to be ignored, also if decomposed."""
_WORD = re.compile(f"[^{_UNSPACED}{_BETWEEN}]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_SPACES = {code: " " for code in range(128) if not _WORD.match(chr(code))}
_BODY, _OFTEN, _HEADING, _TITLE = range(4)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a page can be found by."""

    words: Mapping[str, int]
    """Each with its weight: in the text, often in it, in a heading, in the title (0 to 3)."""
    grams: Mapping[str, int]
    """Single characters and pairs of them, which stand in words and in runs of unspaced scripts."""


def normalize(text: str) -> str:
    """Return what is compared: no difference of width, case, accents or vowel points."""
    if text.isascii():
        return text.lower()
    # One of these stands for each formula; without it, most texts of the east are composed as they are.
    plain = unicodedata.normalize("NFKC", text.replace("…", "..."))
    if not _WITHOUT_MARKS.fullmatch(plain):
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = unicodedata.normalize("NFC", _IGNORED_PATTERN.sub("", decomposed))
    return _SAME_PATTERN.sub(lambda found: _SAME[found[0]], plain.lower())


def find_terms(title: str, headings: Iterable[str], body: Iterable[str]) -> Terms:
    """Return the terms of a page."""
    words: dict[str, int] = {}
    grams: dict[str, int] = {}
    for weight, texts in ((_BODY, body), (_HEADING, headings), (_TITLE, (title,))):
        found, runs = _split(normalize("\n".join(texts)))
        counts = Counter(found)
        words |= {word: weight or _OFTEN * (count > 2) for word, count in counts.items()}
        grams |= dict.fromkeys(_grams(counts) | _grams({*runs}), weight)
    for word in [word for word in words if len(word) > _CHUNK]:
        weight = words.pop(word)
        words |= dict.fromkeys(_chunks(word), weight)
    return Terms(words, grams)


def _split(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a normalized text, and its runs of unspaced scripts."""
    if text.isascii():
        return text.translate(_SPACES).split(), []
    return _WORD.findall(text), _UNSPACED_RUN.findall(text)


def _grams(runs: Iterable[str]) -> set[str]:
    """Return the characters of runs, and the pairs of those that are neighbours."""
    joined = " ".join(runs)
    if joined.isascii():
        even = memoryview(joined.encode())
        odd = even[1:]
        pairs = {*even[: len(even) & -2].cast("H"), *odd[: len(odd) & -2].cast("H")}
        grams = {*map(_PAIRS.__getitem__, pairs), *map(chr, {*even})}
    else:
        letters = [*joined]
        grams = {pair for pair in {*map(add, letters, letters[1:])} if " " not in pair}.union(letters)
    grams.discard(" ")
    return grams


class _Pairs(dict[int, str]):
    """Two ASCII characters by the number that their bytes make; beside a space, the other one."""

    def __missing__(self, number: int) -> str:
        pair = self[number] = number.to_bytes(2, sys.byteorder).decode().strip(" ")
        return pair


_PAIRS = _Pairs()


def _chunks(word: str) -> list[str]:
    """Cut a word so that each part of it up to half a chunk lies in one, its end in the last."""
    starts = range(0, len(word) - _CHUNK // 2, _CHUNK // 2)
    return [word[start : start + _CHUNK] for start in starts]


def places(word: str) -> list[str]:
    """Return what a word is looked up by: each three characters of it, or all of a shorter one."""
    return [word[at : at + 3] for at in range(len(word) - 2)] or [word]


def shard_of(key: str, shards: int) -> int:
    """Return the number of the shard that holds what is looked up by `key`."""
    total = 0
    for character in key:
        total = total * 131 + ord(character)
    return (total & 0xFFFFFFFF) % shards

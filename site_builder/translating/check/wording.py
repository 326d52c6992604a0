"""Rules about words: that there are some, that they are translated, and as the glossary says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from site_builder.fragment.lines import has_plain_words, has_words, is_untranslated
from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import Entry, shortened


def empty(entry: Entry) -> Iterator[Finding]:
    """Find what has no translation: a whole entry, or a line of one."""
    if not entry.value.strip():
        if has_words(entry.key):
            yield Finding("empty", "no translation", "write one")
        return
    for pair in entry.pairs:
        if has_plain_words(pair.original) and not any(map(str.isalnum, pair.translated_text)):
            yield Finding("empty", f"a line has no words{entry.quoted(pair)}", "translate the line")


def same(entry: Entry) -> Iterator[Finding]:
    """Find lines that are still in the original's language."""
    for pair in entry.pairs:
        if is_untranslated(pair.original, pair.translation):
            yield Finding("same", f"not translated{entry.quoted(pair)}", "translate it")


def glossary(entry: Entry) -> Iterator[Finding]:
    """Find terms whose translation is none of those that the glossary gives."""
    if not entry.glossary:
        return
    terms = _terms(tuple(entry.glossary))
    for pair in entry.pairs:
        translated = _comparable(pair.translated_text)
        for term in dict.fromkeys(found.lastgroup for found in terms.finditer(pair.original_text)):
            yield from _unused(entry, _named(term, entry.glossary), translated, entry.quoted(pair))


def _unused(entry: Entry, term: str, translated: str, where: str) -> Iterator[Finding]:
    wanted = entry.glossary[term]
    if wanted and not any(_comparable(word) in translated for word in wanted):
        choice = " or ".join(f'"{word}"' for word in wanted)
        yield Finding("glossary", f'no {choice} for "{shortened(term)}"{where}', "use the glossary's words")


@lru_cache(maxsize=16)
def _terms(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Match the terms in a text, the longest of those that begin at one place; group N is term N."""
    longest_first = sorted(enumerate(terms), key=lambda numbered: -len(numbered[1]))
    spelled = (rf"(?P<t{number}>{_spelled(term)})" for number, term in longest_first if term.strip())
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled) or '(?!)'})(?!\w)", re.IGNORECASE)


def _spelled(term: str) -> str:
    """Match a term with any space or hyphen in it, and its plural."""
    return r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", term.strip()))) + "(?:e?s)?"


def _named(group: str | None, terms: Mapping[str, object]) -> str:
    assert group is not None
    return list(terms)[int(group[1:])]


def _comparable(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())

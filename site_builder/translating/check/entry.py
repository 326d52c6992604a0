"""An entry of a map as the rules see it: its translation repaired, and line beside line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

from site_builder.fragment import PLACEHOLDER, TAG
from site_builder.fragment.lines import has_words, same_blocks, split
from site_builder.fragment.wording import plain_text
from site_builder.translating.repair import Repair, repair

MARK = "\ufffc"
"""Stands for a placeholder in the visible text of a line."""

_LONGEST_QUOTE = 40
_WITHOUT_WORD_SPACES = frozenset({"ja", "zh", "yue", "wuu", "nan", "hak", "cmn"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the original and what the translation has in its place, as HTML and as a reader sees them."""

    original: str
    translation: str
    original_text: str
    translated_text: str


@dataclass(frozen=True)
class Entry:
    """A key, its value, and what follows from the two."""

    key: str
    value: str
    language: str
    """The tag of the value's language."""
    glossary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Terms of the original, each with the translations that it may have."""

    @property
    def is_html(self) -> bool:
        """Whether it is a fragment, and not a title or summary."""
        return self.key.startswith("<")

    @property
    def spoken(self) -> str:
        """The language without region and script."""
        return self.language.partition("-")[0].lower()

    @property
    def is_cjk(self) -> bool:
        """Whether it is in Japanese or Chinese: full-width signs, no spaces between words."""
        return self.spoken in _WITHOUT_WORD_SPACES

    @cached_property
    def repair(self) -> Repair:
        """The value as a page can show it."""
        return repair(self.value, self.key) if self.is_html else Repair(self.value)

    @cached_property
    def own_kinds(self) -> frozenset[str]:
        """What had to be mended that is not the key's own damage."""
        kinds = frozenset(self.repair.kinds)
        return kinds - frozenset(repair(self.key, self.key).kinds) if kinds else kinds

    @cached_property
    def lines(self) -> tuple[Pair, ...]:
        """The lines that have words, if the two have the same blocks; a title or summary is one line."""
        if not self.is_html:
            return (Pair(self.key, self.value, self.key, PLACEHOLDER.sub(MARK, self.value)),)
        lines = split(self.key)
        for value in dict.fromkeys((self.repair.html, self.value)):
            if same_blocks(lines, others := split(value)):
                both = zip(lines[::2], others[::2], strict=True)
                return tuple(_pair(one, other) for one, other in both if has_words(one))
        return ()

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The lines; or the whole, if the two do not have the same blocks."""
        return self.lines or (_pair(self.key, self.repair.html),)

    def quoted(self, pair: Pair) -> str:
        """Say in which line a finding is, where there is more than one."""
        return f', in "{shortened(pair.original_text)}"' if len(self.pairs) > 1 else ""


def shortened(text: str, longest: int = _LONGEST_QUOTE) -> str:
    """Quote the beginning of a visible text; a placeholder in it is dots."""
    text = text.replace(MARK, "…")
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def visible(html: str) -> str:
    """Return what a reader sees of HTML, white space collapsed, with MARK for each placeholder."""
    return plain_text(PLACEHOLDER.sub(MARK, html) if "^" in html else html)


def spaced(html: str) -> str:
    """Return what a reader sees of a line of HTML with its white space as it is."""
    return unescape(PLACEHOLDER.sub(MARK, TAG.sub("", html)))


def _pair(original: str, translation: str) -> Pair:
    return Pair(original, translation, visible(original), visible(translation))


CJK = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
"""A letter of Japanese or Chinese."""

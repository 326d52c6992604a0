"""The lines of a fragment beside the lines of its translation: what a map really holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from site_builder.fragment.lines import (
    Line,
    has_plain_words,
    has_words,
    is_blank,
    is_untranslated,
    read_line,
    same_blocks,
    split,
)
from site_builder.fragment.wording import plain_text
from site_builder.translating.repair import is_line_in_order, repair


@dataclass(frozen=True, slots=True)
class Pair:
    """A line and its translation."""

    text: str
    """As its fragment has it."""
    translation: str
    """Empty if it has none: nothing, or the line again although that has words to be translated."""

    @property
    def line(self) -> Line:
        """What it says."""
        return read_line(self.text)


def line_pairs(key: str, value: str, counts: Callable[[str], bool] = has_words) -> tuple[Pair, ...] | None:
    """Pair the lines of an entry that count; None if the blocks of its two sides are not the same."""
    if not is_fragment(key):
        pieces, others = lines_of(key), lines_of(value, html=False)
    else:
        pieces, others = split(key), _mended(value, key, split(key))
        if not same_blocks(pieces, others):
            # A list in a paragraph may be told as one sentence.
            pieces, others = split(key, lists=False), split("".join(others), lists=False)
        if not same_blocks(pieces, others):
            return None
    return tuple(
        Pair(text, "" if is_blank(other) or is_untranslated(text, other) else other.strip())
        for text, other in zip(pieces[::2], others[::2], strict=True)
        if counts(text)
    )


def _mended(value: str, key: str, pieces: Sequence[str]) -> list[str]:
    """Split a translation, repaired if need be: most of them need not."""
    others = split(value)
    if same_blocks(pieces, others) and all(map(_is_in_order, others[::2], pieces[::2])):
        return others
    return split(repair(value, key).html)


def _is_in_order(translation: str, line: str) -> bool:
    # Text beside a formula that stands alone has left its block.
    alone = not has_words(line)
    return is_line_in_order(translation, line) and (not alone or translation.split() == line.split())


def lines_of(key: str, html: bool | None = None) -> list[str]:
    """Split a fragment; a title or summary, which is no HTML, is one line."""
    is_html = is_fragment(key) if html is None else html
    return split(key) if is_html else [escape(key, quote=False)]


def read_forms(key: str) -> tuple[str, ...]:
    """Say what a fragment, title or summary says, line by line, without how it is spelled."""
    return tuple([read_line(text).form for text in lines_of(key)[::2] if has_words(text)])


forms_of = lru_cache(maxsize=1 << 16)(read_forms)  # The maps of all languages have the same keys.
"""`read_forms`, for what a whole memory is asked."""


def has_gaps(key: str, value: str, *, strict: bool = False) -> bool:
    """Tell whether a translation leaves out a line of its fragment, or repeats it untranslated.

    With `strict`, one whose blocks are not those of its fragment may do so, too.
    """
    (pieces, lines), others = _to_tell(key), split(value)
    if not same_blocks(pieces, others):
        return strict or (plain_text(key) == plain_text(value) and has_plain_words(key))
    return any(
        is_untranslated(text, other) or (is_blank(other) and has_words(text))
        for at, text, first in lines
        # Most lines are told apart by a look.
        if not (letter := (other := others[at])[:1]).isalnum() or letter == first
    )


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def _to_tell(key: str) -> tuple[Sequence[str], Sequence[tuple[int, str, str]]]:
    """Split a fragment; those of its lines that can be left out: place, text and first letter."""
    pieces = split(key)
    lines = [(at, pieces[at], pieces[at].lstrip()[:1]) for at in range(0, len(pieces), 2)]
    return pieces, [line for line in lines if has_words(line[1]) or has_plain_words(line[1])]


def is_fragment(key: str) -> bool:
    """Tell whether a key is HTML; a title or summary is not."""
    return key.startswith("<") or "</" in key

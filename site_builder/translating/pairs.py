"""The lines of a fragment beside the lines of its translation: what a map really holds."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

from site_builder.fragment.lines import Line, has_words, is_untranslated, read_line, same_blocks, split
from site_builder.translating.repair import repair


@dataclass(frozen=True, slots=True)
class Pair:
    """A line and its translation."""

    line: Line
    text: str
    """As its fragment has it."""
    translation: str
    """Empty if it has none: nothing, or the line again although that has words to be translated."""


def line_pairs(key: str, value: str) -> tuple[Pair, ...] | None:
    """Pair the lines of an entry; None if the blocks of its translation are not those of its key."""
    pieces = lines_of(key)
    others = split(repair(value, key).html) if key.startswith("<") else lines_of(value, html=False)
    if not same_blocks(pieces, others):
        return None
    return tuple(
        Pair(read_line(text), text, "" if is_untranslated(text, other) else other.strip())
        for text, other in zip(pieces[::2], others[::2], strict=True)
        if has_words(text)
    )


def lines_of(key: str, html: bool | None = None) -> list[str]:
    """Split a fragment; a title or summary, which is no HTML, is one line."""
    is_html = key.startswith("<") if html is None else html
    return split(key) if is_html else [escape(key, quote=False)]


@lru_cache(maxsize=1 << 16)  # The maps of all languages have the same keys.
def forms_of(key: str) -> tuple[str, ...]:
    """Say what a fragment, title or summary says, line by line, without how it is spelled."""
    return tuple([read_line(text).form for text in lines_of(key)[::2] if has_words(text)])


def has_gaps(key: str, value: str) -> bool:
    """Tell whether a translation leaves out a line of its fragment, or repeats it untranslated."""
    pieces, others = split(key), split(value)
    return same_blocks(pieces, others) and any(
        is_untranslated(text, other) or (has_words(text) and not other.strip())
        for text, other in zip(pieces[::2], others[::2], strict=True)
        # Most lines are told apart by a look.
        if text == other or not other.strip() or text.strip() == other.strip()
    )

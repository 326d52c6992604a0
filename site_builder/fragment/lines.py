"""The lines of a fragment: the own text of its headings, paragraphs, list items and table cells.

A line is inline HTML. It says the same wherever it stands and whichever numbers its placeholders have:
what was translated once can be carried over to a line of the same form.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import pairwise
from typing import TypeVar

from site_builder.fragment import PLACEHOLDER, TAG, placeholders
from site_builder.fragment.wording import plainly_spelled

_BLOCK = re.compile(
    r"(</?(?:p|[uod]l|li|h[1-6]|d[dt]|div|blockquote|table|t(?:head|body|foot|[rdh])|caption|pre|hr"
    r"|details|summary)(?=[\s/>])[^<>]*>)"
)
_NAME = re.compile(r"</?[a-z0-9]+")
_NUMBER = re.compile(r"(?<![\w.])(\d{1,3})\. ?(?!\d)")
_EMPTY_ANCHOR = re.compile(r"<a(?:\s[^<>]*)?>\s*</a>")
_HREF = re.compile(r"""(<a\b[^<>]*?\shref\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_LETTER = re.compile(r"[^\W\d_]")
_VOID = re.compile(r"<w?br\b")


Item = TypeVar("Item", int, str)


def split(html: str, *, lists: bool = True) -> list[str]:
    """Take a fragment apart: texts at even places, block markup at odd ones; joined, they are `html`.

    A paragraph that spells an ordered list, `1. One 2. Two`, is split at its numbers, if `lists`.
    """
    pieces = _BLOCK.split(html)
    if not lists or "2." not in html:
        return pieces
    return [
        part
        for at, piece in enumerate(pieces)
        for part in ([piece] if at % 2 or "2." not in piece else _items(piece))
    ]


def _items(text: str) -> list[str]:
    parts, end, expected = [], 0, 1
    for number in _NUMBER.finditer(text):
        if int(number[1]) == expected:
            parts += [text[end : number.start()], number[0]]
            end, expected = number.end(), expected + 1
    parts.append(text[end:])
    # A number in a tag, or in an element that goes on behind it, begins no item.
    return parts if expected > 2 and all(map(is_balanced, parts[::2])) else [text]


def is_balanced(text: str) -> bool:
    """Tell whether inline elements begin and end in the same text."""
    depth = 0
    for tag in TAG.findall(text) if "<" in text else ():
        depth += nesting(tag)
        if depth < 0:
            return False
    return depth == 0 and text.count("<") == text.count(">")


def nesting(text: str) -> int:
    """Count how many more elements a text opens than it closes."""
    return text.count("<") - 2 * text.count("</") - len(_VOID.findall(text))


def same_blocks(pieces: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether two splits have the same blocks in the same order."""
    markup, other = pieces[1::2], others[1::2]
    return markup == other or (
        len(markup) == len(other)
        and all(_name(one) == _name(two) for one, two in zip(markup, other, strict=True))
    )


def _name(markup: str) -> str:
    name = _NAME.match(markup)
    return name[0] if name else markup.strip()


def has_words(text: str) -> bool:
    """Tell whether a line has a letter outside of tags and placeholders."""
    if "<" in text:
        text = TAG.sub("", text)
    return bool(_LETTER.search(unescape(text) if "&" in text else text))


def is_blank(text: str) -> bool:
    """Tell whether a reader would see nothing of a line."""
    if text[:1].isalnum():
        return False
    visible = unescape(TAG.sub("", text))
    return not any(character.isprintable() and not character.isspace() for character in visible)


def has_text(text: str) -> bool:
    """Tell whether a line has letters, numbers or signs outside of tags and placeholders."""
    return not is_blank(PLACEHOLDER.sub("", text) if "^" in text else text)


def has_plain_words(text: str) -> bool:
    """Tell whether a line has a word that is no name, code, path or number: those stay as they are."""
    words = unescape(PLACEHOLDER.sub(" ", TAG.sub(" ", text))).split()
    return any(_is_plain(word) and not _is_unit(before, word) for before, word in pairwise(["", *words]))


def _is_unit(before: str, word: str) -> bool:
    """Tell whether a word is the sign of a unit after a number: that is the same everywhere."""
    return word in _UNITS and before[-1:].isdigit()


_TIMES, _LENGTHS = {"ns", "µs", "μs", "ms", "s", "min", "h"}, {"nm", "µm", "μm", "mm", "cm", "m", "km"}
_UNITS = frozenset({*_TIMES, *_LENGTHS, "mg", "g", "kg", "px", "pt", "em", "rem", "dB", "bit"})


def _is_plain(word: str) -> bool:
    if word.upper() == word.lower():
        return sum(map(str.isalpha, word)) > 1  # A script without capitals may not part its words.
    letters = word.strip(".,;:!?()[]{}\"'“”‘’«»…—–*").replace("-", "").replace("'", "").replace("’", "")
    return len(letters) > 1 and letters.isalpha() and letters == letters.lower()


def is_untranslated(line: str, translation: str) -> bool:
    """Tell whether a translation is its line again, although that has words to be translated."""
    same = line.split() == translation.split() or (
        any(sign in line or sign in translation for sign in "&'")
        and read_line(line).form == read_line(translation).form
    )
    return same and has_plain_words(line)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says, and what is peculiar to the place where it stands."""

    form: str
    """The same for every spelling of a text; placeholders and links are numbered from 0."""
    numbers: tuple[int, ...] = ()
    """The number that each placeholder of the form has here."""
    targets: tuple[str, ...] = ()
    """Where each link of the form leads here."""


def read_line(html: str) -> Line:
    """Read one line, or a whole fragment."""
    text = " ".join(html.split())
    if "<" not in text and "&" not in text and "^" not in text:
        return Line(text)
    text = plainly_spelled(text)
    targets: dict[str, int] = {}
    if "<a" in text:
        text = _HREF.sub(
            lambda link: f'{link[1]}"{_index(_href(link), targets)}"', _EMPTY_ANCHOR.sub("", text)
        )
    numbers: dict[int, int] = {}
    text = PLACEHOLDER.sub(lambda found: f"_^_{_index(int(found[1]), numbers)}_^_", text)
    return Line(" ".join(text.split()), tuple(numbers), tuple(targets))


def _href(link: re.Match[str]) -> str:
    return unescape(link[2] or link[3] or link[4] or "")


def _index(item: Item, items: dict[Item, int]) -> int:
    return items.setdefault(item, len(items))


def carry(value: str, old: Line, new: Line) -> str | None:
    """Make the translation of a line that of another line of the same form, or of one a little different.

    None if the placeholders of the three do not agree.
    """
    if len(old.numbers) != len(new.numbers) or sorted(placeholders(value)) != sorted(old.numbers):
        return None
    if old.numbers != new.numbers:
        renumbered = dict(zip(old.numbers, new.numbers, strict=True))
        value = PLACEHOLDER.sub(lambda found: f"_^_{renumbered[int(found[1])]}_^_", value)
    if old.targets != new.targets and len(old.targets) == len(new.targets):
        moved = dict(zip(old.targets, new.targets, strict=True))
        value = _HREF.sub(lambda link: f'{link[1]}"{escape(moved.get(_href(link), _href(link)))}"', value)
    return value


def inside(text: str, translation: str) -> str:
    """Put a translation where a line stands, with the white space that is around it."""
    before = text[: len(text) - len(text.lstrip())]
    return f"{before}{translation}{text[len(text.rstrip()) :]}"

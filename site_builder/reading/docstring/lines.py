"""Lines of prose that know where they came from, and what their indentation says of them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of prose, without its line break."""

    text: str
    number: int
    """Index of the line of the prose that it came from."""
    inside: bool = False
    """Whether it goes on with code, a formula or raw HTML that an earlier line opened."""

    @property
    def blank(self) -> bool:
        """Whether nothing stands on it."""
        return not self.text or self.text.isspace()

    @property
    def indent(self) -> int:
        """How many spaces it begins with."""
        return len(self.text) - len(self.text.lstrip(" "))


Lines = list[Line]
Nested = Callable[[Lines], Lines]
"""Converts the body of an idiom, in which there may be more of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """An idiom, and the Markdown that says the same."""

    lines: Lines
    """Not indented, however far the idiom was."""
    end: int
    """Index of the first line that no longer belongs to it."""
    apart: bool = True
    """Whether blank lines must stand around it."""


Idiom = Callable[[Lines, int, Nested], Found | None]
"""Looks for an idiom that begins at a line, which is not blank."""


def numbered(texts: Sequence[str]) -> Lines:
    """Number `texts` from 0, and mark those that are inside something.

    The others are indented with spaces from here on.
    """
    spaced = [with_spaces(text) for text in texts]
    return [
        Line(text if inside else spaced[number], number, inside)
        for number, (text, inside) in enumerate(zip(texts, _inside(spaced), strict=True))
    ]


_LEADING_TABS = re.compile(r" *\t[ \t]*")


def with_spaces(text: str) -> str:
    """Indent a line with spaces where it is with tabs."""
    tabs = _LEADING_TABS.match(text) if "\t" in text else None
    return tabs[0].expandtabs(4) + text[tabs.end() :] if tabs else text


def block_end(lines: Sequence[Line], start: int, margin: int) -> int:
    """Return the end of the block from `start` whose lines are indented more than `margin`.

    A blank line belongs to it where one of these follows.
    """
    end = start
    for at in range(start, len(lines)):
        line = lines[at]
        if line.inside or (not line.blank and line.indent > margin):
            end = at + 1
        elif not line.blank:
            break
    return end


def next_text(lines: Sequence[Line], start: int) -> int:
    """Return the index of the first line from `start` that is not blank, or the number of lines."""
    return next((at for at in range(start, len(lines)) if not lines[at].blank), len(lines))


def margin_of(lines: Sequence[Line]) -> int:
    """Return the indentation that all of `lines` share."""
    return min((line.indent for line in lines if not line.blank and not line.inside), default=0)


def dedented(lines: Sequence[Line]) -> Lines:
    """Take off the indentation that all of `lines` share."""
    margin = margin_of(lines)
    return [_dedented(line, margin) for line in lines] if margin else list(lines)


def _dedented(line: Line, margin: int) -> Line:
    text = with_spaces(line.text)
    return Line(text[min(len(text) - len(text.lstrip(" ")), margin) :], line.number, line.inside)


def indented(lines: Sequence[Line], by: int) -> Lines:
    """Put `by` spaces before each line that is not blank."""
    return (
        [line if line.blank else Line(" " * by + line.text, line.number, line.inside) for line in lines]
        if by
        else list(lines)
    )


LIST_ITEM = re.compile(r" *(?:[-*+]|\d{1,9}[.)]) +(?=\S)")


def content_indent(line: Line) -> int:
    """Return where the text of a line begins, after the marker of a list item."""
    marker = LIST_ITEM.match(line.text)
    return marker.end() if marker else line.indent


def trimmed(lines: Sequence[Line]) -> Lines:
    """Drop the blank lines at both ends."""
    filled = [at for at, line in enumerate(lines) if not line.blank]
    return list(lines[filled[0] : filled[-1] + 1]) if filled else []


def stacked(blocks: Sequence[Lines]) -> Lines:
    """Put blocks below each other, a blank line between each two."""
    output: Lines = []
    for block in blocks:
        if output and block:
            output.append(Line("", block[0].number))
        output += block
    return output


_UNDERLINE = re.compile(r"([^\w\s])\1{2,}")


def underlines(line: str, title: str, characters: str) -> bool:
    """Say whether `line` is a run of one of `characters`, about as long as `title`."""
    run, length = line.strip(), len(title.strip())
    return (
        length > 0
        and _UNDERLINE.fullmatch(run) is not None
        and run[0] in characters
        and abs(len(run) - length) < 4
    )


_FENCE = re.compile(r" *(?:[-*+] +|\d{1,9}[.)] +)?(`{3,}(?=[^`]*$)|~{3,})")
_OPENING = re.compile(r" *(?:\\begin\{([A-Za-z]+\*?)\}|(<!--)|<(pre|script|style|textarea)\b)")
_CLOSING = re.compile(r"\\end\{[A-Za-z]+\*?\}|-->|</(?:pre|script|style|textarea)>")


def _inside(texts: Sequence[str]) -> Iterator[bool]:
    """Say of each line whether something that an earlier line opened still goes on."""
    last = _last_closings(texts)
    closes: Callable[[str], bool] | None = None
    for at, text in enumerate(texts):
        yield closes is not None
        if closes is None:
            closes = _opened(text, at, last, texts[at - 1] if at else "")
        elif closes(text):
            closes = None


def _last_closings(texts: Sequence[str]) -> dict[str, int]:
    """Find where each closing mark stands last: what never closes was never open."""
    last: dict[str, int] = {}
    for at, text in enumerate(texts):
        if text.count("$$") % 2:
            last["$$"] = at
        if text.strip() == "~~~":
            last["~~~"] = at
        last.update((closing, at) for closing in _CLOSING.findall(text))
    return last


def _opened(text: str, at: int, last: dict[str, int], above: str) -> Callable[[str], bool] | None:
    """Return what recognises the line that closes what `text` opens."""
    if fence := _FENCE.match(text):
        never_closes = len(fence[1]) > 3 or last.get("~~~", at) <= at
        if never_closes and underlines(text, above, "~"):
            return None  # It is a title's.
        return lambda line: _closes_fence(line, fence[1])
    if text.count("$$") % 2 and last["$$"] > at:
        return lambda line: line.count("$$") % 2 == 1
    if opening := _OPENING.match(text):
        environment, _, tag = opening.groups()
        closing = rf"\end{{{environment}}}" if environment else f"</{tag}>" if tag else "-->"
        if closing not in text and last.get(closing, -1) > at:
            return lambda line: closing in line
    return None


def _closes_fence(line: str, fence: str) -> bool:
    run = line.strip()
    return len(run) >= len(fence) and run == fence[0] * len(run)

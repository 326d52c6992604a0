"""Sections from where they open: what the languages' readers have in common."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise


class PairError(Exception):
    """A source that cannot be taken apart."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.line = line
        self.column = column
        self.message = message


@dataclass(frozen=True, slots=True)
class Pair:
    """Prose, and the code that it explains."""

    name: str
    """Qualified name of the `def` or `class` that starts here, else empty."""
    lines: range
    """From 1. The pairs of a file tile it: contiguous, in order, no gap."""
    prose: str
    """As written, without comment markers or quotes, dedented; empty if there is none."""
    prose_line: int
    """Source line of the first line of `prose`, 0 if there is none; line i of it is line `prose_line` + i."""
    code: tuple[int, ...]
    """Numbers of the lines shown as code; blank lines at its edges are not."""
    statements: tuple[int, ...] = ()
    """Of Python: the lines of its code at which a statement of the module itself begins."""
    string: tuple[int, str] | None = None
    """Of Python: line and indentation of the string that its prose is or ends with, if there is one."""


@dataclass(frozen=True, slots=True)
class Prose:
    """What a comment block or a string says."""

    text: str = ""
    line: int = 0
    """Source line of its first line."""
    string: tuple[int, str] | None = None
    """Line and indentation of the string that it is or ends with, if there is one."""

    def followed_by(self, other: "Prose") -> "Prose":
        """Join both, a blank line or more between them, so that `other` stays on its own lines."""
        if not (self.text and other.text):
            return replace(self, string=other.string) if self.text else other
        gap = other.line - self.line - self.text.count("\n")
        return Prose(self.text + "\n" * gap + other.text, self.line, other.string)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a section begins; it ends where the next one does."""

    line: int
    code: int
    """The first line that may be code."""
    code_end: int | None = None
    """The line after the last one that may be code, if that is not the section's end."""
    name: str = ""
    prose: Prose = Prose()
    shared: bool = False
    """Whether documentation of what stands on line `code` belongs to it too."""


def split_lines(text: str) -> list[str]:
    r"""Split at `\n`, `\r\n` and `\r` only, as Python's own reader does; drop a byte order mark."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def is_blank(line: str) -> bool:
    """Say whether nothing of `line` shows."""
    return not line or line.isspace()


def dedented(lines: Sequence[str]) -> list[str]:
    """Take off the indentation that all lines but the first share, and all of the first one's."""
    first, *more = (line.expandtabs() for line in lines)
    margin = min((len(line) - len(line.lstrip(" ")) for line in more if not is_blank(line)), default=0)
    return [first.lstrip(" "), *(line[margin:] for line in more)]


def trimmed(lines: Sequence[str], first: int, *, ended: bool = False) -> Prose:
    """Make prose of `lines`, which begin at source line `first`, without the blank ones at its edges.

    It ends with a newline if blank lines were at its end, or if it is `ended`.
    """
    shown = [number for number, line in enumerate(lines) if not is_blank(line)]
    if not shown:
        return Prose()
    start, stop = shown[0], shown[-1] + 1
    newline = "\n" if ended or stop < len(lines) else ""
    return Prose("\n".join(lines[start:stop]) + newline, first + start)


def comment_blocks(comments: Iterable[tuple[int, str]]) -> Iterator[Opening]:
    """Join comments, given as (line, text), that stand on consecutive lines; each block opens a section."""
    for _, group in groupby(enumerate(comments), lambda item: item[1][0] - item[0]):
        block = [comment for _, comment in group]
        first, after = block[0][0], block[-1][0] + 1
        prose = trimmed([text for _, text in block], first, ended=True)
        yield Opening(first, after, prose=prose, shared=True)


_FOR_TOOLS = re.compile(r"#!|#\s*(?:type:|noqa\b|pylint:|fmt:|ruff:|pragma:|%%)", re.IGNORECASE)
_ENCODING = re.compile(r"#.*?coding[:=][ \t]*[-\w.]+")


def is_for_tools(comment: str, line: int = 0) -> bool:
    """Say whether tools read `comment`, people do not; an encoding counts on the first two lines."""
    return bool(_FOR_TOOLS.match(comment)) or (0 < line <= 2 and bool(_ENCODING.match(comment)))


_LETTER = re.compile(r"[^\W_]")
# Lines that look like punctuation but mean something to Markdown.
_MARKUP = re.compile(r"\${2}$|`{3,}$|~{3,}$|\|[-:| ]+\|$")


def is_ruler(text: str) -> bool:
    """Say whether the comment `text` is punctuation only: drawn to divide code, not to be read."""
    if _LETTER.search(text):
        return False
    bare = text.strip()
    return bool(bare) and not _MARKUP.match(bare)


def tile(openings: Iterable[Opening], lines: Sequence[str]) -> tuple[Pair, ...]:
    """Make the pairs of a file; `openings` are in order, and what comes before the first is code.

    A section that would show nothing lends its lines to its neighbour, so that every pair has prose
    or code, unless nothing in the file shows.
    """
    end = Opening(len(lines) + 1, 0)
    shown = [
        (opening, code)
        for opening, following in pairwise([Opening(1, 1), *openings, end])
        if (code := _code(opening, following.line, lines)) or opening.prose.text
    ]
    if not shown:
        return (Pair("", range(1, end.line), "", 0, ()),) if lines else ()
    starts = [1, *(_first_shown(opening, lines) for opening, _ in shown[1:]), end.line]
    return tuple(
        Pair(
            opening.name,
            range(start, stop),
            opening.prose.text,
            opening.prose.line,
            code,
            string=opening.prose.string,
        )
        for (opening, code), (start, stop) in zip(shown, pairwise(starts), strict=True)
    )


def _code(opening: Opening, stop: int, lines: Sequence[str]) -> tuple[int, ...]:
    first, last = opening.code, (opening.code_end or stop) - 1
    while first <= last and is_blank(lines[first - 1]):
        first += 1
    while first <= last and is_blank(lines[last - 1]):
        last -= 1
    return tuple(range(first, last + 1))


def _first_shown(opening: Opening, lines: Sequence[str]) -> int:
    """Leave blank lines above a section to the one before it."""
    return next(number for number in range(opening.line, len(lines) + 1) if not is_blank(lines[number - 1]))

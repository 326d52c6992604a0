"""What Markdown must not touch: code spans and formulas, set aside before it runs.

In their place stand marks of two noncharacters, which Markdown takes for a word. A mark that ends up
where nothing may be set aside, in a code block or in a tag, is undone by `restore`.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "inline", "display", "environment"]

MARK = re.compile("\ufdd0(\\d+)\ufdd1")
"""Stands for a piece; group 1 is its number."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that was set aside."""

    kind: Kind
    source: str
    body: str
    """`source` without its delimiters, of an environment all of it."""
    line: int
    """Line of the text, from 0."""


def mark(number: int) -> str:
    """Return the mark of piece `number`."""
    return f"\ufdd0{number}\ufdd1"


def restore(text: str, pieces: Sequence[Piece]) -> str:
    """Put back what marks in `text` stand for."""
    return MARK.sub(lambda found: pieces[int(found[1])].source, text)


_OPENER = re.compile(
    r"""
    ^[ \t>]*(?:[-*+][ ]+|\d+[.)][ ]+)?(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})
    | \\(?:[\\`$]|begin\{(?P<environment>[A-Za-z]+\*?)\})
    | (?P<ticks>`+)
    | (?P<dollars>\$\$?)
    """,
    re.MULTILINE | re.VERBOSE,
)
_TICKS = re.compile("`+")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")
_CLOSING_DOLLAR = re.compile(r"(?<![\s\\])\$(?!\d)")
_CLOSING_DOLLARS = re.compile(r"(?<!\\)\$\$")


def protect(text: str) -> tuple[str, list[Piece]]:
    """Replace each code span and formula by a mark; piece N is what mark N stands for.

    A span or formula ends in the paragraph that it begins in; an environment may hold blank lines.
    """
    if MARK.search(text):
        text = text.replace("\ufdd0", "\ufffd").replace("\ufdd1", "\ufffd")
    if not ("`" in text or "$" in text or "\\begin{" in text):
        return text, []
    scan = _Scan(text)
    return scan.marked(), scan.pieces


class _Scan:
    """One pass over a text, linear: what did not close once is not looked for again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Piece] = []
        self._paragraph_ends = [blank.start() for blank in _BLANK_LINE.finditer(text)]
        self._unclosed: dict[str, int] = {}
        self._runs: dict[int, list[int]] = {}
        for run in _TICKS.finditer(text):
            self._runs.setdefault(len(run[0]), []).append(run.start())

    def marked(self) -> str:
        output, done, position = [], 0, 0
        while opener := _OPENER.search(self.text, position):
            position = opener.end()
            if opener["fence"]:
                position = self._end_of_fence(opener)
            elif piece := self._piece(opener):
                output += [self.text[done : opener.start()], mark(len(self.pieces))]
                self.pieces.append(piece)
                done = position = opener.start() + len(piece.source)
        return "".join([*output, self.text[done:]])

    def _piece(self, opener: re.Match[str]) -> Piece | None:
        if opener["ticks"]:
            return self._code_span(opener)
        if opener["dollars"]:
            return self._formula(opener)
        return self._environment(opener) if opener["environment"] else None

    def _code_span(self, opener: re.Match[str]) -> Piece | None:
        starts = self._runs[len(opener["ticks"])]
        following = bisect_left(starts, opener.end())
        if following == len(starts) or starts[following] > self._paragraph_end(opener.end()):
            return None
        body = " ".join(self.text[opener.end() : starts[following]].split("\n"))
        if body.strip() and body[0] == body[-1] == " ":
            body = body[1:-1]
        return self._make("code", opener.start(), starts[following] + len(opener["ticks"]), body)

    def _formula(self, opener: re.Match[str]) -> Piece | None:
        dollars, start = opener["dollars"], opener.end()
        if dollars == "$" and (start == len(self.text) or self.text[start].isspace()):
            return None
        limit = self._paragraph_end(start)
        if self._unclosed.get(dollars, -1) == limit:
            return None
        closing = (_CLOSING_DOLLAR if dollars == "$" else _CLOSING_DOLLARS).search(self.text, start, limit)
        if closing is None:
            self._unclosed[dollars] = limit
            return None
        body = self.text[start : closing.start()]
        return self._make("inline" if dollars == "$" else "display", opener.start(), closing.end(), body)

    def _environment(self, opener: re.Match[str]) -> Piece | None:
        name = opener["environment"]
        if name in self._unclosed:
            return None
        depth, position = 1, opener.end()
        edges = re.compile(rf"\\(begin|end)\{{{re.escape(name)}\}}")
        while depth and (edge := edges.search(self.text, position)):
            depth += 1 if edge[1] == "begin" else -1
            position = edge.end()
        if depth:
            self._unclosed[name] = 0
            return None
        return self._make("environment", opener.start(), position, self.text[opener.start() : position])

    def _make(self, kind: Kind, start: int, end: int, body: str) -> Piece:
        return Piece(kind, self.text[start:end], body, self.text.count("\n", 0, start))

    def _paragraph_end(self, position: int) -> int:
        following = bisect_left(self._paragraph_ends, position)
        return self._paragraph_ends[following] if following < len(self._paragraph_ends) else len(self.text)

    def _end_of_fence(self, opener: re.Match[str]) -> int:
        closing = re.compile(rf"^[ \t>]*{re.escape(opener['fence'])}[`~]*[ \t]*$", re.MULTILINE)
        found = closing.search(self.text, opener.end())
        return found.end() if found else len(self.text)

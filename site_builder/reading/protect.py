"""What Markdown must not touch: code spans and formulas, set aside before it runs.

In their place stand marks of two noncharacters, which Markdown takes for a word. A mark that ends up
where nothing may be set aside, in a code block or in a tag, is undone by `restore`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "inline", "display", "environment"]

MARK = re.compile("\ufdd0([0-9]+)\ufdd1")
"""Stands for a piece; group 1 is its number."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that was set aside."""

    kind: Kind
    source: str
    body: str
    """`source` without its delimiters, of an environment all of it; of code, one line."""
    line: int
    """Line of the text, from 0."""


def mark(number: int) -> str:
    """Return the mark of piece `number`."""
    return f"\ufdd0{number}\ufdd1"


def restore(text: str, pieces: Sequence[Piece], margin: str = "") -> str:
    """Put back what marks in `text` stand for, without the `margin` of their lines."""
    return MARK.sub(lambda found: pieces[int(found[1])].source.replace(f"\n{margin}", "\n"), text)


_FENCE = r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ ]++(?:>[ \t>]*+)?)*+(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"
_OTHER_OPENER = r"""
    \\(?:[\\`$<]|begin\{(?P<environment>[A-Za-z]+\*?)\})
    | (?P<comment><!--)
    | <[A-Za-z][\w+.-]*+ (?:
        :[^\s<>]*+
        | (?:\s++[\w:.-]++(?:=(?:"[^"\n]*+"|'[^'\n]*+'|[^\s"'=<>`]++))?+)*+\s*+/?
      )>
    | (?P<ticks>`+)
    | (?P<dollars>\$\$?)
    """
_OPENER = re.compile(f"{_FENCE} | {_OTHER_OPENER}", re.MULTILINE | re.VERBOSE)
# Each branch begins with a sign, which makes the search several times faster.
_OPENER_BUT_FENCES = re.compile(_OTHER_OPENER, re.MULTILINE | re.VERBOSE)
_TICKS = re.compile("`+")
_TO_DOLLAR = re.compile(r"((?:[^\\$]|\\.)*+)\$(?![0-9])", re.DOTALL)
_TO_DOLLARS = re.compile(r"((?:[^\\$]|\\.|\$(?!\$))*+)\$\$", re.DOTALL)
_ENVIRONMENT_EDGE = re.compile(r"\\(begin|end)\{([A-Za-z]+\*?)\}")
_BLANK_LINE = r"\n[ \t>]*(?=\n)"
_ENDS: Mapping[Kind, re.Pattern[str]] = {
    "display": re.compile(_BLANK_LINE),
    # Another block ends a paragraph too; but a formula goes on in a line that begins with a sign.
    "inline": re.compile(rf"{_BLANK_LINE}|\n[ \t>]*(?:\*|\d{{1,9}}[.)]|\#{{1,6}})[ \t]"),
    "code": re.compile(rf"{_BLANK_LINE}|\n[ \t>]*(?:[-+*]|\d{{1,9}}[.)]|\#{{1,6}})[ \t]"),
}


def protect(text: str) -> tuple[str, list[Piece]]:
    """Replace each code span and formula by a mark; piece N is what mark N stands for.

    A span or formula ends in the paragraph that it begins in; an environment may hold blank lines.
    """
    text = text.replace("\ufdd0", "\ufffd").replace("\ufdd1", "\ufffd")
    if not ("`" in text or "$" in text or "\\begin{" in text):
        return text, []
    scan = _Scan(text)
    return scan.marked(), scan.pieces


class _Scan:
    """One pass over a text, linear: where a piece ends is found at once, or known beforehand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Piece] = []
        self._numbers: dict[str, int] = {}
        """Of each code span; a reference and its definition must agree on the mark."""
        self._ends: dict[Kind, list[int]] = {}
        self._environments = dict(_environments(text))
        self._last_comment = text.rfind("-->")
        self._has_fences = "```" in text or "~~~" in text
        self._runs: dict[int, list[int]] = {}
        for run in _TICKS.finditer(text):
            self._runs.setdefault(len(run[0]), []).append(run.start())

    def marked(self) -> str:
        output, done, position, line = [], 0, 0, 0
        search = (_OPENER if self._has_fences else _OPENER_BUT_FENCES).search
        while opener := search(self.text, position):
            position = self._end_of_verbatim(opener)
            if found := self._found(opener):
                kind, body, position = found
                before, source = self.text[done : opener.start()], self.text[opener.start() : position]
                line += before.count("\n")
                piece = Piece(kind, source, self._body(kind, body, opener.start()), line)
                output += [before, mark(self._number(piece))]
                line += source.count("\n")
                done = position
        return "".join([*output, self.text[done:]])

    def _number(self, piece: Piece) -> int:
        number = len(self.pieces)
        if piece.kind == "code":
            number = self._numbers.setdefault(piece.source, number)
        if number == len(self.pieces):
            self.pieces.append(piece)
        return number

    def _found(self, opener: re.Match[str]) -> tuple[Kind, str, int] | None:
        """Return kind, body and end of the piece that begins here, if one does."""
        if opener["ticks"]:
            return self._code_span(opener)
        if opener["dollars"]:
            return self._formula(opener)
        if opener["environment"] and (end := self._environments.get(opener.start())):
            return "environment", self.text[opener.start() : end], end
        return None

    def _code_span(self, opener: re.Match[str]) -> tuple[Kind, str, int] | None:
        # A run that a backslash shortened is in no list of its length.
        starts = self._runs.get(len(opener["ticks"]), [])
        following = bisect_left(starts, opener.end())
        if following == len(starts) or starts[following] > self._paragraph_end("code", opener.end()):
            return None
        end = starts[following] + len(opener["ticks"])
        return "code", self.text[opener.end() : starts[following]], end

    def _formula(self, opener: re.Match[str]) -> tuple[Kind, str, int] | None:
        kind: Kind = "inline" if opener["dollars"] == "$" else "display"
        to_end = _TO_DOLLAR if kind == "inline" else _TO_DOLLARS
        found = to_end.match(self.text, opener.end(), self._paragraph_end(kind, opener.end()))
        if not found or not found[1].strip() or (kind == "inline" and found[1] != found[1].strip()):
            return None
        return kind, found[1], found.end()

    def _paragraph_end(self, kind: Kind, position: int) -> int:
        if kind not in self._ends:
            self._ends[kind] = [end.start() for end in _ENDS[kind].finditer(self.text)]
        ends = self._ends[kind]
        following = bisect_left(ends, position)
        return ends[following] if following < len(ends) else len(self.text)

    def _body(self, kind: Kind, body: str, start: int) -> str:
        """Take off the marks of a block quote that lines begin with, and what is not code around code."""
        if "\n" in body and (quote := _QUOTE.match(self.text, self.text.rfind("\n", 0, start) + 1)):
            body = re.sub(rf"\n(?:[ \t]*>){{,{quote[0].count('>')}}}", "\n", body)
        if kind != "code":
            return body
        code = re.sub(r"\n[ \t]*", " ", body)
        return code[1:-1] if code.strip() and code[0] == code[-1] == " " else code

    def _end_of_verbatim(self, opener: re.Match[str]) -> int:
        """Return where to go on after the fence or comment that begins here, or after any other opener."""
        if opener["comment"] and opener.start() < self._last_comment:
            # The shortest comment is `<!-->`.
            return self.text.index("-->", opener.start() + 2) + 3
        if not self._has_fences or not (fence := opener["fence"]):
            return opener.end()
        # The end of a block quote ends the fence in it.
        outside = "|^(?![ \t]*>)" if ">" in opener[0] else ""
        closing = re.compile(rf"^[ \t>]*{fence}{fence[0]}*[ \t]*${outside}", re.MULTILINE)
        found = closing.search(self.text, opener.end())
        return found.end() if found else len(self.text)


_QUOTE = re.compile("[ \t>]*")


def _environments(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each environment begins and ends; those of one name nest."""
    begins: dict[str, list[int]] = {}
    for edge in _ENVIRONMENT_EDGE.finditer(text):
        if edge[1] == "begin":
            begins.setdefault(edge[2], []).append(edge.start())
        elif begins.get(edge[2]):
            yield begins[edge[2]].pop(), edge.end()

"""Source text into pairs of prose and code; Python by its tokens, never imported or run."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from site_builder.reading.pair.comments import pair_comments
from site_builder.reading.pair.statements import Statement, statements
from site_builder.reading.pair.tiling import (
    Opening,
    Pair,
    PairError,
    Prose,
    comment_blocks,
    split_lines,
    tile,
)

__all__ = ["Pair", "PairError", "pair_comments", "pair_python"]


def pair_python(text: str, *, is_valid: bool = False) -> tuple[Pair, ...]:
    """Split Python source into pairs of prose and code.

    Every line of `text` lands in exactly one pair, in order; every line that is not blank is either
    prose or code. `is_valid` says that Python's parser accepts it: then the pairs are the same, at less
    cost. Raises PairError if `text` does not tokenize.
    """
    lines = split_lines(text)
    outline = _Outline()
    for statement in statements(lines, are_valid=is_valid):
        outline.add(statement)
    return tuple(_with_statements(tile(outline.openings, lines), outline.statements))


def _with_statements(pairs: Iterable[Pair], begins: Sequence[int]) -> Iterator[Pair]:
    """Tell each pair which of the lines at which a statement of the module begins are code of its own."""
    start = 0
    for pair in pairs:
        stop = bisect_left(begins, pair.lines.stop, start)
        own = tuple(
            line for line in begins[start:stop] if pair.code and pair.code[0] <= line <= pair.code[-1]
        )
        yield replace(pair, statements=own) if own else pair
        start = stop


@dataclass(frozen=True, slots=True)
class _Definition:
    name: str
    """Qualified."""
    keyword: str
    depth: int
    """How many blocks are open in its body."""


# What a statement that spans blocks goes on with; the end of the file is no statement.
_GOES_ON = frozenset({"", "elif", "else", "except", "finally"})


class _Outline:
    """The openings of the statements added so far."""

    def __init__(self) -> None:
        self.openings: list[Opening] = []
        self.statements: list[int] = []
        """The lines at which a statement of the module itself begins, with its decorators."""
        self._depth = 0
        self._scopes: list[_Definition] = []
        self._decorated = 0
        """Line of the first decorator that waits for its definition."""
        self._defined: _Definition | None = None
        """What the previous statement defines."""
        self._previous: Statement | None = None
        self._begin = 0
        """Line where what the previous statement says begins, with its decorators."""

    def add(self, statement: Statement) -> None:
        """Open the sections that begin above, at, or within `statement`."""
        if statement.blocks:
            self._move(statement.blocks)
        if statement.above:
            self.openings += comment_blocks(statement.above)
        begin, defined = self._decorated or statement.first, None
        if name := statement.defines:
            defined = self._define(name, statement.opening, begin)
        elif prose := statement.prose:
            self._document(statement, prose)
        if begin == statement.first and not self._depth and statement.opening not in _GOES_ON:
            self.statements.append(begin)
        if statement.within:
            self.openings += comment_blocks(statement.within)
        self._decorated = begin if statement.opening == "@" else 0
        self._previous, self._defined, self._begin = statement, defined, begin

    def _move(self, blocks: int) -> None:
        """Enter or leave the bodies of definitions."""
        self._depth += blocks
        if blocks > 0 and self._defined:
            self._scopes.append(self._defined)
        while self._scopes and self._scopes[-1].depth > self._depth:
            self._scopes.pop()

    def _define(self, name: str, keyword: str, begin: int) -> _Definition:
        qualified = f"{self._scopes[-1].name}.{name}" if self._scopes else name
        self.openings.append(self._opening_at(begin, qualified))
        return _Definition(qualified, keyword, self._depth + 1)

    def _opening_at(self, begin: int, name: str = "") -> Opening:
        """Take back what opens the section of line `begin`; comments below that line become code."""
        while self.openings and self.openings[-1].code > begin:
            self.openings.pop()
        if self.openings and self.openings[-1].shared and self.openings[-1].code == begin:
            opening = self.openings.pop()
            return replace(opening, name=name or opening.name)
        return Opening(begin, begin, name=name, shared=True)

    def _document(self, statement: Statement, prose: Prose) -> None:
        """Put `prose` beside what it documents, else beside what follows it."""
        after = statement.last + 1
        if not self._is_documentation(statement):
            self.openings.append(Opening(statement.first, after, prose=prose))
            return
        opening = self._opening_at(self._begin)
        joined = opening.prose.followed_by(prose)
        self.openings.append(replace(opening, prose=joined, code_end=statement.first))
        self.openings.append(Opening(after, after))

    def _is_documentation(self, statement: Statement) -> bool:
        """Say whether `statement`, a string, belongs to the statement before it."""
        if self._defined:
            return statement.blocks > 0
        if not self._previous or statement.blocks or statement.first != self._previous.last + 1:
            return False
        in_function = bool(self._scopes) and self._scopes[-1].keyword != "class"
        return not in_function and self._previous.assigns

"""The cells of a page, in no language yet: what of its code stands together, and where its prose goes.

Code runs cell by cell, so a cell holds whole statements of the module. Prose above such a statement is a
cell of its own; prose within one stays there, as a docstring or a comment.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from site_builder.model import Page, Section
from site_builder.writing.notebook.listing import Line, code_lines


@dataclass(frozen=True, slots=True)
class Prose:
    """Where the prose of a section goes."""

    section: int
    form: Literal["markdown", "comment", "string"] = "markdown"
    indentation: str = ""
    is_body: bool = False
    """Whether it is all that a block holds."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Prose, or code with the prose within it, one below the other."""

    kind: Literal["prose", "code", "listing"]
    """A listing is shown, but not run."""
    identifier: str
    parts: list[Prose | str] = field(default_factory=list)
    """Lines of code, and prose between them."""

    @property
    def prose(self) -> list[Prose]:
        """Its parts that are prose."""
        return [part for part in self.parts if isinstance(part, Prose)]


def outline(page: Page, kind: str) -> tuple[Cell, ...]:
    """Return the cells of a page; the code of any `kind` but `python` is only shown."""
    if kind == "python":
        return tuple(_Outline(page).cells())
    return tuple(_shown(page.sections))


def _shown(sections: Sequence[Section]) -> Iterator[Cell]:
    for number, section in enumerate(sections):
        if section.docs.html:
            yield _prose_cell(number)
        if lines := code_lines(section.code):
            yield _code_cell("listing", lines)


def _prose_cell(section: int) -> Cell:
    return Cell("prose", f"section-{section}", [Prose(section)])


def _code_cell(kind: Literal["code", "listing"], lines: Sequence[Line]) -> Cell:
    return Cell(kind, f"line-{lines[0].number}", [line.text for line in lines])


class _Outline:
    """The work on one Python page."""

    def __init__(self, page: Page) -> None:
        self._sections = page.sections
        self._lines = [code_lines(section.code) for section in page.sections]
        self._statements = frozenset(line for section in page.sections for line in section.statements)
        self._following = self._first_statements()
        self._cells: list[Cell] = []
        self._held: tuple[Line, ...] = ()
        """Comments that wait for code to stand with."""

    def cells(self) -> list[Cell]:
        """Return the cells in the order of the page."""
        for number in range(len(self._sections)):
            self._add(number)
        if self._held:
            self._cells.append(_code_cell("code", self._held))
        return self._cells

    def _first_statements(self) -> list[Line | None]:
        """Return for each section the first line of a statement in its code or, else, in what follows."""
        following: list[Line | None] = [None]
        for lines in reversed(self._lines):
            following.append(next((line for line in lines if line.is_statement), following[-1]))
        return following[::-1]

    def _add(self, number: int) -> None:
        section, lines = self._sections[number], self._lines[number]
        ahead = self._following[number]
        begins = ahead is None or ahead.number in self._statements or not self._is_open()
        if (
            not begins
            and ahead
            and _DEFINITION.match(ahead.text)
            and isinstance(self._cells[-1].parts[-1], Prose)
        ):
            self._cells[-1].parts.append("")
        below = bool(section.string and lines and lines[0].number < section.string[0])
        if not below and (section.docs.html or section.string):
            self._add_prose(number, ahead, begins=begins)
        elif begins and section.docs.html:
            self._cells.append(_prose_cell(number))
        for chunk in self._chunks(section, lines, begins=begins):
            self._add_code(chunk, begins=begins or chunk[0] is not lines[0])
        if below:
            self._add_prose_below(number, begins=begins)
        elif self._is_open():
            blank = section.lines.stop - 1 - lines[-1].number if lines else 1
            self._cells[-1].parts.extend([""] * min(blank, 2))

    def _is_open(self) -> bool:
        return bool(self._cells) and self._cells[-1].kind != "prose"

    def _add_prose(self, number: int, ahead: Line | None, *, begins: bool) -> None:
        """Add the prose that stands above its code."""
        string = self._sections[number].string
        if string and string[1] and self._is_open():
            # A string in the body of a statement, which may end with it.
            self._cells[-1].parts.append(self._string(number, ahead))
        elif begins:
            self._cells.append(_prose_cell(number))
        else:
            self._cells[-1].parts.append(Prose(number, "comment", ahead.indentation if ahead else ""))

    def _add_prose_below(self, number: int, *, begins: bool) -> None:
        """Add what documents the code above it; if that is the beginning of a cell, it is in one already."""
        string = self._string(number, self._following[number + 1])
        if not begins:
            self._cells[-1].parts.append(string)
        elif string.is_body:
            self._cells[-1].parts.append(f"{string.indentation}pass")

    def _string(self, number: int, following: Line | None) -> Prose:
        _, indentation = self._sections[number].string or (0, "")
        goes_on = following is not None and following.text.startswith(indentation)
        return Prose(number, "string", indentation, is_body=bool(indentation) and not goes_on)

    def _chunks(self, section: Section, lines: Sequence[Line], *, begins: bool) -> Iterator[Sequence[Line]]:
        """Part what only a program does when it is run, and not when it is imported, from the rest."""
        is_main = not begins and self._cells[-1].kind == "listing"
        start = 0
        for number in section.statements:
            at = number - lines[0].number
            was_main, is_main = is_main, bool(_MAIN.match(lines[at].text))
            if at > start and (was_main or is_main):
                yield lines[start:at]
                start = at
        if lines:
            yield lines[start:]

    def _add_code(self, lines: Sequence[Line], *, begins: bool) -> None:
        if not begins:
            self._cells[-1].parts.extend(line.text for line in lines)
            return
        statement = next((line for line in lines if line.is_statement), None)
        lines, self._held = (*self._held, *lines), ()
        if statement is None:
            self._held = lines
        else:
            self._cells.append(_code_cell("listing" if _MAIN.match(statement.text) else "code", lines))


_DEFINITION = re.compile(r"\s*(?:def|class|async def|@)\b")

# A kernel is `__main__` too, but what it is started with is no business of the program.
_MAIN = re.compile(r"""if\b[ (]*(?:__name__ == ["']__main__["']|["']__main__["'] == __name__)""")

"""What reStructuredText draws with characters: titles and tables."""

import re

from site_builder.reading.docstring.lines import Found, Line, Lines, Nested, underlines
from site_builder.reading.docstring.listings import fenced

_LEVELS = {"=": 1, "*": 1, "#": 1, "-": 2, "~": 3, "^": 4, '"': 5, "+": 4, ".": 5, "'": 5}


def title(lines: Lines, at: int, _: Nested) -> Found | None:
    """Find a title between two lines of punctuation, or above one that is not a heading to Markdown."""
    if at and not lines[at - 1].blank:
        return None
    texts = [line.text.rstrip() for line in lines[at : at + 3]]
    # Between two lines of `~` stands code, to Markdown.
    if len(texts) == 3 and texts[0] == texts[2] and _is_title(texts[1], texts[0], "=*#^+"):
        return _heading(texts[0].strip()[0], lines[at + 1], at + 3)
    if (
        len(texts) > 1
        and not lines[min(at + 2, len(lines) - 1)].inside
        and _is_title(texts[0], texts[1], "~^\"'+*#.")
    ):
        return _heading(texts[1].strip()[0], lines[at], at + 2)
    return None


def _is_title(text: str, line: str, characters: str) -> bool:
    return (
        (len(line) > 3 or line == "~~~")
        and (text[:1].isalnum() or text[:1] in "`(")
        and underlines(line, text, characters)
    )


def _heading(character: str, line: Line, end: int) -> Found:
    return Found([Line(f"{'#' * _LEVELS[character]} {line.text.strip()}", line.number)], end)


_GRID = re.compile(r" *\+(?:[-=]+\+)+ *$")
_SIMPLE = re.compile(r" *=+(?: +=+)+ *$")


def table(lines: Lines, at: int, _: Nested) -> Found | None:
    """Find a table drawn with characters; it stays a drawing."""
    if _GRID.match(lines[at].text):
        end = next((n for n in range(at, len(lines)) if lines[n].blank), len(lines))
    elif _SIMPLE.match(lines[at].text):
        end = _end_of_simple_table(lines, at)
    else:
        return None
    return Found(fenced(lines[at:end], ""), end) if end > at + 2 else None


def _end_of_simple_table(lines: Lines, at: int) -> int:
    """Return the end of a table that has one line below its head, or none, and one at its foot."""
    borders = (n for n in range(at + 1, len(lines)) if _SIMPLE.match(lines[n].text))
    second = next(borders, at)
    at_foot = second + 1 == len(lines) or lines[second + 1].blank
    return 1 + (second if at_foot else next(borders, second))

"""Listings in prose: doctests, literal blocks, and how to tell code from words."""

import re
from collections.abc import Sequence
from dataclasses import replace

from site_builder.reading.lines import Found, Line, Lines, Nested, block_end, dedented, next_text, trimmed


def fenced(lines: Sequence[Line], language: str) -> Lines:
    """Make a fenced block of code, not indented."""
    code = dedented([replace(line, inside=False) for line in trimmed(lines)])
    if not code:
        return []
    fence = "`" * max(3, *(1 + len(run) for line in code for run in ["", *_TICKS.findall(line.text)]))
    return [
        Line(fence + language, code[0].number),
        *(replace(line, inside=True) for line in code),
        Line(fence, code[-1].number, inside=True),
    ]


_TICKS = re.compile("`+")
_CODE = re.compile(
    r"""
    (?:async[ ])?(?:def|class|with|for|if|while)[ ].*:$  # a block of Python
    | import[ ]\w | from[ ][\w.]+[ ]import[ ] | @\w | return[ ]
    | [\w.\[\], ]+[ ][-+*/]?=[ ]\S  # an assignment
    | [\w.]+\((?:.*[),;(\[{])?$  # a call
    """,
    re.VERBOSE,
)
_SHELL = re.compile(r"[$%][ ]|(?:pip|conda|python\d?|git|make|torchrun|curl|cd)[ ](?:install|clone|-|\w+\.py|\w+/)")


def language_of(text: str) -> str:
    """Guess from its first line what a listing is in: `python`, `console` or, for neither, nothing."""
    line = text.strip()
    if line.startswith(">>>"):
        return "python"
    if _SHELL.match(line):
        return "console"
    return "python" if line.startswith("# ") or _CODE.match(line) else ""


_PROMPT = re.compile(r" *>>>(?: |$)")


def doctest(lines: Lines, at: int, _: Nested) -> Found | None:
    """Find `>>> ` and what follows it up to a blank line."""
    if not _PROMPT.match(lines[at].text):
        return None
    margin = lines[at].indent
    end = at + 1
    while end < len(lines) and not lines[end].blank and lines[end].indent >= margin:
        end += 1
    return Found(fenced(lines[at:end], "python"), end, apart=False)


def literal_block(lines: Lines, at: int, _: Nested) -> Found | None:
    """Find the indented block that `text::` above it announces."""
    above = at - 1
    while above >= 0 and lines[above].blank:
        above -= 1
    if above < 0 or not announces(lines, above):
        return None
    end = block_end(lines, at, content_indent(lines[above]))
    return Found(fenced(lines[at:end], language_of(lines[at].text)), end, apart=False)


def announces(lines: Lines, at: int) -> bool:
    """Say whether a line ends in `::` with an indented block below."""
    if lines[at].inside or not lines[at].text.rstrip().endswith("::"):
        return False
    below = next_text(lines, at + 1)
    if below == len(lines) or lines[below].indent <= content_indent(lines[at]):
        return False
    return below > at + 1 or bool(language_of(lines[below].text))


def announcement(line: Line) -> Lines:
    """Write a line that ends in `::` as Markdown: with one colon, or not at all."""
    text = line.text.rstrip()[:-2]
    if not text.strip():
        return []
    return [replace(line, text=text.rstrip() if text.endswith(" ") else f"{text}:")]


LIST_ITEM = re.compile(r" *(?:[-*+]|\d{1,9}[.)]) +(?=\S)")


def content_indent(line: Line) -> int:
    """Return where the text of a line begins, after the marker of a list item."""
    marker = LIST_ITEM.match(line.text)
    return marker.end() if marker else line.indent

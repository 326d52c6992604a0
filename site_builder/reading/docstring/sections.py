"""Sections of docstrings: Google's (`Args:`) and NumPy's (a title over a line of dashes)."""

import re
from typing import Literal

from site_builder.reading.docstring.entries import (
    chunks,
    entry_list,
    google_head,
    numpy_head,
    numpy_named_head,
    numpy_result_head,
    type_as_code,
)
from site_builder.reading.docstring.lines import (
    Found,
    Line,
    Lines,
    Nested,
    block_end,
    dedented,
    trimmed,
    underlines,
)
from site_builder.reading.docstring.listings import fenced, language_of

Kind = Literal["entries", "named", "results", "text", "example"]

_TABLE: tuple[tuple[str, Kind, str], ...] = (
    ("Parameters", "entries", "args, arguments, params, parameters"),
    ("Keyword arguments", "entries", "keyword args, keyword arguments, kwargs"),
    ("Other parameters", "entries", "other parameters"),
    ("Attributes", "entries", "attributes"),
    ("Inputs", "entries", "inputs"),
    ("Outputs", "entries", "outputs"),
    ("Returns", "results", "return, returns"),
    ("Yields", "results", "yield, yields"),
    ("Receives", "results", "receives"),
    ("Raises", "named", "raise, raises"),
    ("Warns", "named", "warns"),
    ("Methods", "named", "methods"),
    ("See also", "named", "see also"),
    ("Example", "example", "example, example usage, usage example"),
    ("Examples", "example", "examples"),
    ("Usage", "example", "usage"),
    ("Note", "text", "note"),
    ("Notes", "text", "notes"),
    ("Warning", "text", "warning"),
    ("Warnings", "text", "warnings"),
    ("References", "text", "reference, references"),
    ("Shape", "text", "shape"),
    ("Tip", "text", "tip"),
    ("Hint", "text", "hint"),
    ("Important", "text", "important"),
    ("Caution", "text", "caution"),
    ("Danger", "text", "danger"),
    ("Attention", "text", "attention"),
    ("To do", "text", "todo"),
)
_SECTIONS = {name: (label, kind) for label, kind, names in _TABLE for name in names.split(", ")}
_TAKE_TEXT = frozenset({"inputs", "outputs"})
_HEADER = re.compile(r" {0,3}([A-Z][A-Za-z]*(?: [A-Za-z]+){0,2}) ?(::?)(?: +(\S.*))?$")


def google_section(lines: Lines, at: int, nested: Nested) -> Found | None:
    """Find `Name:` over an indented body."""
    header = _HEADER.match(lines[at].text.rstrip())
    section = _SECTIONS.get(header[1].lower()) if header else None
    end = block_end(lines, at + 1, lines[at].indent) if section else at
    if header is None or section is None or end <= at + 1:
        return None
    if header[3] and (header[1].lower() not in _TAKE_TEXT or lines[at + 1].blank):
        return None
    body = dedented(trimmed(lines[at + 1 : end]))
    label = f"**{section[0]}:** {header[3]}" if header[3] else f"**{section[0]}**"
    if section[1] == "example":
        content = _example(body, nested, literal=header[2] == "::", spaced=lines[at + 1].blank)
    else:
        content = _google_body(section[1], body, nested)
    return _labelled(Line(label, lines[at].number), content, end)


def _google_body(kind: Kind, body: Lines, nested: Nested) -> Lines:
    match kind:
        case "entries" | "named":
            return entry_list(body, nested, google_head)
        case "results":
            return _results(body, nested)
        case _:
            return nested(body)


_WORD = r"~?\w[\w.]*(?:\[[^:\[\]]*(?:\[[^:\[\]]*\][^:\[\]]*)*\])?"
_RESULT = re.compile(rf"(?!Note\b)({_WORD}(?:(?: or | of | ?\| ?|, ?){_WORD}){{0,8}}) ?: +(\S.*)")


def _results(body: Lines, nested: Nested) -> Lines:
    """Read `type: text`, several `name (type): text`, or plain text."""
    parts = chunks(body)
    heads = [google_head(part) for part in parts]
    if all(heads) and (len(parts) > 1 or any(head and head[1] for head in heads)):
        return entry_list(body, nested, google_head)
    if match := _RESULT.match(body[0].text):
        first = Line(f"{type_as_code(match[1])}  {match[2]}", body[0].number)
        return [
            first,
            *nested(dedented(parts[0][1:])),
            *nested([line for part in parts[1:] for line in part]),
        ]
    return nested(body)


def _example(body: Lines, nested: Nested, *, literal: bool, spaced: bool) -> Lines:
    """Show an example, which is code or words, as its author left it to the reader to see."""
    first = body[0].text
    if literal or (language_of(first) and not first.startswith(">>>")):
        return fenced(body, language_of(first))
    # Markdown takes an indented block below a blank line for code, and so do we unless it reads as prose.
    return nested(body) if not spaced or re.match(r"[A-Z(*\-+`.:>\[\d]", first) else fenced(body, "")


def numpy_section(lines: Lines, at: int, nested: Nested) -> Found | None:
    """Find the title of a section over a line of dashes."""
    section = _SECTIONS.get(lines[at].text.strip().lower())
    if section is None or not _underlined(lines, at):
        return None
    end = next((n for n in range(at + 2, len(lines)) if _underlined(lines, n)), len(lines))
    body = dedented(trimmed(lines[at + 2 : end]))
    read = _NUMPY_HEADS.get(section[1])
    content = entry_list(body, nested, read) if read else nested(body)
    return _labelled(Line(f"**{section[0]}**", lines[at].number), content, end)


_NUMPY_HEADS = {"entries": numpy_head, "named": numpy_named_head, "results": numpy_result_head}


def _underlined(lines: Lines, at: int) -> bool:
    return (
        at + 1 < len(lines)
        and not lines[at].inside
        and not lines[at].blank
        and lines[at + 1].text.lstrip().startswith(("-", "="))
        and underlines(lines[at + 1].text, lines[at].text, "-=")
    )


def _labelled(label: Line, content: Lines, end: int) -> Found:
    return Found([label, Line("", label.number), *content] if content else [label], end)

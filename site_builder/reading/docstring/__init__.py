r"""Docstrings as people write them, to Markdown.

Doctests, field lists, Google's and NumPy's sections and reStructuredText become CommonMark with
formulas in `$…$`. Markdown stays as it is.
"""

import re
from collections.abc import Sequence
from functools import partial

from site_builder.reading.docstring.drawings import table, title
from site_builder.reading.docstring.fields import FIELD, field_list
from site_builder.reading.docstring.lines import (
    LIST_ITEM,
    Found,
    Idiom,
    Line,
    Lines,
    Nested,
    dedented,
    indented,
    numbered,
)
from site_builder.reading.docstring.listings import (
    announced,
    announcement,
    doctest,
    hanging_body,
    literal_block,
    quoted_prose,
)
from site_builder.reading.docstring.restructured import explicit_markup
from site_builder.reading.docstring.roles import targets_of, with_markdown_spans
from site_builder.reading.docstring.sections import google_section, numpy_section

MAX_NESTING = 20
"""How deep idioms may nest; what is deeper stays as it is."""

# Every text with an idiom has something of this, most texts have nothing. Each branch begins with a
# literal, which makes the search many times faster.
_HINT = re.compile(
    rf"""
    :(?:[:`] | {FIELD} | [ \t]*\n(?:[ \t]*\n)*[ \t]+\S) | @{FIELD}
    | >>> | `_ | \]_ | \.\.(?:[ \n]|\Z) | Inputs: | Outputs:
    """,
    re.VERBOSE,
)
_RULE = re.compile(r"\n *([-=~^\"'+*#])\1\1[^\w\n]*(?:\n|\Z)")
_FLUSH_LINE = re.compile(r"\n\S")


def to_markdown(text: str) -> tuple[str, tuple[int, ...]]:
    """Convert the prose of one docstring or block of comments.

    The second value gives for each line of the first the index of the line of `text` that it came
    from. A text without any idiom comes back as it is.
    """
    texts = text.split("\n")
    if _may_have_idioms(text) and "\0" not in text:
        source = numbered(texts)
        idioms = (*_IDIOMS, quoted_prose, hanging_body) if _RESTRUCTURED.search(text) else _IDIOMS
        lines = _markdown(source, idioms, targets_of(text))
        if [line.text for line in lines] != [line.text for line in source]:
            return "\n".join(line.text for line in lines), tuple(line.number for line in lines)
    return text, tuple(range(len(texts)))


def _markdown(source: Lines, idioms: Sequence[Idiom], targets: dict[str, str]) -> Lines:
    # The blank lines at the end stay: a renderer may tell by them how the text ended.
    end = max((at + 1 for at, line in enumerate(source) if not line.blank), default=0)
    lines = _converted(_levelled(source[:end]), idioms)
    while lines and lines[-1].blank:
        lines.pop()
    return [*with_markdown_spans(lines, targets), *source[end:]] or [Line("", 0)]


def _may_have_idioms(text: str) -> bool:
    hanging = "\n " in text and not _FLUSH_LINE.search(text)
    return hanging or bool(_HINT.search(text) or _RULE.search("\n" + text))


_PROSE = re.compile(r"(?![A-Za-z0-9]{1,9}[.)] )[A-Za-z0-9\"'`(*_\[$](?! ).*[^:\s]\s*$")


def _levelled(lines: Lines) -> Lines:
    """Move the body of a docstring out to its first line, where all of it hangs further in.

    A body that Markdown takes for code, below a blank line, is moved only if an idiom is in it.
    """
    if len(lines) < 2 or not _PROSE.match(lines[0].text):
        return lines
    body = dedented(lines[1:])
    if body == lines[1:] or (lines[1].blank and not _may_have_idioms("\n".join(line.text for line in body))):
        return lines
    return [lines[0], *body]


_IDIOMS: tuple[Idiom, ...] = (
    doctest,
    literal_block,
    explicit_markup,
    field_list,
    google_section,
    numpy_section,
    title,
    table,
)
_RESTRUCTURED = re.compile(r"(?<!`)``(?!`)|:`|^ *\.\. ", re.MULTILINE)


def _converted(lines: Lines, idioms: Sequence[Idiom], depth: int = 0) -> Lines:
    if depth > MAX_NESTING:
        return list(lines)
    nested = partial(_converted, idioms=idioms, depth=depth + 1)
    output: Lines = []
    at = item = 0
    while at < len(lines):
        line = lines[at]
        if found := None if line.inside or line.blank else _first_found(lines, at, idioms, nested):
            item = item if line.indent >= item else 0
            _append(output, found, item)
            at = found.end
            if found.apart and output and not output[-1].blank and at < len(lines) and not lines[at].blank:
                output.append(Line("", lines[at - 1].number))
        else:
            item = _item_indent(line, item, output)
            output += announcement(line) if announced(lines, at) else [line]
            at += 1
    return output


def _first_found(lines: Lines, at: int, idioms: Sequence[Idiom], nested: Nested) -> Found | None:
    return next((found for idiom in idioms if (found := idiom(lines, at, nested))), None)


def _append(output: Lines, found: Found, indent: int) -> None:
    if found.apart and found.lines and output and not output[-1].blank:
        output.append(Line("", found.lines[0].number))
    output += indented(found.lines, indent)


def _item_indent(line: Line, before: int, above: Lines) -> int:
    """Return where the text of the list item begins that goes on after `line`, or 0."""
    if line.inside or line.blank:
        return before
    if marker := LIST_ITEM.match(line.text):
        return marker.end()
    return 0 if line.indent < before and above and above[-1].blank else before

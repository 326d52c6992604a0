"""Tables with a row of headings and cells of one line; others stay HTML."""

from collections.abc import Sequence
from dataclasses import replace

from site_builder.writing.markdown.inline import Style, write_line
from site_builder.writing.markdown.raw import alignment
from site_builder.writing.markdown.tree import Element, named

_RULES = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}
_BLOCKS = frozenset({"blockquote", "details", "div", "dl", "hr", "ol", "p", "pre", "table", "ul"})


def write_table(table: Element, style: Style) -> str:
    """Write a table; nothing if Markdown has no such one."""
    head = [row for part in named(table.children, "thead") for row in named(part.children, "tr")]
    body = [row for part in named(table.children, "tbody") for row in named(part.children, "tr")]
    rows = [_cells(row) for row in (*head, *body)]
    others = [
        part for part in table.children if isinstance(part, Element) and part.name not in {"thead", "tbody"}
    ]
    if len(head) != 1 or others or not all(map(_is_simple, rows)):
        return ""
    sides = [alignment(cell) for cell in rows[0]]
    if any([alignment(cell) for cell in row] != sides for row in rows):
        return ""
    first, *more = [
        _row([write_line(cell.children, replace(style, in_table=True, one_line=True)) for cell in row])
        for row in rows
    ]
    return "\n".join([first, _row([_RULES[side] for side in sides]), *more])


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row.children if isinstance(cell, Element)]


def _is_simple(row: Sequence[Element]) -> bool:
    return all(
        not cell.attributes.keys() & {"colspan", "rowspan"}
        and not any(isinstance(node, Element) and node.name in _BLOCKS for node in cell.children)
        for cell in row
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""Field lists: `:param x: text`, and `@param x: text`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from site_builder.reading.docstring.entries import Entry, item, names_as_code, type_as_code, typed
from site_builder.reading.docstring.lines import (
    Found,
    Line,
    Lines,
    Nested,
    block_end,
    dedented,
    next_text,
    stacked,
    trimmed,
)

_GROUPS = {
    "": "param parameter arg argument key keyword kwarg kwparam ivar var cvar attribute",
    "Returns": "return returns",
    "Yields": "yield yields",
    "Raises": "raise raises except exception throws",
    "Author": "author authors",
    "Copyright": "copyright",
    "License": "license",
    "Version": "version",
    "Date": "date",
    "See": "see seealso",
    "Note": "note",
    "Since": "since",
    "Hidden": "meta",
}
_TYPES = {"type": "", "vartype": "", "kwtype": "", "paramtype": "", "rtype": "Returns", "ytype": "Yields"}
_FIELDS = {name: group for group, names in _GROUPS.items() for name in names.split()} | _TYPES
_LISTED = frozenset({"", "Raises"})

FIELD = rf"(?:{'|'.join(sorted(_FIELDS))})\b[^:\n]*:(?=\s|$)"
"""What a field begins with, after its `:` or `@`."""
_FIELD = re.compile(rf" {{0,3}}[:@]({'|'.join(sorted(_FIELDS))})(?: +([^:]*))?:(?: +(.*)|$)")
_STRAGGLER = re.compile(r"(?!\d+[.)] |\w[\w ]*::?$)[\w(\[{`$\"'<\\]")


@dataclass(frozen=True, slots=True)
class _Field:
    group: str
    entry: Entry
    only_type: bool


def field_list(lines: Lines, at: int, nested: Nested) -> Found | None:
    """Find consecutive fields, `:name argument: text` or `@name argument: text`."""
    fields, end, following = [], at, at
    while following < len(lines) and (match := _FIELD.match(lines[following].text)):
        end = _field_end(lines, following)
        fields.append(_field(match, lines[following:end], nested))
        following = next_text(lines, end)
    return Found(_written(_with_types(fields)), end) if fields else None


def _field_end(lines: Lines, start: int) -> int:
    end = block_end(lines, start + 1, lines[start].indent)
    # Authors forget to indent the line that goes on with a field.
    while end < len(lines) and not lines[end - 1].blank and _STRAGGLER.match(lines[end].text.lstrip()):
        end = block_end(lines, end + 1, lines[start].indent)
    return end


def _field(match: re.Match[str], lines: Lines, nested: Nested) -> _Field:
    name, argument, text = match[1], (match[2] or "").strip(), (match[3] or "").strip()
    group, number = _FIELDS[name], lines[0].number
    rest = nested(dedented(trimmed(lines[1:])))
    if name in _TYPES:
        type_ = " ".join([text, *(line.text.strip() for line in rest)])
        return _Field(group, Entry(number, names_as_code(argument), type_as_code(type_)), only_type=True)
    if group == "":
        *types, argument = argument.rsplit(None, 1) or [""]
        return _Field(
            group, Entry(number, names_as_code(argument), type_as_code("".join(types)), text, rest), False
        )
    named = Entry(number, names_as_code(argument), "", text, rest)
    return _Field(
        group, named if group in _LISTED else replace(named, name="", type=named.name), only_type=False
    )


def _with_types(fields: Sequence[_Field]) -> list[_Field]:
    """Move a type that has a field of its own to the field of what it is the type of."""
    types = {_key(each): each.entry.type for each in fields if each.only_type}
    described = {_key(each) for each in fields if not each.only_type}
    return [
        replace(each, entry=replace(each.entry, type=types.get(_key(each), each.entry.type)))
        for each in fields
        if not each.only_type or _key(each) not in described
    ]


def _key(each: _Field) -> tuple[str, str]:
    return each.group, each.entry.name


def _written(fields: Sequence[_Field]) -> Lines:
    blocks: list[Lines] = []
    for group, members in groupby(fields, key=lambda each: each.group):
        entries = [member.entry for member in members]
        if group == "Raises":
            blocks.append([Line("*Raises*", entries[0].number)])
        if group in _LISTED:
            blocks.append([line for entry in entries for line in item(entry)])
        elif group != "Hidden":
            blocks += [_paragraph(group, entry) for entry in entries]
    return stacked(blocks)


def _paragraph(label: str, entry: Entry) -> Lines:
    head = "  ".join(filter(None, [typed(f"*{label}*", entry.type), entry.text]))
    return [Line(head, entry.number), *entry.rest]

"""List items that parameters, attributes and exceptions become."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from site_builder.reading.docstring.lines import Line, Lines, Nested, dedented, indented, stacked, trimmed


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter, attribute or exception, and what is said of it."""

    number: int
    name: str
    """Markdown, may be empty."""
    type: str = ""
    """Markdown, may be empty."""
    text: str = ""
    """What stands on the first line."""
    rest: Lines = field(default_factory=list)
    """The lines below, converted, not indented."""


def item(entry: Entry) -> Lines:
    """Write an entry as an item of a list.

    The two spaces before the text belong to the form: translation maps have them in their keys.
    """
    head = "  ".join(filter(None, [typed(entry.name, entry.type), entry.text]))
    return [Line(f"* {head}", entry.number), *indented(entry.rest, 2)] if head or entry.rest else []


def typed(name: str, type_: str) -> str:
    """Write a name with its type; either may be empty."""
    return f"{name} ({type_})" if name and type_ else name or type_


def names_as_code(names: str) -> str:
    r"""Write `x`, `*args` or `x, y` as code; the backslashes and the emphasis of reST go."""
    return ", ".join(filter(None, map(_name_as_code, names.split(","))))


def _name_as_code(name: str) -> str:
    name = name.strip()
    if name.startswith(":") and name.endswith("`"):
        return name
    plain = name.replace("\\", "").replace("`", "").lstrip("~!")
    plain = plain.strip("*") if plain.endswith("*") else plain
    return f"`{plain}`" if plain else ""


_REMARK = re.compile(r"(?:,? +|,|^)\(?(?:optional|required|keyword-only|default)\b")


def type_as_code(type_: str) -> str:
    """Write a type as code, and as text what is said about it, such as `optional`."""
    text = " ".join(type_.split()).rstrip(".,")
    remark = _REMARK.search(text)
    main, more = (text[: remark.start()], text[remark.start() :]) if remark else (text, "")
    words = not re.search(r"[\[({|]", main) and main.count(" ") > 4
    return (main if words or not main or "`" in main or "$" in main else f"`{main.replace('~', '')}`") + more


_NAME = r"(?::[\w+.:-]{1,40}:)?[`'\"*\\~!]{0,4}\w[\w.\-]*(?:\[[\w.]*\]\w*)?[`'\"*]{0,4}"
_NAMES = rf"{_NAME}(?:(?:, ?| ?/ ?){_NAME})*"
_GOOGLE = re.compile(rf"(?!where:)({_NAMES})(?::? *\((.*?)\))?(?: ?:| +(?:--?|–|—))(?: +(.*)|$)")
_GOOGLE_TYPE_ONLY = re.compile(rf"({_NAMES}) +\((.*)\)()$")
_NUMPY = re.compile(rf"({_NAMES})(?: *:(?: +(.*)|$)|$)")
_NUMPY_RESULT = re.compile(rf"({_NAMES}) *:(?: +(.*)|$)")

Head = tuple[str, str, str]
"""Name, type and text of an entry's first line, as written."""


def google_head(chunk: Lines) -> Head | None:
    """Read `name (type): text`."""
    text = chunk[0].text.rstrip()
    match = _GOOGLE.match(text) or _GOOGLE_TYPE_ONLY.match(text)
    return (match[1], match[2] or "", match[3] or "") if match else None


def numpy_head(chunk: Lines) -> Head | None:
    """Read `name : type`, or a name alone."""
    match = _NUMPY.match(chunk[0].text.rstrip())
    return (match[1], match[2] or "", "") if match else None


def numpy_result_head(chunk: Lines) -> Head | None:
    """Read `name : type`, or a type alone over its description."""
    text = chunk[0].text.rstrip()
    if match := _NUMPY_RESULT.match(text):
        return match[1], match[2] or "", ""
    return ("", text, "") if (len(chunk) > 1 and chunk[1].indent) or " " not in text else None


def numpy_named_head(chunk: Lines) -> Head | None:
    """Read `name : text`, or a name alone."""
    return google_head(chunk) or numpy_head(chunk)


def chunks(body: Lines) -> list[Lines]:
    """Split a body at the lines that are not indented; each takes what is indented below it."""
    output: list[Lines] = []
    for line in body:
        if not output or not (line.inside or line.blank or line.indent):
            output.append([])
        output[-1].append(line)
    return output


def entry_list(body: Lines, nested: Nested, read: Callable[[Lines], Head | None]) -> Lines:
    """Make a list of the entries in a body; anything between them stays what it is."""
    groups = groupby(_with_stragglers(chunks(body), read), key=lambda pair: pair[1] is not None)
    return stacked(
        [_entries(list(group), nested) if listed else _plain(list(group), nested) for listed, group in groups]
    )


Chunk = tuple[Lines, Head | None]


def _with_stragglers(parts: Sequence[Lines], read: Callable[[Lines], Head | None]) -> list[Chunk]:
    """Give each entry the lines below it that its author forgot to indent."""
    output: list[Chunk] = []
    for part in parts:
        head = read(part)
        if head is None and output and output[-1][1] is not None and not output[-1][0][-1].blank:
            output[-1] = ([*output[-1][0], *indented(part, 1)], output[-1][1])
        else:
            output.append((part, head))
    return output


def _entries(parts: Sequence[Chunk], nested: Nested) -> Lines:
    return [line for part, head in parts if head for line in item(_entry(part, head, nested))]


def _entry(part: Lines, head: Head, nested: Nested) -> Entry:
    name, type_, text = head
    rest = nested(dedented(trimmed(part[1:])))
    return Entry(part[0].number, names_as_code(name), type_as_code(type_), text, rest)


def _plain(parts: Sequence[Chunk], nested: Nested) -> Lines:
    return trimmed(nested(trimmed([line for part, _ in parts for line in part])))

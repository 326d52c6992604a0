"""What stands between blank lines: paragraphs, headings, lists, tables, quotes, code."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from site_builder.writing.markdown.escaping import fenced
from site_builder.writing.markdown.inline import Style, write_line
from site_builder.writing.markdown.raw import raw, start_tag
from site_builder.writing.markdown.table import write_table
from site_builder.writing.markdown.tree import Element, Node, named, text_of

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset({
    *_HEADINGS, "blockquote", "dd", "details", "div", "dl", "dt", "hr", "ol", "p", "pre", "summary", "table",
    "ul",
})  # fmt: skip
_APART = "<!-- -->"
"""Ends a block where no blank line may, and keeps two lists from being one. No reader sees it."""


def write_blocks(nodes: Sequence[Node], style: Style, *, tight: bool = False) -> str:
    """Write blocks one below the other, without a blank line between them if `tight`."""
    output: list[str] = []
    previous: Element | None = None
    for block in _blocks(nodes):
        if text := _block(block, style):
            if output:
                output.append(_gap(previous, block, tight=tight))
            output.append(text)
            previous = block
    return "".join(output)


def _blocks(nodes: Sequence[Node]) -> Iterator[Element]:
    """Yield the blocks; text between them is a block too."""
    line: list[Node] = []
    for node in nodes:
        if isinstance(node, str) or node.name not in _BLOCKS:
            line.append(node)
            continue
        if line:
            yield Element("", children=line)
            line = []
        if node.name == "div" and not _is_kept(node):
            yield from _blocks(node.children)
        elif node.name in {"ul", "ol"}:
            yield from _lists(node)
        else:
            yield node
    if line:
        yield Element("", children=line)


def _lists(whole: Element) -> Iterator[Element]:
    """Part a list from what stands in it but in none of its items, as translators have it."""
    start = whole.attributes.get("start", "1")
    number = int(start) if re.fullmatch("[0-9]{1,9}", start) else 1
    for is_list, group in groupby(filter(_shows, whole.children), _is_item):
        nodes = list(group)
        if is_list:
            yield Element(whole.name, {"start": str(number)}, nodes)
            number += len(nodes)
        else:
            yield from _blocks(nodes)


def _shows(node: Node) -> bool:
    return not isinstance(node, str) or not node.isspace()


def _is_item(node: Node) -> bool:
    return isinstance(node, Element) and node.name == "li"


def _is_kept(division: Element) -> bool:
    return division.has_class("sb-listing") or not division.attributes.keys().isdisjoint(("dir", "lang"))


def _gap(previous: Element | None, block: Element, *, tight: bool) -> str:
    assert previous
    apart = previous.name == block.name and block.name in {"ul", "ol", "blockquote"}
    if not tight:
        return f"\n\n{_APART}\n\n" if apart else "\n\n"
    if block.name in {"", "p"}:
        apart = previous.name not in {*_HEADINGS, "hr", "div", "pre"}
    elif block.name == "ol":
        apart = apart or block.attributes["start"] != "1"
    return f"\n{_APART}\n" if apart or previous.name == "table" else "\n"


def _block(block: Element, style: Style) -> str:
    match block.name:
        case "":
            return write_line(block.children, replace(style, bare_environments=True))
        case "p":
            return write_line(block.children, style)
        case "ul" | "ol":
            return _list(block, style)
        case "pre" | "div" if block.name == "pre" or block.has_class("sb-listing"):
            return _listing(block)
        case "blockquote":
            return _prefixed("> ", write_blocks(block.children, style))
        case "hr":
            return "***"
        case "table":
            return write_table(block, style) or raw([block], style)
        case "details" | "div":
            return _container(block, style)
        case "dl" | "dt" | "dd" | "summary":
            return raw([block], style)
        case _:
            return _heading(block, style)


def _heading(block: Element, style: Style) -> str:
    return heading(_HEADINGS[block.name], write_line(block.children, replace(style, one_line=True)))


def heading(level: int, text: str) -> str:
    """Make a line a heading."""
    # Markdown takes signs at the end of a heading for its decoration.
    text = re.sub(r"(?<!\\)((?:\\\\)*)#\Z", r"\1\\#", text)
    return f"{'#' * level} {text}".rstrip(" ")


def _prefixed(prefix: str, text: str) -> str:
    return "\n".join(f"{prefix}{line}" if line else prefix.rstrip(" ") for line in text.split("\n"))


_LAST_NUMBER = 999_999_999


def _list(block: Element, style: Style) -> str:
    items = named(block.children, "li")
    tight = not any(named(item.children, "p") for item in items)
    written = [
        list_item(mark, write_blocks(item.children, style, tight=tight))
        for mark, item in zip(_marks(block, len(items)), items, strict=True)
    ]
    return ("\n" if tight else "\n\n").join(written)


def _marks(block: Element, count: int) -> list[str]:
    if block.name == "ul":
        return ["-"] * count
    first = int(block.attributes["start"])
    return [f"{min(number, _LAST_NUMBER)}." for number in range(first, first + count)]


def list_item(mark: str, text: str) -> str:
    """Put `text` beside the mark of its item."""
    margin = " " * (len(mark) + 1)
    first, *more = text.split("\n")
    if first == "- -":  # A third such mark would make it a rule.
        first = f"{first} {_APART}"
    return "\n".join([f"{mark} {first}".rstrip(" "), *(f"{margin}{line}" if line else "" for line in more)])


def _listing(block: Element) -> str:
    pre = block if block.name == "pre" else named(block.children, "pre")[0]
    inner = named(pre.children, "code")
    # Ours holds an element with the language; an author's may hold anything.
    code = inner[0] if len(pre.children) == len(inner) == 1 else pre
    language = code.attributes.get("class", "").removeprefix("language-")
    return fenced(text_of(code.children).removesuffix("\n"), language)


def _container(block: Element, style: Style) -> str:
    """Write an element that Markdown does not know around blocks that it does."""
    summary = named(block.children, "summary")[:1] if block.name == "details" else []
    rest = [node for node in block.children if node not in summary]
    opening = "".join([start_tag(block, style), *(f"\n{raw([node], style)}" for node in summary)])
    return "\n\n".join(filter(None, [opening, write_blocks(rest, style), f"</{block.name}>"]))

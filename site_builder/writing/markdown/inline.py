"""The inside of a line: emphasis, links, code, formulas."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from site_builder.writing.markdown.escaping import (
    attributes,
    code_span,
    destination,
    escaped,
    line_start,
    one_line,
    title,
)
from site_builder.writing.markdown.tree import Element, Node, text_of

Rewrite = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are written."""

    link: Rewrite = str
    """What becomes of where a link leads."""
    image: Rewrite = str
    """What becomes of where an image is."""
    in_table: bool = False
    one_line: bool = False
    """Whether what is written must stay on one line."""
    within: frozenset[str] = frozenset()
    """The elements that a text is in, of those that cannot hold their like."""
    bare_environments: bool = False
    """Whether a display formula here stands for itself, beside paragraphs and in none."""


class _Part(NamedTuple):
    """A part of a line; how emphasis is marked depends on what is beside it."""

    text: str
    marks: tuple[str, ...] = ()
    """The marks that it may be put between, the best first; none if `text` is all."""
    tag: str = ""
    """The element, where no marks will do."""


def write_line(nodes: Sequence[Node], style: Style) -> str:
    """Write the inside of a heading, a paragraph or a cell."""
    lines = [line.strip(" ") for line in _joined(list(_parts(nodes, style))).split(_BREAK)]
    if style.one_line:
        return line_start("<br>".join(lines))
    # Markdown knows no line break at the end of a paragraph.
    breaks = 0
    while len(lines) > 1 and not lines[-1]:
        breaks += len(lines.pop()) == 0
    return "\\\n".join(map(line_start, lines)) + "<br>" * breaks


_BREAK = "\0"
"""Stands for a line break until its line is put together: a newline may be one of a formula."""


def _parts(nodes: Sequence[Node], style: Style) -> Iterator[_Part]:
    text = ""
    for node in nodes:
        if isinstance(node, str):
            text += node
            continue
        if text:
            yield _Part(escaped(one_line(text), in_table=style.in_table))
            text = ""
        yield from _element(node, style)
    if text:
        yield _Part(escaped(one_line(text), in_table=style.in_table))


_EMPHASIS = {"em": ("*", "_"), "strong": ("**",), "s": ("~~",)}
_RAW = frozenset({
    "abbr", "b", "bdi", "bdo", "cite", "del", "dfn", "i", "ins", "kbd", "mark", "q", "samp", "small", "sub",
    "sup", "u", "var",
})  # fmt: skip
_KEPT = ("dir", "lang", "title")


def _element(node: Element, style: Style) -> Iterator[_Part]:
    name = node.name
    if name in _EMPHASIS:
        yield _Part(_inner(node, replace(style, within=style.within | {name})), _marks(name, style), name)
    elif name == "math":
        yield _Part(formula(node, style))
    elif name == "code" and all(isinstance(child, str) or _is_badge(child) for child in node.children):
        yield _Part(code_span(text_of(node.children), in_table=style.in_table))
    elif name == "a" and "href" in node.attributes and "a" not in style.within:
        yield _Part(_link(node, style))
    elif name == "img":
        yield _Part(_image(node, style))
    elif name in {"br", "wbr"}:
        yield _Part(_BREAK if name == "br" else "<wbr>")
    elif node.has_class("sb-formula-error"):
        yield _Part(text_of(node.children))
    elif node.has_class("sb-state"):
        yield _Part(_inner(node, style), _EMPHASIS["em"], "em")
    elif name in _RAW or name == "code" or (name == "span" and _says(node)):
        kept = {key: value for key, value in node.attributes.items() if key in _KEPT}
        yield _Part(f"<{name}{attributes(kept)}>")
        yield from _parts(node.children, style)
        yield _Part(f"</{name}>")
    else:
        yield from _parts(node.children, style)


def _marks(name: str, style: Style) -> tuple[str, ...]:
    """Choose marks that none of those around them could be taken for."""
    if name in style.within:
        return ()
    return ("_", "*") if name == "em" and "strong" in style.within else _EMPHASIS[name]


def _inner(node: Element, style: Style) -> str:
    return _joined(list(_parts(node.children, style)))


def _is_badge(node: Element) -> bool:
    return node.has_class("sb-invisible")


def _says(span: Element) -> bool:
    """Whether the author said something of the language or direction of a text; we say it otherwise."""
    return not span.attributes.get("class", "").startswith("sb-") and not span.attributes.keys().isdisjoint(
        _KEPT
    )


def formula(node: Element, style: Style, *, single: bool = False) -> str:
    """Return a formula as TeX between the marks that its author gave it, on a `single` line if need be."""
    tex = node.attributes.get("alttext", "")
    if single or style.one_line:
        tex = one_line(tex)
    if node.attributes.get("display") != "block":
        return f"${tex}$"
    if style.bare_environments and tex.startswith("\\begin{"):
        return tex
    return f"$$\n{tex}\n$$" if "\n" in tex else f"$${tex}$$"


def _link(node: Element, style: Style) -> str:
    href = style.link(node.attributes["href"])
    if node.children == [href] and _AUTOLINK.fullmatch(href) and "title" not in node.attributes:
        return f"<{href}>"
    inner = _inner(node, replace(style, within=style.within | {"a"}))
    return f"[{inner}]({destination(href)}{title(node.attributes.get('title', ''))})"


_AUTOLINK = re.compile(r"https?://[A-Za-z0-9./?=#:%+,;@!-]+")


def _image(node: Element, style: Style) -> str:
    shown = {**node.attributes, "src": style.image(node.attributes.get("src", ""))}
    alt = shown.get("alt", "")
    # Not every reader of Markdown takes an address that holds the image itself.
    if shown.keys() & {"width", "height"} or shown["src"].startswith("data:"):
        names = ("src", "alt", "width", "height", "title")
        return f"<img{attributes({name: shown[name] for name in names if name in shown})}>"
    text = escaped(one_line(alt), in_table=style.in_table)
    return f"![{text}]({destination(shown['src'])}{title(shown.get('title', ''))})"


def _joined(parts: Sequence[_Part]) -> str:
    """Put parts side by side, so that none changes what another means."""
    if len(parts) == 1 and not parts[0].tag:
        return parts[0].text
    output: list[str] = []
    last = ""
    for part, after in zip(parts, [*parts[1:], _Part("")], strict=False):
        text = part.text
        if part.tag:
            following = after.marks[0] if after.marks else after.text
            text = _emphasized(part, last[-1:], following[:1])
        elif last[-1:] in _PAIRED and text[:1] == last[-1:] and last[-2:-1] != "\\":
            text = f"<!---->{text}"
        elif last[-1:] == "$" and text[:1].isdecimal() and text[0].isascii():
            text = f"&#{ord(text[0])};{text[1:]}"
        if text[:1] == "[" and last[-1:] == "!":
            output[-1] = f"{last[:-1]}\\!"
        if text:
            output.append(text)
            last = text
    return "".join(output)


_PAIRED = frozenset({"`", "$"})


def _emphasized(part: _Part, before: str, after: str) -> str:
    inner = part.text
    for mark in part.marks:
        if inner and _flanks(mark, before, inner[0]) and _flanks(mark, after, inner[-1]):
            return f"{mark}{inner}{mark}"
    return f"<{part.tag}>{inner}</{part.tag}>"


def _flanks(mark: str, outside: str, inside: str) -> bool:
    """Whether a mark between these characters opens or closes emphasis, by CommonMark's rules.

    A formula or code may count as a word or as punctuation, so that it has to do as both.
    """
    if inside == _BREAK or inside.isspace() or mark[0] in {inside, outside}:
        return False
    apart = (
        outside in {"", _BREAK}
        or outside.isspace()
        or (_is_punctuation(outside, "P") and outside not in "`$")
    )
    return apart or (mark[0] != "_" and not _is_punctuation(inside, "PS"))


def _is_punctuation(character: str, categories: str) -> bool:
    return unicodedata.category(character)[0] in categories or character in "$+<=>^`|~"

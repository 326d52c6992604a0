"""HTML as a tree: what the sanitiser and we ourselves wrote, so every element ends where it should."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import TypeAlias

_PARTS = re.compile(r'<(/?)([A-Za-z][A-Za-z0-9]*)((?:[^<>"]++|"[^"]*")*+)>')
_ATTRIBUTE = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?')
_VOID = frozenset({"br", "hr", "img", "wbr"})
_LEAVES = _VOID | {"math"}
_DEEPEST = 120
"""An element that stands deeper gives what it holds to the one around it: who writes a tree recurses."""


@dataclass(slots=True)
class Element:
    """An element; of a formula, without what it holds."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)

    def has_class(self, name: str) -> bool:
        """Whether it is of this class."""
        return name in self.attributes.get("class", "").split()


Node: TypeAlias = Element | str


def parse(html: str) -> list[Node]:
    """Parse a fragment; text is unescaped."""
    root = Element("")
    open_elements, end = [root], 0
    while part := _PARTS.search(html, end):
        _add_text(open_elements[-1], html[end : part.start()])
        end = part.end()
        name = part[2].lower()
        if part[1]:
            _close(open_elements, name)
            continue
        element = Element(name, _attributes(part[3]) if part[3] else {})
        if len(open_elements) > _DEEPEST and name not in _LEAVES:
            open_elements.append(Element(name, {}, open_elements[-1].children))
            continue
        open_elements[-1].children.append(element)
        if name == "math":
            end = html.find("</math>", end) + len("</math>")
        elif name not in _VOID:
            open_elements.append(element)
    _add_text(root, html[end:])
    return root.children


def _add_text(element: Element, html: str) -> None:
    if html:
        element.children.append(unescape(html) if "&" in html else html)


def _attributes(tag: str) -> dict[str, str]:
    return {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(tag)}


def _close(open_elements: list[Element], name: str) -> None:
    for depth in range(len(open_elements) - 1, 0, -1):
        if open_elements[depth].name == name:
            del open_elements[depth:]
            return


def text_of(nodes: list[Node]) -> str:
    """Return the text in `nodes`, as it is."""
    return "".join(_texts(nodes))


def _texts(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif node.name == "br":
            yield "\n"
        else:
            yield from _texts(node.children)


def named(nodes: Sequence[Node], name: str) -> list[Element]:
    """List the elements of this name among `nodes`."""
    return [node for node in nodes if isinstance(node, Element) and node.name == name]

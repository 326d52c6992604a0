"""HTML that Markdown has no spelling for, as it is."""

from collections.abc import Iterator, Sequence

from site_builder.writing.markdown.escaping import attributes, in_html, one_line
from site_builder.writing.markdown.inline import Style, formula
from site_builder.writing.markdown.tree import Element, Node

_VOID = frozenset({"br", "hr", "img", "wbr"})
_KEPT = (
    "align", "alt", "colspan", "dir", "height", "href", "lang", "open", "rowspan", "scope", "src", "start",
    "title", "value", "width",
)  # fmt: skip


def raw(nodes: Sequence[Node], style: Style) -> str:
    """Write elements as HTML, without the classes and ids of the page and without a blank line.

    Formulas stay TeX: what shows Markdown with formulas finds them in HTML too.
    """
    return "".join(_parts(nodes, style, verbatim=False)).strip()


def _parts(nodes: Sequence[Node], style: Style, *, verbatim: bool) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield in_html(node if verbatim else one_line(node))
        elif node.name == "math":
            yield formula(node, style, single=True)
        else:
            yield start_tag(node, style)
            yield from _parts(node.children, style, verbatim=verbatim or node.name == "pre")
            if node.name not in _VOID:
                yield f"</{node.name}>"


def start_tag(node: Element, style: Style) -> str:
    """Return the tag that opens an element."""
    kept = {name: node.attributes[name] for name in _KEPT if name in node.attributes}
    if side := alignment(node):
        kept["align"] = side
    if "href" in kept:
        kept["href"] = style.link(kept["href"])
    if "src" in kept:
        kept["src"] = style.image(kept["src"])
    return f"<{node.name}{attributes(kept)}>"


def alignment(cell: Element) -> str:
    """Return how the text of a table's cell is aligned, or nothing."""
    return next((side for side in ("left", "center", "right") if cell.has_class(f"sb-{side}")), "")

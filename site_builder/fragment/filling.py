"""The protected pieces and ids of a fragment, put into it or into its translation."""

import re
from collections.abc import Sequence
from html import escape

from site_builder.fragment import BLOCK_OPENING, PLACEHOLDER, TAG
from site_builder.model import Protected

_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")


def fill(html: str, protected: Sequence[Protected], anchors: Sequence[tuple[int, str]] = ()) -> str:
    """Put the protected pieces and the source's own anchors into sanitised `html`.

    A piece that is a block leaves the line of text that it was put in; a piece that links does so only
    where it is not inside a link. A placeholder without a piece vanishes. What was balanced stays so.
    """
    if anchors:
        html = _anchored(html, anchors)
    if not any(piece.block or piece.href for piece in protected):
        return PLACEHOLDER.sub(lambda number: _html_of(protected, int(number[1])), html)
    return _Filling(protected).filled(html)


def _html_of(protected: Sequence[Protected], number: int) -> str:
    return protected[number].html if number < len(protected) else ""


_PARTS = re.compile(rf"{TAG.pattern}|{PLACEHOLDER.pattern}")
_OWN_ID = re.compile(r' id="[^"]*"')
_VOID = frozenset({"br", "hr", "img", "wbr"})
_CONTAINERS = frozenset({
    "blockquote", "caption", "dd", "details", "div", "dl", "dt", "li", "ol", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
"""Elements that hold blocks; in any other, a block would stand in a line of text."""


class _Filling:
    """One pass over HTML that fills its placeholders."""

    def __init__(self, protected: Sequence[Protected]) -> None:
        self._protected = protected
        self._output: list[str] = []
        self._open: list[str] = []
        """Start tags without their end tag so far."""
        self._interrupted: list[str] = []
        """Start tags of lines that a block ended, to be repeated if more of their text follows."""

    def filled(self, html: str) -> str:
        end = 0
        for part in _PARTS.finditer(html):
            self._text(html[end : part.start()])
            end = part.end()
            if part[1]:
                self._tag(part[1])
            elif int(part[2]) < len(self._protected):
                self._piece(self._protected[int(part[2])])
        self._text(html[end:])
        return "".join(self._output)

    def _text(self, text: str) -> None:
        if text.strip():
            self._resume()
        if text and not self._interrupted:
            self._output.append(text)

    def _tag(self, tag: str) -> None:
        if tag.startswith("</"):
            if self._interrupted:
                self._interrupted.pop()
                return
            del self._open[-1:]
        else:
            self._resume()
            if _name(tag) not in _VOID:
                self._open.append(tag)
        self._output.append(tag)

    def _piece(self, piece: Protected) -> None:
        if piece.block:
            self._interrupt()
            self._output.append(f"\n{piece.html}\n" if self._interrupted else piece.html)
            return
        self._resume()
        in_link = any(_name(tag) == "a" for tag in self._open)
        linked = piece.href and not in_link
        self._output.append(f'<a href="{piece.href}">{piece.html}</a>' if linked else piece.html)

    def _interrupt(self) -> None:
        """End the line of text that is open; an element of it that is still empty vanishes."""
        line = []
        while self._open and _name(self._open[-1]) not in _CONTAINERS:
            tag = self._open.pop()
            line.append(_OWN_ID.sub("", tag))
            while self._output and not self._output[-1].strip():
                self._output.pop()
            if self._output and self._output[-1] == tag and not _OWN_ID.search(tag):
                self._output.pop()
            else:
                self._output.append(f"</{_name(tag)}>")
        self._interrupted += reversed(line)

    def _resume(self) -> None:
        self._output += self._interrupted
        self._open += self._interrupted
        self._interrupted.clear()


def _name(tag: str) -> str:
    name = _TAG_NAME.match(tag)
    return name[1] if name else ""


def _anchored(html: str, anchors: Sequence[tuple[int, str]]) -> str:
    """Give block N its ids; what finds no block stands at the beginning."""
    by_block: dict[int, list[str]] = {}
    for block, identifier in anchors:
        by_block.setdefault(block, []).append(escape(identifier))
    output, end = [], 0
    for number, opening in enumerate(BLOCK_OPENING.finditer(html)):
        if number not in by_block:
            continue
        first, *more = by_block.pop(number)
        close = html.index(">", opening.end())
        targets = "".join(f'<a id="{identifier}"></a>' for identifier in more)
        output.append(f'{html[end : opening.end()]} id="{first}"{html[opening.end() : close + 1]}{targets}')
        end = close + 1
    unplaced = [identifier for identifiers in by_block.values() for identifier in identifiers]
    head = "".join(f'<a id="{identifier}"></a>' for identifier in unplaced)
    return head + "".join(output) + html[end:]

"""The grammar of a fragment: placeholders, blocks, its normal form, and how it is filled.

A fragment is HTML in which `<span translate=no>_^_N_^_</span>` stands for the protected piece N.
Functions here take fragments apart and put them together; what a fragment means to Markdown, to a
map or to a page is known elsewhere.
"""

import re
from collections.abc import Sequence
from html import escape, unescape

from site_builder.model import Protected

PLACEHOLDER = re.compile(r"_\^_(\d{1,6})_\^_")
"""A placeholder without its span."""

_SPANNED = re.compile(r"""<span\s+translate\s*=\s*["']?no["']?\s*>\s*_\^_(\d{1,6})_\^_\s*</span\s*>""")
_TAG = re.compile(r"(</?[A-Za-z][^<>]*>)")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_BLOCK_OPENING = re.compile(r"<(?:p|li|h[1-6]|t[dh]|d[td])(?=[\s>])")
_HEADING_TEXT = re.compile(r"[^<>]*>((?:[^<]|<(?!/?h[1-6][\s>]))*+)")
_ID = re.compile(r"""\s(?:id|name)\s*=\s*["']?([^\s"'<>]+)""")


def placeholder(number: int) -> str:
    """Spell the placeholder of piece `number` as maps do."""
    return f"<span translate=no>_^_{number}_^_</span>"


def placeholders(html: str) -> list[int]:
    """List the numbers of the placeholders in `html`, in order."""
    return [int(number) for number in PLACEHOLDER.findall(html)]


def bare(html: str) -> str:
    """Take the spans off the placeholders, so that a sanitiser has nothing to say of them."""
    return _SPANNED.sub(r"_^_\1_^_", html)


def own_anchors(html: str) -> list[tuple[int, str]]:
    """List the ids that `html` defines, as (number of the block they stand in, id); before any block, -1."""
    block, anchors = -1, []
    for tag in _TAG.findall(html):
        block += bool(_BLOCK_OPENING.match(tag))
        anchors += [(block, unescape(identifier)) for identifier in _ID.findall(tag)]
    return anchors


def headings(html: str) -> list[tuple[int, str]]:
    """List the headings of `html`, as (number of the block, HTML within it)."""
    return [
        (number, inner[1])
        for number, opening in enumerate(_BLOCK_OPENING.finditer(html))
        if opening[0].startswith("<h") and (inner := _HEADING_TEXT.match(html, opening.end()))
    ]


def word_count(html: str) -> int:
    """Count the words that a translator would see."""
    text = unescape(PLACEHOLDER.sub(" ", _TAG.sub(" ", html)))
    return sum(any(map(str.isalnum, word)) for word in text.split())


def plain_text(html: str, protected: Sequence[Protected] = ()) -> str:
    """Say `html` in plain text: code and formulas by their source, images by their description."""
    text = _TAG.sub("", _EDGE.sub(" ", html))
    text = PLACEHOLDER.sub(lambda number: _source_of(protected, int(number[1])), text)
    return " ".join(unescape(text).split())


def _source_of(protected: Sequence[Protected], number: int) -> str:
    source = protected[number].source if number < len(protected) else ""
    image = _IMAGE.fullmatch(source)
    return escape(image[1] if image else source.strip("`$"))


_IMAGE = re.compile(r"!\[(.*)\]\(.*\)", re.DOTALL)
_EDGE = re.compile(
    r"<(?:(/?h[1-6]|li|[bh]r)|/?(?:p|[uod]l|li|d[dt]|div|blockquote|table|t(?:head|body|foot|[rdh])|caption|pre"
    r"|details|summary))(?:\s[^<>]*|/)?>"
)
"""The edge of a block; group 1 is what to keep of it."""
_ENTITY = re.compile(r"&(?!(?:amp|lt);)(?:#?\w{1,32};?)?")
_ATTRIBUTE = re.compile(r"""([\w-]+) ?= ?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_LIST_TAG = re.compile(r"<(/?(?:[ou]l|li|p))(?: start=\"(\d{1,9})\"| [^<>]*)?>")
_NUMBERED_PARAGRAPH = re.compile(r"<p>(?=\d{1,9}\.(?:[ <]|\Z))")


def normal_form(html: str) -> str:
    """Say what a fragment says without how it is spelled.

    Two renderings of one text agree in it: white space, the spelling of entities and of attributes,
    spaces beside block tags, and how a list is marked up do not count. `<p>` in it stands for the edge
    of any block. A normal form is its own normal form.
    """
    text = _ENTITY.sub(_plain_character, html) if "&" in html else html
    text = bare(" ".join(text.split()))
    if "=" in text.replace('="', "") or " >" in text:
        text = _TAG.sub(_plain_tag, text)
    if "<ol" in text:
        text = _with_numbers(text)
    text = text.replace("<p>", "\n").replace("</p>", "\n")  # The usual edges, only for speed.
    parts = map(str.strip, _EDGE.sub(r"\n<\1>\n", text).split("\n"))
    text = "<p>".join([part for part in parts if part and part != "<>"])
    # In the wild an ordered list goes on the paragraph above it.
    return _NUMBERED_PARAGRAPH.sub(" ", text)


def _plain_character(entity: re.Match[str]) -> str:
    return unescape(entity[0]).replace("&", "&amp;").replace("<", "&lt;")


def _plain_tag(tag: re.Match[str]) -> str:
    return re.sub(r" ?/?>$", ">", _ATTRIBUTE.sub(r'\1="\2\3\4"', tag[0]))


def _with_numbers(html: str) -> str:
    """Spell ordered lists as maps in the wild do: as text, each item after its number."""
    counters: list[int] = []

    def spelled(tag: re.Match[str]) -> str:
        name, ordered = tag[1], counters[-1:] > [-1]
        if name in {"ol", "ul"}:
            counters.append(int(tag[2] or 1) if name == "ol" else -1)
        elif name in {"/ol", "/ul"}:
            del counters[-1:]
        elif ordered and name == "li":
            counters[-1] += 1
            return f" {counters[-1] - 1}. "
        elif ordered:
            return " "
        return tag[0]

    return " ".join(_LIST_TAG.sub(spelled, html).split())


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


_PARTS = re.compile(rf"{_TAG.pattern}|{PLACEHOLDER.pattern}")
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
    for number, opening in enumerate(_BLOCK_OPENING.finditer(html)):
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

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

_SPANNED = re.compile(r"""<span translate=["']?no["']?>\s*_\^_(\d{1,6})_\^_\s*</span>""")
_TAG = re.compile(r"(</?[A-Za-z][^<>]*>)")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_BLOCK_OPENING = re.compile(r"<(?:p|li|h[1-6]|t[dh]|d[td])(?=[ >])")
_BLOCK_OR_ID = re.compile(
    rf"""(?P<block>{_BLOCK_OPENING.pattern})|\s(?:id|name)=["']?(?P<id>[^\s"'<>]+)(?=[^<>]*>)"""
)
_PHRASE_PARENTS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_VOID = frozenset({"br", "hr", "img", "wbr"})


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
    for found in _BLOCK_OR_ID.finditer(html):
        if found["block"]:
            block += 1
        else:
            anchors.append((block, unescape(found["id"])))
    return anchors


def headings(html: str) -> list[tuple[int, str]]:
    """List the headings of `html`, as (number of the block, HTML within it)."""
    blocks = enumerate(_BLOCK_OPENING.finditer(html))
    openings = [(number, block) for number, block in blocks if block[0].startswith("<h")]
    return [
        (number, html[html.index(">", at.start()) + 1 : html.find(f"</{at[0][1:]}>", at.start())])
        for number, at in openings
    ]


def word_count(html: str) -> int:
    """Count the words that a translator would see."""
    text = unescape(PLACEHOLDER.sub(" ", _TAG.sub(" ", html)))
    return sum(any(map(str.isalnum, word)) for word in text.split())


def plain_text(html: str, protected: Sequence[Protected] = ()) -> str:
    """Say the inside of a block in plain text; code and formulas are said as their source."""
    text = PLACEHOLDER.sub(lambda number: _source_of(protected, int(number[1])), _TAG.sub("", html))
    return " ".join(unescape(text).split())


def _source_of(protected: Sequence[Protected], number: int) -> str:
    return escape(protected[number].source.strip("`$")) if number < len(protected) else ""


_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)#?\w{1,32};")
_ATTRIBUTE = re.compile(r"""([\w-]+)=(?:'([^'"]*)'|([^\s"'>]+))(?=[\s>])""")
_ORDERED_LIST = re.compile(r"<ol(?: start=\"(\d{1,9})\")?>(.*?)</ol>", re.DOTALL)
_LIST_ITEM = re.compile(r" ?<li>")
_BLOCK_EDGE = re.compile(
    r" ?</?(?:p|ul|ol|li|div|blockquote|table|thead|tbody|tr|t[dh]|d[ltd])(?: [^<>]*)?> ?"
)
_HEADING = re.compile(r" ?<(/?h[1-6])(?: [^<>]*)?> ?")
_LINE_EDGE = re.compile(r" *\n[\n ]*")


def normal_form(html: str) -> str:
    """Say what a fragment says without how it is spelled.

    Two renderings of one text agree in it: white space, the spelling of entities and of attribute
    quotes, spaces beside block tags, and how a list is marked up do not count.
    """
    text = bare(" ".join(html.split()))
    if "&" in text:
        text = _ENTITY.sub(_plain_character, text)
    if "='" in text or "=" in text.replace('="', ""):
        text = _TAG.sub(lambda tag: _ATTRIBUTE.sub(r'\1="\2\3"', tag[0]), text)
    if "<ol" in text:
        text = _ORDERED_LIST.sub(_numbered_paragraph, text)
    text = _HEADING.sub(r"\n<\1>", text)
    text = _BLOCK_EDGE.sub("\n", _LIST_ITEM.sub("\n* ", text))
    return _LINE_EDGE.sub("\n", text.replace("\n* \n", "\n* ")).strip()


def _plain_character(entity: re.Match[str]) -> str:
    character = unescape(entity[0])
    return entity[0] if character in {"<", ">", "&"} else character


def _numbered_paragraph(ordered_list: re.Match[str]) -> str:
    first = int(ordered_list[1] or 1)
    items = [re.sub(r"</?p>|</li>", " ", item).strip() for item in ordered_list[2].split("<li>")[1:]]
    text = " ".join(f"{number}. {item}" for number, item in enumerate(items, first))
    return f"<p>{' '.join(text.split())}</p>"


def fill(html: str, protected: Sequence[Protected], anchors: Sequence[tuple[int, str]] = ()) -> str:
    """Put the protected pieces and the source's own anchors into sanitised `html`.

    A piece that is a block leaves the paragraph it was put in; a piece that links does so only
    where it is not inside a link. A placeholder without a piece vanishes.
    """
    if anchors:
        html = _anchored(html, anchors)
    if not any(piece.block or piece.href for piece in protected):
        return PLACEHOLDER.sub(lambda number: _html_of(protected, int(number[1])), html)
    return _filled_by_context(html, protected)


def _html_of(protected: Sequence[Protected], number: int) -> str:
    return protected[number].html if number < len(protected) else ""


def _filled_by_context(html: str, protected: Sequence[Protected]) -> str:
    output: list[str] = []
    open_tags: list[str] = []
    for part in _TAG.split(html):
        if part.startswith("<") and (name := _TAG_NAME.match(part)):
            if part.startswith("</"):
                if open_tags and _name(open_tags[-1]) == name[1]:
                    open_tags.pop()
            elif name[1] not in _VOID:
                open_tags.append(part)
            output.append(part)
        else:
            output.append(PLACEHOLDER.sub(lambda number: _placed(protected, int(number[1]), open_tags), part))
    return re.sub(r"<(p|em|strong)>\s*</\1>\n?", "", "".join(output))


def _placed(protected: Sequence[Protected], number: int, open_tags: Sequence[str]) -> str:
    if number >= len(protected):
        return ""
    piece, names = protected[number], [_name(tag) for tag in open_tags]
    if piece.href and "a" not in names:
        return f'<a href="{piece.href}">{piece.html}</a>'
    paragraph = next((at for at, name in enumerate(names) if name in _PHRASE_PARENTS), None)
    if not piece.block or paragraph is None:
        return piece.html
    closing = "".join(f"</{name}>" for name in reversed(names[paragraph:]))
    return f"{closing}\n{piece.html}\n{''.join(open_tags[paragraph:])}"


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

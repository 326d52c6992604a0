"""Blocks that need no tree, as most are: paragraphs, headings, flat lists, listings and tables.

Within their lines are code, formulas, links, images, and words with emphasis. Each is written by itself,
and a sign stands for it until the text around it is written. Where the one may change how the other is
written, a tree is needed.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape

from site_builder.writing.markdown.blocks import heading, list_item, write_blocks
from site_builder.writing.markdown.escaping import escaped, line_start, one_line
from site_builder.writing.markdown.inline import Style, write_line
from site_builder.writing.markdown.tree import parse

_FITS, _WIDE, _BLOCKWISE, _EM, _STRONG = "\0\1\2\3\4"
"""Stand for a piece of a line, one that only fits into a paragraph, a listing or table, and marks."""
_SIGN = re.compile(f"[{_FITS}{_WIDE}{_EM}{_STRONG}]")
_MARKS = {_EM: "*", _STRONG: "**"}

_ATTRIBUTES = r'(?:[^<>"]++|"[^"]*")*+'
# Not what is next to something that changes how the one or the other is written.
_PIECE = re.compile(
    rf"""<(?<![!;]<)(?>
        code\ translate="no">[^<]+</code>
        | math\ {_ATTRIBUTES}>(?:[^<]*<)+?/math>
        | a\ href="[^"]*"{_ATTRIBUTES}>(?:[^<]++|<code\ translate="no">[^<]+</code>)*+</a>
        | img\ {_ATTRIBUTES}>
        | div\ class="sb-listing"><pre{_ATTRIBUTES}><code{_ATTRIBUTES}>
          (?:[^<]++|</?span{_ATTRIBUTES}>)*+</code></pre></div>
        | table{_ATTRIBUTES}>(?:[^<]*<(?!table))+?/table>
    )(?![\d&]|<[acim])""",
    re.VERBOSE,
)
_EMPHASIS = re.compile(r"<(?<![*;]<)(em|strong)>([^\W_](?:[^<\0-\4]*[^\W_])?)</\1>(?!<[es])")
_TAG_END = r'(?:\ id="[^"<>\0-\4]*")?>'
_SPACE = r"[ \t\n\r\f]*"
_WORDS = r"(?=\s*[^\s<&])[^<\2]*"
_BLOCK = re.compile(
    rf"""(?:
        <p{_TAG_END}({_WORDS})</p>
        | <h([1-6]){_TAG_END}([^<\1\2]*)</h\2>
        | <([uo]l)>((?:
            {_SPACE}<li>(?:{_SPACE}<p>{_WORDS}</p>(?:{_SPACE}(?:<p>{_WORDS}</p>|\x02))*{_SPACE}|[^<\1\2]*)</li>
          )+){_SPACE}</\4>(?!{_SPACE}<\4>)
        | (\x02)
        | (.+)
    ){_SPACE}""",
    re.VERBOSE | re.DOTALL,
)
_ITEM = re.compile(rf"<li>{_SPACE}((?:[^<]++|</?p>)*+)")


def write_plain(html: str, style: Style) -> str | None:
    """Return what `write_blocks` makes of such blocks; None of any others."""
    if "\0" in html or "\1" in html or "\2" in html or "\3" in html or "\4" in html:
        return None
    pieces: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        html = found[0]
        is_linked = 'href="' in html or 'src="' in html
        sign, text = _piece(html, style) if is_linked else _unlinked_piece(html)
        pieces.append(text)
        return sign

    text = _PIECE.sub(stand_in, html)
    if "<em>" in text or "<strong>" in text:
        text = _EMPHASIS.sub(_between_marks, text)
    blocks = _BLOCK.findall(text)
    if blocks and blocks[-1][-1]:
        return None
    return "\n\n".join(_blocks(blocks, iter(pieces)))


def _between_marks(words: re.Match[str]) -> str:
    mark = _EM if words[1] == "em" else _STRONG
    return f"{mark}{words[2]}{mark}"


def _piece(html: str, style: Style) -> tuple[str, str]:
    """Return the sign for a piece, and how it is written."""
    nodes = parse(html)
    if html.startswith(("<div", "<table")):
        return _BLOCKWISE, write_blocks(nodes, style)
    text = write_line(nodes, style)
    return (_WIDE if text.startswith("$$") or one_line(text) != text else _FITS), text


@lru_cache(maxsize=512)  # Mostly the same in every language, and these are written one after the other.
def _unlinked_piece(html: str) -> tuple[str, str]:
    return _piece(html, Style())


def _blocks(blocks: Iterable[tuple[str, ...]], pieces: Iterator[str]) -> Iterator[str]:
    for paragraph, level, title, kind, items, block, _ in blocks:
        if paragraph:
            yield _line(paragraph, pieces)
        elif level:
            yield heading(int(level), _line(title, pieces))
        elif block:
            yield next(pieces)
        else:
            yield _list(kind, items, pieces)


def _list(kind: str, items: str, pieces: Iterator[str]) -> str:
    written = []
    for number, inner in enumerate(_ITEM.findall(items), 1):
        is_block = inner.startswith("<p>")
        text = "\n\n".join(_blocks(_BLOCK.findall(inner), pieces)) if is_block else _line(inner, pieces)
        written.append(list_item("-" if kind == "ul" else f"{number}.", text))
    return ("\n\n" if "<p>" in items else "\n").join(written)


def _line(html: str, pieces: Iterator[str]) -> str:
    line = line_start(escaped(one_line(unescape(html))).strip(" "))
    # No sign is printable.
    return line if line.isprintable() else _SIGN.sub(lambda sign: _MARKS.get(sign[0]) or next(pieces), line)

"""A fragment: HTML in which `<span translate=no>_^_N_^_</span>` stands for the protected piece N.

Here is its grammar; its lines, what it says and how it is filled are modules of their own. What a fragment
means to Markdown, to a map or to a page is known elsewhere.
"""

import re
from html import unescape

PLACEHOLDER = re.compile(r"_\^_(\d{1,6})_\^_")
"""A placeholder without its span."""

_SPANNED = re.compile(r"""<span\s+translate\s*=\s*["']?no["']?\s*>\s*_\^_(\d{1,6})_\^_\s*</span\s*>""")
TAG = re.compile(r"(</?[A-Za-z][^<>]*>)")
BLOCK_OPENING = re.compile(r"<(?:p|li|h[1-6]|t[dh]|d[td])(?=[\s>])")
"""The beginning of a block; ids are placed by the block's number."""

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
    return _SPANNED.sub(lambda span: f"_^_{span[1]}_^_", html) if "translate" in html else html


def own_anchors(html: str) -> list[tuple[int, str]]:
    """List the ids that `html` defines, as (number of the block they stand in, id); before any block, -1."""
    block, anchors = -1, []
    for tag in TAG.findall(html):
        block += bool(BLOCK_OPENING.match(tag))
        anchors += [(block, unescape(identifier)) for identifier in _ID.findall(tag)]
    return anchors


def headings(html: str) -> list[tuple[int, str]]:
    """List the headings of `html`, as (number of the block, HTML within it)."""
    return [
        (number, inner[1])
        for number, opening in enumerate(BLOCK_OPENING.finditer(html))
        if opening[0].startswith("<h") and (inner := _HEADING_TEXT.match(html, opening.end()))
    ]

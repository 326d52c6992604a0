"""Prose in which nearly nothing means anything to Markdown, rendered at a tenth of its cost."""

import re
from html import escape

# No emphasis begins or ends within a word, and without definitions, brackets alone make no link.
_SIGNS = r"(?:[^\0\n\t\r\f\v\\`*_\[\]<>&~|]|(?<=[A-Za-z0-9])_++(?=[A-Za-z0-9])|\[|\](?![(:]))*+"
_LINE = rf"(?:[^\W\d_]|\ufdd0){_SIGNS}"
_HEADING = r"\#{1,6} [^\0\n\t\r\f\v\\`*_\[\]<>&~|#]*+"
_BLANK_LINES = re.compile(r"\n(?: *\n)+")
_LINE_BREAK = re.compile(r" ?\n *")
# Two spaces at the end of a line would be a break.
_TEXT = rf"{_LINE}(?:(?<!  ){_LINE_BREAK.pattern}{_LINE})*+"
_LIST = "|".join(
    # A list that another one follows may go on there.
    rf"{sign} {_TEXT}(?:(?<!  ) ?\n{sign} {_TEXT})*+(?!{_BLANK_LINES.pattern}[*-])"
    for sign in (r"\*", "-")
)
_BLOCK = rf"(?:{_TEXT}|{_HEADING}|{_LIST})"
_PROSE = re.compile(rf"{_BLOCK}(?:(?<!  ){_BLANK_LINES.pattern}{_BLOCK})*+\n?")
"""Paragraphs in which nothing means anything to Markdown, and headings and lists of such words."""


def is_plain(text: str) -> bool:
    """Tell whether `render_plain` does with a text what Markdown would."""
    return bool(_PROSE.fullmatch(text))


def render_plain(text: str) -> str:
    """Return a plain text as HTML."""
    return "".join(map(_block, _BLANK_LINES.split(escape(text.strip()))))


def _block(block: str) -> str:
    if block.startswith("#"):
        marks, _, title = block.partition(" ")
        return f"<h{len(marks)}>{title.strip()}</h{len(marks)}>\n"
    if block.startswith(("* ", "- ")):
        items = "</li>\n<li>".join(map(_text, _NEXT_ITEM.split(block[2:])))
        return f"<ul><li>{items}</li></ul>\n"
    return f"<p>{_text(block)}</p>\n"


_NEXT_ITEM = re.compile(r"\n[*-] ")


def _text(text: str) -> str:
    return _LINE_BREAK.sub(" ", text.strip())

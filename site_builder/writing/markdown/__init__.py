"""The prose of a page as Markdown: what an author could have written to get it, in any language.

Markdown with formulas, tables and HTML, as our own reader takes it and as Jupyter and others do.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from site_builder.model import Block, State
from site_builder.writing.markdown.blocks import write_blocks
from site_builder.writing.markdown.inline import Rewrite, Style
from site_builder.writing.markdown.plain import write_plain
from site_builder.writing.markdown.tree import parse

__all__ = ["Rewrite", "markdown", "prose"]


def markdown(html: str, link: Rewrite = str, image: Rewrite = str) -> str:
    """Return a block's HTML as Markdown, without a newline at its end.

    `link` and `image` say where a link leads and where an image is found, from where the page has it.
    """
    text = _unlinked(html)
    return _written(html, Style(link, image)) if text is None else text


# What is not translated is the same in every language, and these are written one after the other.
@lru_cache(maxsize=512)
def _unlinked(html: str) -> str | None:
    """Return Markdown that is the same wherever it is seen from; None of what has links or images."""
    return None if 'href="' in html or 'src="' in html else _written(html, Style())


def _written(html: str, style: Style) -> str:
    plain = write_plain(html, style)
    return write_blocks(parse(html), style) if plain is None else plain


def prose(
    blocks: Iterable[Block], labels: Mapping[State, str], link: Rewrite = str, image: Rewrite = str
) -> str:
    """Return the blocks of a section as Markdown; one whose state has a label stands below it."""
    parts = []
    for block in blocks:
        if text := markdown(block.html, link, image):
            if block.state in labels:
                parts.append(f"*{labels[block.state]}*")
            parts.append(text)
    return "\n\n".join(parts)

"""A page as a Jupyter notebook: its prose in Markdown cells, its code in cells that run."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from site_builder.language import gettext_for
from site_builder.model import Block, State
from site_builder.writing.context import PageContext
from site_builder.writing.markdown import prose
from site_builder.writing.notebook.outline import Cell, outline
from site_builder.writing.notebook.source import code_source, listing_source
from site_builder.writing.notebook.spelling import code_cell, markdown_cell, spell
from site_builder.writing.notebook.targets import Load, Place
from site_builder.writing.render import is_untouched

__all__ = ["Load", "Place", "make_notebook", "outline"]

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def make_notebook(context: PageContext, cells: Sequence[Cell], place: Place, kind: str) -> str:
    """Return a page as a notebook; `cells` are its outline, `kind` is the language of its code.

    The same page makes the same notebook, to the byte.
    """
    said = {section.number: section.docs for section in context.sections}
    work = _Work(context, place, kind, _labels(context), said)
    metadata = {
        "kernelspec": _KERNEL,
        "language": context.language.tag,
        "language_info": {"name": "python"},
        "title": context.page.title.text,
    }
    return spell(filter(None, work.cells(cells)), metadata)


def _labels(context: PageContext) -> Mapping[State, str]:
    """Say in the page's language what is not in it; of a page that is not in it at all, this is said once."""
    if context.language == context.source_language or is_untouched(context):
        return {}
    say = gettext_for(context.language.tag)
    return {"missing": say("Not translated yet"), "outdated": say("Translation out of date")}


@dataclass(frozen=True, slots=True)
class _Work:
    """The work on one page."""

    context: PageContext
    place: Place
    kind: str
    labels: Mapping[State, str]
    said: Mapping[int, Sequence[Block]]
    """The prose of the sections that have any, by number."""

    def cells(self, cells: Sequence[Cell]) -> Iterator[str]:
        """Spell each cell of the outline, between the page's title and the pages below it."""
        yield self._prose_cell("title", self._opening())
        for cell in cells:
            if cell.kind == "code":
                yield code_cell(cell.identifier, code_source(cell, self._in_code))
            elif cell.kind == "listing":
                yield markdown_cell(cell.identifier, listing_source(cell, self._in_code, self.kind))
            else:
                yield from (
                    self._prose_cell(cell.identifier, self._docs(part.section)) for part in cell.prose
                )
        yield self._prose_cell("contents", self._contents())

    def _docs(self, section: int) -> Sequence[Block]:
        # What has no prose may stand below another section.
        return self.said.get(section, ())

    def _in_code(self, section: int) -> str:
        return prose(self._docs(section), self.labels, self.place.link, self.place.link)

    def _prose_cell(self, identifier: str, blocks: Sequence[Block]) -> str:
        attachments: dict[str, dict[str, str]] = {}
        is_mirrored = self.context.language.direction == "rtl" and self._is_translated(blocks)
        if is_mirrored:
            blocks = [
                replace(block, html=_LISTING.sub(r'<div dir="ltr">\g<0></div>', block.html))
                for block in blocks
            ]
        source = prose(blocks, self.labels, self.place.link, self.place.image(attachments))
        if source and is_mirrored:
            source = f'<div dir="rtl">\n\n{source}\n\n</div>'
        return markdown_cell(identifier, source, attachments)

    def _is_translated(self, blocks: Sequence[Block]) -> bool:
        return any(block.state == "current" or block.source for block in blocks)

    def _opening(self) -> list[Block]:
        """Say what stands above the prose of the page: its title, and that it is not translated."""
        context = self.context
        blocks = []
        if not any("<h1" in block.html for section in context.sections for block in section.docs):
            blocks.append(Block(f"<h1>{escape(context.page.title.text)}</h1>", "current"))
            blocks.append(Block(f"<p>{escape(context.page.summary.text)}</p>", "current"))
        if context.language != context.source_language and is_untouched(context):
            label = gettext_for(context.language.tag)("Not translated yet")
            blocks.append(Block(f"<p><em>{escape(label)}</em></p>", "missing"))
        return blocks

    def _contents(self) -> list[Block]:
        items = [
            f'<li><a href="{escape(child.href)}">{escape(child.title)}</a> {escape(child.summary)}</li>'
            for child in self.context.children
        ]
        return [Block(f"<ul>{''.join(items)}</ul>", "current")] if items else []


# What is written from right to left has code in it that is not.
_LISTING = re.compile(r'<div class="sb-listing">.*?</pre></div>', re.DOTALL)

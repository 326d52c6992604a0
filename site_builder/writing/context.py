"""What templates are given of a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from site_builder.config import Config
from site_builder.language import Language
from site_builder.model import Block, LocalizedPage


class Link(NamedTuple):
    """A page as another one names it."""

    title: str
    href: str
    """Relative to the page."""
    is_original: bool = False
    """Whether the title is in the source's language instead of the page's."""
    summary: str = ""
    summary_is_original: bool = False


class SectionContext(NamedTuple):
    """One pair of prose and code, ready to be shown."""

    number: int
    """From 0; the same in every language."""
    anchor: str
    """The id of the prose besides `section-N`, or empty."""
    docs: tuple[Block, ...]
    """Trusted HTML; links fit the page."""
    code: str
    """Trusted HTML, or empty."""
    original: str = ""
    """What the source says where `docs` say it in another language: trusted HTML without ids, or empty."""
    more: tuple["SectionContext", ...] = ()
    """The sections after it that have no prose: their code goes on beside this one's."""

    @property
    def runs(self) -> Iterable[Block]:
        """The prose, neighbours of one kind joined."""
        if len(self.docs) == 1:
            return self.docs
        kinds = groupby(self.docs, key=lambda block: (block.state, not block.source))
        return (_joined(tuple(blocks)) for _, blocks in kinds)


def _joined(blocks: tuple[Block, ...]) -> Block:
    html = "\n".join(block.html for block in blocks)
    return Block(html, blocks[0].state, "\n".join(block.source for block in blocks if block.source))


class Heading(NamedTuple):
    """A place on a page, as its table of contents names it."""

    href: str
    """`#` and its id, escaped."""
    html: str
    """Trusted HTML without links and ids."""
    depth: int
    """From 0."""
    is_original: bool = False
    """Whether it is in the source's language instead of the page's."""


class Branch(NamedTuple):
    """A page and, if it leads to the page at hand or is it, the pages below."""

    link: Link
    is_current: bool
    below: tuple["Branch", ...]


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same page in one language, or the nearest to it that the language has."""

    language: Language
    href: str
    """Relative to the page."""
    current: bool
    """Whether it is the page itself."""
    url: str = ""
    """Absolute; empty where the site has no `base_url`, or where search engines need not know of it."""
    translated: bool = True
    """Whether anything on it is in that language."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a template is given: each field under its own name.

    Besides, there are `title`, `summary` (plain text), `title_attributes`, `summary_attributes` (their
    `lang` and `dir`, if they are not in the page's language), `source_attributes` (the same of all that
    the source says), `direction_attribute` (the page's `dir`), `translated` (whether the page is a
    translation), `share` (how much of it is, "82%"), `provenance` (`machine`, `reviewed` or empty),
    `untouched` (whether none of its prose is translated), `layout`, `has_heading`, `description` (the
    summary or the first words, plain text) and `structured` (what programs are told of the page, as JSON
    for a script element, or empty).

    Of the whole site there are `paper` (the ground's colours in light and dark, or nothing), `card` (the
    path of its own `static/card.png`, or empty), the function `static`, the filters `number` and `locale`,
    and the function `say`, which says one of the theme's texts in a given language.
    """

    site: Config
    page: LocalizedPage
    language: Language
    """Of the page."""
    source_language: Language
    """Of the source, and of all that is not translated."""
    root: str
    """What leads from the page to the site's root: empty, `../../`, or a path from `/`."""
    home_href: str
    """To the home page in the page's language."""
    sections: tuple[SectionContext, ...] = ()
    breadcrumbs: tuple[Link, ...] = ()
    """The pages between the home page and this one, both left out."""
    alternates: tuple[Alternate, ...] = ()
    """All languages of the site in the order of its menu, the page's own too."""
    canonical: str = ""
    """Absolute URL, or empty without `base_url`, and where search engines should leave the page out."""
    previous: Link | None = None
    next: Link | None = None
    source_href: str = ""
    """To the source file in its repository, or empty."""
    edit_href: str = ""
    """To where the page's text can be changed, or empty; on a translation, to its map."""
    headings: tuple[Heading, ...] = ()
    """What the page holds."""
    tree: tuple[Branch, ...] = ()
    """The pages around it."""
    markdown_href: str = ""
    """To the page as Markdown, or empty."""
    colab_href: str = ""
    """To the page's notebook in Colab, or empty."""
    children: tuple[Link, ...] = ()
    """Of a folder's index: what it holds and the prose does not link to."""
    stylesheets: tuple[str, ...] = ()
    """More style sheets, relative to the page."""
    noindex: bool = False
    """Whether search engines should leave the page out."""
    notebook_href: str = ""
    """To the page as a notebook, or empty."""
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Width and height of each image that is the site's own, by its address on the page."""

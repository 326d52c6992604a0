"""What a page holds, heading by heading, and where it lies among the other pages."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape

from site_builder.model import Block
from site_builder.writing.context import Branch, Heading, Link, SectionContext
from site_builder.writing.navigation import Navigation

DEEPEST = 2
"""How deep the headings of a page are listed, from 0."""
WIDEST = 60
"""How many pages of a folder are listed beside each other, at most."""

_HEADING = re.compile(r'<h([1-6])\b[^<>]*?\bid="([^"]*)"[^<>]*>(.*?)</h\1>', re.DOTALL)
_NOT_TWICE = re.compile(r'</?a\b[^<>]*>|\sid="[^"]*"')


def headings(sections: Iterable[SectionContext]) -> tuple[Heading, ...]:
    """List the headings of a page below its title, and the definitions that have none, in order."""
    outline = _Outline()
    found = (heading for section in sections for heading in outline.of(section))
    return tuple(heading for heading in found if heading.depth <= DEEPEST)


@dataclass(slots=True)
class _Outline:
    """Where the next heading belongs."""

    titled: bool = False
    depth: int = -1
    """Of the last heading that names no definition."""

    def of(self, section: SectionContext) -> Iterator[Heading]:
        """Yield what a section and those that follow without prose add."""
        own = [heading for block in section.docs if "<h" in block.html for heading in self._headings(block)]
        for heading in own:
            if not section.anchor:
                self.depth = heading.depth
            yield heading
        for one in (section, *section.more):
            if one.anchor and not (own and one is section):
                yield self._definition(one.anchor)

    def _headings(self, block: Block) -> Iterator[Heading]:
        for level, name, html in _HEADING.findall(block.html):
            if level == "1" and not self.titled:
                self.titled = True
            else:
                is_original = block.state != "current" and not block.source
                yield Heading(f"#{name}", _NOT_TWICE.sub("", html), max(int(level) - 2, 0), is_original)

    def _definition(self, anchor: str) -> Heading:
        scope, _, name = anchor.rpartition(".")
        inside = scope.count(".") + 1 if scope else 0
        code = f'<code translate="no" class="notranslate">{escape(name)}</code>'
        return Heading(f"#{escape(anchor)}", code, min(self.depth + 1, DEEPEST - 1) + inside)


def tree(
    navigation: Navigation, url: str, link: Callable[[str], Link], folder: str = "index.html"
) -> tuple[Branch, ...]:
    """List the pages of the site around `url`: those of each folder on the way to it, and below it."""
    path = {url, *navigation.above(url)}
    return tuple(
        [
            Branch(link(other), other == url, tree(navigation, url, link, other) if other in path else ())
            for other in navigation.row(folder, path, WIDEST)
        ]
    )


def surroundings(navigation: Navigation, url: str) -> Iterator[str]:
    """Yield the pages that a page may name because of where it lies, in an order that says where."""
    above = navigation.above(url)
    neighbours = (navigation.previous(url), navigation.next(url))
    yield from (other or url for other in (*above, *neighbours))
    yield from navigation.below(url)
    path = {url, *above}
    for folder in ("index.html", *above, url):
        yield from navigation.row(folder, path, WIDEST)

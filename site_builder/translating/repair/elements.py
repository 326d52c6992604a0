"""The elements that are open while prose is written, and how they end.

End tags are put off: what a block leaves behind its end tag may still have to go into it.
"""

from dataclasses import dataclass, replace

from site_builder.translating.repair.soup import VOID, Tag, Token, end

LEAVES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
"""Blocks that hold nothing but a line of prose."""

LINES = LEAVES | {"dt", "caption", "summary", "pre"}
LISTS = frozenset({"ul", "ol"})
FRAMES = LISTS | {"dl", "table", "thead", "tbody", "tfoot", "tr"}
PARENTS = {
    "li": ("ul", "ol"),
    "dt": ("dl",),
    "dd": ("dl",),
    "td": ("tr",),
    "th": ("tr",),
    "tr": ("tbody", "thead", "tfoot", "table"),
    "thead": ("table",),
    "tbody": ("table",),
    "tfoot": ("table",),
    "caption": ("table",),
    "summary": ("details",),
}
FILLING = {"ul": "li", "ol": "li", "dl": "dd", "tr": "td"} | dict.fromkeys(
    ("table", "thead", "tbody", "tfoot"), "tr"
)
DEEPEST = 60


@dataclass(slots=True)
class Open:
    """An element that is open in the output."""

    tag: Tag
    at: int
    """Where in the output its start tag stands."""
    closing: bool = False
    """Whether its end tag has been read. What encloses no open element stays to be closed later."""
    ended: bool = False
    """Whether no end tag is expected: it has been read and more followed, or the element is ours."""
    adopting: bool = False
    """Whether it was opened for stray text, so that the next element of its kind can go on in it."""


class OpenElements:
    """The output so far and what is open in it: blocks, those about to close last, then inline elements."""

    def __init__(self, kinds: set[str]) -> None:
        self.kinds = kinds
        self.output: list[Token] = []
        self.blocks: list[Open] = []
        self.inline: list[Open] = []
        self.again: list[Tag] = []
        """Inline elements to open again before the next content."""
        self.behind: list[Token] = []
        """What follows the end tags that are still to be written."""

    def host(self) -> Open | None:
        """The innermost element that is not about to close."""
        return next((block for block in reversed(self.blocks) if not block.closing), None)

    def closing(self) -> list[Open]:
        """The elements about to close, the outermost first."""
        at = len(self.blocks)
        while at and self.blocks[at - 1].closing:
            at -= 1
        return self.blocks[at:]

    def push(self, tag: Tag, ours: bool = False) -> None:
        """Open a block; one of `ours` needs no end tag."""
        self.blocks.append(Open(tag, len(self.output), ended=ours))
        self.output.append(tag)

    def reopen(self) -> None:
        """Open again what a crossing end tag has closed."""
        for tag in self.again:
            self.open_inline(tag)
        self.again.clear()

    def open_inline(self, tag: Tag) -> None:
        """Open an inline element."""
        self.inline.append(Open(tag, len(self.output)))
        self.output.append(tag)

    def close_inline(self, name: str) -> None:
        """Close an inline element; those that cross it go on behind it."""
        if name in VOID or not any(element.tag.name == name for element in self.inline):
            self._forget(name)
            return
        crossed = []
        while (element := self.inline.pop()).tag.name != name:
            crossed.append(element.tag)
            self.output.append(end(element.tag.name))
        self.output.append(end(name))
        if crossed:
            self.kinds.add("unbalanced-tags")
            self.again = crossed[::-1] + self.again

    def _forget(self, name: str) -> None:
        self.kinds.add("unbalanced-tags")
        last = next((at for at in range(len(self.again) - 1, -1, -1) if self.again[at].name == name), None)
        if last is not None:
            del self.again[last]

    def end_inline(self) -> None:
        """Close what a block left open; a link of it is marked."""
        if self.inline:
            self.kinds.add("unbalanced-tags")
        while self.inline:
            element = self.inline.pop()
            self.output[element.at] = replace(element.tag, cut=True)
            self.output.append(end(element.tag.name))
        self.again.clear()

    def flush(self) -> None:
        """Write the end tags that were put off."""
        while self.blocks and self.blocks[-1].closing:
            self.output.append(end(self.blocks.pop().tag.name))
        self.output += self.behind
        self.behind.clear()

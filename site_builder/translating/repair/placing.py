"""Where a block may stand: what has to end before it, and what has to be opened around it."""

from dataclasses import dataclass

from site_builder.translating.repair.elements import (
    FILLING,
    FRAMES,
    LINES,
    LISTS,
    PARENTS,
    Open,
    OpenElements,
)
from site_builder.translating.repair.soup import start


@dataclass(frozen=True, slots=True)
class Setting:
    """What the fragment around a value allows."""

    between_blocks: frozenset[int] = frozenset()
    """Placeholders that stand between blocks, in none."""
    loose_text: bool = False
    """Whether text may stand in no block."""
    home: tuple[str, ...] = ("p",)
    """Elements to open around text that has no block to go to."""


class Placement(OpenElements):
    """Open elements, and the rules by which a block finds its place among them."""

    def __init__(self, setting: Setting, kinds: set[str]) -> None:
        super().__init__(kinds)
        self.setting = setting
        self.early = 0
        """Lists that ended before their end tag."""

    def enter_anywhere(self, name: str) -> None:
        """Make room for a block that may stand wherever blocks may."""
        self._end_line()
        host = self.host()
        if host and host.tag.name in LISTS and name in LISTS and self._resume("li"):
            return
        while host and host.tag.name in {"ul", "ol", "dl"} and name not in LISTS:
            self._end_list_early(host)
            host = self.host()
        self.flush()
        while self.blocks and self.blocks[-1].tag.name in FRAMES:
            self.kinds.add("list-structure")
            self.push(start(FILLING[self.blocks[-1].tag.name]), ours=True)

    def _end_list_early(self, frame: Open) -> None:
        frame.closing = True
        if not frame.ended:
            self.kinds.add("block-in-list")
            self.early += 1
        if len(self.output) == frame.at + 1:
            del self.output[frame.at]
            self.blocks.pop()

    def enter(self, name: str) -> None:
        """Make room for an element that stands in certain others only: `li`, `td`."""
        parents = PARENTS[name]
        closing = next((block for block in self.closing()[:1] if block.tag.name in parents), None)
        place = closing or next(
            (block for block in reversed(self.blocks) if block.tag.name in parents and not block.closing),
            None,
        )
        if closing:
            self.kinds.add("list-structure")
        if place is None or (name == "li" and self._is_walled(place)):
            self._end_line()
            self.flush()
            if name not in ("tbody", "thead", "tfoot", "caption", "summary"):
                self.kinds.add("list-structure")
            self._open_parents(parents)
            return
        place.ended, place.closing = place.closing, False
        above = self.blocks[self.blocks.index(place) + 1 :]
        if any(not block.closing and not block.ended for block in above):
            self.kinds.add("unbalanced-tags")
        for block in above:
            block.closing = True
        self.flush()

    def _is_walled(self, place: Open) -> bool:
        """Whether something that an item does not leave stands between it and its list."""
        above = self.blocks[self.blocks.index(place) + 1 :]
        return any(
            block.tag.name in {"blockquote", "td", "th", "dd", "div"} and not block.closing for block in above
        )

    def _open_parents(self, parents: tuple[str, ...]) -> None:
        name = next(
            (name for name in self.setting.home if name in parents), parents[-1 if "table" in parents else 0]
        )
        if name in PARENTS:
            self.enter(name)
        else:
            self.enter_anywhere(name)
        self.push(start(name), ours=True)

    def _end_line(self) -> None:
        """End a line of prose that a block interrupts."""
        if self.blocks and self.blocks[-1].tag.name in LINES and not self.blocks[-1].closing:
            self.kinds.add("unbalanced-tags")
            self.blocks[-1].closing = True

    def _resume(self, name: str) -> bool:
        """Keep the first closing element open if it is `name`."""
        closing = self.closing()
        if not closing or closing[0].tag.name != name:
            return False
        self.kinds.add("list-structure")
        closing[0].ended, closing[0].closing = True, False
        self.flush()
        return True

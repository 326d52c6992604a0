"""Tokens in any order as well-formed prose: every element closed, each where it may stand.

Elements close late: an end tag is only written once it is known what follows, so that what strayed
behind its block (`</p>。`, `</ul><li>…</li>`) finds it still open.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from site_builder.sanitize import INLINE_TAGS
from site_builder.translating.soup import VOID, Tag, Token, end, start

LEAVES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
"""Blocks that hold nothing but a line of prose."""

_LINES = LEAVES | {"dt", "caption", "summary", "pre"}
_LISTS = frozenset({"ul", "ol"})
_FRAMES = _LISTS | {"dl", "table", "thead", "tbody", "tfoot", "tr"}
_PARENTS = {
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
_FILLING = {"ul": "li", "ol": "li", "dl": "dd", "tr": "td"} | dict.fromkeys(
    ("table", "thead", "tbody", "tfoot"), "tr"
)
_DEEPEST = 60
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the fragment around a value allows."""

    between_blocks: frozenset[int] = frozenset()
    """Placeholders that stand between blocks, in none."""
    loose_text: bool = False
    """Whether text may stand in no block."""
    home: tuple[str, ...] = ("p",)
    """Elements to open around text that has no block to go to."""


def nest(tokens: Sequence[Token], setting: Setting, kinds: set[str]) -> list[Token]:
    """Make tokens well-formed. Adds to `kinds` what had to be mended for it."""
    nest = _Nest(setting, kinds)
    for token in tokens:
        if isinstance(token, int):
            nest.placeholder(token)
        elif isinstance(token, str):
            nest.text(token)
        elif token.closing:
            nest.close(token.name)
        else:
            nest.start(token)
    return nest.finished()


def has_words(text: str) -> bool:
    """Tell whether there is more in a text than punctuation and space."""
    return any(map(str.isalnum, text))


@dataclass(slots=True)
class _Open:
    """An element that is open in the output."""

    tag: Tag
    at: int
    """Where in the output its start tag stands."""
    closing: bool = False
    """Whether its end tag has been read. What encloses no open element stays to be closed later."""
    ended: bool = False
    """Whether its end tag has been read and then put off for good: more of it followed."""
    adopting: bool = False
    """Whether it was opened for stray text, so that the next element of its kind can go on in it."""


class _Nest:
    """The output so far and what is open in it: elements, those closing last, then inline ones."""

    def __init__(self, setting: Setting, kinds: set[str]) -> None:
        self.setting = setting
        self.kinds = kinds
        self.output: list[Token] = []
        self.blocks: list[_Open] = []
        self.inline: list[_Open] = []
        self.again: list[Tag] = []  # Inline elements to open again before the next content.
        self.behind: list[Token] = []  # What follows the end tags that are still to be written.
        self.early = 0  # Lists that ended before their end tag.

    # Content

    def text(self, text: str) -> None:
        core = text.strip(" \t\n\r")
        if not core:
            self._space(text)
        elif self.inline or self._is_place():
            self._content(text, core)
        else:
            lead, _, trail = text.partition(core)
            self._space(lead)
            self._content(core, core)
            self._space(trail)

    def placeholder(self, number: int) -> None:
        if number not in self.setting.between_blocks or self._host() or self.inline:
            self._content(number, "0")
        elif self._closing():
            self.behind.append(number)
        else:
            self.output.append(number)

    def _content(self, token: Token, core: str) -> None:
        self._make_room(core)
        for tag in self.again:
            self._open_inline(tag)
        self.again.clear()
        self.output.append(token)

    def _space(self, space: str) -> None:
        if not space:
            return
        if self.inline or not self._closing():
            self.output.append(space)
        elif not (self.behind and isinstance(self.behind[-1], str) and self.behind[-1].endswith("\n")):
            self.behind.append(space)

    def _make_room(self, core: str) -> None:
        """See that content can stand at the end of the output."""
        if self.inline:
            return
        host, closing = self._host(), self._closing()
        in_frame = host.tag.name in _FRAMES if host else not self.setting.loose_text
        stray = bool(closing) and closing[-1].tag.name not in _FRAMES and (in_frame or not has_words(core))
        if stray and not (has_words(core) and any(isinstance(token, int) for token in self.behind)):
            self._join_stray(core)
        else:
            self._flush()
            if in_frame:
                self._open_home(host)

    def _join_stray(self, core: str) -> None:
        self.kinds.add("stranded-text")
        if self.behind and (core[0].isalnum() or core[0] == "<") and not _CJK.match(core):
            self.output.append(" ")

    def _open_home(self, host: _Open | None) -> None:
        """Open a block for text that has none."""
        self.kinds.add("stranded-text")
        names = list(self.setting.home) if host is None else [_FILLING[host.tag.name]]
        while names[-1] in _FILLING:
            names.append(_FILLING[names[-1]])
        for name in names:
            self._push(start(name))
        self.blocks[-1].adopting = True

    # Start tags

    def start(self, tag: Tag) -> None:
        if tag.name == "hr":
            self._block(tag)
        elif tag.name in VOID:
            self._line_break(tag)
        elif tag.name in INLINE_TAGS:
            self._make_room("<a>")
            if len(self.inline) + len(self.again) >= _DEEPEST // 3:
                self.kinds.add("unbalanced-tags")
                return
            self._reopen()
            self._open_inline(tag)
        else:
            self._block(tag)

    def _line_break(self, tag: Tag) -> None:
        if self.inline or self._is_place():
            self.output.append(tag)
        else:
            self.kinds.add("stranded-text")

    def _reopen(self) -> None:
        for tag in self.again:
            self._open_inline(tag)
        self.again.clear()

    def _open_inline(self, tag: Tag) -> None:
        self.inline.append(_Open(tag, len(self.output)))
        self.output.append(tag)

    def _block(self, tag: Tag) -> None:
        self._end_inline()
        if tag.name in LEAVES and self._adopts(tag.name):
            return
        if tag.name in _PARENTS:
            self._enter(tag.name)
        else:
            self._enter_anywhere(tag.name)
        if tag.name in VOID:
            self.output.append(tag)
        elif len(self.blocks) < _DEEPEST:
            self._push(tag)
        else:
            self.kinds.add("unbalanced-tags")

    def _adopts(self, name: str) -> bool:
        last = self.blocks[-1] if self.blocks else None
        adopts = last is not None and last.adopting and not last.closing and last.tag.name == name
        if last and adopts:
            last.adopting = False
        return adopts

    def _enter_anywhere(self, name: str) -> None:
        """Make room for a block that may stand wherever blocks may."""
        self._end_line()
        host = self._host()
        if host and host.tag.name in _LISTS and name in _LISTS and self._resume("li"):
            return
        while host and host.tag.name in {"ul", "ol", "dl"} and name not in _LISTS:
            self._end_list_early(host)
            host = self._host()
        self._flush()
        while self.blocks and self.blocks[-1].tag.name in _FRAMES:
            self.kinds.add("list-structure")
            self._push(start(_FILLING[self.blocks[-1].tag.name]))

    def _end_list_early(self, frame: _Open) -> None:
        frame.closing = True
        if not frame.ended:
            self.kinds.add("block-in-list")
            self.early += 1
        if len(self.output) == frame.at + 1:
            del self.output[frame.at]
            self.blocks.pop()

    def _enter(self, name: str) -> None:
        """Make room for an element that stands in certain others only: `li`, `td`."""
        parents = _PARENTS[name]
        closing = next((block for block in self._closing() if block.tag.name in parents), None)
        place = closing or next(
            (block for block in reversed(self.blocks) if block.tag.name in parents and not block.closing), None
        )
        if closing:
            self.kinds.add("list-structure")
        if place is None or (name == "li" and self._is_walled(place)):
            self._end_line()
            self._flush()
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
        self._flush()

    def _is_walled(self, place: _Open) -> bool:
        """Whether something that an item does not leave stands between it and its list."""
        above = self.blocks[self.blocks.index(place) + 1 :]
        return any(
            block.tag.name in {"blockquote", "td", "th", "dd", "div"} and not block.closing for block in above
        )

    def _open_parents(self, parents: tuple[str, ...]) -> None:
        name = next((name for name in self.setting.home if name in parents), parents[-1 if "table" in parents else 0])
        if name in _PARENTS:
            self._enter(name)
        else:
            self._enter_anywhere(name)
        self._push(start(name))

    def _push(self, tag: Tag) -> None:
        self.blocks.append(_Open(tag, len(self.output)))
        self.output.append(tag)

    # End tags

    def close(self, name: str) -> None:
        if name in INLINE_TAGS:
            self._close_inline(name)
            return
        self._end_inline()
        names = LEAVES if name in LEAVES else {name}
        at = next(
            (at for at in range(len(self.blocks) - 1, -1, -1)
             if self.blocks[at].tag.name in names and not self.blocks[at].closing), None
        )  # fmt: skip
        if at is None:
            if name in _LISTS and self.early:
                self.early -= 1
            else:
                self.kinds.add("unbalanced-tags")
            return
        if self.blocks[at].tag.name != name or any(not block.closing and not block.ended for block in self.blocks[at + 1 :]):
            self.kinds.add("unbalanced-tags")
        for block in self.blocks[at:]:
            block.closing = True

    def _close_inline(self, name: str) -> None:
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

    def _end_inline(self) -> None:
        """Close what a block left open; a link of it is marked."""
        if self.inline:
            self.kinds.add("unbalanced-tags")
        while self.inline:
            element = self.inline.pop()
            self.output[element.at] = replace(element.tag, cut=True)
            self.output.append(end(element.tag.name))
        self.again.clear()

    def _end_line(self) -> None:
        """End a line of prose that a block interrupts."""
        if self.blocks and self.blocks[-1].tag.name in _LINES and not self.blocks[-1].closing:
            self.kinds.add("unbalanced-tags")
            self.blocks[-1].closing = True

    def _flush(self) -> None:
        """Write the end tags that were put off."""
        while self.blocks and self.blocks[-1].closing:
            self.output.append(end(self.blocks.pop().tag.name))
        self.output += self.behind
        self.behind.clear()

    def finished(self) -> list[Token]:
        """Close everything."""
        self._end_inline()
        if any(not block.closing and not block.ended for block in self.blocks):
            self.kinds.add("unbalanced-tags")
        for block in self.blocks:
            block.closing = True
        self._flush()
        return self.output

    # Where we are

    def _host(self) -> _Open | None:
        """The innermost element that is not about to close."""
        return next((block for block in reversed(self.blocks) if not block.closing), None)

    def _closing(self) -> list[_Open]:
        """The elements about to close, the outermost first."""
        at = len(self.blocks)
        while at and self.blocks[at - 1].closing:
            at -= 1
        return self.blocks[at:]

    def _resume(self, name: str) -> bool:
        """Keep the first closing element open if it is `name`."""
        closing = self._closing()
        if not closing or closing[0].tag.name != name:
            return False
        self.kinds.add("list-structure")
        closing[0].ended, closing[0].closing = True, False
        self._flush()
        return True

    def _is_place(self) -> bool:
        """Whether content may stand at the end of the output as it is."""
        if self.blocks:
            return not self.blocks[-1].closing and self.blocks[-1].tag.name not in _FRAMES
        return self.setting.loose_text

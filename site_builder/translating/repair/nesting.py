"""Tokens in any order as well-formed prose: every element closed, each where it may stand.

Elements close late: an end tag is only written once it is known what follows, so that what strayed
behind its block (`</p>。`, `</ul><li>…</li>`) finds it still open.
"""

import re
from collections.abc import Sequence

from site_builder.sanitize import INLINE_TAGS
from site_builder.translating.repair.elements import DEEPEST, FILLING, FRAMES, LEAVES, LISTS, PARENTS, Open
from site_builder.translating.repair.placing import Placement, Setting
from site_builder.translating.repair.soup import VOID, Tag, Token, start

_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


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


class _Nest(Placement):
    """The rules by which tokens enter the output."""

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
        if number not in self.setting.between_blocks or self.host() or self.inline:
            self._content(number, "0")
        elif self.closing():
            self.behind.append(number)
        else:
            self.output.append(number)

    def _content(self, token: Token, core: str) -> None:
        self._make_room(core)
        self.reopen()
        self.output.append(token)

    def _space(self, space: str) -> None:
        if not space:
            return
        if self.inline or not self.closing():
            self.output.append(space)
        elif not (self.behind and isinstance(last := self.behind[-1], str)):
            self.behind.append(space)
        elif "\n" not in last:
            self.behind[-1] = space

    def _make_room(self, core: str) -> None:
        """See that content can stand at the end of the output."""
        if self.inline:
            return
        host, closing = self.host(), self.closing()
        in_frame = host.tag.name in FRAMES if host else not self.setting.loose_text
        stray = bool(closing) and closing[-1].tag.name not in FRAMES and (in_frame or not has_words(core))
        if stray and not (has_words(core) and any(isinstance(token, int) for token in self.behind)):
            self._join_stray(core)
        else:
            self.flush()
            if in_frame:
                self._open_home(host)

    def _join_stray(self, core: str) -> None:
        self.kinds.add("stranded-text")
        if self.behind and (core[0].isalnum() or core[0] == "<") and not _CJK.match(core):
            self.output.append(" ")
        if self.behind and isinstance(self.behind[-1], str) and "\n" not in self.behind[-1]:
            self.behind.pop()

    def _open_home(self, host: Open | None) -> None:
        """Open a block for text that has none."""
        self.kinds.add("stranded-text")
        names = list(self.setting.home) if host is None else [FILLING[host.tag.name]]
        while names[-1] in FILLING:
            names.append(FILLING[names[-1]])
        for name in names:
            self.push(start(name), ours=True)
        self.blocks[-1].adopting = True

    # Start tags

    def start(self, tag: Tag) -> None:
        if tag.name == "hr":
            self._block(tag)
        elif tag.name in VOID:
            self._line_break(tag)
        elif tag.name in INLINE_TAGS:
            self._make_room("<a>")
            if len(self.inline) + len(self.again) >= DEEPEST // 3:
                self.kinds.add("unbalanced-tags")
                return
            self.reopen()
            self.open_inline(tag)
        else:
            self._block(tag)

    def _line_break(self, tag: Tag) -> None:
        if self.inline or self._is_place():
            self.output.append(tag)
        else:
            self.kinds.add("stranded-text")

    def _block(self, tag: Tag) -> None:
        self.end_inline()
        if tag.name in LEAVES and self._adopts(tag.name):
            return
        if tag.name in PARENTS:
            self.enter(tag.name)
        else:
            self.enter_anywhere(tag.name)
        if tag.name in VOID:
            self.output.append(tag)
        elif len(self.blocks) < DEEPEST:
            self.push(tag)
        else:
            self.kinds.add("unbalanced-tags")

    def _adopts(self, name: str) -> bool:
        last = self.blocks[-1] if self.blocks else None
        adopts = last is not None and last.adopting and not last.closing and last.tag.name == name
        if last and adopts:
            last.adopting = False
        return adopts

    # End tags

    def close(self, name: str) -> None:
        if name in INLINE_TAGS:
            self.close_inline(name)
            return
        self.end_inline()
        names = LEAVES if name in LEAVES else {name}
        at = next(
            (at for at in range(len(self.blocks) - 1, -1, -1)
             if self.blocks[at].tag.name in names and not self.blocks[at].closing), None
        )  # fmt: skip
        if at is None:
            if name in LISTS and self.early:
                self.early -= 1
            else:
                self.kinds.add("unbalanced-tags")
            return
        if self.blocks[at].tag.name != name or any(
            not block.closing and not block.ended for block in self.blocks[at + 1 :]
        ):
            self.kinds.add("unbalanced-tags")
        for block in self.blocks[at:]:
            block.closing = True

    def finished(self) -> list[Token]:
        """Close everything."""
        self.end_inline()
        if any(not block.closing and not block.ended for block in self.blocks):
            self.kinds.add("unbalanced-tags")
        for block in self.blocks:
            block.closing = True
        self.flush()
        return self.output

    def _is_place(self) -> bool:
        """Whether content may stand at the end of the output as it is."""
        if self.blocks:
            return not self.blocks[-1].closing and self.blocks[-1].tag.name not in FRAMES
        return self.setting.loose_text

"""What is known of the texts of one source in one language, and how true it still is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from site_builder.fragment import PLACEHOLDER
from site_builder.fragment.lines import (
    Line,
    carry,
    has_text,
    has_words,
    inside,
    is_balanced,
    is_untranslated,
    read_line,
    same_blocks,
    split,
)
from site_builder.fragment.wording import plain_text
from site_builder.model import Page, State, Text
from site_builder.translating.pairs import forms_of, has_gaps
from site_builder.translating.repair import Repair, repair
from site_builder.translating.shared import Shared, placed


@dataclass(frozen=True, slots=True)
class Recalled:
    """A line of a fragment, and what is known of it."""

    text: str
    """As the fragment has it."""
    state: State
    translation: str = ""
    """With the placeholders of the line. An outdated line has one only if they agree."""
    source: str = ""
    """What the translation of an outdated line says, in the source's language."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is known of a fragment."""

    value: str | None
    """Its translation, valid and with its placeholders; None if some of its lines are not current."""
    lines: tuple[Recalled, ...] = ()
    """Without a value, its lines with words, in order."""
    wordless: tuple[Recalled, ...] = ()
    """Without a value, its other lines with text, in order; they need no translation."""
    kinds: tuple[str, ...] = ()
    """What had to be repaired in the value."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known in one language of the texts of one source; an empty value is no translation."""

    entries: Mapping[str, str] = field(default_factory=dict)
    """Those of the source's own map."""
    shared: Shared | None = None
    """What all maps say; without it, only the own map is known."""
    own: str = ""
    """The name of the own map in `shared`."""
    similarity: float = 0.75
    """How much a line has to be like another, 0 to 1, for that one's translation to be outdated."""
    said: frozenset[str] = frozenset()
    """The forms of the lines that the source says: none of them is an older form of another."""
    is_complete: bool = False
    """Whether the own map is known to say all that it is asked for."""
    _alone: list[Shared] = field(default_factory=list, init=False, repr=False, compare=False)

    def recall(self, key: str) -> Recollection:
        """Say what is known of the fragment `key`: as a whole, or else line by line."""
        if mended := self._exact(key):
            return Recollection(mended.html, kinds=mended.kinds)
        entry = self._all().fragment(forms_of(key), self.own)
        if entry and (mended := _spelled_otherwise(key, *entry)):
            return Recollection(mended.html, kinds=mended.kinds)
        return self._line_by_line(key)

    def _line_by_line(self, key: str) -> Recollection:
        pieces, texts, worded = _read(key)
        near = self._all().near([line.form for line in texts.values()], self.own)
        lines: dict[int, Recalled] = {}
        wordless: dict[int, Recalled] = {}
        for (at, line), (own, other) in zip(texts.items(), near, strict=True):
            if at in worded:
                lines[at] = self._line(pieces[at], line, own, other)
            else:
                wordless[at] = _wordless(pieces[at], line, own or other)
        if not lines or any(line.state != "current" for line in lines.values()):
            return Recollection(None, tuple(lines.values()), tuple(wordless.values()))
        told = list(pieces)
        for at, recalled in (*lines.items(), *wordless.items()):
            told[at] = inside(pieces[at], recalled.translation or recalled.text.strip())
        return Recollection("".join(told))

    def knows(self, page: Page) -> bool:
        """Tell quickly whether the own map alone says all of a page."""
        own = self.entries
        titles = [getattr(page, name) for name in ("title", "summary") if name in page.meta]
        keys = [section.docs.html for section in page.sections if section.words]
        return all(self._own_text(text) for text in titles if text) and all(
            (value := own.get(key, "")) and not value.isspace() and not has_gaps(key, value, strict=True)
            for key in keys
        )

    def _own_text(self, text: str) -> str:
        own = _plain(self.entries.get(text, ""))
        return "" if is_untranslated(text, own) else own

    def recall_text(self, text: str) -> Text:
        """Translate a title or summary, which is plain text; one that is not current stays as it is."""
        if not text or (own := self._own_text(text)):
            return Text(own if text else "", "current")
        if self.is_complete or _NAME.fullmatch(text):
            return Text(text, "missing")
        line = escape(text, quote=False)
        recalled = self._line(line, read_line(line))
        translation = _plain(plain_text(recalled.translation)) if recalled.state == "current" else ""
        return Text(translation, "current") if translation else Text(text, _unsaid(recalled.state))

    def _all(self) -> Shared:
        if self.shared:
            return self.shared
        if not self._alone:
            self._alone.append(Shared({self.own: self.entries.items()}))
        return self._alone[0]

    def _exact(self, key: str) -> Repair | None:
        value = self.entries.get(key)
        if not value or value.isspace():
            return None
        mended = repair(value, key)
        return mended if self.is_whole(key, mended.html) else None

    def is_whole(self, key: str, value: str) -> bool:
        """Tell whether a translation of the own map leaves out nothing of its fragment."""
        return self.is_complete or not has_gaps(key, value)

    def _line(self, text: str, line: Line, own: str = "", other: str = "") -> Recalled:
        """Say what is known of a line; older versions of its fragment say `own` and `other`."""
        found = own or self._all().line(line.form, self.own, other)
        if found and (translation := placed(found, line)):
            return Recalled(text, "current", translation)
        pair = self._all().similar(line.form, self.own, self.similarity, self.said | {line.form})
        if not pair:
            return Recalled(text, "missing")
        translation, source = carry(pair.translation, pair.line, line), carry(pair.text, pair.line, line)
        if translation is None or source is None:
            return Recalled(text, "outdated", source=PLACEHOLDER.sub("…", pair.text))
        return Recalled(text, "outdated", translation, source.strip())


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def _read(key: str) -> tuple[tuple[str, ...], Mapping[int, Line], frozenset[int]]:
    """Split a fragment; its lines with text by their places, and the places of those with words."""
    pieces = tuple(split(key))
    texts = {at: read_line(pieces[at]) for at in range(0, len(pieces), 2) if has_text(pieces[at])}
    return pieces, texts, frozenset(at for at in texts if has_words(pieces[at]))


def _wordless(text: str, line: Line, known: str) -> Recalled:
    # What goes on in another line would end here.
    translation = placed(known, line) if known and is_balanced(text) else None
    return Recalled(text, "current", translation or "")


def _unsaid(state: State) -> State:
    return "missing" if state == "current" else state


def translatable(page: Page) -> Iterator[str]:
    """List the keys of a page: what a translator has to say in another language, in order."""
    yield from (text for name in ("title", "summary") if name in page.meta and (text := getattr(page, name)))
    yield from (section.docs.html for section in page.sections if section.words)


def _spelled_otherwise(key: str, other: str, value: str) -> Repair | None:
    """Make the translation of a fragment that says the same in the same blocks that of `key`."""
    pieces, others = split(key), split(other)
    if _forms(pieces) != _forms(others):
        return None
    if not same_blocks(pieces, others) and same_blocks(others, split(repair(value, other).html)):
        return None
    carried = carry(value, read_line(other), read_line(key))
    mended = repair(value if carried is None else carried, key)
    return None if has_gaps(key, mended.html) else mended


def _forms(pieces: Sequence[str]) -> list[str]:
    """Say what all lines say, formulas and numbers too."""
    return [form for text in pieces[::2] if (form := read_line(text).form)]


_NAME = re.compile(r"\S*\w[./_]\w\S*")
"""A dotted name or a path, which is itself in every language."""

# Marks and controls of direction would leave the title and change what stands around it.
_NO_TEXT = re.compile(
    rf"{PLACEHOLDER.pattern}|</?[A-Za-z][^<>]*>|[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069]"
)


def _plain(text: str) -> str:
    return " ".join(_NO_TEXT.sub("", text).split())

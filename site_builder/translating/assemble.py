"""The prose of one section in one language, put together line by line in the blocks of its source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from site_builder.fragment import BLOCK_OPENING, TAG, bare
from site_builder.fragment.filling import fill
from site_builder.fragment.lines import has_text, has_words, inside, is_balanced, nesting, split
from site_builder.language import Language
from site_builder.model import Block, Fragment, State
from site_builder.sanitize import sanitize
from site_builder.translating.memory import Recalled, Recollection


def block(fragment: Fragment, html: str) -> Block:
    """Make HTML of a fragment or of its translation safe, then put the trusted pieces in."""
    return Block(fill(safe(html), fragment.protected, fragment.anchors), "current")


def without_ids(fragment: Fragment, shown: Block) -> str:
    """Return a fragment as it is `shown`, but so that it can stand on the page a second time."""
    return _without_ids(fragment) if fragment.anchors else shown.html


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def _without_ids(fragment: Fragment) -> str:
    return fill(safe(fragment.html), fragment.protected)


def safe(html: str) -> str:
    """Return what prose may keep of HTML, its placeholders without their spans."""
    clean = sanitize(bare(html))
    return _EMPTY_LINKS.sub(_nothing, clean) if "<a></a>" in clean else clean


_EMPTY_LINKS = re.compile(r"([_^\d])?(?:<a></a>)+(?=([_^\d])?)")


def _nothing(links: re.Match[str]) -> str:
    """Take out what is left of anchors; what it held apart must not become a placeholder."""
    before, after = links.groups("")
    return f"{before}<wbr>" if before and after else before


def assemble(
    fragment: Fragment, known: Recollection, source_language: Language, *, show_outdated: bool
) -> tuple[Block, ...] | None:
    """Put together what is known of the lines of a fragment; the rest stays in the source's language.

    A line without words goes with what is around it. With `show_outdated`, an outdated line is shown by its
    translation if that has the placeholders of the line. None if the fragment's own HTML is too odd to be
    taken apart.
    """
    pieces = split(safe(fragment.html))
    places = [at for at in range(0, len(pieces), 2) if has_words(pieces[at])]
    if not _are_at(places, pieces, known.lines):
        return None
    if not all(is_balanced(pieces[at]) for at in places):
        return None
    lines = dict(zip(places, known.lines, strict=True))
    others = [at for at in range(0, len(pieces), 2) if at not in lines and has_text(pieces[at])]
    wordless = zip(others, known.wordless, strict=True) if _are_at(others, pieces, known.wordless) else ()
    told = {at: line.translation for at, line in wordless if line.translation}
    assembly = _Assembly(fragment, pieces, lines, told, source_language, show_outdated)
    return tuple(assembly.blocks())


def _are_at(places: Sequence[int], pieces: Sequence[str], lines: Sequence[Recalled]) -> bool:
    return [_words(pieces[at]) for at in places] == [_words(line.text) for line in lines]


def _words(html: str) -> list[str]:
    return unescape(TAG.sub("", bare(html))).split()


_Kind = State | None
"""The state of all lines of a run; None if some are current and some are not."""


@dataclass(frozen=True, slots=True)
class _Assembly:
    """The work on one fragment."""

    fragment: Fragment
    pieces: Sequence[str]
    lines: Mapping[int, Recalled]
    """By their place among the pieces."""
    wordless: Mapping[int, str]
    """The translations of other lines."""
    source_language: Language
    show_outdated: bool

    def blocks(self) -> Iterator[Block]:
        """Make a block of each run of elements."""
        opened = 0
        for kind, run in _runs(self._elements()):
            outdated = [line for at in run if (line := self.lines.get(at)) and self._is_shown_outdated(line)]
            html = "".join(self._piece(at, kind, is_english=not outdated) for at in run)
            source = "".join(f"<p>{safe(line.source)}</p>\n" for line in outdated)
            count = sum(bool(BLOCK_OPENING.match(self.pieces[at])) for at in run)
            anchors = self._anchors(opened, count, run)
            protected = self.fragment.protected
            yield Block(fill(html, protected, anchors), kind or "current", fill(source, protected))
            opened += count

    def _elements(self) -> Iterator[tuple[set[State], int]]:
        """Find the end of each outermost element, with the states of its lines."""
        start = depth = 0
        for at, piece in enumerate(self.pieces):
            if at % 2 and piece.startswith("<") and not piece.startswith("<hr"):
                depth += -1 if piece.startswith("</") else 1
            elif not at % 2 and "<" in piece:
                depth += nesting(piece)
            if (depth == 0 and piece.strip()) or at + 1 == len(self.pieces):
                yield {self.lines[part].state for part in range(start, at + 1) if part in self.lines}, at + 1
                start = at + 1

    def _is_shown_outdated(self, line: Recalled) -> bool:
        return self.show_outdated and line.state == "outdated" and bool(line.translation)

    def _piece(self, at: int, kind: _Kind, *, is_english: bool) -> str:
        """Spell a piece; a line that is not what its run is says so itself."""
        line = self.lines.get(at)
        if line is None:
            in_source = at not in self.wordless or (is_english and (kind or "current") != "current")
            return self.pieces[at] if in_source else inside(self.pieces[at], safe(self.wordless[at]))
        if line.state == "current":
            return inside(self.pieces[at], safe(line.translation))
        if self._is_shown_outdated(line):
            translation = inside(self.pieces[at], safe(line.translation))
            return translation if kind else f'<span class="sb-outdated">{translation}</span>'
        if kind and is_english:
            return self.pieces[at]
        language = self.source_language
        attributes = f'class="sb-{line.state}" lang="{language.tag}" dir="{language.direction}"'
        return f"<span {attributes}>{self.pieces[at]}</span>"

    def _anchors(self, opened: int, count: int, run: range) -> list[tuple[int, str]]:
        """Choose the ids of `count` blocks from number `opened` on, numbered from there."""
        is_last = run.stop == len(self.pieces)
        return [
            (number - opened, identifier)
            for number, identifier in self.fragment.anchors
            if (number >= opened or (number < 0 and not run.start)) and (number < opened + count or is_last)
        ]


def _runs(elements: Iterator[tuple[set[State], int]]) -> Iterator[tuple[_Kind, range]]:
    """Join neighbours of one state; an element without words goes with what is before it."""
    runs: list[tuple[_Kind, range]] = []
    start = 0
    for states, end in elements:
        kind = next(iter(states)) if len(states) == 1 else None
        if runs and (not states or _shown(runs[-1][0]) == _shown(kind)):
            last, places = runs.pop()
            runs.append((last if not states or last == kind else None, range(places.start, end)))
        elif states:
            runs.append((kind, range(start, end)))
        start = runs[-1][1].stop if runs else 0
    yield from runs


def _shown(kind: _Kind) -> State:
    return kind or "current"

"""Placeholders and links that a translation has lost, put back into the block that they come from."""

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from site_builder.sanitize import INLINE_TAGS
from site_builder.translating.repair.linking import carve, in_brackets, text_of
from site_builder.translating.repair.original import TEXT_BLOCKS, Link, Original
from site_builder.translating.repair.soup import VOID, Tag, Token, end, settled, start


def with_missing(tokens: list[Token], key: Original, kinds: set[str]) -> list[Token]:
    """Put what the key has and well-formed tokens have not at the end of the corresponding block.

    A lost link takes the words of its original where they stand there, or else follows in brackets.
    Adds to `kinds` what was missing.
    """
    present = {token for token in tokens if isinstance(token, int)}
    missing = [number for number in key.placeholders if number not in present]
    targets = set(_linked(tokens).values())
    lost = [link for href, link in key.links.items() if href not in targets]
    if not missing and not lost:
        return settled(tokens, kinds)
    kinds |= ({"placeholder-missing"} if missing else set()) | ({"link-missing"} if lost else set())
    mending = _Mending(_with_block(tokens, key), key, set(missing))
    for link in lost:
        mending.link(link)
    for number in missing:
        mending.placeholder(number)
    return settled(mending.finished(), kinds)


def _with_block(tokens: list[Token], key: Original) -> list[Token]:
    """Give a translation that has no block one to put things in."""
    if key.setting.loose_text or any(_opens(token, TEXT_BLOCKS) for token in tokens):
        return tokens
    home = key.setting.home
    return [*tokens, *map(start, home), *map(end, reversed(home))]


def _opens(token: Token, names: frozenset[str]) -> bool:
    return isinstance(token, Tag) and not token.closing and token.name in names


def _is_block(token: Token) -> bool:
    return isinstance(token, Tag) and token.name not in INLINE_TAGS


def _linked(tokens: Sequence[Token]) -> dict[int, str]:
    """Name the target of each token that stands in a link and can be seen."""
    linked: dict[int, str] = {}
    href = ""
    for at, token in enumerate(tokens):
        if isinstance(token, Tag):
            if token.name == "a":
                href = token.href
        elif href and (isinstance(token, int) or token.strip()):
            linked[at] = href
    return linked


def _spans(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Find where the own line of each text block begins and ends."""
    edges = [at for at, token in enumerate(tokens) if _is_block(token)]
    following = dict(pairwise(edges))
    return [(at + 1, following.get(at, len(tokens))) for at in edges if _opens(tokens[at], TEXT_BLOCKS)]


def _outermost(tokens: Sequence[Token]) -> list[int]:
    """Find where the elements that stand in no other begin."""
    found, depth = [], 0
    for at, token in enumerate(tokens):
        if isinstance(token, Tag) and _is_block(token):
            if not token.closing and not depth:
                found.append(at)
            depth += 0 if token.name in VOID else -1 if token.closing else 1
    return found


class _Mending:
    """What is to be put into a translation, by place, until all of it is known."""

    def __init__(self, tokens: list[Token], key: Original, missing: set[int]) -> None:
        self.tokens = tokens
        self.key = key
        self.missing = missing
        self.linked = _linked(tokens)
        self.spans = _spans(tokens) or [(0, len(tokens))]
        self.outermost = _outermost(tokens)
        self.empty = {
            token.href: at for at, token in enumerate(tokens) if isinstance(token, Tag) and token.href
        }
        """Links that hold nothing, if their target is lost."""
        self.numbers = {token: at for at, token in enumerate(tokens) if isinstance(token, int)}
        self.replaced: dict[int, list[Token]] = {}
        self.before: dict[int, list[Token]] = defaultdict(list)
        self.brackets: dict[int, list[list[Token]]] = defaultdict(list)

    def placeholder(self, number: int) -> None:
        """Put a placeholder back, unless a link has brought it."""
        if number not in self.missing:
            return
        if number in self.key.between_blocks:
            count = self.key.between_blocks[number]
            at = self.outermost[count] if count < len(self.outermost) else len(self.tokens)
            self.before[at].append(number)
        else:
            self.before[self._span(self.key.placeholders[number])[1]] += [" ", number]

    def link(self, link: Link) -> None:
        """Put a link back: into what is left of it, around its placeholder or words, or anew."""
        opening = Tag("a", f'<a href="{escape(link.href)}">')
        only = link.label[0] if len(link.label) == 1 else None
        if link.href in self.empty:
            at = self.empty[link.href]
            self.replaced[at] = [self.tokens[at], *self._label(link)]
        elif isinstance(only, int) and self._wraps(only, opening, link):
            return
        elif not self._carves(opening, link):
            self.brackets[self._span(link.block)[1]].append([opening, *self._label(link), end("a")])

    def _label(self, link: Link) -> list[Token]:
        """Name a link as the original does, with those of its placeholders that are missing."""
        numbers = {part for part in link.label if part in self.missing}
        self.missing -= numbers
        if numbers:
            return [part for part in link.label if isinstance(part, str) or part in numbers]
        return [self.key.label(link.href)]

    def _wraps(self, number: int, opening: Tag, link: Link) -> bool:
        """Put the link around the placeholder that is its whole label."""
        if number in self.missing:
            self.missing.discard(number)
            self.before[self._span(link.block)[1]] += [" ", opening, number, end("a")]
            return True
        at = self.numbers.get(number)
        if at is None or at in self.linked or at in self.replaced:
            return False
        self.replaced[at] = [opening, number, end("a")]
        return True

    def _carves(self, opening: Tag, link: Link) -> bool:
        """Put the link around its words, if they stand in its block."""
        for at in range(*self._span(link.block)):
            token = self.tokens[at]
            if not isinstance(token, str) or at in self.linked or at in self.replaced:
                continue
            if parts := carve(token, link.text):
                self.replaced[at] = [parts[0], opening, parts[1], end("a"), parts[2]]
                return True
        return False

    def _span(self, block: int) -> tuple[int, int]:
        return self.spans[min(block, len(self.spans) - 1)]

    def finished(self) -> list[Token]:
        """Put everything in."""
        output: list[Token] = []
        for at in range(len(self.tokens) + 1):
            output += self.before.get(at, ())
            if at in self.brackets:
                output += in_brackets(self.brackets[at], text_of(self.tokens))
            if at < len(self.tokens):
                output += self.replaced.get(at, [self.tokens[at]])
        return output

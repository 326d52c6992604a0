"""Links inside links taken apart, so that each target stays reachable.

A link keeps the words that are its own. One that has none gets the words of its original where they
stand in the translation unchanged ("PyTorch"), and otherwise follows in brackets.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from site_builder.translating.repair.nesting import has_words
from site_builder.translating.repair.original import Original
from site_builder.translating.repair.soup import Tag, Token, end

_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")

_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token, and the link that it belongs to."""

    token: Token
    link: Tag | None


def untangle(tokens: Sequence[Token], key: Original, kinds: set[str]) -> list[Token]:
    """Take nested links apart in well-formed tokens. Adds to `kinds` if there were any."""
    parts = _by_link(tokens)
    reached = {part[0].href for part in parts if _is_link(part[0]) and not _is_nested(part)}
    output: list[Token] = []
    for part in parts:
        if _is_link(part[0]) and _is_nested(part):
            kinds.add("nested-link")
            output += _taken_apart(part, key, reached)
        else:
            output += part
    return output


def _by_link(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split tokens into links, each with all that stands in it, and what is between them."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if not depth and _is_link(token):
            parts.append([])
        parts[-1].append(token)
        if isinstance(token, Tag) and token.name == "a":
            depth += -1 if token.closing else 1
            if not depth:
                parts.append([])
    return [part for part in parts if part]


def _is_nested(part: Sequence[Token]) -> bool:
    return sum(map(_is_link, part)) > 1


def carve(text: str, label: str) -> tuple[str, str, str] | None:
    """Find the words of `label` in a text: what is before, they, and what is after."""
    if not has_words(label):
        return None
    found = re.search(rf"(?<![A-Za-z0-9&#]){re.escape(label)}(?![A-Za-z0-9;])", text, re.IGNORECASE)
    return (text[: found.start()], found[0], text[found.end() :]) if found else None


def in_brackets(links: Sequence[Sequence[Token]], near: str) -> list[Token]:
    """Write links in brackets, as the script of the text `near` them does it."""
    opening, comma, closing = ("（", "、", "）") if _CJK.search(near) else (" (", ", ", ")")
    output: list[Token] = []
    for link in links:
        output += [comma if output else opening, *link]
    return [*output, closing]


def text_of(tokens: Sequence[Token]) -> str:
    """Join the text among tokens."""
    return "".join(token for token in tokens if isinstance(token, str))


def _taken_apart(group: Sequence[Token], key: Original, reached: set[str]) -> list[Token]:
    """Give the words of nested links to one link each; `reached` are the targets of other links."""
    pieces = _owned(group)
    brackets: list[list[Token]] = []
    for link in _distinct([token for token in group if _is_link(token)]):
        if _has_own(pieces, link) or link.href in reached:
            continue
        if carved := _carved(pieces, link, key):
            pieces = carved
        else:
            brackets.append([link, key.label(link.href), end("a")])
        reached.add(link.href)
    return _joined(pieces) + (in_brackets(brackets, text_of(group)) if brackets else [])


def _is_link(token: Token) -> TypeGuard[Tag]:
    return isinstance(token, Tag) and token.name == "a" and not token.closing


def _distinct(links: Sequence[Tag]) -> list[Tag]:
    """Keep one link to each target."""
    return list({link.href: link for link in reversed(links) if link.href}.values())[::-1]


def _owned(group: Sequence[Token]) -> list[_Piece]:
    """Give each token to the innermost link around it, and punctuation to none.

    A link without its end tag ends where the next one begins, if it said something until there.
    """
    pieces: list[_Piece] = []
    around: list[Tag] = []
    spoken: list[Tag] = []
    ended: list[Tag] = []
    for token in group:
        if isinstance(token, Tag) and token.name == "a":
            if token.closing:
                around.pop()
            else:
                ended += [link for link in around if link.cut and _is_in(spoken, link)]
                around.append(token)
            continue
        owner = next((link for link in reversed(around) if link.href and not _is_in(ended, link)), None)
        if isinstance(token, Tag) or (isinstance(token, str) and not has_words(token)):
            owner = None
        elif owner and not _is_in(spoken, owner):
            spoken.append(owner)
        pieces.append(_Piece(token, owner))
    return pieces


def _is_in(links: Sequence[Tag], link: Tag) -> bool:
    return any(other is link for other in links[-_DEEPEST:])


def _has_own(pieces: Sequence[_Piece], link: Tag) -> bool:
    return any(piece.link and piece.link.href == link.href for piece in pieces)


def _carved(pieces: list[_Piece], link: Tag, key: Original) -> list[_Piece] | None:
    """Give `link` the words of its original, if they stand in the text; their owner keeps words too."""
    label = key.links[link.href].text if link.href in key.links else ""
    for at, piece in enumerate(pieces):
        parts = carve(piece.token, label) if isinstance(piece.token, str) and piece.link else None
        if not parts or not piece.link:
            continue
        if has_words(parts[0] + parts[2]) or _has_own([*pieces[:at], *pieces[at + 1 :]], piece.link):
            before, after = _sides(parts[0], parts[2], piece.link, key)
            return [*pieces[:at], *before, _Piece(parts[1], link), *after, *pieces[at + 1 :]]
    return None


def _sides(before: str, after: str, owner: Tag, key: Original) -> tuple[list[_Piece], list[_Piece]]:
    """Leave the words around to `owner`: those of its original, if they are among them, or all."""
    label = key.links[owner.href].text if owner.href in key.links else ""
    if parts := carve(before, label):
        return _narrowed(parts, owner), [_Piece(after, None)]
    if parts := carve(after, label):
        return [_Piece(before, None)], _narrowed(parts, owner)
    return [_Piece(before, _owner(before, owner))], [_Piece(after, _owner(after, owner))]


def _narrowed(parts: tuple[str, str, str], owner: Tag) -> list[_Piece]:
    return [_Piece(parts[0], None), _Piece(parts[1], owner), _Piece(parts[2], None)]


def _owner(text: str, owner: Tag) -> Tag | None:
    return owner if has_words(text) else None


_EDGE = " \t\n\r、。，．：；！？「」『』（）〈〉《》()[],.!?:"
"""What a link neither begins nor ends with, where it was cut."""


def _joined(pieces: Sequence[_Piece]) -> list[Token]:
    output: list[Token] = []
    link: Tag | None = None
    for piece in [*_trimmed(pieces), _Piece("", None)]:
        if piece.link is not link:
            output += ([end("a")] if link else []) + ([piece.link] if piece.link else [])
            link = piece.link
        output.append(piece.token)
    return [token for token in output if token != ""]


def _trimmed(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Put punctuation where one link ends and another begins outside both."""
    links = [None, *(piece.link for piece in pieces), None]
    for piece, before, after in zip(pieces, links, links[2:], strict=False):
        core = piece.token
        if not isinstance(core, str) or not piece.link:
            yield piece
            continue
        lead = core[: len(core) - len(core.lstrip(_EDGE))] if before is not piece.link else ""
        trail = core[len(core.rstrip(_EDGE)) :] if after is not piece.link else ""
        yield _Piece(lead, None)
        yield _Piece(core[len(lead) : len(core) - len(trail)], piece.link)
        yield _Piece(trail, None)

"""A damaged translation made into a valid one, with the placeholders and links of its original.

Translations come from people and machines that know nothing of our fragments. What they damage is
mended here, so that nothing after it has to expect damage.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from site_builder.fragment import placeholders
from site_builder.sanitize import NOT_TEXT
from site_builder.translating.repair.elements import LEAVES
from site_builder.translating.repair.linking import untangle
from site_builder.translating.repair.nesting import nest
from site_builder.translating.repair.original import Original, original
from site_builder.translating.repair.restoring import with_missing
from site_builder.translating.repair.soup import Tag, Token, end, read, settled, start, write


@dataclass(frozen=True, slots=True)
class Repair:
    """A translation as it can be shown."""

    html: str
    kinds: tuple[str, ...] = ()
    """What was mended, sorted: `stranded-text`, `nested-link`, …; nothing if it was in order."""


@lru_cache(maxsize=8)  # A page is asked for its title and then for the heading that this comes from.
def repair(value: str, key: str) -> Repair:
    """Mend the translation `value` of the fragment `key`.

    The result is well-formed prose without nested links. It has each placeholder of the key once and
    a link to each target of the key. A value in order comes back as it is. Takes any text, in time
    proportional to its length. It does not make HTML safe: sanitise the result.
    """
    if _is_in_order(value, key):
        return Repair(value)
    kinds: set[str] = set()
    goal = original(key)
    tokens = _with_each_once(read(value, goal.elements, kinds), goal, kinds)
    tokens = _named_as_in_key(nest(tokens, goal.setting, kinds), goal, kinds)
    tokens = untangle(tokens, goal, kinds)
    tokens = with_missing(tokens, goal, kinds)
    return Repair(write(tokens), tuple(sorted(kinds))) if kinds else Repair(value)


# A value in order, as almost all are: told by one expression, without reading it into tokens.
_TEXT = rf"[^<{NOT_TEXT}\ud800-\udfff]++"
_MARKED = r"<span translate=no>_\^_[0-9]{1,6}_\^_</span>"
_ATOM = rf"{_TEXT}|{_MARKED}"
_LINK = rf'<a href="[^"<>^]*+">(?!\s*+</a>)(?:{_ATOM})*+</a>'
_LINE = rf"(?:{_ATOM}|{_LINK}|<(?P<%s>em|strong|small)>(?:{_ATOM}|{_LINK})*+</(?P=%s)>)*+"
_LINE_IN_ORDER = re.compile(_LINE % ("e", "e"))
_IN_ORDER = re.compile(
    rf"(?:<p>{_LINE % ('e1', 'e1')}</p>\s*+|<h(?P<h>[1-6])>{_LINE % ('e2', 'e2')}</h(?P=h)>\s*+"
    rf"|<ul>(?:<li>{_LINE % ('e3', 'e3')}</li>\s*+)++</ul>\s*+|{_MARKED}\s*+)*+"
)
_BETWEEN_BLOCKS = re.compile(rf"(?:\A|</(?:p|h[1-6]|ul)>)\s*+((?:{_MARKED}\s*+)++)")
_BLOCK = re.compile(r"<(p|h[1-6]|ul|li)>")
_HREF = re.compile(r' href="([^"]*)"')
_CARET_ENTITY = re.compile(r"&(?:#0*94(?!\d)|#[xX]0*5[eE](?![0-9a-fA-F])|Hat;)")


def _is_in_order(value: str, key: str) -> bool:
    """Tell quickly that there is nothing to mend; a value of a rarer shape may be in order as well."""
    numbers = placeholders(key)
    return (
        value.count("^") == 2 * len(numbers)
        and _IN_ORDER.fullmatch(value) is not None
        and sorted(placeholders(value)) == sorted(set(numbers))
        and "＾" not in value
        and "%5" not in value
        and not _CARET_ENTITY.search(value)
        and _BETWEEN_BLOCKS.findall(value) == _BETWEEN_BLOCKS.findall(key)
        and _BLOCK.findall(value) == _BLOCK.findall(key)
        and ("href" not in key or set(_HREF.findall(key)) <= set(_HREF.findall(value)))
    )


def is_line_in_order(value: str, line: str) -> bool:
    """Tell quickly that there is nothing to mend in the translation of one line; see `_is_in_order`."""
    numbers = placeholders(line)
    return (
        bool(value.strip()) == bool(line.strip())
        and value.count("^") == 2 * len(numbers)
        and _LINE_IN_ORDER.fullmatch(value) is not None
        and sorted(placeholders(value)) == sorted(numbers)
        and "＾" not in value
        and "%5" not in value
        and not _CARET_ENTITY.search(value)
        and ("href" not in line or set(_HREF.findall(line)) <= set(_HREF.findall(value)))
    )


def _with_each_once(tokens: Sequence[Token], key: Original, kinds: set[str]) -> list[Token]:
    """Drop placeholders that the key does not have, and repetitions."""
    output: list[Token] = []
    seen: set[int] = set()
    for token in tokens:
        if not isinstance(token, int):
            output.append(token)
        elif token in seen or token not in key.placeholders:
            kinds.add("placeholder-repeated" if token in seen else "placeholder-unknown")
        else:
            seen.add(token)
            output.append(token)
    return settled(output, kinds)


def _named_as_in_key(tokens: list[Token], key: Original, kinds: set[str]) -> list[Token]:
    """Name paragraphs and headings as the key does, if they are as many."""
    leaves = [at for at, token in enumerate(tokens) if isinstance(token, Tag) and token.name in LEAVES]
    names = tuple(token.name for at in leaves[::2] if isinstance(token := tokens[at], Tag))
    if len(names) != len(key.leaves) or names == key.leaves:
        return tokens
    kinds.add("block-tag")
    output = list(tokens)
    for at, closing_at, old, new in zip(leaves[::2], leaves[1::2], names, key.leaves, strict=True):
        if old != new:
            output[at], output[closing_at] = start(new), end(new)
    return output

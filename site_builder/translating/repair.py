"""A damaged translation made into a valid one, with the placeholders and links of its original.

Translations come from people and machines that know nothing of our fragments. What they damage is
mended here, so that nothing after it has to expect damage.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from site_builder.fragment import placeholders
from site_builder.sanitize import INLINE_TAGS
from site_builder.translating.linking import carve, in_brackets, text_of, untangle
from site_builder.translating.nesting import LEAVES, nest
from site_builder.translating.original import TEXT_BLOCKS, Link, Original, original
from site_builder.translating.soup import Tag, Token, end, read, start, write


@dataclass(frozen=True, slots=True)
class Repair:
    """A translation as it can be shown."""

    html: str
    kinds: tuple[str, ...] = ()
    """What was mended, sorted: `stranded-text`, `nested-link`, …; nothing if it was in order."""


def repair(value: str, key: str) -> Repair:
    """Mend the translation `value` of the fragment `key`.

    The result is well-formed prose without nested links. It has each placeholder of the key once and
    a link to each target of the key. A value in order comes back as it is; mending twice is mending
    once. Takes any text, in time proportional to its length. It does not make HTML safe: sanitise
    the result.
    """
    if _is_in_order(value, key):
        return Repair(value)
    kinds: set[str] = set()
    goal = original(key)
    tokens = _as_in_key(read(value, goal.elements, kinds), goal, kinds)
    tokens = untangle(nest(tokens, goal.setting, kinds), goal, kinds)
    tokens = _with_missing(tokens, goal, kinds)
    return Repair(write(tokens), tuple(sorted(kinds))) if kinds else Repair(value)


# A value in order, as almost all are: told by one expression, without reading it into tokens.
_TEXT = r"[^<\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]"
_MARKED = r"<span translate=no>_\^_\d{1,6}_\^_</span>"
_SIMPLE = rf"(?:{_TEXT}++|{_MARKED}|<(?:(?:em|strong|small|b|i)>(?:{_TEXT}++|{_MARKED})*+</(?:em|strong|small|b|i)>))"
_LINK = rf'<a href="[^"<>^&]*+">(?:{_TEXT}++|{_MARKED})*+</a>'
_LINE = rf"(?:{_TEXT}++|{_MARKED}|{_LINK}|<em>(?:{_TEXT}++|{_MARKED}|{_LINK})*+</em>|<strong>(?:{_TEXT}++|{_MARKED}|{_LINK})*+</strong>)*+"
_IN_ORDER = re.compile(
    rf"(?:<p>{_LINE}</p>\s*+|<h([1-6])>{_LINE}</h\1>\s*+|<ul>(?:<li>{_LINE}</li>\s*+)++</ul>\s*+)*+"
)
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
        and _BLOCK.findall(value) == _BLOCK.findall(key)
        and ("href" not in key or set(_HREF.findall(key)) <= set(_HREF.findall(value)))
    )

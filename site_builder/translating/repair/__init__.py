"""A damaged translation made into a valid one, with the placeholders and links of its original.

Translations come from people and machines that know nothing of our fragments. What they damage is
mended here, so that nothing after it has to expect damage.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from site_builder.fragment import placeholders
from site_builder.sanitize import find_not_text
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
    return Repair(value) if _is_in_order(value, key) else mend(value, key)


def mend(value: str, key: str) -> Repair:
    """Do what `repair` does, without a look at whether there is anything to do."""
    kinds: set[str] = set()
    goal = original(key)
    tokens = _with_each_once(read(value, goal.elements, kinds), goal, kinds)
    tokens = _named_as_in_key(nest(tokens, goal.setting, kinds), goal, kinds)
    tokens = untangle(tokens, goal, kinds)
    tokens = with_missing(tokens, goal, kinds)
    return Repair(write(tokens), tuple(sorted(kinds))) if kinds else Repair(value)


# A value in order, as almost all are: told by one expression, without reading it into tokens. It has no
# groups: Python 3.11 fails where it has to go back over those in a possessive repetition.
_MARKED = r"<span translate=no>_\^_[0-9]{1,6}_\^_</span>"
_ATOM = rf"[^<\ud800-\udfff]++|{_MARKED}"
_LINK = rf'<a href="[^"<>^]*+">(?!\s*+</a>)(?:{_ATOM})*+</a>'
_STRESSED = "|".join(rf"<{name}>(?:{_ATOM}|{_LINK})*+</{name}>" for name in ("em", "strong", "small"))
_LINE = rf"(?:{_ATOM}|{_LINK}|{_STRESSED})*+"
_PARAGRAPH = rf"<p>{_LINE}</p>\s*+"
_ITEMS = rf"(?:<li>(?:(?:{_PARAGRAPH})++|{_LINE})</li>\s*+)++"
_HEAD, _CELL = (rf'<{name}(?: align="[a-z]++")?+>{_LINE}</{name}>' for name in ("th", "td"))
_TABLE = (
    rf"<table><thead><tr>(?:{_HEAD})++</tr></thead>"
    rf"(?:<tbody>(?:<tr>(?:{_CELL})++</tr>)++</tbody>)?+</table>\s*+"
)
_LINE_IN_ORDER = re.compile(_LINE)
_IN_ORDER = re.compile(
    rf"(?:{_PARAGRAPH}|<h[1-6]>{_LINE}</h[1-6]>\s*+|<ul>{_ITEMS}</ul>\s*+"
    rf'|<ol(?: start="[0-9]++")?+>{_ITEMS}</ol>\s*+|{_TABLE}|<hr>\s*+|{_MARKED}\s*+)*+'
)
_BETWEEN_BLOCKS = re.compile(rf"(?:\A|</(?:p|h[1-6]|[uo]l|table)>|<hr>)\s*+((?:{_MARKED}\s*+)++)")
_BLOCK = re.compile(r"<(/?h[1-6]|p|[uo]l|li|t[rdh]|table|tbody|hr)\b")
_UNLIKE_ENDS = re.compile(r"<h([1-6])>(?:[^<]|<(?!/h))*+</h(?!\1)")
_HREF = re.compile(r' href="([^"]*)"')
_CARET_ENTITY = re.compile(r"&(?:#0*94(?!\d)|#[xX]0*5[eE](?![0-9a-fA-F])|Hat;)")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a value has in common with its fragment if it is in order and both are of the usual kind."""

    marks: list[int]
    between_blocks: list[str]
    blocks: list[str]
    targets: set[str]


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def _shape(key: str) -> _Shape | None:
    if not _IN_ORDER.fullmatch(key) or _UNLIKE_ENDS.search(key):
        return None
    shape = _shape_of(key)
    return shape if _has_plain_marks(key, len(set(shape.marks))) else None


def _shape_of(html: str) -> _Shape:
    links = _HREF.findall(html) if "href" in html else ()
    return _Shape(sorted(placeholders(html)), _BETWEEN_BLOCKS.findall(html), _BLOCK.findall(html), set(links))


def _is_in_order(value: str, key: str) -> bool:
    """Tell quickly that there is nothing to mend; a value of a rarer shape may be in order as well."""
    wanted = _shape(key)
    if wanted and value == key:
        return True
    if not wanted or not _has_plain_marks(value, len(wanted.marks)) or not _IN_ORDER.fullmatch(value):
        return False
    return _fits(_shape_of(value), wanted)


def _fits(found: _Shape, wanted: _Shape) -> bool:
    return (
        found.marks == wanted.marks
        and found.between_blocks == wanted.between_blocks
        and found.blocks == wanted.blocks
        and wanted.targets <= found.targets
    )


def is_line_in_order(value: str, line: str) -> bool:
    """Tell quickly that there is nothing to mend in the translation of one line; see `_is_in_order`."""
    numbers = placeholders(line)
    return (
        bool(value.strip()) == bool(line.strip())
        and _has_plain_marks(value, len(numbers))
        and _LINE_IN_ORDER.fullmatch(value) is not None
        and sorted(placeholders(value)) == sorted(numbers)
        and ("href" not in line or set(_HREF.findall(line)) <= set(_HREF.findall(value)))
    )


def _has_plain_marks(value: str, count: int) -> bool:
    """Tell whether there are marks for `count` placeholders, none spelled otherwise, and nothing but text."""
    return (
        value.count("^") == 2 * count
        and "＾" not in value
        and "%5" not in value
        and not ("&" in value and _CARET_ENTITY.search(value))
        and not find_not_text(value)
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

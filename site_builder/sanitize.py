"""The one policy for HTML that others wrote: prose passes, everything else stays outside.

Values of translation maps are untrusted, and so is the HTML of a source. Both go through here once,
before the trusted pieces are put in place of the placeholders.
"""

import re
from collections import Counter
from collections.abc import Sequence
from operator import methodcaller

import nh3

# fmt: off
INLINE_TAGS = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark",
    "q", "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var", "wbr",
})
"""Elements that stand inside a line of prose."""

ALLOWED_TAGS = INLINE_TAGS | {
    "blockquote", "caption", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "li", "ol", "p", "pre", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}
# fmt: on
"""Elements that survive. No form, image, formula, drawing, frame, script or style is among them."""

ATTRIBUTES: dict[str, frozenset[str]] = {
    "*": frozenset({"lang", "dir"}),
    "a": frozenset({"href", "title"}),
    "abbr": frozenset({"title"}),
    "details": frozenset({"open"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"start"}),
    "td": frozenset({"align", "colspan", "rowspan"}),
    "th": frozenset({"align", "colspan", "rowspan", "scope"}),
}
"""Attributes that survive, by element. No id, name, class or style is among them."""

SCHEMES = frozenset({"http", "https", "mailto"})
"""Schemes that a link may have; a relative link has none."""

_NOT_TEXT_IN_BMP = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
NOT_TEXT = _NOT_TEXT_IN_BMP + "".join(
    chr(plane * 0x10000 + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF)
)
"""Characters that no text on a page can have, as part of a character class."""

LONGEST_ENTRY = 64 * 1024
"""UTF-8 bytes that an entry of a translation map may have."""

_SIDES = {"left", "center", "right"}
_CELL = {"align": _SIDES, "class": {f"sb-{side}" for side in _SIDES}}
_CLEANER = nh3.Cleaner(
    tags=set(ALLOWED_TAGS),
    clean_content_tags={"script", "style", "template"},
    attributes={tag: set(names - {"align"}) for tag, names in ATTRIBUTES.items()},
    tag_attribute_values={"td": _CELL, "th": _CELL},
    url_schemes=set(SCHEMES),
    link_rel=None,
)
_FORBIDDEN = re.compile(f"[{NOT_TEXT}]")
_PERHAPS_FORBIDDEN = re.compile(rf"[{_NOT_TEXT_IN_BMP}\U00010000-\U0010ffff]")
_WITH_PLACEHOLDER = re.compile(r'="[^"]*_\^_[^"]*"')
_WITH_ATTRIBUTE = re.compile(r'<[a-z][a-z0-9]*(?: [a-z]+="[^"]*")+>')
_ALIGNED = re.compile(r'(<t[dh][^<>]*?) align="(left|center|right)"')


def find_not_text(text: str) -> re.Match[str] | None:
    """Find the first character of `NOT_TEXT` in a text."""
    # A class with many ranges above U+FFFF is slow, and few texts have any such character.
    return _FORBIDDEN.search(text) if _PERHAPS_FORBIDDEN.search(text) else None


def sanitize(html: str) -> str:
    """Return what prose may keep of `html`, as well-formed HTML.

    No script runs in it, it loads nothing, and it takes no id or class of the page. Placeholders
    without their spans stay as they are in text; an attribute can not hold one. The alignment of
    table cells becomes one of the classes `sb-left`, `sb-center` and `sb-right`.
    """
    clean = _CLEANER.clean(html)
    if "_^_" in clean and _WITH_PLACEHOLDER.search(clean):
        clean = _WITH_ATTRIBUTE.sub(lambda tag: tag[0].replace("_^_", "_%5E_"), clean)
    if "&#" in html:
        clean = _FORBIDDEN.sub("\ufffd", clean)
    if ' align="' in clean:
        clean = _ALIGNED.sub(r'\1 class="sb-\2"', clean)
    return clean


_DEEPEST = 200
_MOST_UNCLOSED = 300
_UNCLOSED = re.compile(r"<[^<>]*(?=<|\Z)")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_VOID = frozenset({"br", "hr", "wbr", "img", "input", "col", "source", "meta", "link"})


def limits(html: str, size: int = LONGEST_ENTRY) -> str | None:
    """Say which limit `html` exceeds, if any; what does may take a parser very long.

    The limits: `size` bytes as UTF-8, elements nested 200 deep, 300 `<` without their `>`.
    """
    if len(html) * 4 > size and len(html.encode("utf-8", "replace")) > size:
        return f"longer than {size // 1024} KB"
    if html.count("<") <= _DEEPEST:
        return None
    if len(_UNCLOSED.findall(html)) > _MOST_UNCLOSED:
        return f"more than {_MOST_UNCLOSED} `<` without `>`"
    if _depth(html) > _DEEPEST:
        return f"elements nested more than {_DEEPEST} deep"
    return None


def are_small(texts: Sequence[str]) -> bool:
    """Tell quickly that no text exceeds a limit; if it does not say so, all may be well, too."""
    longest = max(map(len, texts), default=0)
    most = max(map(methodcaller("count", "<"), texts), default=0)
    return longest * 4 <= LONGEST_ENTRY and most <= _DEEPEST


def _depth(html: str) -> int:
    """Count how deep a parser may go: an end tag counts only where its element is open."""
    depth = deepest = 0
    open_elements: Counter[str] = Counter()
    for closing, name in _TAG.findall(html.lower()):
        if not closing and name not in _VOID:
            open_elements[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif closing and open_elements[name]:
            open_elements[name] -= 1
            depth -= 1
    return deepest

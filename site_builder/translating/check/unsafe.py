"""Rules about what no page shows: unsafe HTML, and characters that are no text or that nobody sees."""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape

from site_builder.fragment import TAG, bare
from site_builder.language import find_language
from site_builder.sanitize import ALLOWED_TAGS, ATTRIBUTES, NOT_TEXT, SCHEMES
from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import Entry

_TAG_NAME = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def unsafe_html(entry: Entry) -> Iterator[Finding]:
    """Find tags, attributes and targets that no page keeps, and the original does not have."""
    if "<" not in entry.value:
        return
    value = bare(entry.value)
    known = set(TAG.findall(entry.key))
    tags = [tag for tag in TAG.findall(value) if tag not in known]
    if not entry.is_html:
        if tags:
            yield Finding("unsafe-html", f"{tags[0]} in plain text", "titles and summaries have no tags")
        return
    dropped = dict.fromkeys(what for tag in tags for what in _dropped(tag))
    if "<!--" in value and "<!--" not in entry.key:
        dropped["a comment"] = None
    for what in dropped:
        yield Finding("unsafe-html", f"{what} is left out of the page", "remove it")
    if "foreign-tag" in entry.own_kinds and not dropped:
        hint = "use only tags of the original"
        yield Finding("structure", "a tag of other prose than this is left out of the page", hint)


def _dropped(tag: str) -> Iterator[str]:
    """Name what a page does not keep of a tag."""
    name = _TAG_NAME.match(tag)
    if name is None or name[1]:
        return
    element = name[2].lower()
    if element not in ALLOWED_TAGS:
        yield f"<{element}>"
        return
    allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(element, frozenset())
    for attribute in _ATTRIBUTE.finditer(tag, name.end()):
        label = attribute[1].lower()
        if label not in allowed:
            yield f"{label}="
        elif label == "href":
            target = unescape(attribute[2] or attribute[3] or attribute[4] or "")
            if scheme := foreign_scheme(target):
                yield f"a target with {scheme}:"


def foreign_scheme(target: str) -> str:
    """Name the scheme of a target that no page links to; empty if it is a good one."""
    # Browsers skip controls and white space where they look for the scheme.
    found = _SCHEME.match(re.sub(r"[\x00-\x20]", "", target))
    return found[1].lower() if found and found[1].lower() not in SCHEMES else ""


_NO_TEXT = re.compile(rf"[{NOT_TEXT}\ufffd\u202a-\u202e\u2066-\u2069]")
_NUMERIC = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}))(?![0-9a-fA-F]);?")
_ISOLATES = {*"\u2066\u2067\u2068\u2069"}


def control_character(entry: Entry) -> Iterator[Finding]:
    """Find characters that are no text, also as entities, and those that turn the direction of text."""
    found = dict.fromkeys(_NO_TEXT.findall(entry.value))
    found |= dict.fromkeys(char for char in _by_number(entry.value) if _NO_TEXT.match(char))
    for character in found:
        if character in entry.key or (character in _ISOLATES and _is_right_to_left(entry)):
            continue
        yield Finding("control-character", f"{_name(character)} in the translation", "remove it")


def _by_number(text: str) -> Iterator[str]:
    for entity in _NUMERIC.finditer(text) if "&#" in text else ():
        number = int(entity[1], 16) if entity[1] else int(entity[2])
        if number < 0x110000:
            yield chr(number)


_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0]"
)
_JOINERS = {*"\u200c\u200d"}
_MARKS_OF_DIRECTION = {*"\u200e\u200f\u061c"}
_BREAKS_WORDS_UNSEEN = frozenset({"bo", "dz", "km", "lo", "my", "th"})
"""Languages without spaces, where a zero-width space says where a line may break."""


def zero_width(entry: Entry) -> Iterator[Finding]:
    """Find characters that nobody sees, unless the script needs them there."""
    text = unescape(entry.value)
    if text.isascii():
        return
    own = set(_INVISIBLE.findall(unescape(entry.key)))
    odd = {found[0] for found in _INVISIBLE.finditer(text) if not _has_use(entry, text, found.start())}
    for character in sorted(odd - own):
        yield Finding("zero-width", f"{_name(character)} in the translation, which nobody sees", "remove it")


def _has_use(entry: Entry, text: str, at: int) -> bool:
    """Tell whether an invisible character does something: joins letters or pictures, breaks, directs."""
    character = text[at]
    if character in _JOINERS:
        return at > 0 and _joins(text[at - 1])
    if character in _MARKS_OF_DIRECTION:
        return _is_right_to_left(entry)
    return character == "\u200b" and entry.spoken in _BREAKS_WORDS_UNSEEN


def _joins(before: str) -> bool:
    """Tell whether a joiner changes how a character before it is drawn."""
    if unicodedata.category(before) in {"So", "Sk", "Mn", "Mc"} or before == "\ufe0f":
        return True
    # Scripts whose letters join: from Arabic to Sinhala, Tibetan to Mongolian.
    return "\u0600" <= before <= "\u0dff" or "\u0f00" <= before <= "\u18af"


def _is_right_to_left(entry: Entry) -> bool:
    language = find_language(entry.language)
    return language is not None and language.direction == "rtl"


def _name(character: str) -> str:
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")

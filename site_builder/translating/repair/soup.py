"""HTML of any condition as tokens: tags that prose may have, placeholders, and text.

What is read here means the same to any HTML parser: each tag is spelled so that parsers agree on it,
each other `<` is text, and no text can turn into a placeholder once entities are resolved.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape

from site_builder.fragment import bare, placeholder
from site_builder.sanitize import ALLOWED_TAGS, ATTRIBUTES, NOT_TEXT

VOID = frozenset({"br", "wbr", "hr"})


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag."""

    name: str
    """In lower case."""
    html: str
    """As it is written."""
    closing: bool = False
    cut: bool = False
    """Whether a start tag's own end tag is missing."""

    @property
    def href(self) -> str:
        """The target of a link, empty if there is none."""
        found = _HREF.search(self.html) if self.name == "a" and not self.closing else None
        return unescape(found[1] or found[2] or found[3] or "").strip() if found else ""


Token = str | int | Tag
"""Text as HTML, the number of a placeholder, or a tag."""


def start(name: str) -> Tag:
    """Make a start tag without attributes."""
    return Tag(name, f"<{name}>")


def end(name: str) -> Tag:
    """Make an end tag."""
    return Tag(name, f"</{name}>", closing=True)


def write(tokens: Sequence[Token]) -> str:
    """Spell tokens as HTML, placeholders as maps do."""
    return "".join(
        token if isinstance(token, str) else token.html if isinstance(token, Tag) else placeholder(token)
        for token in tokens
    )


def read(html: str, extra: frozenset[str], kinds: set[str]) -> list[Token]:
    """Take HTML apart; `extra` are the elements allowed besides ordinary prose.

    Adds to `kinds` what had to be mended for it.
    """
    tokens: list[Token] = []
    text: list[str] = []
    for part in _parts(html, extra, kinds):
        if isinstance(part, str):
            text.append(part)
        else:
            tokens += _with_placeholders("".join(text), kinds)
            tokens.append(part)
            text.clear()
    return tokens + list(_with_placeholders("".join(text), kinds))


_FORBIDDEN = re.compile(rf"[{NOT_TEXT}\ud800-\udfff]")
_TAG = re.compile(r"(</?[A-Za-z][^<>]*>)")
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_CARET = r"(?:\^|&#0*94(?!\d)|&#[xX]0*5[eE](?![0-9a-fA-F])|&Hat;)"
_AGREED_TAG = re.compile(
    r"""<[A-Za-z][A-Za-z0-9]*(?:\s+[A-Za-z-]+(?:=(?:"[^"]*"|'[^'"]*'|[^\s"'=`<>]+))?)*\s*/?>"""
)
_ATTRIBUTE = re.compile(r"""([A-Za-z][\w:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HREF = re.compile(r"""\shref=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_HIDDEN = frozenset({"script", "style", "template"})
_ORDINARY = ALLOWED_TAGS - frozenset(
    {"blockquote", "caption", "dd", "details", "div", "dl", "dt", "hr", "pre", "span", "summary"}
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr"}
)


def elements(html: str) -> frozenset[str]:
    """Name the elements that occur in `html` and may stand in prose."""
    return frozenset(name.lower() for name in _NAME.findall(html)) & ALLOWED_TAGS


def _parts(html: str, extra: frozenset[str], kinds: set[str]) -> Iterator[str | Tag]:
    """Give text, without any `<`, and the tags that stay."""
    hidden = ""
    for number, part in enumerate(_TAG.split(_visible(html, kinds))):
        found = _NAME.match(part) if number % 2 else None
        name = found[1].lower() if found else ""
        if hidden:
            hidden = "" if name == hidden and part.startswith("</") else hidden
        elif not number % 2:
            if "<" in part:
                kinds.add("stray-markup")
            yield part.replace("<", "&lt;")
        elif name in _ORDINARY or name in extra:
            yield _tag(name, part, kinds)
        else:
            kinds.add("placeholder-spelling" if name == "span" else "foreign-tag")
            hidden = name if name in _HIDDEN and not part.startswith("</") else ""


def _visible(html: str, kinds: set[str]) -> str:
    """Take off what is no text, comments, and the spans of placeholders."""
    text = _FORBIDDEN.sub("", html)
    if text != html:
        kinds.add("control-character")
    first, *rest = text.split("<!--")
    if rest:
        kinds.add("foreign-tag")
        text = first + "".join(comment.partition("-->")[2] for comment in rest)
    return bare(text)


def _tag(name: str, raw: str, kinds: set[str]) -> Tag:
    if raw.startswith("</"):
        return end(name)
    if not _AGREED_TAG.fullmatch(raw) or re.search(_CARET, raw):
        kinds.add("malformed-tag")
        return Tag(name, _respelled_tag(name, raw))
    return Tag(name, raw)


def _respelled_tag(name: str, raw: str) -> str:
    allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(name, frozenset())
    attributes: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(raw):
        if found[1].lower() in allowed:
            value = unescape(found[2] or found[3] or found[4] or "")
            attributes.setdefault(found[1].lower(), escape(value).replace("^", "%5E"))
    return "".join([f"<{name}", *(f' {key}="{value}"' for key, value in attributes.items()), ">"])


# The ways in which `_`, `^` and digits come back from translators, and from entities.
_UNDERSCORE = r"(?:\\?_|＿|%5[fF]|&lowbar;|&UnderBar;|&#0*95(?:;|(?!\d))|&#[xX]0*5[fF](?:;|(?![0-9a-fA-F])))"
_ANY_CARET = r"(?:\\?\^|＾|%5[eE]|&Hat;|&#0*94(?:;|(?!\d))|&#[xX]0*5[eE](?:;|(?![0-9a-fA-F])))"
_DIGITS = r"((?:\d|&#0*(?:4[89]|5[0-7])(?:;|(?!\d))|&#[xX]0*3\d(?:;|(?![0-9a-fA-F]))){1,6})"
_SPACE = r"\s{0,2}"
_MARK = rf"{_UNDERSCORE}{_SPACE}{_ANY_CARET}{_SPACE}{_UNDERSCORE}"
_NUMBERED = re.compile(
    rf"{_MARK}{_SPACE}{_DIGITS}{_SPACE}{_MARK}|{_MARK}{_SPACE}{_DIGITS}|{_DIGITS}{_SPACE}{_MARK}|{_MARK}"
)


_CANONICAL = re.compile(r"_\^_(0|[1-9][0-9]{0,5})_\^_")


def _with_placeholders(text: str, kinds: set[str]) -> Iterator[str | int]:
    """Find the placeholders of a text: those spelled as they should be first, then any other spelling."""
    for number, part in enumerate(_CANONICAL.split(text)):
        if number % 2:
            yield int(part)
        elif part:
            yield from _with_respelled(part, kinds)


def _with_respelled(text: str, kinds: set[str]) -> Iterator[str | int]:
    """Find placeholders in any spelling; half of one counts, one without a number is dropped."""
    at = 0
    for found in _NUMBERED.finditer(text) if _may_hold_placeholder(text) else ():
        if found.start() > at:
            yield text[at : found.start()]
        at = found.end()
        digits = next((group for group in found.groups() if group), "")
        kinds.add("placeholder-spelling")
        yield int(unescape(digits)) if digits else "…"
    if at < len(text):
        yield text[at:]


def _may_hold_placeholder(text: str) -> bool:
    return any(sign in text for sign in ("^", "＾", "%5", "&"))


def settled(tokens: Sequence[Token], kinds: set[str]) -> list[Token]:
    """Join neighbouring texts; what looks like a placeholder only now is none."""
    output: list[Token] = []
    text: list[str] = []
    for token in [*tokens, ""]:
        if isinstance(token, str):
            text.append(token)
            continue
        output += [_without_marks("".join(text), kinds), token]
        text.clear()
    return [token for token in [*output, _without_marks("".join(text), kinds)] if token != ""]


def _without_marks(text: str, kinds: set[str]) -> str:
    if not _may_hold_placeholder(text) or not _NUMBERED.search(text):
        return text
    kinds.add("placeholder-spelling")
    return _NUMBERED.sub("…", text)

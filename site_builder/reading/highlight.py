"""Code to HTML, one element per line, in one lexer pass per file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

from site_builder.reading.lexing import FasterPythonLexer

# Most tokens of a file. Their colour is that of the text, so they need no element.
_PLAIN = frozenset({"", "n", "p", "w", "o", "err", "x", "g"})


def highlight(lines: Sequence[str], language: str) -> list[str]:
    """Return the HTML of each line, without its line ending; an unknown `language` is plain text.

    Highlights the whole file at once: a string may span many lines.
    """
    lexer = _lexer(language)
    html = (_coloured(lines, lexer) if lexer else None) or [escape(line, quote=False) for line in lines]
    return list(map(visible, html)) if any(map(INVISIBLE.search, lines)) else html


def _coloured(lines: Sequence[str], lexer: Lexer) -> list[str] | None:
    """Return None if the lexer fails, or loses text."""
    html = list(lines)
    # Blank lines carry no colour, and runs of them take some lexers quadratic time.
    blank = [not line.strip() for line in lines]
    kept = [number for number in range(len(lines)) if not (blank[number] and number and blank[number - 1])]
    text = "\n".join("" if blank[number] else lines[number] for number in kept) + "\n"
    try:
        tokens = [(kind, value) for _, kind, value in lexer.get_tokens_unprocessed(text) if value]
    except Exception:  # A fault of a lexer must not cost a page.
        return None
    values = [value for _, value in tokens]
    if "".join(values) != text:
        return None
    names = [_class_name(kind) for kind, _ in tokens]
    for number, line in zip(kept, _elements(names, _escaped(values)).split("\n"), strict=False):
        if not blank[number]:
            html[number] = line
    return html


def _escaped(values: Sequence[str]) -> list[str]:
    # One replacement for all of them costs a fraction of one for each. No source holds the sign between them.
    joined = "\0".join(values)
    if joined.count("\0") >= len(values):
        return [escape(value, quote=False) for value in values]
    return escape(joined, quote=False).split("\0")


def _elements(names: Iterable[str], values: Iterable[str]) -> str:
    """Return the HTML of tokens; an element never spans two lines, and neighbours of one class share one."""
    parts: list[str] = []
    last = ""
    for name, value in zip(names, values, strict=True):
        if name and name == last and "\n" not in value and not value.isspace():
            parts.append(value)
            continue
        if last:
            parts.append(_END)
            last = ""
        if not name or value.isspace():
            parts.append(value)
        elif "\n" in value:
            parts.append("\n".join(_element(name, line) for line in value.split("\n")))
        else:
            parts.append(f'<span class="{name}">{value}')
            last = name
    return "".join(parts) + (_END if last else "")


_END = "</span>"


def _element(name: str, text: str) -> str:
    return f'<span class="{name}">{text}{_END}' if text.strip() else text


@lru_cache(maxsize=256)
def _class_name(kind: _TokenType) -> str:
    """Pygments' short class name, that of the nearest known ancestor."""
    ancestor: _TokenType | None = kind
    while ancestor and ancestor not in STANDARD_TYPES:
        ancestor = ancestor.parent
    name = STANDARD_TYPES[ancestor] if ancestor else ""
    return "" if name in _PLAIN else name


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    if language in {"python", "python3", "py"}:
        return FasterPythonLexer(stripnl=False, ensurenl=False)
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else None
    except ClassNotFound:
        return None


INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000d-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u2069\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
    # Joiners are letters' business in many scripts, and in emoji.
    "(?:(?<![\u200c\u200d])|(?<![^\u0000-\u007f].)|(?![^\u0000-\u007f]))"
)
"""Characters that a reader cannot see and that may make code look like other code."""


def visible(html: str) -> str:
    """Show each invisible character as a badge with its code point."""
    return INVISIBLE.sub(_badge, html)


def _badge(character: re.Match[str]) -> str:
    return f'<span class="sb-invisible">[{code_point(character[0])}]</span>'


def code_point(character: str) -> str:
    """Spell a character as `U+202E`."""
    return f"U+{ord(character):04X}"


def numbered(html: Mapping[int, str], numbers: Iterable[int]) -> str:
    """Put lines together as code beside prose; `html` holds each line by its number."""
    return "".join(f"{line_opening(number)}{html[number]}{LINE_END}" for number in numbers)


def line_opening(number: int) -> str:
    """Return what stands before a line of code beside prose."""
    return f'<span class="line"><span class="lineno">{number}</span>'


LINE_END = "\n</span>"


_NAME = re.compile(r"[\w.+#-]+")


def listing(code: str, language: str) -> str:
    """Return a listing inside prose: highlighted, without line numbers."""
    body = "\n".join(highlight(code.rstrip("\n").split("\n"), language))
    name = f' class="language-{language}"' if _NAME.fullmatch(language) else ""
    return f'<div class="sb-listing"><pre tabindex="0"><code{name}>{body}\n</code></pre></div>'

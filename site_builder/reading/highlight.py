"""Code to HTML, one element per line, in one lexer pass per file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

# Most tokens of a file. Their colour is that of the text, so they need no element.
_PLAIN = frozenset({"", "n", "p", "w", "o", "err", "x", "g"})


def highlight(lines: Sequence[str], language: str) -> list[str]:
    """Return the HTML of each line, without its line ending; an unknown `language` is plain text.

    Highlights the whole file at once: a string may span many lines.
    """
    lexer = _lexer(language)
    if lexer is None:
        html = [escape(line, quote=False) for line in lines]
    else:
        # Blank lines carry no colour, and runs of them take some lexers quadratic time.
        kept = [number for number, line in enumerate(lines) if line.strip() or _starts_gap(lines, number)]
        text = "\n".join(lines[number] if lines[number].strip() else "" for number in kept) + "\n"
        html = [""] * len(lines)
        for number, line in zip(kept, _lines(lexer, text), strict=False):
            html[number] = line
    return list(map(visible, html)) if any(map(INVISIBLE.search, lines)) else html


def _starts_gap(lines: Sequence[str], number: int) -> bool:
    return number == 0 or bool(lines[number - 1].strip())


def _lines(lexer: Lexer, text: str) -> Iterator[str]:
    """Yield the HTML of each line; an element never spans two."""
    parts: list[str] = []
    for name, value in _merged(lexer.get_tokens_unprocessed(text)):
        first, *more = value.split("\n")
        parts.append(_element(name, first))
        for line in more:
            yield "".join(parts)
            parts = [_element(name, line)]


def _merged(tokens: Iterable[tuple[int, _TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Join neighbours that look the same."""
    current, values = "", [""]
    for _, kind, value in tokens:
        name = _class_name(kind)
        if name == current:
            values.append(value)
        else:
            yield current, "".join(values)
            current, values = name, [value]
    yield current, "".join(values)


def _element(name: str, value: str) -> str:
    text = escape(value, quote=False)
    return f'<span class="{name}">{text}</span>' if name and value.strip() else text


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
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else None
    except ClassNotFound:
        return None


INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u2069\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
    # Joiners are letters' business in many scripts, and in emoji.
    "|(?<![^\u0000-\u007f])[\u200c\u200d]|[\u200c\u200d](?![^\u0000-\u007f])"
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


def numbered(html: Sequence[str], numbers: Iterable[int]) -> str:
    """Put lines together as code beside prose: `numbers`, from 1, name lines of `html`."""
    return "".join(
        f'<span class="line"><span class="lineno">{number}</span>{html[number - 1]}\n</span>'
        for number in numbers
    )


def listing(code: str, language: str) -> str:
    """Return a listing inside prose: highlighted, without line numbers."""
    body = "\n".join(highlight(code.rstrip("\n").split("\n"), language))
    return f'<div class="sb-listing"><pre tabindex="0"><code>{body}\n</code></pre></div>'

"""Cells as text, in one language."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from site_builder.writing.markdown.escaping import fenced
from site_builder.writing.notebook.outline import Cell, Prose

Say = Callable[[int], str]
"""Returns the prose of a section as Markdown."""


def code_source(cell: Cell, say: Say) -> str:
    """Return the code of a cell, with its prose in docstrings and comments."""
    lines = [line for part in cell.parts for line in ([part] if isinstance(part, str) else _lines(part, say))]
    return "\n".join(lines).strip("\n")


def listing_source(cell: Cell, say: Say, language: str) -> str:
    """Return Markdown that shows the code of a cell."""
    return fenced(code_source(cell, say), language)


def _lines(prose: Prose, say: Say) -> Iterator[str]:
    text = _wrapped(say(prose.section))
    if prose.form == "comment":
        for line in text.split("\n") if text else ():
            yield f"{prose.indentation}# {line}".rstrip()
    elif text:
        for line in _literal(text).split("\n"):
            yield f"{prose.indentation}{line}" if line else ""
    elif prose.is_body:
        yield f"{prose.indentation}pass"


_WIDTH = 96
_FENCE = re.compile(r"\s*(?:`{3,}|\$\$$|\\(?:begin|end)\{)")
_MARGIN = re.compile(r" *(?:[-*>]|\d+\.)? ?")
# Where a line may end: at a space, or after a sign of scripts that have none.
_WORD = re.compile(r"[^ 、。，；：！？]+[、。，；：！？]*|[ ]|[、。，；：！？]")


def _wrapped(text: str) -> str:
    """Break long lines of prose: an editor does not do so in code."""
    if len(text) <= _WIDTH:
        return text
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        is_prose = len(line) > _WIDTH and not fenced and not line.lstrip().startswith(("|", "#", "<"))
        lines += _filled(line) if is_prose else [line]
    return "\n".join(lines)


def _filled(line: str) -> Iterator[str]:
    margin = _MARGIN.match(line)
    indentation = " " * len(margin[0]) if margin else ""
    words = line.lstrip(" ")
    if line.isprintable() and max(line) < _PERHAPS_WIDE and "  " not in words:
        return _filled_with_words(f" {words}" if line[0] == " " else words, indentation)
    return _filled_with_signs(line, indentation)


_PERHAPS_WIDE = "\u0370"
"""The first letter that may take more than a column."""


def _filled_with_words(line: str, indentation: str) -> Iterator[str]:
    """Break a line of letters a column wide, with one space between words."""
    prefix = ""
    while len(line) > (room := max(_WIDTH - len(prefix), 0)):
        # The first word stays, however long it is.
        end = line.rfind(" ", 1, room + 1)
        if end < 0 and (end := line.find(" ", 1)) < 0:
            break
        yield prefix + line[:end]
        # A space at which there is no room for it is one of the next line.
        line = line[end:] if end >= room and not indentation else line[end + 1 :]
        prefix = indentation
    if line.strip(" "):
        yield (prefix + line).rstrip(" ")


def _filled_with_signs(line: str, indentation: str) -> Iterator[str]:
    filled, width = "", 0
    for word in _WORD.findall(line):
        if width + _columns(word) > _WIDTH and filled.strip():
            yield filled.rstrip()
            filled, width = indentation, len(indentation)
        if word != " " or filled.strip() or not filled:
            filled += word
            width += _columns(word)
    if filled.strip():
        yield filled.rstrip()


def _columns(word: str) -> int:
    """Count how wide a word is: letters of East Asia take two columns."""
    if word.isascii():
        return len(word)
    widths = "".join(map(unicodedata.east_asian_width, word))
    return len(word) + widths.count("F") + widths.count("W")


def _literal(text: str) -> str:
    """Spell a docstring."""
    if '"""' in text:
        text = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
        return f'"""\n{text}\n"""'
    prefix = "r" if "\\" in text else ""
    if "\n" in text or re.search(r'["\\]\Z', text):
        return f'{prefix}"""\n{text}\n"""'
    return f'{prefix}"""{text}"""'

"""Listings in prose: doctests, literal blocks, and how to tell code from words."""

import re
from collections.abc import Sequence
from dataclasses import replace

from site_builder.reading.docstring.lines import (
    LIST_ITEM,
    Found,
    Line,
    Lines,
    Nested,
    block_end,
    content_indent,
    dedented,
    next_text,
    trimmed,
)


def fenced(lines: Sequence[Line], language: str) -> Lines:
    """Make a fenced block of code, not indented."""
    code = dedented([replace(line, inside=False) for line in trimmed(lines)])
    if not code:
        return []
    fence = "`" * max(3, *(1 + len(run) for line in code for run in ["", *_TICKS.findall(line.text)]))
    return [
        Line(fence + language, code[0].number),
        *(replace(line, inside=True) for line in code),
        Line(fence, code[-1].number, inside=True),
    ]


_TICKS = re.compile("`+")
_CODE = re.compile(
    r"""
    (?:async[ ])?(?:def|class|with|for|if|while)[ ].*:$  # a block of Python
    | import[ ]\w | from[ ][\w.]+[ ]import[ ] | @\w | return[ ]
    | [\w.\[\], ]+[ ][-+*/]?=[ ]\S  # an assignment
    | [\w.]+\((?:.*[),;(\[{])?$  # a call
    """,
    re.VERBOSE,
)
_SHELL = re.compile(
    r"[$%][ ]|(?:pip|conda|python\d?|git|make|torchrun|curl|cd)[ ](?:install|clone|-|\w+\.py|\w+/)"
)


def language_of(text: str) -> str:
    """Guess from its first line what a listing is in: `python`, `console` or, for neither, nothing."""
    line = text.strip()
    if line.startswith(">>>"):
        return "python"
    if _SHELL.match(line):
        return "console"
    return "python" if line.startswith("# ") or _CODE.match(line) else ""


_PROMPT = re.compile(r" *>>>(?: |$)")


def doctest(lines: Lines, at: int, _: Nested) -> Found | None:
    """Find `>>> ` and what follows it up to a blank line."""
    if not _PROMPT.match(lines[at].text):
        return None
    margin = lines[at].indent
    end = at + 1
    while end < len(lines) and not lines[end].blank and lines[end].indent >= margin:
        end += 1
    return Found(fenced(lines[at:end], "python"), end, apart=False)


def _text_above(lines: Lines, at: int) -> int:
    above = at - 1
    while above >= 0 and lines[above].blank:
        above -= 1
    return above


def literal_block(lines: Lines, at: int, _: Nested) -> Found | None:
    """Find the indented block that `text::` above it announces."""
    above = _text_above(lines, at)
    if above < 0 or not announced(lines, above):
        return None
    end = block_end(lines, at, content_indent(lines[above]))
    return Found(fenced(lines[at:end], language_of(lines[at].text)), end, apart=False)


def quoted_prose(lines: Lines, at: int, nested: Nested) -> Found | None:
    """Find words that are indented, which is a quotation to reStructuredText and code to Markdown."""
    above = _text_above(lines, at)
    if lines[at].indent < 4 or above == at - 1 != -1 or (above >= 0 and lines[above].indent >= 4):
        return None
    end = block_end(lines, at, 3)
    block = dedented(lines[at:end])
    after_colon = above >= 0 and lines[above].text.rstrip().endswith(":")
    return Found(nested(block), end) if _reads_as_prose(block, after_colon) else None


def _reads_as_prose(block: Lines, after_colon: bool) -> bool:
    first = block[0].text
    if language_of(first):
        return False
    marked = any("``" in line.text or ":`" in line.text for line in block)
    words = sum(map(str.isalpha, first.split()))
    top = [line for line in block if not (line.blank or line.inside or line.indent)]
    if all(LIST_ITEM.match(line.text) for line in top):
        return marked or words > 2
    return marked if first[0] == "`" else first[0].isupper() and words > 3 and (marked or not after_colon)


def hanging_body(lines: Lines, at: int, nested: Nested) -> Found | None:
    """Find paragraphs that hang below a line, the definition of a term or of a heading with a colon.

    Of these Markdown takes only the first for words. Where there is but one it reads well as it is.
    """
    if (at and not lines[at - 1].blank) or LIST_ITEM.match(lines[at].text) or lines[at].indent > 3:
        return None
    end = block_end(lines, at + 1, lines[at].indent + 1)
    body = lines[at + 1 : end]
    if not body or body[0].blank or not any(line.blank for line in body) or language_of(body[0].text):
        return None
    return Found([replace(lines[at], text=lines[at].text.strip()), *nested(dedented(body))], end)


def announced(lines: Lines, at: int) -> bool:
    """Say whether a line ends in `::` with an indented block, or a doctest, below."""
    if lines[at].inside or not lines[at].text.rstrip().endswith("::"):
        return False
    below = next_text(lines, at + 1)
    if below == len(lines) or lines[below].indent <= content_indent(lines[at]):
        return below < len(lines) and _PROMPT.match(lines[below].text) is not None
    return below > at + 1 or bool(language_of(lines[below].text))


def announcement(line: Line) -> Lines:
    """Write a line that ends in `::` as Markdown: with one colon, or not at all."""
    text = line.text.rstrip()[:-2]
    if not text.strip():
        return []
    return [replace(line, text=text.rstrip() if text.endswith(" ") else f"{text}:")]

"""Source text of languages other than Python into pairs, by the comments that Pygments finds."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, _TokenType

from site_builder.reading.pair.tiling import (
    Opening,
    Pair,
    comment_blocks,
    dedented,
    is_blank,
    is_for_tools,
    is_ruler,
    split_lines,
    tile,
    trimmed,
)


def pair_comments(text: str, lexer: str) -> tuple[Pair, ...]:
    """Split source in the language of the Pygments `lexer` into pairs of prose and code.

    Comments that stand alone on their lines are prose, everything else is code. Every line of `text`
    lands in exactly one pair, in order.
    """
    lines = split_lines(text)
    return tile(_openings(_remarks(lines, lexer)), lines)


@dataclass(frozen=True, slots=True)
class _Remark:
    """A comment that has its lines for itself."""

    first: int
    lines: Sequence[str]
    """Whole source lines."""
    block: bool
    """Whether it has an end of its own, else it ends with its line."""


# What opens and closes a comment that may span lines, and what begins one that ends with its line.
_BLOCKS = {
    "/*": "*/",
    "(*": "*)",
    "{-": "-}",
    "<!--": "-->",
    "--[[": "]]",
    "#=": "=#",
    "#[": "]#",
    "=begin": "=end",
}
_BLOCK = re.compile(
    "|".join(rf"{re.escape(one)}.*{re.escape(other)}" for one, other in _BLOCKS.items()), re.DOTALL
)
_BLOCK_OPENING = re.compile(rf"^\s*(?:{'|'.join(map(re.escape, _BLOCKS))})")
_BLOCK_CLOSING = re.compile(rf"(?:{'|'.join(map(re.escape, _BLOCKS.values()))})\s*$")
_LINE_OPENING = re.compile(r"\s*(?://[/!]?|--(?: ?[|^](?= ))?|#'?|![!<>]?|;+|%+)[ \t]?")
# The marks of a documentation comment, and the stars down the left of a long one.
_DOC_MARK = re.compile(r"^(?:\*+|!| ?\|(?= ))")
_MARGIN = re.compile(r"^\s*(?:\*\*(?=\s|$)|\*(?!\*))[ \t]?")
_COMMENT_KIND = re.compile(r"Token\.(?:Comment(?!\.(?:Preproc|Hashbang))|Literal\.String\.Doc)")


def _openings(remarks: Iterable[_Remark]) -> Iterator[Opening]:
    """Join comments of one line that follow each other; a longer one opens a section of its own."""
    neighbours: list[tuple[int, str]] = []
    for remark in remarks:
        text = _unmarked(remark)
        if is_ruler("".join(text)):
            continue
        if len(text) == 1 or not remark.block:
            neighbours += enumerate(_undecorated(text) if remark.block else text, remark.first)
            continue
        yield from comment_blocks(neighbours)
        neighbours = []
        prose = trimmed(dedented(_undecorated(text)), remark.first, ended=True)
        yield Opening(remark.first, remark.first + len(text), prose=prose)
    yield from comment_blocks(neighbours)


def _unmarked(remark: _Remark) -> list[str]:
    """Take off what says that it is a comment."""
    first, *more = remark.lines
    if not remark.block:
        return [_LINE_OPENING.sub("", first, count=1), *more]
    *lines, last = _BLOCK_OPENING.sub("", first), *more
    return [*lines, _BLOCK_CLOSING.sub("", last)]


def _undecorated(lines: Sequence[str]) -> list[str]:
    """Take the stars off a documentation comment."""
    bare = [_DOC_MARK.sub("", lines[0]), *lines[1:]]
    bare[-1] = bare[-1].rstrip("*").rstrip()
    starred = [line for line in bare[1:] if not is_blank(line)]
    if starred and all(map(_MARGIN.match, starred)):
        bare[1:] = [_MARGIN.sub("", line) for line in bare[1:]]
    return [bare[0].lstrip(), *bare[1:]]


def _remarks(lines: Sequence[str], lexer: str) -> Iterator[_Remark]:
    # Runs of blank lines take some lexers quadratic time.
    kept = [at for at, line in enumerate(lines) if not (at and is_blank(line) and is_blank(lines[at - 1]))]
    texts = ["\n" if is_blank(lines[at]) else f"{lines[at]}\n" for at in kept]
    text = "".join(texts)
    ends = list(accumulate(map(len, texts)))
    for start, stop in _comments(text, lexer):
        first, last = bisect_right(ends, start), bisect_right(ends, stop - 1)
        if text[start:stop] != "".join(texts[first : last + 1]).strip():
            continue
        block = bool(_BLOCK.fullmatch(text, start, stop))
        line = kept[first] + 1
        if block or (_LINE_OPENING.match(text, start) and not is_for_tools(text[start:stop], line)):
            yield _Remark(line, lines[kept[first] : kept[last] + 1], block)


def _comments(text: str, lexer: str) -> Iterator[tuple[int, int]]:
    """Yield where each comment starts and stops; some lexers make several tokens of one."""
    start = end = 0
    line_wise = True
    for at, kind, value in get_lexer_by_name(lexer).get_tokens_unprocessed(text):
        if not value or not _is_comment(kind):
            continue
        if at != end or (line_wise and text[end - 1] == "\n"):
            yield from _stripped(text, start, end)
            start = at
            line_wise = kind in {Comment, Comment.Single} or not _BLOCK_OPENING.match(value)
        end = at + len(value)
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    comment = text[start:end]
    if comment.strip():
        yield end - len(comment.lstrip()), start + len(comment.rstrip())


@lru_cache(maxsize=256)
def _is_comment(kind: _TokenType) -> bool:
    """Say whether it is a comment to people: not a preprocessor's line, nor a shebang."""
    return bool(_COMMENT_KIND.match(str(kind)))

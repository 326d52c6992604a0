"""The statements of Python source, by its tokens alone: nothing is parsed, imported or run."""

import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from keyword import iskeyword
from tokenize import COMMENT, DEDENT, ERRORTOKEN, INDENT, NEWLINE, NL, OP, STRING, TokenInfo
from typing import NamedTuple

from site_builder.reading.pair.tiling import (
    PairError,
    Prose,
    dedented,
    is_blank,
    is_for_tools,
    is_ruler,
    trimmed,
)

# Tokens that stand around statements.
_LAYOUT = frozenset({COMMENT, NL, INDENT, DEDENT})
_NOTABLE = frozenset({NEWLINE, ERRORTOKEN})
# From Python 3.12 on, the fields of a formatted string are tokens, and may hold comments.
_FORMATTED = {
    getattr(tokenize, f"{letter}STRING_{edge}", None): step
    for letter in "FT"
    for edge, step in (("START", 1), ("END", -1))
}
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_DEFINING = frozenset({"async", "class", "def"})
_LITERAL = re.compile(r"""([rRuU]?)(\"""|'''|"|')(.*)\2""", re.DOTALL)


# Not a dataclass: one is made for every statement of every file, and this is cheapest.
class Statement(NamedTuple):
    """One logical line, and the comments that are prose above it and within it."""

    tokens: Sequence[TokenInfo]
    """Its last is a NEWLINE; at the end of the file there is only an ENDMARKER."""
    opening: str
    """Its first word or sign."""
    first: int
    last: int
    blocks: int
    """How many more blocks are open than at the statement before."""
    above: Sequence[tuple[int, str]]
    within: Sequence[tuple[int, str]]

    @property
    def defines(self) -> str:
        """The name of the `def` or `class`, if it is one."""
        if self.opening not in _DEFINING:
            return ""
        words = [token.string for token in self.tokens[:3] if token.string != "async"]
        return words[1] if len(words) > 1 and words[0] in _DEFINING and words[1].isidentifier() else ""

    @property
    def prose(self) -> Prose | None:
        """What it says, if it is one plain string alone on its lines."""
        if self.tokens[0][0] != STRING:
            return None
        string, *remark, end = self.tokens
        # A comment that only tools read does not turn documentation into code.
        alone = not remark or is_for_tools(remark[0].string)
        literal = _LITERAL.fullmatch(string.string)
        return (
            _literal_prose(literal, self.first, string.line[: string.start[1]])
            if literal and alone and string.end[0] == end.start[0]
            else None
        )

    @property
    def assigns(self) -> bool:
        """Whether it is an assignment or the annotation of a name."""
        if iskeyword(self.opening):
            return False
        depth, found = 0, False
        for sign in (token.string for token in self.tokens if token.type == OP):
            if sign in _OPENING:
                depth += 1
            elif sign in _CLOSING:
                depth -= 1
            elif depth == 0 and sign in {"=", ":", ";"}:
                found = sign != ";"
        return found


def statements(lines: Sequence[str]) -> Iterator[Statement]:
    """Yield the statements of a file, and one that is its end.

    Raises PairError if `lines` do not tokenize.
    """
    for tokens in _logical_lines(lines):
        yield _statement(tokens, lines)


def _statement(tokens: Sequence[TokenInfo], lines: Sequence[str]) -> Statement:
    start = 0
    while tokens[start][0] in _LAYOUT:
        start += 1
    blocks, above = 0, []
    if start:
        kinds = [token[0] for token in tokens[:start]]
        blocks = kinds.count(INDENT) - kinds.count(DEDENT)
        above = _comments(tokens[:start], lines) if COMMENT in kinds else []
    first, last = tokens[start][2][0], tokens[-1][2][0]
    within = _comments(tokens[start:-2], lines) if last > first else ()
    return Statement(tokens[start:], tokens[start][1], first, last, blocks, above, within)


def _comments(tokens: Iterable[TokenInfo], lines: Sequence[str]) -> list[tuple[int, str]]:
    """List the comments that are prose, as (line, text)."""
    comments = []
    formatted = 0
    for token in tokens:
        if token[0] == COMMENT:
            line, column = token.start
            alone = not formatted and is_blank(lines[line - 1][:column])
            if alone and not (is_for_tools(token.string, line) or is_ruler(token.string[1:])):
                comments.append((line, _COMMENT_MARK.sub("", token.string)))
        elif token[0] in _FORMATTED:
            formatted += _FORMATTED[token[0]]
    return comments


# `#:` is how Sphinx marks the description of an attribute.
_COMMENT_MARK = re.compile(r"\A#(?::(?=\s|\Z))?[ \t]?")


def _literal_prose(literal: re.Match[str], first: int, indentation: str) -> Prose:
    """Dedent the text between the quotes as Python's own tools do, but never evaluate it."""
    prefix, _, text = literal.groups()
    lines = text.split("\n")
    # `"""\` only says that the text begins on the next line.
    if lines[0] == "\\" and prefix not in {"r", "R"}:
        lines[0] = ""
    return replace(trimmed(dedented(lines), first), string=(first, indentation))


def _logical_lines(lines: Sequence[str]) -> Iterator[list[TokenInfo]]:
    """Yield the tokens of each logical line, after those of the comments and blank lines above it."""
    tokens: list[TokenInfo] = []
    source = StringIO("\n".join([*lines, ""]))
    try:
        for token in tokenize.generate_tokens(source.readline):
            tokens.append(token)
            if token[0] in _NOTABLE:
                if token[0] == NEWLINE:
                    yield tokens
                    tokens = []
                elif flaw := _flaw(token):
                    raise flaw
    except (tokenize.TokenError, SyntaxError, ValueError) as error:
        raise _pair_error(error, tokens, lines) from error
    yield tokens


def _flaw(token: TokenInfo) -> PairError | None:
    """Judge what Python 3.11 could not read; other stray characters are code, as later versions have it."""
    if token.string == "\\":
        message = "a backslash must be the last character of its line"
    elif token.string == "\0":
        message = "source code cannot contain null bytes"
    elif token.string.lstrip("bBfFrRuU")[:1] in {"'", '"'}:
        message = "this string is never closed"
    else:
        return None
    return PairError(token.start[0], token.start[1] + 1, message)


def _pair_error(error: Exception, tokens: Sequence[TokenInfo], lines: Sequence[str]) -> PairError:
    """Say in plain words, the same ones for every version of Python, what does not tokenize."""
    line, column, message = _described(error)
    line = min(line, len(lines))
    if "unindent" in message:
        column = len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1
        return PairError(line, column, "this indentation matches that of no line above")
    if "EOF in multi-line statement" in message:
        return _unfinished(tokens) or PairError(line, 0, "the last statement is not finished")
    if "unterminated" in message or "EOF in multi-line string" in message:
        message = "this string is never closed"
    return PairError(line, column, message)


def _described(error: Exception) -> tuple[int, int, str]:
    if isinstance(error, SyntaxError):
        return error.lineno or 0, error.offset or 0, error.msg
    if isinstance(error, tokenize.TokenError):
        message, (line, column) = error.args
        return line, column + (sys.version_info < (3, 12)), message
    return 0, 0, str(error)


def _unfinished(tokens: Sequence[TokenInfo]) -> PairError | None:
    """Find the bracket for which a statement does not end."""
    opened: list[TokenInfo] = []
    for token in tokens:
        if token.type == OP and token.string in _OPENING:
            opened.append(token)
        elif token.type == OP and token.string in _CLOSING and not opened:
            return PairError(token.start[0], token.start[1] + 1, f"'{token.string}' closes no bracket")
        elif token.type == OP and token.string in _CLOSING:
            opened.pop()
    if not opened:
        return None
    line, column = opened[-1].start
    return PairError(line, column + 1, f"'{opened[-1].string}' is never closed")

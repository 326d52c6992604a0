"""The statements of Python source, by its tokens: nothing is imported or run."""

import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from keyword import iskeyword
from tokenize import COMMENT, DEDENT, ERRORTOKEN, INDENT, NEWLINE, NL, OP, TokenInfo
from typing import NamedTuple

from site_builder.reading.pair.scanning import PLAIN_STRING, STRING, logical_lines
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
_HEADER = re.compile(r"(?:async[ \t]+)?(?:class|def)[ \t]+(?!async\b)([A-Za-z_][A-Za-z_0-9]*+)[ \t]*[(:\[]")
_STRING_OPENINGS = frozenset("rRuU'\"")
_ALONE = re.compile(rf"(?P<prefix>[rRuU]?)(?P<literal>{PLAIN_STRING})[ \t\f]*(?P<comment>\#.*)?")


# Not a dataclass: one is made for every statement of every file, and this is cheapest.
class Statement(NamedTuple):
    """One logical line, and the comments that are prose above it and within it."""

    text: str
    """Up to the end of its last line; empty at the end of the file."""
    opening: str
    """Its first word or sign."""
    indentation: str
    first: int
    last: int
    blocks: int
    """How many more blocks are open than at the statement before."""
    above: Sequence[tuple[int, str]]
    within: Sequence[tuple[int, str]]
    tokens: Sequence[TokenInfo] = ()
    """From its first on, if they are known; its last is a NEWLINE."""

    @property
    def defines(self) -> str:
        """The name of the `def` or `class`, if it is one."""
        if self.opening not in _DEFINING:
            return ""
        if header := _HEADER.match(self.text):
            return header[1]
        words = [token.string for token in self._known_tokens[:3] if token.string != "async"]
        return words[1] if len(words) > 1 and words[0] in _DEFINING and words[1].isidentifier() else ""

    @property
    def prose(self) -> Prose | None:
        """What it says, if it is one plain string alone on its lines."""
        found = _ALONE.fullmatch(self.text) if self.text[:1] in _STRING_OPENINGS else None
        # A comment that only tools read does not turn documentation into code.
        if not found or (found["comment"] and not is_for_tools(found["comment"])):
            return None
        return _literal_prose(found["prefix"], found["literal"], self.first, self.indentation)

    @property
    def assigns(self) -> bool:
        """Whether it is an assignment or the annotation of a name."""
        if iskeyword(self.opening):
            return False
        depth, found = 0, False
        for sign in (token.string for token in self._known_tokens if token.type == OP):
            if sign in _OPENING:
                depth += 1
            elif sign in _CLOSING:
                depth -= 1
            elif depth == 0 and sign in {"=", ":", ";"}:
                found = sign != ";"
        return found

    @property
    def _known_tokens(self) -> Sequence[TokenInfo]:
        return self.tokens or next(_logical_lines(self.text.split("\n")))


def statements(lines: Sequence[str], *, are_valid: bool = False) -> Iterable[Statement]:
    """Return the statements of a file, and one that is its end.

    `are_valid` says that Python's parser accepts it, which makes it cheaper to take apart. Raises
    PairError, now or later, if `lines` do not tokenize.
    """
    return (_scanned(lines) if are_valid else None) or _tokenized(lines)


def _scanned(lines: Sequence[str]) -> list[Statement] | None:
    """Return None if something of valid source is not certain without its tokens."""
    found: list[Statement] = []
    columns, margin, line = [0], "", 1
    for above, indentation, code, comment in logical_lines("\n".join([*lines, ""])):
        remarks = _comments_above(above, line) if "#" in above else ()
        line += above.count("\n")
        if not code:
            found.append(Statement("", "", "", line, line, 1 - len(columns), remarks, ()))
            return found if line > len(lines) else None
        blocks = 0
        if indentation != margin:
            blocks, margin = _indented(indentation, columns), indentation
        word = _WORD.match(code)
        if not word:
            return None
        last = line + code.count("\n")
        within = _comments_within(code, line) if last > line and "#" in code else ()
        opening = word[0] or code[0]
        found.append(Statement(code + comment, opening, indentation, line, last, blocks, remarks, within))
        line = last + 1
    return None


# Where other letters follow, versions of Python differ in what is the word.
_WORD = re.compile(r"\w*+(?![^\x00-\x7f])")


def _indented(indentation: str, columns: list[int]) -> int:
    """Keep the `columns` at which the open blocks begin; return how many more there are, or fewer."""
    before = len(columns)
    column = len(indentation.rpartition("\f")[2].expandtabs())
    while columns[-1] > column:
        columns.pop()
    if columns[-1] < column:
        columns.append(column)
    return len(columns) - before


def _comments_above(text: str, line: int) -> list[tuple[int, str]]:
    """List the comments that are prose among lines without code; the first of these is `line`."""
    comments: list[tuple[int, str]] = []
    for number, remark in enumerate(text.split("\n"), line):
        if comment := remark.lstrip(" \t\f"):
            comments += _prose_of(comment, number)
    return comments


_STRING_OR_COMMENT = re.compile(rf"{STRING}|(\#[^\n]*)")


def _comments_within(code: str, line: int) -> list[tuple[int, str]]:
    """List the comments that are prose within a statement that begins at `line`."""
    comments: list[tuple[int, str]] = []
    for found in _STRING_OR_COMMENT.finditer(code):
        if found[1] and is_blank(code[code.rfind("\n", 0, found.start()) + 1 : found.start()]):
            comments += _prose_of(found[1], line + code.count("\n", 0, found.start()))
    return comments


def _tokenized(lines: Sequence[str]) -> Iterator[Statement]:
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
    (first, column), last = tokens[start][2], tokens[-1][2][0]
    within = _comments(tokens[start:-2], lines) if last > first else ()
    text = "\n".join(lines[first - 1 : last])
    code = tokens[start:]
    return Statement(text[column:], code[0][1], text[:column], first, last, blocks, above, within, code)


def _comments(tokens: Iterable[TokenInfo], lines: Sequence[str]) -> list[tuple[int, str]]:
    """List the comments that are prose, as (line, text)."""
    comments: list[tuple[int, str]] = []
    formatted = 0
    for token in tokens:
        if token[0] == COMMENT:
            line, column = token.start
            if not formatted and is_blank(lines[line - 1][:column]):
                comments += _prose_of(token.string, line)
        elif token[0] in _FORMATTED:
            formatted += _FORMATTED[token[0]]
    return comments


def _prose_of(comment: str, line: int) -> Sequence[tuple[int, str]]:
    """Return the line and the text of a comment that has its line for itself, if it is prose."""
    if is_for_tools(comment, line) or is_ruler(comment[1:]):
        return ()
    return ((line, _COMMENT_MARK.sub("", comment)),)


# `#:` is how Sphinx marks the description of an attribute.
_COMMENT_MARK = re.compile(r"\A#(?::(?=\s|\Z))?[ \t]?")


def _literal_prose(prefix: str, literal: str, first: int, indentation: str) -> Prose:
    """Dedent the text between the quotes as Python's own tools do, but never evaluate it."""
    quotes = 3 if literal[:3] in {'"""', "'''"} else 1
    lines = literal[quotes:-quotes].split("\n")
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

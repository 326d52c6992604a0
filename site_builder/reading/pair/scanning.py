"""The logical lines of Python source that is known to be valid: one pattern finds them, without tokens."""

import re
import sys

MAX_NESTING = 8
"""How deep brackets may nest; deeper ones are rare."""


def _string(content: str) -> str:
    """Match a string by its quotes; `content` is what may stand in it besides quotes and line breaks."""
    double, single = content.replace("Q", '"').replace("O", "'"), content.replace("Q", "'").replace("O", '"')
    return (
        rf"\"\"\"(?:{double}|\n|\"(?!\"\"))*+\"\"\"|'''(?:{single}|\n|'(?!''))*+'''"
        rf"|\"(?!\"\")(?:{double})*+\"|'(?!'')(?:{single})*+'"
    )


PLAIN_STRING = _string(r"[^Q\\\n]|\\[\s\S]")
# From Python 3.12 on, the fields of a formatted string may hold anything, its own quotes too; of these,
# only those are known here that end where they would have ended before.
_FIELD = r"\{(?:[^{}'\"\\\#\n]|O[^{}'\"\\\n]*O|\{[^{}'\"\\\#\n]*\})*+\}"
_FORMATTED = _string(rf"[^Q\\\n{{}}]|\\[^{{}}]|\{{\{{|\}}\}}|{_FIELD}")
_IS_FORMATTED = r"(?:(?<=[fFtT])|(?<=[fFtT][rR]))"
STRING = (
    PLAIN_STRING
    if sys.version_info < (3, 12)
    else rf"(?:(?!{_IS_FORMATTED})(?:{PLAIN_STRING})|{_IS_FORMATTED}(?:{_FORMATTED}))"
)
"""A string, without its prefix."""


def _bracketed() -> str:
    others = rf"[^\#\"'\\()\[\]{{}}]|{STRING}|\\\n|\#[^\n]*+"
    inner = others
    for _ in range(MAX_NESTING - 1):
        inner = rf"{others}|[(\[{{](?:{inner})*+[)\]}}]"
    return rf"[(\[{{](?:{inner})*+[)\]}}]"


# A line that goes on in one with nothing, or nothing but a comment, is left to those who know.
_LINES = re.compile(
    rf"""
    ((?:[ \t\f]*+(?:\#[^\n]*+)?\n)*+)
    (?:
        ([ \t\f]*+) (?!\\)
        ((?: [^\#\n\"'\\()\[\]{{}}] | {STRING} | {_bracketed()} | \\\n(?![ \t\f]*+[\#\n]) )++)
        (\#[^\n]*+)? \n
      | \Z
    )
    | [\s\S]
    """,
    re.VERBOSE,
)


def logical_lines(text: str) -> list[tuple[str, str, str, str]]:
    """List the logical lines of `text`, which is valid and ends with a line break.

    Each is what stands above it, blank lines and comments with their line breaks, its indentation, its code
    and the comment at its end. One without code is the end; if it is not that of `text`, what follows is
    not certain without tokens.
    """
    return _LINES.findall(text)

"""Bytes of a source file to its text, and the front matter that may open it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass
class SourceError(Exception):
    """A place in a source file that cannot be read."""

    line: int
    column: int
    code: str
    message: str
    hint: str


_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "latin-1": "latin-1", "latin1": "latin-1",
    "iso-8859-1": "latin-1", "ascii": "ascii", "us-ascii": "ascii",
}  # fmt: skip


def decode(content: bytes, *, python: bool) -> str:
    r"""Decode a source file; its line endings become `\n`.

    UTF-8, with or without a byte order mark, unless a Python encoding cookie says otherwise.
    Raises SourceError.
    """
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoding = _encoding(content) if python else "utf-8"
    if b"\0" in content:
        raise SourceError(*_place(content, content.index(b"\0")), "encoding", "a NUL character", "remove it")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"byte 0x{content[error.start]:02x} is not {encoding.upper()}"
        raise SourceError(
            *_place(content, error.start), "encoding", message, "save the file as UTF-8"
        ) from None


def _encoding(content: bytes) -> str:
    for number, line in enumerate(content.split(b"\n", 2)[:2], 1):
        if cookie := _COOKIE.match(line):
            name = cookie[1].decode("ascii", "replace")
            if encoding := _ENCODINGS.get(name.lower().replace("_", "-")):
                return encoding
            raise SourceError(
                number, 1, "encoding", f"unknown source encoding {name!r}", "use UTF-8, Latin-1 or ASCII"
            )
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"


def _place(content: bytes, offset: int) -> tuple[int, int]:
    return content.count(b"\n", 0, offset) + 1, offset - content.rfind(b"\n", 0, offset)


_FRONT_MATTER = re.compile(r"\A\s*?---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)


def split_front_matter(prose: str) -> tuple[Mapping[str, Any], str]:
    """Return the front matter and the prose, in which blank lines stand in its place.

    Raises SourceError with a line of `prose`, from 1, where it is not a YAML mapping.
    """
    if not (found := _FRONT_MATTER.match(prose)):
        return {}, prose
    first = prose.count("\n", 0, found.start(1) if found[1] else found.end()) + 1
    hint = "write `key: value` lines between the two `---` lines"
    try:
        mapping = yaml.safe_load(found[1] or "") or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (first + mark.line, mark.column + 1) if mark else (first, 1)
        message = getattr(error, "problem", None) or "not valid YAML"
        raise SourceError(line, column, "front-matter", f"front matter: {message}", hint) from None
    except (RecursionError, ValueError):
        raise SourceError(first, 1, "front-matter", "front matter: not valid YAML", hint) from None
    if not isinstance(mapping, dict) or not all(isinstance(key, str) for key in mapping):
        raise SourceError(first, 1, "front-matter", "front matter is not a mapping of names to values", hint)
    return mapping, "\n" * prose.count("\n", 0, found.end()) + prose[found.end() :]

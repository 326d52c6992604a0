"""Bytes of a source file to its text, and the front matter that may open it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class SourceError(Exception):
    """A place in a source file that cannot be read."""

    line: int
    column: int
    code: str
    message: str
    hint: str


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"[ \t\f]*(?:#|$)")
_LINE_ENDINGS = re.compile("-(?:unix|dos|mac)$")
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "latin-1": "latin-1", "latin1": "latin-1",
    "iso-8859-1": "latin-1", "iso8859-1": "latin-1", "ascii": "ascii", "us-ascii": "ascii",
}  # fmt: skip


def decode(content: bytes, *, python: bool) -> str:
    r"""Decode a source file; its line endings become `\n`.

    UTF-8, with or without a byte order mark, unless a Python encoding cookie says otherwise.
    Raises SourceError.
    """
    marked = content.startswith(_BYTE_ORDER_MARK)
    content = content.removeprefix(_BYTE_ORDER_MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoding = _encoding(content) if python and not marked else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        place = _place(content[: error.start].decode(encoding))
        message = f"byte 0x{content[error.start]:02x} is not {encoding.upper()}"
        raise SourceError(*place, "encoding", message, "save the file as UTF-8") from None
    if "\0" in text:
        raise SourceError(*_place(text[: text.index("\0")]), "encoding", "a NUL character", "remove it")
    return text


def _encoding(content: bytes) -> str:
    for number, line in enumerate(content.split(b"\n", 2)[:2], 1):
        if cookie := _COOKIE.match(line):
            name = cookie[1].decode("ascii", "replace")
            if encoding := _ENCODINGS.get(_LINE_ENDINGS.sub("", name.lower().replace("_", "-"))):
                return encoding
            message = f"source encoding {name!r} is not supported"
            raise SourceError(number, cookie.start(1) + 1, "encoding", message, "use UTF-8, Latin-1 or ASCII")
        if not _NO_CODE.match(line):
            break
    return "utf-8"


def _place(before: str) -> tuple[int, int]:
    """Return line and column, from 1, of what follows `before`."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


_FRONT_MATTER = re.compile(r"\A\s*?---[ \t]*\n(.*?\n)??---[ \t]*(?:\n|\Z)", re.DOTALL)


def split_front_matter(prose: str) -> tuple[Mapping[str, Any], str]:
    """Return the front matter and the prose, in which blank lines stand in its place.

    A title and a summary in it are text, as they are written. Raises SourceError with a line of
    `prose`, from 1, where it is not a YAML mapping.
    """
    if not (found := _FRONT_MATTER.match(prose)):
        return {}, prose
    from site_builder.reading.front_matter import read_mapping  # noqa: PLC0415 - Most sources have none.

    text = found[1] or ""
    before = prose.count("\n", 0, found.start(1)) if text else 0
    try:
        return read_mapping(text), "\n" * prose.count("\n", 0, found.end()) + prose[found.end() :]
    except SourceError as error:
        error.line += before
        raise

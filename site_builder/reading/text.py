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
    text = found[1] or ""
    before = prose.count("\n", 0, found.start(1)) if text else 0
    try:
        return _mapping(text), "\n" * prose.count("\n", 0, found.end()) + prose[found.end() :]
    except SourceError as error:
        error.line += before
        raise


def _mapping(text: str) -> dict[str, Any]:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        mapping = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        raise _fault(f"front matter: {error.problem or 'not valid YAML'}", error.problem_mark) from None
    except yaml.YAMLError:
        raise _fault("front matter: a control character") from None
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # PyYAML trusts what a tag says of a value: `!!bool perhaps` is a KeyError.
        raise _fault("front matter: not valid YAML") from error
    if not isinstance(mapping, dict) or not all(isinstance(key, str) for key in mapping):
        raise _fault("front matter is not a mapping of names to values")
    return mapping | _texts(node)


def _texts(node: yaml.Node | None) -> dict[str, str | None]:
    """Return title and summary as they are written: 1.10 is no number there."""
    found: dict[str, str | None] = {}
    for key, value in node.value if node else ():
        if key.value in {"title", "summary"}:
            if not isinstance(value, yaml.ScalarNode):
                raise _fault(f"front matter: {key.value} is not text", value.start_mark)
            found[key.value] = None if value.tag.endswith(":null") else value.value
    return found


def _fault(message: str, mark: yaml.Mark | None = None) -> SourceError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    hint = "write `key: value` lines between the two `---` lines"
    return SourceError(line, column, "front-matter", message, hint)


class _Loader(yaml.SafeLoader):
    """Reads values without aliases, by which a short text could say a very long one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=alias.start_mark)
        return super().compose_node(parent, index)

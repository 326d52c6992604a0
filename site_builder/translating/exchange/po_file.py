"""A PO file as messages, and what can be wrong with one.

Babel reads it, but takes much for a PO file that is none: it would cut a character off a text without
quotes, and pass over the second of two texts. So each line is looked at first.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from babel.core import get_global
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as BabelMessage
from babel.messages.pofile import PoFileParser

from site_builder.errors import Location, Problem, SiteError
from site_builder.translating.exchange.texts import excerpt, trimmed

MOST_PROBLEMS = 20
"""More of them are not told: the file is hardly what it should be."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a PO file; its texts are without the white space around them."""

    line: int
    context: str | None
    english: str
    translation: str
    fuzzy: bool = False
    obsolete: bool = False


@dataclass(frozen=True, slots=True)
class PoFile:
    """A PO file of one language."""

    shown: str
    """Its path as messages should name it."""
    language: str
    """The tag as the site spells it."""
    messages: tuple[Message, ...]


def read_po(content: bytes, shown: str, languages: Sequence[str]) -> PoFile:
    """Read a PO file in one of `languages`.

    Raises SiteError if it is not UTF-8, not PO, has a message twice, or is in none of them.
    """
    lines, obsolete = _checked(_decoded(content, shown).split("\n"), shown)
    sink = _Sink()
    PoFileParser(sink, abort_invalid=True).parse(lines)
    messages = [_message(read, obsolete) for read in sink.read]
    twice = tuple(_twice(messages, shown))
    if twice:
        raise SiteError(*twice[:MOST_PROBLEMS])
    language = _language(messages, shown, languages)
    return PoFile(shown, language, tuple(message for message in messages if message.english))


def _decoded(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {content[error.start]:#04x} cannot stand here"
        where = Location(shown, content.count(b"\n", 0, error.start) + 1)
        raise SiteError(Problem(where, "encoding", message, "save the file as UTF-8")) from None


# --- Lines ---------------------------------------------------------------------------------------

_OBSOLETE = re.compile(r'#~\s*(?=[m"])')
_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr) +|)"(?:[^"\\]|\\[\\trn"])*+"')
_FOLLOWS = {
    "": "#, msgctxt msgid",
    "#,": "#, msgctxt msgid",
    "msgctxt": "text msgid",
    "msgid": "text msgstr",
    "msgstr": "text #, msgctxt msgid",
}
"""What may follow what, comments aside."""


def _checked(lines: Sequence[str], shown: str) -> tuple[list[str], frozenset[int]]:
    """Keep what the parser needs, each line in its place; say which ones are obsolete."""
    kept, obsolete, problems, before = [], set(), [], ""
    for number, line in enumerate(map(str.strip, lines), 1):
        if marked := _OBSOLETE.match(line):
            obsolete.add(number)
            line = line[marked.end() :]  # noqa: PLW2901
        kind = _kind(line)
        kept.append(line if kind else "")
        if kind and kind not in _FOLLOWS[before].split():
            problems.append(_unexpected(Location(shown, number), kind, before, line))
        if (keyword := line.partition(" ")[0]) in {"msgctxt", "msgid", "msgstr"}:
            before = keyword
        elif kind == "#," and before in {"", "msgstr"}:
            before = kind
    if not problems and before in {"msgctxt", "msgid"}:
        message = f"the file ends after a {before}"
        problems.append(Problem(Location(shown, len(lines)), "po", message, "the file may be cut off"))
    if problems:
        raise SiteError(*problems[:MOST_PROBLEMS])
    return kept, frozenset(obsolete)


def _kind(line: str) -> str | None:
    """Say what a line is: a keyword, `text`, `#,`, `wrong`, or None if it says nothing."""
    if line.startswith("#") or not line:
        return "#," if line.startswith("#,") else None
    found = _LINE.fullmatch(line)
    return (found[1] or "text") if found else "wrong"


def _unexpected(where: Location, kind: str, before: str, line: str) -> Problem:
    if kind == "wrong":
        message = 'not a line of a PO file: expected msgctxt, msgid or msgstr and a text in `"`'
        hint = 'a line has one text; in it, `"` is written `\\"`, and `\\` is written `\\\\`'
        return Problem(where, "po", message, hint, excerpt(line))
    message = f"{kind} cannot stand {f'after {before}' if before else 'here'}"
    return Problem(where, "po", message, "a message is a msgid and then its msgstr", excerpt(line))


# --- Messages ------------------------------------------------------------------------------------


class _Sink(Catalog):
    """Takes all messages as they are read: duplicates and the header too, whatever it says."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[BabelMessage] = []

    def __setitem__(self, id: Any, message: BabelMessage) -> None:  # noqa: A002
        self.read.append(message)


def _message(read: BabelMessage, obsolete: frozenset[int]) -> Message:
    line = read.lineno or 1
    english, translation = trimmed(str(read.id)), trimmed(str(read.string))
    return Message(line, read.context, english, translation, read.fuzzy, line in obsolete)


def _twice(messages: Sequence[Message], shown: str) -> Iterator[Problem]:
    first: dict[tuple[str | None, str], int] = {}
    for message in messages:
        if message.obsolete:
            continue
        line = first.setdefault((message.context, message.english), message.line)
        if line != message.line:
            text = f"the message stands in line {line} already"
            where = Location(shown, message.line)
            yield Problem(where, "duplicate-message", text, "keep one of the two", excerpt(message.english))


def _language(messages: Sequence[Message], shown: str, languages: Sequence[str]) -> str:
    header = next((message for message in messages if not message.english and message.context is None), None)
    where = Location(shown, header.line if header else 1)
    named = re.search(
        r"^Language:[ \t]*(\S+)", header.translation if header else "", re.MULTILINE | re.IGNORECASE
    )
    if not named and messages and len(languages) == 1:
        return languages[0]
    if not named:
        hint = 'say it with -l, or add "Language: …\\n" to the text of the first, empty msgid'
        raise SiteError(Problem(where, "language", "the header does not say which language this is", hint))
    if (language := _called(named[1], languages)) is None:
        message = f"its language {excerpt(named[1])} is not {' or '.join(languages) or 'one of this site'}"
        hint = "correct the header's Language, or add the language"
        raise SiteError(Problem(where, "language", message, hint))
    return language


def _called(name: str, languages: Sequence[str]) -> str | None:
    """Find the language that a PO file calls `name`; some tools say `ja_JP` for `ja`."""
    name = name.replace("_", "-")
    exact = (language for language in languages if language.lower() == name.lower())
    alike = (language for language in languages if _in_full(language) == _in_full(name))
    return next(exact, None) or next(alike, None)


def _in_full(tag: str) -> list[str]:
    """Say a tag with its script and region, if those are the likely ones of the language."""
    likely = get_global("likely_subtags")
    language, *others = subtags = tag.lower().split("-")
    full = likely.get(tag.replace("-", "_")) or likely.get(language) or language
    _, *expected = full.lower().split("_")
    return [language, *expected] if set(others) <= set(expected) else subtags

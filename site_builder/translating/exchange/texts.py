"""What a source says, what its map says of it, and by which message each of the two is exchanged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from site_builder.fragment.wording import normal_form
from site_builder.translating.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A translation that somebody has to look at before it counts."""

    value: str
    previous: str = ""
    """The older English that it translates, if it is not the English of today."""


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """One source in one language."""

    source: str
    """Path below the source folder; of a map without a source, any name that no source has."""
    keys: tuple[str, ...] = ()
    """What its page says, in order."""
    catalog: Catalog | None = None
    """Its map, if it has one."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where in the source a key stands."""
    suggestions: Mapping[str, Suggestion] = field(default_factory=dict)
    """For keys that the map does not translate."""
    comments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a translator is told of a key: what its placeholders stand for."""

    @property
    def entries(self) -> Mapping[str, str]:
        """What the map says."""
        return self.catalog.entries if self.catalog else {}


@dataclass(frozen=True, slots=True)
class Said:
    """One text that a page says."""

    key: str
    """As the page has it."""
    entry: str
    """As the map has it, which may spell it differently."""


def trimmed(text: str) -> str:
    """Take off the white space around a text; what no markup stands in is no text."""
    return text.strip(" \t\r\n")


def excerpt(text: str) -> str:
    """Return the beginning of a text, fit to be printed."""
    return "".join(character if character.isprintable() else " " for character in text[:60])


def messages_said(texts: SourceTexts) -> dict[str, Said]:
    """Find the message of each text that the page says, in order.

    Of several keys that differ in outer white space only, the first has the message.
    """
    entries = texts.entries
    said: dict[str, Said] = {}
    known: dict[str, str] = {}
    for key, value in entries.items():
        if key.startswith("<") and trimmed(value):
            known.setdefault(normal_form(key), key)
    for key in texts.keys:
        translated = trimmed(entries.get(key, "")) or not key.startswith("<")
        entry = key if translated else known.get(normal_form(key), key)
        if message := trimmed(entry):
            said.setdefault(message, Said(key, entry))
    return said

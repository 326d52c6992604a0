"""From a PO file to maps."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from site_builder.errors import Location, Problem, SiteError
from site_builder.fragment import placeholders
from site_builder.sanitize import LONGEST_ENTRY, find_not_text
from site_builder.translating.exchange.po_file import MOST_PROBLEMS, Message, PoFile
from site_builder.translating.exchange.texts import SourceTexts, excerpt, messages_said, trimmed


@dataclass(frozen=True, slots=True)
class Imported:
    """What a PO file brings."""

    entries: Mapping[str, Mapping[str, str]]
    """For each source whose map changes, all entries of the new map; none of the old ones is missing."""
    unknown: Mapping[str, tuple[str, ...]]
    """English that no page says, or not in that context, with translations that stand in no map."""
    fuzzy: int
    """How many translations were not taken because they are marked so."""


def import_po(po: PoFile, sources: Sequence[SourceTexts]) -> Imported:
    """Give each map the translations that are new; an empty or fuzzy one changes nothing.

    Raises SiteError with every problem of what would be taken (at most `MOST_PROBLEMS`).
    """
    final = [message for message in po.messages if message.translation and not message.fuzzy]
    current = {(message.context, message.english): message for message in final if not message.obsolete}
    taken = [_taken(current, texts) for texts in sources]
    changes = [_changes(messages, texts) for messages, texts in zip(taken, sources, strict=True)]
    left = _left(final, taken, sources)
    changing = {message for changed in changes for message in changed.values()}
    problems = (*_text_problems((*changing, *left), po.shown), *_placeholder_problems(changing, po.shown))
    if problems:
        raise SiteError(*sorted(problems, key=lambda problem: problem.where)[:MOST_PROBLEMS])
    return Imported(
        {
            texts.source: _merged(texts, changed)
            for texts, changed in zip(sources, changes, strict=True)
            if changed
        },
        _by_english(left),
        sum(message.fuzzy and bool(message.translation) for message in po.messages),
    )


def _taken(messages: Mapping[tuple[str | None, str], Message], texts: SourceTexts) -> dict[str, Message]:
    """Find the message of each entry that the page says; that of the source's own context goes first."""
    found = {
        said.entry: messages.get((texts.source, english)) or messages.get((None, english))
        for english, said in messages_said(texts).items()
    }
    return {key: message for key, message in found.items() if message}


def _changes(taken: Mapping[str, Message], texts: SourceTexts) -> dict[str, Message]:
    entries = texts.entries
    return {
        key: message for key, message in taken.items() if trimmed(entries.get(key, "")) != message.translation
    }


def _left(
    messages: Sequence[Message], taken: Sequence[Mapping[str, Message]], sources: Sequence[SourceTexts]
) -> list[Message]:
    """Find the messages that no map takes, nor says already."""
    used = {message for found in taken for message in found.values()}
    known = {(trimmed(key), trimmed(value)) for texts in sources for key, value in texts.entries.items()}
    return [
        message
        for message in messages
        if message not in used and (message.english, message.translation) not in known
    ]


def _merged(texts: SourceTexts, changes: Mapping[str, Message]) -> dict[str, str]:
    values = {key: key.replace(message.english, message.translation) for key, message in changes.items()}
    return {**texts.entries, **values}


def _by_english(messages: Iterable[Message]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for message in messages:
        found.setdefault(message.english, {})[message.translation] = None
    return {english: tuple(translations) for english, translations in found.items()}


# --- Problems ------------------------------------------------------------------------------------


def _text_problems(messages: Iterable[Message], shown: str) -> Iterator[Problem]:
    """Find what no map may hold."""
    for message in messages:
        for what, text in (("English", message.english), ("translation", message.translation)):
            if found := find_not_text(text):
                wrong = f"U+{ord(found[0]):04X} in the {what}: no text has this character"
                yield _problem(message, shown, "control-character", wrong, "remove it")
            if len(text.encode()) > LONGEST_ENTRY:
                wrong = f"the {what} is longer than {LONGEST_ENTRY // 1024} KB"
                yield _problem(message, shown, "too-long", wrong, "split the source's text")


def _placeholder_problems(messages: Iterable[Message], shown: str) -> Iterator[Problem]:
    for message in messages:
        wanted, given = (Counter(placeholders(text)) for text in (message.english, message.translation))
        if missing := wanted - given:
            wrong = f"the translation lacks {_listed(missing)}"
            yield _problem(message, shown, "placeholder", wrong, "put it where the English has it")
        if extra := given - wanted:
            wrong = f"the translation has {_listed(extra)}, which the English has not, or not so often"
            yield _problem(message, shown, "placeholder", wrong, "remove it")


def _listed(numbers: Counter[int]) -> str:
    return ", ".join(f"_^_{number}_^_" for number in sorted(numbers))


def _problem(message: Message, shown: str, code: str, wrong: str, hint: str) -> Problem:
    return Problem(Location(shown, message.line), code, wrong, hint, excerpt(message.english))

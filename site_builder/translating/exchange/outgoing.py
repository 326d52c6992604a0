"""From maps to a PO file."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import normalize, write_po

from site_builder.translating.exchange.texts import Said, SourceTexts, Suggestion, messages_said, trimmed

_NEVER = sys.maxsize
"""The width at which lines are broken: the file changes only where a text does. Without any, Babel breaks
comments, and with them the texts of `#| msgid`."""


def export_po(language: str, sources: Sequence[SourceTexts], project: str = "") -> bytes:
    """Write what the pages say in `language` as PO; the same input gives the same bytes.

    A text that several maps translate alike, or none does, is one message; where they differ, each has
    its own, with the source as context. What a map lacks is empty or, if there is a suggestion, fuzzy.
    What no page says any more is left out.
    """
    catalog = Catalog(charset="utf-8")
    uses: dict[str, list[_Use]] = {}
    for message, use in (pair for texts in sources for pair in _uses(texts)):
        uses.setdefault(message, []).append(use)
    for message, users in uses.items():
        if len({use.value for use in users}) == 1:
            _add(catalog, message, users)
        else:
            for use in users:
                _add(catalog, message, [use], use.source)
    output = BytesIO()
    output.write(_header(language, project).encode())
    write_po(output, catalog, width=_NEVER, omit_header=True, include_previous=True)
    return output.getvalue()


@dataclass(frozen=True, slots=True)
class _Use:
    """What one map says of a message."""

    source: str
    line: int
    value: str
    suggestion: Suggestion | None
    comments: tuple[str, ...]


def _uses(texts: SourceTexts) -> Iterator[tuple[str, _Use]]:
    for message, said in messages_said(texts).items():
        value = trimmed(texts.entries.get(said.entry, ""))
        comments = texts.comments.get(said.key, ())
        line = texts.lines.get(said.key, 0)
        yield message, _Use(texts.source, line, value, _suggestion(texts, said), comments)


def _suggestion(texts: SourceTexts, said: Said) -> Suggestion | None:
    suggestion = texts.suggestions.get(said.key)
    return suggestion if suggestion and trimmed(suggestion.value) else None


def _add(catalog: Catalog, message: str, uses: Sequence[_Use], context: str | None = None) -> None:
    value = uses[0].value
    suggestion = None if value else next((use.suggestion for use in uses if use.suggestion), None)
    added = catalog.add(
        message,
        trimmed(suggestion.value) if suggestion else value,
        locations=[(use.source, use.line) for use in uses],
        auto_comments=uses[0].comments,
        previous_id=" ".join(suggestion.previous.split()) if suggestion else (),
        context=context,
    )
    # Babel takes a percent sign or a brace for Python's formats.
    added.flags = {"fuzzy"} if suggestion else set()


def _header(language: str, project: str) -> str:
    """Spell the header with each field that msgfmt wants; the date is that of the first save by a tool."""
    plural_forms = Catalog(locale=language.partition("-")[0]).plural_forms
    fields = (
        f"Project-Id-Version: {' '.join(project.split())}\n"
        "PO-Revision-Date: 1970-01-01 00:00+0000\n"
        "Last-Translator: \n"
        "Language-Team: \n"
        f"Language: {language.replace('-', '_')}\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\n"
        f"Plural-Forms: {plural_forms}\n"
    )
    return f'msgid ""\nmsgstr {normalize(fields, width=_NEVER)}\n\n'

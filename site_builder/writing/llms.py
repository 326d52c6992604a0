"""llms.txt: what a site holds, for programs that read it page by page (https://llmstxt.org)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from site_builder.language import gettext_for
from site_builder.writing.markdown.escaping import destination, escaped, one_line


@dataclass(frozen=True, slots=True)
class Listed:
    """Something to read."""

    title: str
    href: str
    description: str = ""
    """Plain text."""


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one heading."""

    title: str
    """Empty where the pages lie in no folder."""
    listed: Sequence[Listed]


def make_llms(
    language: str, title: str, summary: str, parts: Iterable[Part], others: Sequence[Listed]
) -> str:
    """Return llms.txt in a language: the site's title and summary, and its parts as lists of links.

    `others` are the same in other languages.
    """
    return "\n".join(_lines(language, title, summary, parts, others))


def _lines(
    language: str, title: str, summary: str, parts: Iterable[Part], others: Sequence[Listed]
) -> Iterator[str]:
    yield f"# {_text(title)}\n"
    if summary:
        yield f"> {_text(summary)}\n"
    for part in parts:
        yield from _list(part.title or gettext_for(language)("Pages"), part.listed)
    if others:
        yield from _list(gettext_for(language)("Other languages"), others)


def _list(title: str, listed: Sequence[Listed]) -> Iterator[str]:
    yield f"## {_text(title)}\n"
    for one in listed:
        about = f": {_text(one.description)}" if one.description else ""
        yield f"- [{_text(one.title)}]({destination(one.href)}){about}"
    yield ""


def _text(text: str) -> str:
    return escaped(one_line(text).strip())

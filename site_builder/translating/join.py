"""A page and what is known in a language, joined: the page in that language."""

import re
from collections.abc import Iterator, Sequence

from site_builder.fragment import PLACEHOLDER, bare, fill, headings, plain_text
from site_builder.model import Block, Fragment, LocalizedPage, Page, Section, Text
from site_builder.sanitize import sanitize
from site_builder.translating.memory import Memory
from site_builder.translating.repair import Repair, repair


def in_source_language(page: Page, language: str) -> LocalizedPage:
    """Return the page as its author wrote it."""
    sections = tuple((_block(section.docs, section.docs.html),) for section in page.sections)
    return LocalizedPage(
        page, language, Text(page.title, "current"), Text(page.summary, "current"), sections, 1.0
    )


def localize(original: LocalizedPage, language: str, memory: Memory) -> LocalizedPage:
    """Translate a page as far as `memory` goes; the rest stays as in `original`."""
    page = original.page
    known = [_translation(section, memory) for section in page.sections]
    sections = tuple(
        (_localized(section, block, repaired),)
        for section, (block, *_), repaired in zip(page.sections, original.sections, known, strict=True)
    )
    title, summary = localized_title(page, memory), localized_text(page.summary, memory)
    return LocalizedPage(
        page, language, title, summary, sections, _coverage(page, sections), tuple(_guesses(page, known))
    )


def _translation(section: Section, memory: Memory) -> Repair | None:
    value = memory.translation(section.docs.html) if section.words else None
    return None if value is None else repair(value, section.docs.html)


def _localized(section: Section, original: Block, repaired: Repair | None) -> Block:
    if repaired is None:
        return Block(original.html, "missing") if section.words else original
    return _block(section.docs, repaired.html)


_GUESSES = {
    "placeholder-missing": "a placeholder is missing; it was put at the end of its block",
    "placeholder-repeated": "a placeholder stands here twice; the first one was kept",
    "placeholder-unknown": "a placeholder stands for nothing here; it was left out",
}


def _guesses(page: Page, known: Sequence[Repair | None]) -> Iterator[tuple[str, str]]:
    for section, repaired in zip(page.sections, known, strict=True):
        for kind in repaired.kinds if repaired else ():
            if kind in _GUESSES:
                yield section.docs.html, _GUESSES[kind]


def localized_title(page: Page, memory: Memory) -> Text:
    """Translate the title of a page: by its own entry, or else by that of the heading that it comes from."""
    title = localized_text(page.title, memory)
    if title.state == "current":
        return title
    for section in page.sections:
        for number, (_, inner) in enumerate(headings(section.docs.html)):
            if plain_text(inner, section.docs.protected) != page.title:
                return title
            return _translated_heading(section.docs, number, memory) or title
    return title


def _translated_heading(fragment: Fragment, number: int, memory: Memory) -> Text | None:
    value = memory.translation(fragment.html)
    found = headings(repair(value, fragment.html).html) if value else []
    return Text(plain_text(found[number][1], fragment.protected), "current") if number < len(found) else None


def localized_text(text: str, memory: Memory) -> Text:
    """Translate a title or summary by its own entry."""
    value = memory.translation(text) if text else text
    return (
        Text(text, "missing") if value is None else Text(" ".join(_NO_TEXT.sub("", value).split()), "current")
    )


# Marks and controls of direction would leave the title and change what stands around it.
_NO_TEXT = re.compile(
    rf"{PLACEHOLDER.pattern}|</?[A-Za-z][^<>]*>|[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069]"
)


def _block(fragment: Fragment, html: str) -> Block:
    """Make HTML of a fragment or of its translation safe, then put the trusted pieces in."""
    safe = _EMPTY_LINKS.sub(_nothing, sanitize(bare(html)))
    return Block(fill(safe, fragment.protected, fragment.anchors), "current")


_EMPTY_LINKS = re.compile(r"([_^\d])?(?:<a></a>)+(?=([_^\d])?)")


def _nothing(links: re.Match[str]) -> str:
    """Take out what is left of anchors; what it held apart must not become a placeholder."""
    before, after = links.groups("")
    return f"{before}<wbr>" if before and after else before


def _coverage(page: Page, sections: Sequence[Sequence[Block]]) -> float:
    words = sum(section.words for section in page.sections)
    pairs = zip(page.sections, sections, strict=True)
    shown = sum(section.words for section, (block, *_) in pairs if block.state == "current")
    return shown / words if words else 1.0

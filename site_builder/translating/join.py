"""A page and what is known in a language, joined: the page in that language."""

from collections.abc import Iterable, Sequence

from site_builder.fragment import bare, fill, headings, plain_text, word_count
from site_builder.model import Block, Fragment, LocalizedPage, Page, Text
from site_builder.sanitize import sanitize
from site_builder.translating.memory import Memory
from site_builder.translating.repair import repair


def in_source_language(page: Page, language: str) -> LocalizedPage:
    """Return the page as its author wrote it."""
    sections = tuple((_block(section.docs, section.docs.html),) for section in page.sections)
    return LocalizedPage(
        page, language, Text(page.title, "current"), Text(page.summary, "current"), sections, 1.0
    )


def localize(original: LocalizedPage, language: str, memory: Memory) -> LocalizedPage:
    """Translate a page as far as `memory` goes; the rest stays as in `original`."""
    page = original.page
    sections = tuple(
        (_localized(section.docs, block, memory),)
        for section, (block, *_) in zip(page.sections, original.sections, strict=True)
    )
    title, summary = localized_title(page, memory), localized_text(page.summary, memory)
    return LocalizedPage(page, language, title, summary, sections, _coverage(page, sections))


def localized_title(page: Page, memory: Memory) -> Text:
    """Translate the title of a page: by its own entry, or else by that of the heading that it comes from."""
    title = localized_text(page.title, memory)
    if title.state == "current":
        return title
    for section in page.sections:
        for number, (_, inner) in enumerate(headings(section.docs.html)):
            if plain_text(inner) != page.title or (value := memory.translation(section.docs.html)) is None:
                return title
            translated = headings(repair(value, section.docs.html).html)
            return Text(plain_text(translated[number][1]), "current") if number < len(translated) else title
    return title


def localized_text(text: str, memory: Memory) -> Text:
    """Translate a title or summary by its own entry."""
    value = memory.translation(text) if text else text
    return Text(text, "missing") if value is None else Text(" ".join(value.split()), "current")


def _localized(fragment: Fragment, original: Block, memory: Memory) -> Block:
    if not word_count(fragment.html):
        return original
    value = memory.translation(fragment.html)
    if value is None:
        return Block(original.html, "missing")
    return _block(fragment, repair(value, fragment.html).html)


def _block(fragment: Fragment, html: str) -> Block:
    """Make HTML of a fragment or of its translation safe, then put the trusted pieces in."""
    safe = sanitize(bare(html)).replace("<a></a>", "")
    return Block(fill(safe, fragment.protected, fragment.anchors), "current")


def _coverage(page: Page, sections: Sequence[Iterable[Block]]) -> float:
    words = [word_count(section.docs.html) for section in page.sections]
    shown = sum(count for count, (block, *_) in zip(words, sections, strict=True) if block.state == "current")
    return shown / sum(words) if sum(words) else 1.0

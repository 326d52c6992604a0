"""A page and what is known in a language, joined: the page in that language."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from site_builder.fragment import headings
from site_builder.fragment.lines import has_words, split
from site_builder.fragment.wording import plain_text, word_count
from site_builder.language import Language, find_language
from site_builder.model import Block, Fragment, Gap, LocalizedPage, Page, Section, State, Text
from site_builder.translating.assemble import assemble, block, without_ids
from site_builder.translating.memory import Memory, Recalled
from site_builder.translating.mould import mould_of


def in_source_language(page: Page, language: str) -> LocalizedPage:
    """Return the page as its author wrote it."""
    sections = tuple((block(section.docs, section.docs.html),) for section in page.sections)
    words = sum(section.words for section in page.sections)
    return LocalizedPage(
        page,
        language,
        Text(page.title, "current"),
        Text(page.summary, "current"),
        sections,
        1.0,
        words={"current": words},
    )


def localize(
    original: LocalizedPage, language: str, memory: Memory, *, show_outdated: bool = False
) -> LocalizedPage:
    """Translate a page as far as `memory` goes; the rest stays as in `original`.

    What is outdated stays so too, unless `show_outdated`.
    """
    page = original.page
    source_language = find_language(original.language)
    assert source_language
    title, summary = localized_title(page, memory), memory.recall_text(page.summary)
    told = [
        _told(section, block, memory, source_language, show_outdated=show_outdated)
        for section, (block, *_) in zip(page.sections, original.sections, strict=True)
    ]
    words = Counter[State]()
    for one in told:
        for state, count in one.words.items():
            words[state] += count
    total = sum(words.values())
    shown = words["current"] or any(block.source for one in told for block in one.blocks)
    translated = bool(shown) or _is_translated(title) or _is_translated(summary)
    gaps = [*_text_gaps(page, title, summary), *(gap for one in told for gap in one.gaps)]
    return LocalizedPage(
        page,
        language,
        title,
        summary,
        tuple(one.blocks for one in told),
        words["current"] / total if total else 1.0,
        tuple(guess for one in told for guess in one.guesses),
        dict(words),
        tuple(gaps),
        translated,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A section in one language."""

    blocks: tuple[Block, ...]
    words: Mapping[State, int] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    guesses: tuple[tuple[str, str], ...] = ()


def _told(
    section: Section, original: Block, memory: Memory, source_language: Language, *, show_outdated: bool
) -> _Told:
    fragment, key = section.docs, section.docs.html
    if not section.words:
        return _Told((original,))
    if (html := _in_mould(fragment, memory)) is not None:
        return _Told((Block(html, "current"),), {"current": _words(key)})
    known = memory.recall(key)
    if known.value is not None:
        guesses = tuple((key, _GUESSES[kind]) for kind in known.kinds if kind in _GUESSES)
        return _Told((block(fragment, known.value),), {"current": _words(key)}, guesses=guesses)
    if not known.lines:
        return _Told((original,))
    lines = known.lines
    if any(line.state != "missing" for line in lines):
        blocks = assemble(fragment, known, source_language, show_outdated=show_outdated)
    else:
        blocks = (replace(original, state="missing"),)
    if blocks is None:
        blocks, lines = (replace(original, state="missing"),), tuple(map(_forgotten, lines))
    words = Counter[State]()
    for line in lines:
        words[line.state] += _word_count(line.text)
    return _Told(blocks, words, tuple(_gaps(fragment, lines)))


def _in_mould(fragment: Fragment, memory: Memory) -> str | None:
    """Show what the own map says of a fragment, if that can be shown as it is written."""
    value, mould = memory.entries.get(fragment.html), mould_of(fragment)
    shown = mould.filled(value) if value and mould else None
    return shown if value and memory.is_whole(fragment.html, value) else None


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def _words(html: str) -> int:
    """Count the words of the lines that have any letters."""
    return sum(word_count(text) for text in split(html)[::2] if has_words(text))


_word_count = lru_cache(maxsize=1 << 9)(word_count)


def _forgotten(line: Recalled) -> Recalled:
    return Recalled(line.text, "missing")


def _gaps(fragment: Fragment, lines: Sequence[Recalled]) -> Iterator[Gap]:
    for line in lines:
        if line.state != "current":
            texts = [
                text and plain_text(text, fragment.protected)
                for text in (line.text, line.source, line.translation)
            ]
            yield Gap(fragment.html, line.state, texts[0], _word_count(line.text), *texts[1:])


def _text_gaps(page: Page, title: Text, summary: Text) -> Iterator[Gap]:
    for name, text in (("title", title), ("summary", summary)):
        if name in page.meta and text.state != "current":
            yield Gap(text.text, text.state, text.text, len(text.text.split()))


def _is_translated(text: Text) -> bool:
    return bool(text.text) and text.state == "current"


_GUESSES = {
    "placeholder-missing": "a placeholder is missing; it was put at the end of its block",
    "placeholder-repeated": "a placeholder stands here twice; the first one was kept",
    "placeholder-unknown": "a placeholder stands for nothing here; it was left out",
}


def localized_title(page: Page, memory: Memory) -> Text:
    """Translate the title of a page: by its own entry, or else by that of the heading that it comes from."""
    title = memory.recall_text(page.title)
    if title.state == "current":
        return title
    for section in page.sections:
        for number, (_, inner) in enumerate(headings(section.docs.html)):
            if plain_text(inner, section.docs.protected) != page.title:
                return title
            return _translated_heading(section.docs, number, inner, memory) or title
    return title


def _translated_heading(fragment: Fragment, number: int, inner: str, memory: Memory) -> Text | None:
    known = memory.recall(fragment.html)
    if known.value is None:
        found = [line.translation for line in known.lines if line.text == inner and line.state == "current"]
    else:
        found = [text for _, text in headings(known.value)][number : number + 1]
    return Text(plain_text(found[0], fragment.protected), "current") if found else None


def originals(original: LocalizedPage, translated: LocalizedPage) -> tuple[str, ...]:
    """Return what each translated section says in the source's language, without ids; nothing for others."""
    pairs = zip(original.page.sections, original.sections, translated.sections, strict=True)
    return tuple(
        without_ids(section.docs, shown) if section.words and _is_shown_otherwise(blocks) else ""
        for section, (shown, *_), blocks in pairs
    )


def _is_shown_otherwise(blocks: Sequence[Block]) -> bool:
    return any(block.state == "current" or block.source for block in blocks)

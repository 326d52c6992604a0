"""Maps after their sources changed: what stays in a map, what memory gives it, and what leaves it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from site_builder.errors import Problem, SiteError
from site_builder.fragment.wording import normal_form
from site_builder.model import Page
from site_builder.translating.catalog import Catalog, dumps
from site_builder.translating.entries import loads
from site_builder.translating.memory import Memory, translatable
from site_builder.translating.pairs import forms_of
from site_builder.translating.partial import in_part


@dataclass(frozen=True, slots=True)
class Renewal:
    """A map as it should be."""

    entries: Mapping[str, str]
    gone: tuple[tuple[str, str], ...] = ()
    """The translations that leave it: its page does not say their texts."""
    given: tuple[tuple[str, str], ...] = ()
    """The translations that memory gave it."""
    kept: int = 0
    """How many translations stay."""
    filled: int = 0
    """How many texts memory gave it whole."""
    partial: int = 0
    """How many texts memory gave it in part: some of their lines are left in the source's language."""
    empty: int = 0
    """How many texts have no translation."""
    unfit: tuple[tuple[str, Problem], ...] = ()
    """Texts of the page that no map can hold, each with the reason."""


def completed(entries: Mapping[str, str], page: Page, memory: Memory) -> Renewal:
    """Add every text of the page that a map does not have; the rest stays.

    A new text has the translation that memory has of all of it, or else an empty one.
    """
    return _renewal(entries, _Texts(page, memory), {}, in_part=False)


def renewed(entries: Mapping[str, str], page: Page, memory: Memory) -> Renewal:
    """Make a map that of its page again.

    A text that the page says, in any spelling, stays as it is; an empty one is filled if memory has all of
    it. A new text comes with what memory has, whole or in part. What the page does not say leaves.
    """
    texts = _Texts(page, memory)
    said = texts.said()
    stays = {key: value for key, value in entries.items() if _identity(key) in said}
    filled = {key: texts.whole(key) for key, value in stays.items() if not value.strip()}
    left = {key: value for key, value in entries.items() if key not in stays}
    return _renewal(stays, texts, filled, tuple(_translated(left)), in_part=True)


def _renewal(
    stays: Mapping[str, str],
    texts: "_Texts",
    filled: Mapping[str, str],
    gone: tuple[tuple[str, str], ...] = (),
    *,
    in_part: bool,
) -> Renewal:
    filled = {key: value for key, value in filled.items() if value}
    missing = texts.missing(stays)
    unfit = tuple((key, problem) for key in missing if (problem := _refusal(key)))
    new = [key for key in missing if key not in dict(unfit)]
    whole = {key: texts.whole(key) for key in new}
    partial = {key: texts.partial(key) if in_part and not whole[key] else "" for key in new}
    given = {**filled, **{key: whole[key] or partial[key] for key in new}}
    entries = {**stays, **given}
    return Renewal(
        entries,
        gone,
        tuple(_translated(given)),
        kept=sum(1 for _ in _translated(stays)),
        filled=len(filled) + sum(map(bool, whole.values())),
        partial=sum(map(bool, partial.values())),
        empty=sum(not value.strip() for value in entries.values()),
        unfit=unfit,
    )


def _translated(entries: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((key, value) for key, value in entries.items() if value.strip())


@dataclass(frozen=True, slots=True)
class _Texts:
    """What a page says, and what is known of it."""

    page: Page
    memory: Memory

    def said(self) -> set["_Identity"]:
        """Say what the page says, also that which has no words to be translated."""
        fragments = {section.docs.html for section in self.page.sections}
        return set(map(_identity, fragments.union(translatable(self.page))))

    def missing(self, entries: Iterable[str]) -> list[str]:
        """List what a translator has to say and a map has no entry for; one spelling of each."""
        missing: dict[_Identity, str] = {}
        for key in translatable(self.page):
            missing.setdefault(_identity(key), key)
        had = set(map(_identity, entries))
        return [key for identity, key in missing.items() if identity not in had]

    def whole(self, key: str) -> str:
        """Return the translation that memory has of all of a text, or nothing."""
        value = self._known(key)
        return "" if _refusal(key, value) else value

    def _known(self, key: str) -> str:
        if self._is_plain(key):
            text = self.memory.recall_text(key)
            return text.text if text.state == "current" else ""
        return self.memory.recall(key).value or "" if forms_of(key) else ""

    def partial(self, key: str) -> str:
        """Return what memory has of some lines of a text among the others, or nothing."""
        value = "" if self._is_plain(key) else in_part(key, self.memory.recall(key))
        return "" if _refusal(key, value) else value

    def _is_plain(self, key: str) -> bool:
        return not key.startswith("<") or key in (self.page.title, self.page.summary)


_Identity = tuple[bool, str]


def _identity(key: str) -> _Identity:
    """Say what a key says without how it is spelled; a title is not the heading of the same words."""
    return key.startswith("<"), normal_form(key)


def _refusal(key: str, value: str = "") -> Problem | None:
    """Say why no map could be read that has this entry, or nothing."""
    try:
        loads(dumps(Catalog("", Path(), {key: value})), "")
    except SiteError as error:
        return error.problems[0]
    return None

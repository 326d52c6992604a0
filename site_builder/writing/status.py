"""The page that tells translators what each language lacks, and where in its maps to write it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote

from jinja2 import Environment

from site_builder.config import Config
from site_builder.language import Language, format_share, gettext_for
from site_builder.model import GapPlace, PageStatus, State
from site_builder.writing.compose import language, repository_href
from site_builder.writing.render import own_page, render_page
from site_builder.writing.theme import STATIC_FOLDER

STATUS_PAGE = f"{STATIC_FOLDER}/status.html"
"""Its URL below the site's root."""

Kind = Literal["incomplete", "untouched", "complete"]

MOST_PAGES = 1000
"""Of one kind and language: nobody reads more."""
_MOST_GAPS = 100  # Of one page: who closes these builds again.
_BEFORE = 60  # Characters before the first that differs.
_LONGEST = 200  # Characters of a text; what stands in the map is a link away.


@dataclass(frozen=True, slots=True)
class Words:
    """How many words are in each state."""

    current: int
    outdated: int
    missing: int
    share: str
    """How much of them is current: "82%"."""


@dataclass(frozen=True, slots=True)
class GapRow:
    """A text that a language does not say."""

    state: State
    text: str
    old_text: str
    old_translation: str
    place: str
    """In the map: `norm.ja.json:41`."""
    href: str
    """To that place in the repository, or empty."""


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page in one language."""

    page: PageStatus
    href: str
    map_href: str
    """To the map in the repository, or empty: there may be none."""
    words: Words
    gaps: tuple[GapRow, ...]
    more: int
    """How many gaps are not in `gaps`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Pages of one kind, those that lack most words first."""

    shown: tuple[PageRow, ...]
    count: int
    """How many there are, with those that are not shown."""

    @property
    def further(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True)
class LanguageRows:
    """The pages of one language."""

    language: Language
    words: Words
    problems: int
    incomplete: Rows
    untouched: Rows
    """Nothing of their prose is translated."""
    complete: Rows

    @property
    def pages(self) -> int:
        """How many there are."""
        return self.incomplete.count + self.untouched.count + self.complete.count


def render_status(environment: Environment, config: Config, statuses: Iterable[PageStatus]) -> str:
    """Return the page that stands at `STATUS_PAGE`.

    Raises SiteError if one of the site's own templates is at fault.
    """
    title = gettext_for(config.language)("Translation status")
    own = language(config.language)
    context = own_page(config, own, STATUS_PAGE, title, root="../", home_href="../index.html")
    return render_page(environment, context, "status.html", {"languages": _by_language(config, statuses)})


def _by_language(config: Config, statuses: Iterable[PageStatus]) -> tuple[LanguageRows, ...]:
    by_tag: dict[str, _Counted] = {}
    for status in statuses:
        by_tag.setdefault(status.language, _Counted()).add(status)
    return tuple(by_tag[tag].rows(config, tag) for tag in sorted(by_tag))


@dataclass(slots=True)
class _Counted:
    """The pages of one language, of which only those that will be shown are held."""

    words: Counter[State] = field(default_factory=Counter)
    problems: int = 0
    pages: Counter[Kind] = field(default_factory=Counter)
    held: dict[Kind, list[PageStatus]] = field(default_factory=dict)

    def add(self, status: PageStatus) -> None:
        kind = _kind(status)
        self.words.update(status.words)
        self.problems += status.problems
        self.pages[kind] += 1
        held = self.held.setdefault(kind, [])
        held.append(listed(status))
        if len(held) > 2 * MOST_PAGES:
            held[:] = _first(held)

    def rows(self, config: Config, tag: str) -> LanguageRows:
        kinds: tuple[Kind, ...] = ("incomplete", "untouched", "complete")
        rows = (self._of(config, kind) for kind in kinds)
        return LanguageRows(language(tag), _words(config, self.words), self.problems, *rows)

    def _of(self, config: Config, kind: Kind) -> Rows:
        shown = _first(self.held.get(kind, []))
        return Rows(tuple(_page_row(config, status) for status in shown), self.pages[kind])


def _first(statuses: Iterable[PageStatus]) -> list[PageStatus]:
    return sorted(statuses, key=_most_missing_first)[:MOST_PAGES]


def _most_missing_first(status: PageStatus) -> tuple[int, int, int, str]:
    words = status.words
    return -words.get("missing", 0), -words.get("outdated", 0), -status.problems, status.source


def _kind(status: PageStatus) -> Kind:
    words = status.words
    if words.get("missing") and not words.get("current") and not words.get("outdated"):
        return "untouched"
    lacks = status.gaps or status.problems or words.get("missing") or words.get("outdated")
    return "incomplete" if lacks else "complete"


def listed(status: PageStatus) -> PageStatus:
    """Leave out the gaps that the page does not list."""
    shown = status.gaps[:_MOST_GAPS] if _kind(status) == "incomplete" else ()
    further = status.further + len(status.gaps) - len(shown) if shown else 0
    return replace(status, gaps=shown, further=further)


def _page_row(config: Config, status: PageStatus) -> PageRow:
    edit = config.repository.edit if status.map else ""
    return PageRow(
        status,
        href=f"../{quote(status.url)}",
        map_href=repository_href(edit, status.map),
        words=_words(config, status.words),
        gaps=tuple(_gap_row(edit, gap) for gap in status.gaps),
        more=status.further,
    )


def _gap_row(edit: str, found: GapPlace) -> GapRow:
    gap, where = found.gap, found.where
    href = repository_href(edit, where.path, where.line)
    # A link leads there by itself; without one, the place has to be typed.
    place = str(where) if not href else str(where).rpartition("/")[2]
    # What has changed must be seen, be it far into a long text.
    start = max(_common(gap.text, gap.old_text) - _BEFORE, 0) if gap.old_text else 0
    texts = _part(gap.text, start), _part(gap.old_text, start), _part(gap.old_translation)
    return GapRow(gap.state, *texts, place, href)


def _common(text: str, other: str) -> int:
    """Count the characters at the beginning of two texts that are the same."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(text), len(other)))


def _part(text: str, start: int = 0) -> str:
    """Return a long text from about `start` on, and say where it goes on."""
    plain = " ".join(text.split())
    if len(plain) <= _LONGEST:
        return plain
    start = plain.rfind(" ", 0, start) + 1
    part = plain[start : start + _LONGEST]
    return f"{'…' if start else ''}{part.rstrip()}{'…' if start + _LONGEST < len(plain) else ''}"


def _words(config: Config, words: Mapping[State, int]) -> Words:
    current, outdated, missing = (words.get(state, 0) for state in ("current", "outdated", "missing"))
    total = current + outdated + missing
    share = format_share(config.language, current / total if total else 1.0)
    return Words(current, outdated, missing, share)

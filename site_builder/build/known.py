"""What is known of the last build, so that the next does the work of the change."""

import os
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from site_builder.build.cache import REFUSALS, seal, sealed
from site_builder.build.entries import packed_entry
from site_builder.build.report import Report
from site_builder.build.state import Damaged, State, whole
from site_builder.places import Look, is_url
from site_builder.places import looks as looks_at

if TYPE_CHECKING:
    # A build that finds nothing to do needs none of this.
    from site_builder.build.marks import Marks
    from site_builder.build.preview import Recent
    from site_builder.build.reading import Reading
    from site_builder.build.writing import Rendering
    from site_builder.model import Page, PageStatus
    from site_builder.reading.discover import Source
    from site_builder.translating.shared import Shared


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is known in a language, as much of it as was wanted."""

    made_of: bytes
    """Digest of all that is known."""
    sources: frozenset[str]
    """Those whose maps were loaded."""
    shared: "Shared"


@dataclass(slots=True, weakref_slot=True)
class Pages:
    """What a process that stays keeps between its builds."""

    memories: "dict[str, Loaded]" = field(default_factory=dict)
    """By language."""
    recent: "Recent | None" = None
    _folder: Path | None = None

    @property
    def folder(self) -> Path:
        """Where its cache lies if it is given no other; it ends with this."""
        if not self._folder:
            self._folder = Path(mkdtemp(prefix="site-builder-"))
            weakref.finalize(self, rmtree, self._folder, ignore_errors=True)
        return self._folder


@dataclass(frozen=True, slots=True)
class Last:
    """How the last build began and ended."""

    inputs: bytes = b""
    """Digest of all that it was made from."""
    program: bytes = b""
    """Digest of the program that made it."""
    report: Report | None = None
    looks: Mapping[str, Look] = field(default_factory=dict)
    """How each published file that is of no page looked, by its path below the output."""
    assets: tuple[str, ...] = ()
    """The files beside the sources that were published."""


@dataclass(frozen=True, slots=True)
class Before:
    """The last build, and what has become of its site since."""

    last: Last
    foreign: frozenset[str]
    """The files of no page that somebody else has changed."""
    foreign_pages: frozenset[str]
    """The URLs of the pages of which somebody else has changed a file."""


# Files.


def foreign_pages(root: Path, state: State) -> frozenset[str]:
    """List the pages, by URL, of which somebody else has changed a file since it was published."""
    now = looks_at(root) if is_url(root) else None
    rows = state.rows("SELECT url, files, looks FROM renderings")
    return frozenset(str(url) for url, files, looks in rows if look(root, _names(files), now) != looks)


def foreign_files(root: Path, last: Last) -> frozenset[str]:
    """List the published files of no page that somebody else has changed since."""
    now = looks(root, last.looks, looks_at(root) if is_url(root) else None)
    return frozenset(path for path, known in last.looks.items() if now.get(path) != known)


def look(root: Path, paths: Iterable[str], now: Mapping[str, Look] | None = None) -> bytes:
    """Look at files of a site, as they are `now` or else as they are on disk."""
    found = (now.get(path) if now is not None else _look(f"{root}/{path}") for path in paths)
    return repr(list(found)).encode()


def looks(root: Path, paths: Iterable[str], now: Mapping[str, Look] | None = None) -> dict[str, Look]:
    """Look at files of a site one by one; those that are absent are left out."""
    seen = ((path, now.get(path) if now is not None else _look(f"{root}/{path}")) for path in paths)
    return {path: found for path, found in seen if found}


def _look(file: str) -> Look | None:
    try:
        status = os.stat(file)  # noqa: PTH116 - There are many.
    except OSError:
        return None
    return status.st_size, status.st_ino, status.st_mtime_ns


def _names(files: object) -> list[str]:
    return files.decode().split("\n") if isinstance(files, bytes) and files else []


# Readings and renderings.


@dataclass(frozen=True, slots=True)
class Brief:
    """As much of a reading as decides what all pages have in common."""

    has_page: bool
    url: str
    key: bytes = b""
    module: str = ""
    begun: frozenset[str] = frozenset()
    wanting: frozenset[str] = frozenset()
    leads_to: tuple[str, ...] = ()
    styles: frozenset[tuple[str, str]] = frozenset()
    outlined: bytes = b""
    named: bytes = b""
    """Digest of its titles and summaries."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read of each source, by its path."""

    state: State
    sources: "Sequence[Source]"
    """Those of the site, by path in their order."""
    far: "Mapping[str, Source]"
    """Those behind a URL, for which the database has no word."""
    unkept: "dict[str, tuple[Reading, Page | None]]" = field(default_factory=dict)
    """What else it has no word for, such as half a character."""

    def has(self, path: str) -> bool:
        """Whether a source was there in the last build."""
        return bool(self.state.row("SELECT 1 FROM readings WHERE path = ?", path))

    def made_of(self, path: str) -> bytes:
        """Return the digest of what a reading was made of; empty if there is none."""
        return self.state.content("SELECT made_of FROM readings WHERE path = ?", path)

    def get(self, path: str) -> "Reading | None":
        """Return a reading, without its outline."""
        from site_builder.build.reading import Reading  # noqa: PLC0415

        if path in self.unkept:
            return self.unkept[path][0]
        found = self.state.value("SELECT data FROM readings WHERE path = ?", path, Reading)
        return replace(found, source=self.far[path]) if found and self.far else found

    def entry(self, path: str) -> bytes:
        """Return how other pages name one, packed."""
        return self.state.content("SELECT entry FROM readings WHERE path = ?", path)

    def outline(self, path: str) -> "Page | None":
        """Return the page of a reading without its sections."""
        from site_builder.model import Page  # noqa: PLC0415

        if path in self.unkept:
            return self.unkept[path][1]
        return self.state.value("SELECT data FROM outlines WHERE path = ?", path, Page)

    def put(self, reading: "Reading", made_of: bytes) -> None:
        """Keep a reading."""
        path = reading.source.path
        known = self.unkept.pop(path, None)
        entry = packed_entry(reading)
        outline = reading.outline or (known[1] if known else None)
        brief = Brief(
            reading.has_page,
            reading.source.url,
            reading.key,
            reading.module,
            reading.begun,
            reading.wanting,
            reading.leads_to,
            reading.styles,
            reading.outlined,
            seal(entry),
        )
        kept, data = replace(reading, outline=None, marks=None), None
        if reading.marks:
            self.state.do("INSERT OR REPLACE INTO marks VALUES (?, ?)", path, sealed(reading.marks))
        if self.far:
            kept = replace(kept, source=replace(reading.source, root=Path()))
        try:
            data = sealed(kept)
            if reading.outline:
                self.state.do("INSERT OR REPLACE INTO outlines VALUES (?, ?)", path, sealed(reading.outline))
        except REFUSALS:
            self.unkept[path], made_of = (replace(reading, outline=None, marks=None), outline), b""
        has_problems = bool(reading.problems or reading.map_problems)
        values = (path, made_of, sealed(brief), entry, data, has_problems)
        self.state.do("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?)", *values)

    def briefs(self) -> Iterator[tuple[str, Brief]]:
        """Yield as much as all want to know of each, by path."""
        sets: dict[frozenset[str], frozenset[str]] = {}
        rows = self.state.rows("SELECT path, brief FROM readings ORDER BY path")
        for source in self.sources:
            path, brief = next(rows, ("", b""))
            if path != source.path:
                raise Damaged("a row is missing")
            found = whole(brief if isinstance(brief, bytes) else b"", Brief)
            # Most have the same languages: a set for each would take more memory than all else.
            begun, wanting = (sets.setdefault(one, one) for one in (found.begun, found.wanting))
            yield source.path, replace(found, url=source.url, begun=begun, wanting=wanting)

    def marks_of(self, path: str) -> "Marks":
        """Return the marks of one."""
        from site_builder.build.marks import Marks  # noqa: PLC0415

        return self.state.value("SELECT data FROM marks WHERE path = ?", path, Marks) or Marks()

    def marks(self) -> "Iterator[tuple[str, Marks]]":
        """Yield the marks of each, by path."""
        from site_builder.build.marks import Marks  # noqa: PLC0415

        for path, data in self.state.rows("SELECT path, data FROM marks ORDER BY path"):
            yield str(path), whole(data if isinstance(data, bytes) else b"", Marks)

    def with_problems(self) -> "Iterator[Reading]":
        """Yield those that have problems."""
        for path, *_ in list(self.state.rows("SELECT path FROM readings WHERE has_problems")):
            if found := self.get(str(path)):
                yield found


@dataclass(frozen=True, slots=True)
class Renderings:
    """What came of writing each page, by its URL."""

    state: State
    unkept: "dict[str, Rendering]" = field(default_factory=dict)
    """What the database has no word for."""

    def made_of(self, url: str) -> bytes:
        """Return the digest of what a page was written from; empty if it was not."""
        return self.signs(url)[0]

    def signs(self, url: str) -> tuple[bytes, bool]:
        """Return also whether a page shows or links to files of the source folder."""
        row = self.state.row("SELECT made_of, is_watched FROM renderings WHERE url = ?", url)
        return (row[0], bool(row[1])) if row and isinstance(row[0], bytes) else (b"", False)

    def __getitem__(self, url: str) -> "Rendering":
        from site_builder.build.writing import Rendering  # noqa: PLC0415

        if url in self.unkept:
            return self.unkept[url]
        return self.state.value("SELECT data FROM renderings WHERE url = ?", url, Rendering) or Rendering(url)

    def get(self, url: str) -> "Rendering | None":
        """Return a rendering, if the page was written in a build before this."""
        return self[url] if self.made_of(url) else None

    def put(self, rendering: "Rendering", made_of: bytes, files: Iterable[str], *, is_watched: bool) -> None:
        """Keep a rendering; how its files look is not known yet."""
        self.unkept.pop(rendering.url, None)
        try:
            data = sealed(rendering)
        except REFUSALS:
            self.unkept[rendering.url], data, made_of = rendering, b"", b""
        values = (rendering.url, made_of, "\n".join(files).encode(), None, data, is_watched)
        self.state.do("INSERT OR REPLACE INTO renderings VALUES (?, ?, ?, ?, ?, ?)", *values)

    def put_statuses(self, url: str, statuses: "tuple[PageStatus, ...]") -> bytes:
        """Keep how much each language has of a page; return their digest, empty if there are none."""
        self.state.do("DELETE FROM statuses WHERE url = ?", url)
        if not statuses:
            return b""
        with suppress(*REFUSALS):
            content = sealed(statuses)
            self.state.do("INSERT INTO statuses VALUES (?, ?)", url, content)
            return seal(content)
        return b""

    def statuses(self, url: str) -> "tuple[PageStatus, ...]":
        """Return how much each language has of a page."""
        from site_builder.model import PageStatus  # noqa: PLC0415

        query = "SELECT data FROM statuses WHERE url = ?"
        return self.state.value(query, url, tuple[PageStatus, ...]) or ()

    def written(self) -> list[str]:
        """List the URLs of the pages that were written since we last looked at their files."""
        return [str(url) for (url,) in self.state.rows("SELECT url FROM renderings WHERE looks IS NULL")]

    def files(self, *, written: bool) -> Iterator[str]:
        """Yield the files of the pages that were written since we last looked at them, or of the others."""
        query = f"SELECT files FROM renderings WHERE looks IS {'' if written else 'NOT '}NULL"  # noqa: S608
        for (files,) in self.state.rows(query):
            yield from _names(files)

    def look_again(self, root: Path, now: Mapping[str, Look] | None = None) -> None:
        """Look at the files of the pages that were written since."""
        for url, files in list(self.state.rows("SELECT url, files FROM renderings WHERE looks IS NULL")):
            seen = look(root, _names(files), now)
            self.state.do("UPDATE renderings SET looks = ? WHERE url = ?", seen, url)

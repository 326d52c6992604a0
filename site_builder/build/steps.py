"""The first steps of a build: sources are read, and what their maps do not say is recalled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from site_builder.build.digests import Files, parted
from site_builder.build.inputs import Inputs
from site_builder.build.known import Loaded, Pages, Readings
from site_builder.build.marks import Marks, relatives
from site_builder.build.pool import Failure
from site_builder.build.reading import Reading, read, read_maps
from site_builder.build.recalling import Recalling, recall, unasked
from site_builder.build.work import Work
from site_builder.errors import Location, Problem
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.memories import load_shared
from site_builder.translating.shared import Shared


def read_sources(inputs: Inputs, readings: Readings, made_of: bytes, work: Work) -> set[str]:
    """Read the sources and maps that are not known as they are now; return the URLs of those that were known.

    `made_of` says for each source what a reading of it would be made of.
    """
    site, files = inputs.site, Files(readings.state)
    changed: list[Source] = []
    retold: list[Source] = []
    again = set()
    for source, now in zip(site.sources, parted(made_of), strict=True):
        if readings.made_of(source.path) == now:
            work.skip()
        else:
            key, known = inputs.key(source, files.digest(source.file)), readings.get(source.path)
            (retold if known and known.key == key else changed).append(source)
            if readings.has(source.path):
                again.add(source.url)
    if changed:
        from site_builder.site.pages import warm_up  # noqa: PLC0415

        warm_up(site.config)  # Before workers fork, so that they need not.
    for source, result in work.each(read, changed, inputs, _path):
        _put(inputs, readings, source, result)
    tasks = (reading for source in retold if (reading := readings.get(source.path)))
    for reading, result in work.each(read_maps, tasks, inputs, _url):
        _put(inputs, readings, reading.source, result)
    paths = {source.path for source in site.sources}
    for table in ("readings", "outlines", "marks"):
        readings.state.keep_only(table, "path", paths)
    return again


def _put(inputs: Inputs, readings: Readings, source: Source, result: Reading | Failure) -> None:
    if isinstance(result, Failure):
        unread = Reading(source, problems=(left_out(inputs.site, source, result),), marks=Marks())
        readings.put(unread, b"")
    else:
        # What could not be read may be there the next time, without a sign of it.
        made_of = inputs.made_of(result.key, result.maps) if result.key else b""
        readings.put(result, made_of)


def left_out(site: Site, source: Source, failure: Failure) -> Problem:
    """Say why a page is not built."""
    where = Location(site.config.shown(source.file))
    hint = "the page is left out; the others are built"
    return Problem(where, "crash" if failure.kind == "died" else failure.kind, failure.message, hint)


def _path(source: Source) -> str:
    return source.path


def _url(reading: Reading) -> str:
    return reading.source.url


# What the memory of a language knows.


@dataclass(frozen=True, slots=True)
class Memories:
    """What is known in each language in which the own map of some page is wanting."""

    site: Site
    digests: Mapping[str, bytes]
    relatives: Mapping[str, frozenset[str]]
    """The sources whose maps have anything to do with these pages."""
    loaded: dict[str, Loaded]

    def of(self, tags: Iterable[str]) -> dict[str, Shared]:
        """Return as much of the memories of languages as is wanted, loaded only now."""
        return {tag: self._load(tag).shared for tag in tags}

    def _load(self, tag: str) -> Loaded:
        sources, known = self.relatives.get(tag, frozenset()), self.loaded.get(tag)
        # What is known of more sources says the same.
        if not known or known.made_of != self.digests[tag] or not sources <= known.sources:
            known = Loaded(self.digests[tag], sources, load_shared(self.site, tag, sources))
            self.loaded[tag] = known
        return known


def open_memories(site: Site, readings: Readings, known: Mapping[str, bytes], pages: Pages) -> Memories:
    """Say what there is to know, without loading it; `known` is the digest of that, by language."""
    pages_wanting = {path: brief.wanting for path, brief in readings.briefs() if brief.wanting}
    wanting = frozenset[str]().union(*pages_wanting.values())
    pages.memories = {tag: loaded for tag, loaded in pages.memories.items() if tag in wanting}
    digests = {tag: known[tag] for tag in sorted(wanting)}
    marks = {path: readings.marks_of(path) for path in pages_wanting}
    return Memories(site, digests, relatives(marks, readings.marks()) if marks else {}, pages.memories)


def recall_pages(inputs: Inputs, readings: Readings, memories: Memories, work: Work) -> set[str]:
    """Ask the memories what the own maps do not say; return the URLs of the pages that they were asked of."""
    stale: dict[str, list[str]] = {}
    for path, brief in readings.briefs():
        if brief.wanting and brief.has_page:
            found = readings.get(path)
            if found and (tags := unasked(found, memories.digests)):
                stale[path] = tags
    if not stale:
        return set()
    work.total += len(stale)
    known = memories.of({tag for tags in stale.values() for tag in tags})
    tasks = (reading for path in stale if (reading := readings.get(path)))
    recalling = Recalling(inputs, known, memories.digests)
    asked = set()
    for reading, result in work.each(recall, tasks, recalling, _url):
        asked.add(reading.source.url)
        _put(inputs, readings, reading.source, result)
    return asked

"""The steps of a build, each over all pages that are not as they were."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from site_builder.build.digests import map_digests, memory_digest
from site_builder.build.frame import frame_digests, make_frame, make_site_index, make_targets, with_indexes
from site_builder.build.known import Pages
from site_builder.build.neighbours import Neighbours
from site_builder.build.notebooks import image_digest
from site_builder.build.pool import Failure
from site_builder.build.reading import Inputs, Reading, read, read_maps
from site_builder.build.recalling import Recalling, recall, unasked
from site_builder.build.report import Explain
from site_builder.build.search import index, plan, versions
from site_builder.build.stage import Stage
from site_builder.build.statuses import statuses_name
from site_builder.build.work import Work
from site_builder.build.writing import Rendering, Writing, own_files, templates, write
from site_builder.errors import Location, Problem
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.assets import image_size
from site_builder.site.memories import load_shared
from site_builder.translating.shared import Shared
from site_builder.writing.search import Corpus, shard_count

_LONG = 3600.0  # Seconds: a hundred thousand pages take some minutes.


def read_sources(inputs: Inputs, pages: Pages, work: Work) -> dict[str, Reading]:
    """Read the sources and maps that are not known as they are now."""
    site, files = inputs.site, pages.files
    readings: dict[str, Reading] = {}
    changed: list[Source] = []
    retold: list[Reading] = []
    for source in site.sources:
        known = pages.readings.get(source.path)
        if not known or not known.key or known.key != inputs.key(source, files.digest(source.file)):
            changed.append(source)
        elif {*known.titles} | known.wanting != {site.config.language, *site.languages} or (
            known.maps != map_digests(site, source, files)
        ):
            retold.append(known)
        else:
            readings[source.path] = known
    work.done += len(readings)
    for source, result in work.each(read, changed, inputs):
        readings[source.path] = _unread(site, source, result) if isinstance(result, Failure) else result
    for reading, result in work.each(read_maps, retold, inputs):
        source = reading.source
        readings[source.path] = _unread(site, source, result) if isinstance(result, Failure) else result
    return readings


def _unread(site: Site, source: Source, failure: Failure) -> Reading:
    return Reading(source, problems=(_failure(site, source, failure),))


def _failure(site: Site, source: Source, failure: Failure) -> Problem:
    where = Location(site.config.shown(source.file))
    hint = "the page is left out; the others are built"
    return Problem(where, "crash" if failure.kind == "died" else failure.kind, failure.message, hint)


@dataclass(frozen=True, slots=True)
class Memories:
    """What is known in each language in which the own map of some page is wanting."""

    site: Site
    digests: Mapping[str, bytes]
    loaded: dict[str, tuple[bytes, Shared]]

    def of(self, tags: Iterable[str]) -> dict[str, Shared]:
        """Return the memories of languages, loaded only now."""
        for tag in tags:
            if tag not in self.loaded or self.loaded[tag][0] != self.digests[tag]:
                self.loaded[tag] = self.digests[tag], load_shared(self.site, tag)
        return {tag: self.loaded[tag][1] for tag in tags}


def open_memories(site: Site, pages: Pages) -> Memories:
    """Say what there is to know, without loading it."""
    wanting = frozenset[str]().union(*(reading.wanting for reading in pages.readings.values()))
    pages.memories = {tag: known for tag, known in pages.memories.items() if tag in wanting}
    digests = {tag: memory_digest(site, tag, pages.files) for tag in sorted(wanting)}
    return Memories(site, digests, pages.memories)


def recall_pages(inputs: Inputs, pages: Pages, memories: Memories, work: Work) -> None:
    """Ask the memories what the own maps do not say."""
    unsure = {path: unasked(reading, memories.digests) for path, reading in pages.readings.items()}
    stale = [reading for path, reading in pages.readings.items() if reading.outline and unsure[path]]
    work.total += len(stale)
    known = memories.of({tag for reading in stale for tag in unsure[reading.source.path]})
    for reading, result in work.each(recall, stale, Recalling(inputs, known, memories.digests)):
        source = reading.source
        named = _unread(inputs.site, source, result) if isinstance(result, Failure) else result
        pages.readings[source.path] = named


@dataclass(frozen=True, slots=True)
class Written:
    """The pages of a site, ready to be published."""

    writing: Writing
    readings: Mapping[str, Reading]
    """By URL, as the others by their own."""
    renderings: dict[str, Rendering]
    failed: Mapping[str, Rendering]

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all pages, in the order of the site."""
        return tuple(self.writing.frame.navigation.entries)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the pages, those left out too."""
        for rendering in (*self.renderings.values(), *self.failed.values()):
            yield from rendering.problems


@dataclass(frozen=True, slots=True)
class Before:
    """What was published before, as it is now."""

    pages: Pages
    foreign: frozenset[str]
    """The files that somebody else has changed since."""
    explain: Explain

    def reasons(self, writing: Writing, reading: Reading) -> list[str]:
        """Say why a page is to be written: what is new or not as it was."""
        rendering = self.pages.renderings.get(reading.source.url)
        if not rendering:
            return ["new"]
        made_of = writing.made_of(reading, writing.references(reading))
        changed = sorted(
            name
            for name in {*made_of, *rendering.made_of}
            if made_of.get(name) != rendering.made_of.get(name)
        )
        if "source" in changed and not {"configuration", "program"}.isdisjoint(changed):
            changed.remove("source")  # It was read otherwise.
        config, cache = writing.site.config, writing.inputs.cache
        if any(image_digest(config, path) != made for path, made in rendering.images.items()):
            changed.append("images")
        if not rendering.assets.keys() <= writing.site.assets or any(
            image_size(config, path) != size for path, size in rendering.assets.items()
        ):
            changed.append("files it links to")
        if rendering.has_broken_links and self.pages.assets != writing.site.assets:
            changed.append("files it may link to")
        if not self.foreign.isdisjoint(own_files(rendering)):
            changed.append("output")
        if rendering.statuses and not cache.has(statuses_name(rendering.statuses)):
            changed.append("cache")
        return changed


def write_pages(inputs: Inputs, before: Before, memories: Memories, stage: Stage, work: Work) -> Written:
    """Write every page; one that cannot be written is left out, and then no other may link to it."""
    failed: dict[str, Rendering] = {}
    while True:
        left = [page for page in before.pages.readings.values() if page.source.url not in failed]
        readings = {url: one for url, one in with_indexes(inputs.site, left).items() if url not in failed}
        writing = _prepare(inputs, readings, stage)
        renderings = _write_stale(writing, readings, before, memories, work)
        lost = {url: rendering for url, rendering in renderings.items() if not rendering.files}
        if not lost:
            return Written(writing, readings, renderings, failed)
        failed |= lost


def _prepare(inputs: Inputs, readings: Mapping[str, Reading], stage: Stage) -> Writing:
    site = inputs.site
    frame = make_frame(site, readings)
    targets, names = make_targets(site, readings), make_site_index(site, readings)
    neighbours, digests = Neighbours(frame.navigation), frame_digests(inputs, frame)
    return Writing(inputs, frame, targets, names, stage, {}, neighbours, digests)


def _write_stale(
    writing: Writing, readings: Mapping[str, Reading], before: Before, memories: Memories, work: Work
) -> dict[str, Rendering]:
    urls = list(writing.frame.navigation.entries)
    reasons = {url: found for url in urls if (found := before.reasons(writing, readings[url]))}
    for url, found in reasons.items():
        before.explain(url, found)
    renderings = {url: before.pages.renderings[url] for url in urls if url not in reasons}
    work.total = work.done + len(urls)
    work.done += len(renderings)
    stale = [readings[url] for url in reasons]
    if stale:
        writing.memories.update(memories.of(frozenset[str]().union(*(page.wanting for page in stale))))
        _warm_up(writing)
    for reading, result in work.each(write, stale, writing):
        url = reading.source.url
        problem = _failure(writing.site, reading.source, result) if isinstance(result, Failure) else None
        renderings[url] = Rendering(url, problems=(problem,)) if problem else cast("Rendering", result)
    return {url: renderings[url] for url in urls}


def _warm_up(writing: Writing) -> None:
    """Make what every page needs, before workers fork, so that they need not."""
    templates(writing).get_template("page.html")


def index_texts(written: Written, before: Before, stage: Stage, work: Work) -> dict[str, Corpus]:
    """Index what can be searched and is not as it was."""
    if not written.writing.site.config.search:
        return {}
    urls, renderings, known = written.urls, written.renderings, before.pages
    wanted = versions(renderings, urls)
    indexing = plan(stage, urls, (known.corpora, known.renderings), renderings, before.foreign)
    corpora = {
        name: corpus
        for name, corpus in known.corpora.items()
        if name in indexing.sizes and wanted.get(name) == corpus.version
    }
    stale = [name for name in wanted if name not in corpora]
    work.total += len(stale)
    for name, size in work.each(index, stale, indexing, _LONG):
        if isinstance(size, Failure):
            raise RuntimeError(f"the search could not be indexed: {size.message}")
        corpora[name] = Corpus(shard_count(size), wanted[name], size)
    return corpora

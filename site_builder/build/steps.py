"""The steps of a build, each over all pages that are not as they were."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

from site_builder.build.digests import Files, digest
from site_builder.build.frame import Frame, make_frame, named_digest
from site_builder.build.inputs import Inputs, memory_digest
from site_builder.build.known import Before, Pages, Readings, Renderings
from site_builder.build.notebooks import image_digest
from site_builder.build.pool import Failure
from site_builder.build.reading import Reading, read, read_maps
from site_builder.build.recalling import Recalling, recall, unasked
from site_builder.build.report import Explain
from site_builder.build.search import index, plan
from site_builder.build.stage import Stage
from site_builder.build.work import Work
from site_builder.build.writing import Rendering, Task, Writing, own_files, templates, write
from site_builder.errors import Location, Problem
from site_builder.model import PageStatus
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.assets import image_size
from site_builder.site.memories import load_shared
from site_builder.translating.shared import Shared
from site_builder.writing.search import Corpus, shard_count


def read_sources(inputs: Inputs, readings: Readings, made_of: Iterable[bytes], work: Work) -> set[str]:
    """Read the sources and maps that are not known as they are now; return their URLs.

    `made_of` says for each source what a reading of it would be made of.
    """
    site, files = inputs.site, Files(readings.state)
    changed: list[Source] = []
    retold: list[Source] = []
    for source, now in zip(site.sources, made_of, strict=True):
        if readings.made_of(source.path) == now:
            work.skip()
        else:
            key, known = inputs.key(source, files.digest(source.file)), readings.get(source.path)
            (retold if known and known.key == key else changed).append(source)
    if changed:
        import_module("site_builder.site.pages")  # Before workers fork, so that they need not.
    for source, result in work.each(read, changed, inputs, _path):
        _put(inputs, readings, source, result)
    again = (reading for source in retold if (reading := readings.get(source.path)))
    for reading, result in work.each(read_maps, again, inputs, _url):
        _put(inputs, readings, reading.source, result)
    for table in ("readings", "outlines"):
        readings.state.keep_only(table, "path", (source.path for source in site.sources))
    return {source.url for source in (*changed, *retold)}


def _put(inputs: Inputs, readings: Readings, source: Source, result: Reading | Failure) -> None:
    if isinstance(result, Failure):
        unread = Reading(source, problems=(_failure(inputs.site, source, result),))
        readings.put(unread, b"", named_digest(unread))
    else:
        # What could not be read may be there the next time, without a sign of it.
        made_of = inputs.made_of(result.key, result.maps) if result.key else b""
        readings.put(result, made_of, named_digest(result))


def _failure(site: Site, source: Source, failure: Failure) -> Problem:
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
    loaded: dict[str, tuple[bytes, Shared]]

    def of(self, tags: Iterable[str]) -> dict[str, Shared]:
        """Return the memories of languages, loaded only now."""
        for tag in tags:
            if tag not in self.loaded or self.loaded[tag][0] != self.digests[tag]:
                self.loaded[tag] = self.digests[tag], load_shared(self.site, tag)
        return {tag: self.loaded[tag][1] for tag in tags}


def open_memories(site: Site, readings: Readings, pages: Pages) -> Memories:
    """Say what there is to know, without loading it."""
    wanting = frozenset[str]().union(*(brief.wanting for _, brief in readings.briefs()))
    pages.memories = {tag: known for tag, known in pages.memories.items() if tag in wanting}
    files = Files(readings.state)
    digests = {tag: memory_digest(site, tag, files) for tag in sorted(wanting)}
    return Memories(site, digests, pages.memories)


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


# Writing.


@dataclass(frozen=True, slots=True)
class Published:
    """What was published by the last build, of all pages together."""

    shared: bytes = b""
    """Digest of all that the pages had in common."""
    assets: frozenset[str] = frozenset()
    """The files beside the sources that could be published."""
    corpora: Mapping[str, Corpus] = field(default_factory=dict)
    """What is indexed."""
    urls: bytes = b""
    """Digest of the pages' URLs, in their order."""
    status: bytes = b""
    """Digest of all that the status page tells; empty if there is none."""
    listed: bytes = b""
    """Digest of all that lists of pages tell."""
    lists: tuple[str, ...] = ()
    """The files of these lists."""


@dataclass(frozen=True, slots=True)
class Written:
    """The pages of a site, ready to be published."""

    writing: Writing
    frame: Frame
    renderings: Renderings
    published: Published
    """By the last build."""
    failed: Mapping[str, Problem]
    """Why a page could not be written, by its URL."""
    retold: Mapping[str, Collection[str] | None]
    """By corpus of the search: the pages of which it says something else than before, if that is known."""

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all pages, in the order of the site."""
        return tuple(self.frame.urls)

    def pages_written(self) -> Iterator[str]:
        """Yield the files of the pages that were written now, but for what the search reads of them."""
        for url in self.renderings.written():
            yield from self.renderings[url].files

    def each(self) -> Iterator[Rendering]:
        """Yield what came of each page, in the order of the site."""
        return (self.renderings[url] for url in self.urls)


@dataclass(frozen=True, slots=True)
class Job:
    """What goes into every page, and who is to write it."""

    inputs: Inputs
    before: Before
    memories: Memories
    stage: Stage
    explain: Explain
    work: Work


def write_pages(job: Job, readings: Readings, changed: Collection[str]) -> Written:
    """Write every page; one that cannot be written is left out, and then no other may link to it."""
    renderings = Renderings(readings.state)
    published = readings.state.kept("published", Published) or Published()
    failed: dict[str, Problem] = {}
    retold: dict[str, set[str] | None] = {}
    while True:
        frame = make_frame(job.inputs, readings, failed)
        writing = Writing(job.inputs, frame.formula_url, frame.targets, job.stage, {})
        one = _Pass(writing, frame, renderings, published, changed, job, retold)
        lost = one.write()
        if not lost:
            readings.state.keep_only("renderings", "url", frame.urls)
            readings.state.keep_only("statuses", "url", frame.urls)
            return Written(writing, frame, renderings, published, failed, retold)
        failed |= lost


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over all pages, of which those are written that are not as they were."""

    writing: Writing
    frame: Frame
    renderings: Renderings
    published: Published
    changed: Collection[str]
    """The pages of which something was read anew."""
    job: Job
    retold: dict[str, set[str] | None]

    def write(self) -> dict[str, Problem]:
        """Write what is stale; return why pages could not be written, by URL."""
        lost = {}
        work = self.job.work
        work.total = work.done + len(self.frame.urls)
        for task, result in work.each(write, self._stale(), self.writing, _task_url):
            if isinstance(result, Failure):
                lost[_task_url(task)] = _failure(self.writing.site, task.reading.source, result)
            else:
                self._keep(*result)
        return lost

    def _keep(self, rendering: Rendering, statuses: tuple[PageStatus, ...]) -> None:
        url = rendering.url
        before = self.renderings.get(url)
        for corpus, text in rendering.texts.items():
            if not before:
                self.retold[corpus] = None
            elif (
                before.texts.get(corpus) != text
                and (found := self.retold.setdefault(corpus, set())) is not None
            ):
                found.add(url)
        rendering = replace(rendering, statuses=self.renderings.put_statuses(url, statuses))
        is_watched = bool(rendering.assets or rendering.images or rendering.has_broken_links)
        made_of = _digest(rendering.made_of)
        self.renderings.put(rendering, made_of, own_files(rendering), is_watched=is_watched)

    def _stale(self) -> Iterator[Task]:
        """Yield the pages to be written; those around a page are only looked at if some have changed."""
        is_same = self.published.shared == self.frame.shared()
        is_first = True
        for url in self.frame.urls:
            made_of, is_watched = self.renderings.signs(url)
            is_sure = bool(is_same and made_of and url not in self.changed)
            task = None if is_sure else self.frame.task(url)
            reasons = list(self._reasons(url, made_of, task, is_watched=is_watched))
            if not reasons:
                self.job.work.skip()
                continue
            if is_first:
                is_first = False
                self._warm_up()
            self.job.explain(url, reasons)
            yield task or self.frame.task(url)

    def _warm_up(self) -> None:
        """Make what every page needs, before workers fork, so that they need not."""
        self.writing.memories.update(self.job.memories.of(self.frame.wanting))
        templates(self.writing).get_template("page.html")

    def _reasons(self, url: str, made_of: bytes, task: Task | None, *, is_watched: bool) -> Iterator[str]:
        """Say why a page is to be written: what is new or not as it was."""
        if not made_of:
            yield "new"
            return
        if task and _digest(task.made_of) != made_of:
            yield from _differences(task.made_of, self.renderings[url].made_of)
        if is_watched:
            yield from self._files_changed(self.renderings[url])
        if url in self.job.before.foreign_pages:
            yield "output"

    def _files_changed(self, rendering: Rendering) -> Iterator[str]:
        site = self.writing.site
        if any(image_digest(site.config, path) != made for path, made in rendering.images.items()):
            yield "images"
        if not rendering.assets.keys() <= site.assets or any(
            image_size(site.config, path) != size for path, size in rendering.assets.items()
        ):
            yield "files it links to"
        if rendering.has_broken_links and self.published.assets != site.assets:
            yield "files it may link to"


def _differences(now: Mapping[str, bytes], before: Mapping[str, bytes]) -> list[str]:
    changed = sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
    if "source" in changed and not {"configuration", "program"}.isdisjoint(changed):
        changed.remove("source")  # It was read otherwise.
    return changed


def _digest(made_of: Mapping[str, bytes]) -> bytes:
    return digest(*(part for name in sorted(made_of) for part in (name.encode(), made_of[name])))


def _task_url(task: Task) -> str:
    return task.reading.source.url


def index_texts(written: Written, wanted: Mapping[str, str], job: Job) -> dict[str, Corpus]:
    """Index what can be searched and is not as it was; `wanted` is the version of each corpus."""
    if not written.writing.site.config.search:
        return {}
    urls, known = written.urls, written.published.corpora
    is_same_order = written.published.urls == urls_digest(urls)
    indexing = plan(job.stage, urls, known if is_same_order else {}, written.retold, job.before)
    corpora = {
        name: corpus
        for name, corpus in known.items()
        if name in indexing.sizes and wanted.get(name) == corpus.version
    }
    stale = [name for name in wanted if name not in corpora]
    job.work.total += len(stale)
    for name, size in job.work.each(index, stale, indexing, str, _LONG):
        if isinstance(size, Failure):
            raise RuntimeError(f"the search could not be indexed: {size.message}")
        corpora[name] = Corpus(shard_count(size), wanted[name], size)
    return corpora


_LONG = 3600.0  # Seconds: a hundred thousand pages take some minutes.


def urls_digest(urls: Iterable[str]) -> bytes:
    """Digest the URLs of all pages, in their order."""
    return digest(*(url.encode() for url in urls))

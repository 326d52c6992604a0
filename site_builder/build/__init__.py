"""The one pipeline: a configuration in, a site on disk out. The only writer of the site."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from site_builder.build.digests import maps_digest, shared_digest, source_digest
from site_builder.build.frame import (
    frame_digest,
    make_frame,
    make_site_index,
    make_targets,
    shared_files,
    with_indexes,
)
from site_builder.build.known import Pages
from site_builder.build.notebooks import import_format
from site_builder.build.pool import Failure, run
from site_builder.build.publish import Stage, check_output, publishing
from site_builder.build.reading import Reading, read, read_maps, with_shared
from site_builder.build.search import Indexing, index, search_files, versions
from site_builder.build.web import web_files
from site_builder.build.writing import Rendering, Writing, is_reusable, templates, write
from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.reading.discover import Source
from site_builder.site import Site, open_site
from site_builder.site.memories import former_problems, load_shared
from site_builder.translating.shared import Shared
from site_builder.writing.search import Corpus

__all__ = ["Pages", "Progress", "Report", "build"]

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""Told after each step: the page, how many steps are done, how many there are."""

_LONG = 3600.0  # Seconds: a hundred thousand pages take some minutes.
_FEW = 16  # Pages that a process which stays does itself, rather than start workers for.


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    pages: int
    """In all languages together."""
    languages: tuple[str, ...]
    """The source's first."""
    coverage: Mapping[str, float]
    """Share of the words that are shown in each of the other languages, 0 to 1."""
    problems: tuple[Problem, ...]
    seconds: float
    changed: tuple[str, ...]
    """Paths below the output that were written or removed."""


def build(
    config: Config,
    *,
    jobs: int = 1,
    strict: bool = False,
    pages: Pages | None = None,
    progress: Progress | None = None,
) -> Report:
    """Build the site of `config` in up to `jobs` processes.

    With the `pages` of an earlier build of the same configuration, only what changed since is done
    again. With `strict`, any problem leaves the site on disk as it was. Raises SiteError if there is
    nothing to build or nowhere to put it; then too the site stays as it was.
    """
    started = time.perf_counter()
    resident, pages = pages is not None, pages or Pages()
    check_output(config.output, config.source, config.shown(config.output))
    site = open_site(config)
    work = _Work(jobs, resident, progress or (lambda *_: None), 2 * len(site.sources))
    with publishing(config.output, config.shown(config.output)) as publication:
        pages.readings = _read(site, pages.readings, work)
        pages.memories = _memories(site, pages)
        problems = [*site.problems, *former_problems(site), *_problems_of(pages.readings.values())]
        if not any(reading.page for reading in pages.readings.values()):
            raise SiteError(*_sorted(problems))
        written = _write(site, pages, publication.stage, work)
        problems += written.problems()
        renderings = written.renderings.values()
        others = set()
        for path, content in web_files(written.writing, written.renderings):
            publication.stage.write(path, content)
            others.add(path)
        files, shared_problems = shared_files(written.writing, written.readings, renderings, problems, others)
        problems += shared_problems
        for path, content in files.items():
            publication.stage.write(path, content)
        corpora = _index(written, pages.corpora, publication.stage, work)
        more = search_files(written.urls, corpora, publication.stage.write) if corpora else ()
        page_files = {file for rendering in renderings for file in rendering.files}
        publish = not (strict and problems)
        changed = publication.commit({*page_files, *files, *others, *more}) if publish else ()
    if publish:
        # Not before: what could not be published is to be written again.
        pages.renderings, pages.corpora = written.renderings, corpora
    return Report(
        pages=sum(len(rendering.coverage) for rendering in renderings),
        languages=written.writing.frame.languages,
        coverage=_coverage(site.languages, renderings),
        problems=_sorted(problems),
        seconds=time.perf_counter() - started,
        changed=changed,
    )


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Put problems in the order of their places, each once."""
    return tuple(sorted(set(problems), key=lambda one: (one.where, one.code, one.message, one.excerpt)))


@dataclass(slots=True)
class _Work:
    """Tasks over processes, and how far they are."""

    jobs: int
    resident: bool
    """Whether the process stays, as a server's does, and may not fork."""
    progress: Progress
    total: int
    done: int = 0

    def each(
        self, function: Callable[[S, T], R], tasks: Sequence[T], shared: S, seconds: float = 10.0
    ) -> Iterator[tuple[T, R | Failure]]:
        """Call `function(shared, task)` for each task; yield it with its result, or with why it has none.

        Raises what a task raised: tasks turn the user's mistakes into problems, so that is a bug.
        """
        jobs = 1 if self.resident and len(tasks) < _FEW else self.jobs
        for outcome in run(function, tasks, jobs, seconds, shared=shared):
            task, failure = tasks[outcome.index], outcome.failure
            if failure and failure.kind == "raised":
                raise failure.error or RuntimeError(failure.traceback)
            self.done += 1
            self.progress(_name(task), self.done, self.total)
            yield task, cast("R | Failure", failure or outcome.result)


def _name(task: object) -> str:
    return task.source.url if isinstance(task, Reading) else task.path if isinstance(task, Source) else ""


def _read(site: Site, known: Mapping[str, Reading], work: _Work) -> dict[str, Reading]:
    """Read the sources and maps that are not known as they are now."""
    readings: dict[str, Reading] = {}
    changed: list[Source] = []
    retold: list[Reading] = []
    for source in site.sources:
        reading = known.get(source.path)
        is_known = reading and reading.digest and reading.source == source
        if not reading or not is_known or reading.digest != source_digest(source):
            changed.append(source)
        elif {*reading.titles} | reading.wanting != {site.config.language, *site.languages} or (
            reading.maps_digest != maps_digest(site, source)
        ):
            retold.append(reading)
        else:
            readings[source.path] = reading
    work.done += len(readings)
    for source, result in work.each(read, changed, site):
        readings[source.path] = _unread(site, source, result) if isinstance(result, Failure) else result
    for reading, result in work.each(read_maps, retold, site):
        source = reading.source
        readings[source.path] = _unread(site, source, result) if isinstance(result, Failure) else result
    return readings


def _memories(site: Site, pages: Pages) -> dict[str, tuple[bytes, Shared]]:
    """Return what is known in the languages in which some page's own map does not say all of it."""
    memories = {}
    for tag in sorted(frozenset[str]().union(*(reading.wanting for reading in pages.readings.values()))):
        as_of, known = shared_digest(site, tag), pages.memories.get(tag)
        memories[tag] = known if known and known[0] == as_of else (as_of, load_shared(site, tag))
    return memories


def _unread(site: Site, source: Source, failure: Failure) -> Reading:
    return Reading(source, problems=(_failure(site, source, failure),))


def _problems_of(readings: Iterable[Reading]) -> Iterator[Problem]:
    for reading in readings:
        yield from reading.problems
        yield from reading.map_problems


@dataclass(frozen=True, slots=True)
class _Written:
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
        for rendering in (*self.renderings.values(), *self.failed.values()):
            yield from rendering.problems


def _write(site: Site, pages: Pages, stage: Stage, work: _Work) -> _Written:
    """Write every page; one that cannot be written is left out, and then no other may link to it."""
    failed: dict[str, Rendering] = {}
    memories = {tag: memory for tag, (_, memory) in pages.memories.items()}
    named = [with_shared(site, reading, memories) for reading in pages.readings.values()]
    while True:
        left = [reading for reading in named if reading.source.url not in failed]
        readings = {url: reading for url, reading in with_indexes(site, left).items() if url not in failed}
        writing = _prepare(site, readings, pages.memories, stage)
        renderings = _write_pages(writing, readings, pages.renderings, work)
        lost = {url: rendering for url, rendering in renderings.items() if not rendering.files}
        if not lost:
            return _Written(writing, readings, renderings, failed)
        failed |= lost


def _prepare(
    site: Site, readings: Mapping[str, Reading], memories: Mapping[str, tuple[bytes, Shared]], stage: Stage
) -> Writing:
    frame = make_frame(site, readings)
    writing = Writing(
        site,
        frame,
        make_targets(site, readings),
        make_site_index(site, readings),
        stage,
        {tag: memory for tag, (_, memory) in memories.items()},
        frame_digest(site, frame),
        {tag: as_of for tag, (as_of, _) in memories.items()},
    )
    # Compiled before workers fork, so that they need not.
    templates(writing).get_template("page.html")
    if site.config.notebooks:
        import_format()
    return writing


def _write_pages(
    writing: Writing, readings: Mapping[str, Reading], known: Mapping[str, Rendering], work: _Work
) -> dict[str, Rendering]:
    urls = list(writing.frame.navigation.entries)
    fresh = [url for url in urls if url in known and is_reusable(writing, readings[url], known[url])]
    renderings = {url: known[url] for url in fresh}
    work.total = work.done + len(urls)
    work.done += len(fresh)
    stale = [readings[url] for url in urls if url not in renderings]
    for reading, result in work.each(write, stale, writing):
        url = reading.source.url
        problem = _failure(writing.site, reading.source, result) if isinstance(result, Failure) else None
        renderings[url] = Rendering(url, problems=(problem,)) if problem else cast("Rendering", result)
    return renderings


def _index(written: _Written, known: Mapping[str, Corpus], stage: Stage, work: _Work) -> dict[str, Corpus]:
    """Index what can be searched and is not as it was."""
    if not written.writing.site.config.search:
        return {}
    wanted, indexing = versions(written.renderings, written.urls), Indexing(stage, written.urls)
    corpora = indexing.kept(known, wanted)
    stale = [name for name in wanted if name not in corpora]
    work.total += len(stale)
    for name, shards in work.each(index, stale, indexing, _LONG):
        if isinstance(shards, Failure):
            raise RuntimeError(f"the search could not be indexed: {shards.message}")
        corpora[name] = Corpus(shards, wanted[name])
    return corpora


def _failure(site: Site, source: Source, failure: Failure) -> Problem:
    where = Location(site.config.shown(source.file))
    hint = "the page is left out; the others are built"
    return Problem(where, "crash" if failure.kind == "died" else failure.kind, failure.message, hint)


def _coverage(languages: Sequence[str], renderings: Collection[Rendering]) -> dict[str, float]:
    words = max(1, sum(rendering.words for rendering in renderings))
    return {
        tag: sum(page.words * page.coverage.get(tag, 0) for page in renderings) / words for tag in languages
    }

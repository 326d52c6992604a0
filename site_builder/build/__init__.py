"""The one pipeline: a configuration in, a site on disk out. The only writer of the site."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from site_builder.build.frame import frame_digest, make_frame, make_targets, shared_files, with_indexes
from site_builder.build.pool import Failure, run
from site_builder.build.publish import Stage, check_output, publishing
from site_builder.build.steps import (
    Pages,
    Reading,
    Rendering,
    Writing,
    is_fresh,
    is_reusable,
    read,
    templates,
    write,
)
from site_builder.config import Config
from site_builder.errors import Location, Problem
from site_builder.reading.discover import Source
from site_builder.site import Site, open_site

__all__ = ["Pages", "Progress", "Report", "build"]

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""Told after each step: the page, how many steps are done, how many there are."""

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
        _read(site, pages, work)
        writing = _prepare(site, with_indexes(config, pages.readings.values()), publication.stage)
        _write(writing, pages, work)
        problems = [*site.problems, *pages.problems()]
        files = {file for rendering in pages.renderings.values() for file in rendering.files}
        count = len(files)
        files.update(_stage(publication.stage, shared_files(writing, pages.renderings.values())))
        changed = () if strict and problems else publication.commit(files)
    return Report(
        pages=count,
        languages=writing.frame.languages,
        coverage=_coverage(site.languages, pages.renderings.values()),
        problems=tuple(
            sorted(set(problems), key=lambda problem: (problem.where, problem.code, problem.message))
        ),
        seconds=time.perf_counter() - started,
        changed=changed,
    )


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
        self, function: Callable[[S, T], R], tasks: Sequence[T], shared: S
    ) -> Iterator[tuple[T, R | Failure]]:
        """Call `function(shared, task)` for each task; yield it with its result, or with why it has none.

        Raises what a task raised: tasks turn the user's mistakes into problems, so that is a bug.
        """
        jobs = 1 if self.resident and len(tasks) < _FEW else self.jobs
        for outcome in run(function, tasks, jobs, shared=shared):
            task, failure = tasks[outcome.index], outcome.failure
            if failure and failure.kind == "raised":
                raise failure.error or RuntimeError(failure.traceback)
            self.done += 1
            self.progress(task.path if isinstance(task, Source) else str(task), self.done, self.total)
            yield task, cast("R | Failure", failure or outcome.result)


def _prepare(site: Site, readings: Mapping[str, Reading], stage: Stage) -> Writing:
    frame, targets = make_frame(site, readings), make_targets(site.config, readings)
    writing = Writing(site, frame, readings, targets, stage, frame_digest(site, frame))
    # Compiled before workers fork, so that they need not.
    templates(writing).get_template("page.html")
    return writing


def _read(site: Site, pages: Pages, work: _Work) -> None:
    known = {source.path: pages.readings.get(source.path) for source in site.sources}
    pages.readings = {path: reading for path, reading in known.items() if reading and is_fresh(reading)}
    stale = [source for source in site.sources if source.path not in pages.readings]
    work.done += len(pages.readings)
    for source, result in work.each(read, stale, site):
        pages.readings[source.path] = _unread(site, source, result) if isinstance(result, Failure) else result


def _write(writing: Writing, pages: Pages, work: _Work) -> None:
    known = pages.renderings
    urls = list(writing.frame.navigation.entries)
    pages.renderings = {url: known[url] for url in urls if url in known and is_reusable(writing, known[url])}
    stale = [url for url in urls if url not in pages.renderings]
    work.total += len(urls) - len(writing.site.sources)
    work.done += len(pages.renderings)
    for url, result in work.each(write, stale, writing):
        pages.renderings[url] = _unwritten(writing, url, result) if isinstance(result, Failure) else result


def _unread(site: Site, source: Source, failure: Failure) -> Reading:
    return Reading(source, problems=(_failure(site, source, failure),))


def _unwritten(writing: Writing, url: str, failure: Failure) -> Rendering:
    return Rendering(url, problems=(_failure(writing.site, writing.readings[url].source, failure),))


def _failure(site: Site, source: Source, failure: Failure) -> Problem:
    where = Location(site.config.shown(source.file))
    hint = "the page is left out; the others are built"
    return Problem(where, "crash" if failure.kind == "died" else failure.kind, failure.message, hint)


def _stage(stage: Stage, files: Mapping[str, bytes]) -> Iterable[str]:
    for path, content in files.items():
        stage.write(path, content)
    return files


def _coverage(languages: Sequence[str], renderings: Collection[Rendering]) -> dict[str, float]:
    words = max(1, sum(rendering.words for rendering in renderings))
    return {
        tag: sum(page.words * page.coverage.get(tag, 0) for page in renderings) / words for tag in languages
    }

"""A build that has something to do."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from site_builder.build.cache import Cache
from site_builder.build.digests import config_digest, program_digest, theme_digest
from site_builder.build.executor import Executor
from site_builder.build.known import Last, Pages, look_again
from site_builder.build.others import write_others
from site_builder.build.reading import Inputs, Reading
from site_builder.build.report import Explain, Progress, Report
from site_builder.build.saved import load_pages, save_pages
from site_builder.build.search import search_files
from site_builder.build.stage import Publication
from site_builder.build.steps import (
    Before,
    index_texts,
    open_memories,
    read_sources,
    recall_pages,
    write_pages,
)
from site_builder.build.work import Work
from site_builder.build.writing import Rendering
from site_builder.errors import Problem, SiteError
from site_builder.site import Site
from site_builder.site.memories import former_problems


@dataclass(frozen=True, slots=True)
class Order:
    """How a site is to be built."""

    executor: Executor
    resident: bool
    """Whether the process stays, as a server's does."""
    strict: bool
    progress: Progress
    explain: Explain
    inputs: bytes
    """Digest of all that it is made from."""
    foreign: frozenset[str]
    """The published files that somebody else has changed."""


def make(site: Site, cache: Cache, pages: Pages, publication: Publication, order: Order) -> Report:
    """Build a site."""
    inputs = _inputs(site, cache, pages)
    if not pages.readings:
        load_pages(inputs, pages)
    work = Work(order.executor, order.progress, 2 * len(site.sources))
    pages.readings = read_sources(inputs, pages, work)
    memories = open_memories(site, pages)
    recall_pages(inputs, pages, memories, work)
    problems = [*site.problems, *former_problems(site), *_problems_of(pages.readings.values())]
    if not any(reading.outline for reading in pages.readings.values()):
        raise SiteError(*_sorted(problems))
    before = Before(pages, order.foreign, order.explain)
    stage = publication.stage
    written = write_pages(inputs, before, memories, stage, work)
    problems += written.problems()
    others, more_problems = write_others(written, problems, stage)
    problems += more_problems
    corpora = index_texts(written, before, stage, work)
    searched = search_files(written.urls, corpora, stage.write) if corpora else ()
    pages_files = (file for rendering in written.renderings.values() for file in rendering.files)
    paths = {*pages_files, *others.paths, *searched}
    publish = not (order.strict and problems)
    changed = publication.commit(paths) if publish else ()
    report = Report(
        pages=sum(len(rendering.coverage) for rendering in written.renderings.values()),
        languages=written.writing.frame.languages,
        coverage=_coverage(site.languages, written.renderings.values()),
        problems=_sorted(problems),
        seconds=0.0,
        changed=changed,
    )
    if publish:
        # Not before: what could not be published is to be written again.
        pages.renderings, pages.corpora, pages.assets = written.renderings, corpora, site.assets
        pages.status = others.status
        looks = look_again(site.config.output, pages.last, paths, {*changed, *order.foreign})
        pages.last = Last(order.inputs, looks, replace(report, changed=()), others.assets)
        if not order.resident:
            save_pages(cache, pages)
    return report


def _inputs(site: Site, cache: Cache, pages: Pages) -> Inputs:
    versions = {
        "configuration": config_digest(site.config),
        "program": program_digest(pages.files),
        "theme": theme_digest(site.config, pages.files),
    }
    return Inputs(site, cache, versions)


def _problems_of(readings: Iterable[Reading]) -> Iterator[Problem]:
    for reading in readings:
        yield from reading.problems
        yield from reading.map_problems


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Put problems in the order of their places, each once."""
    return tuple(sorted(set(problems), key=lambda one: (one.where, one.code, one.message, one.excerpt)))


def _coverage(languages: Sequence[str], renderings: Collection[Rendering]) -> dict[str, float]:
    words = max(1, sum(rendering.words for rendering in renderings))
    return {
        tag: sum(page.words * page.coverage.get(tag, 0) for page in renderings) / words for tag in languages
    }

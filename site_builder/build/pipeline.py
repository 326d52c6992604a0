"""A build that has something to do."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

from site_builder.build.cache import Cache
from site_builder.build.executor import Executor
from site_builder.build.inputs import Inputs, Now
from site_builder.build.known import Before, Last, Pages, Readings, looks
from site_builder.build.others import write_others
from site_builder.build.pages import Job, Published, Written, urls_digest, write_pages
from site_builder.build.preview import Recent
from site_builder.build.reading import page_name
from site_builder.build.recalling import forms_name
from site_builder.build.report import Explain, Progress, Report, Shown
from site_builder.build.search import index_texts, search_files
from site_builder.build.stage import Publication
from site_builder.build.state import Damaged, State
from site_builder.build.steps import open_memories, read_sources, recall_pages
from site_builder.build.summary import summarize
from site_builder.build.work import Work
from site_builder.errors import Problem, SiteError
from site_builder.places import is_url
from site_builder.places import looks as looks_at
from site_builder.site.memories import former_problems


@dataclass(frozen=True, slots=True)
class Order:
    """How a site is to be built."""

    executor: Executor
    strict: bool
    progress: Progress
    explain: Explain
    shown: Shown | None
    """Told what readers can have before all is done; without it, nothing is shown before."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a build may begin with."""

    state: State
    before: Before
    now: Now
    pages: Pages


def make(inputs: Inputs, known: Known, publication: Publication, order: Order) -> Report:
    """Build a site."""
    site, state, before = inputs.site, known.state, known.before
    # The database has no word for places behind a URL.
    far = {source.path: source for source in site.sources} if is_url(site.config.source) else {}
    readings = Readings(state, site.sources, far)
    work = Work(order.executor, order.progress, 2 * len(site.sources))
    changed = read_sources(inputs, readings, known.now.made_of, work)
    memories = open_memories(site, readings, known.now.memories, known.pages)
    changed |= recall_pages(inputs, readings, memories, work)
    problems = [*site.problems, *former_problems(site)]
    for reading in readings.with_problems():
        problems += (*reading.problems, *reading.map_problems)
    if not any(brief.has_page for _, brief in readings.briefs()):
        raise SiteError(*_sorted(problems))
    job = Job(inputs, before, memories, publication.stage, order.explain, work)
    written = write_pages(job, readings, changed)
    if order.shown and (shown := publication.show(written.pages_written())):
        order.shown(shown)
    problems += written.failed.values()
    summary = summarize(written)
    problems += summary.problems
    others, more_problems = write_others(written, summary, problems, job)
    problems += more_problems
    corpora = index_texts(written, summary.versions, job)
    searched = search_files(written.urls, corpora, job.stage.write) if corpora else ()
    paths = {*others.paths, *searched}
    report = Report(
        summary.pages, inputs.languages, summary.coverage, _sorted(problems), seconds=0.0, changed=()
    )
    if order.strict and problems:
        return report
    last = Last(before.last.inputs, before.last.program, report, assets=others.assets)
    published = Published(
        written.frame.shared,
        site.assets,
        corpora,
        urls_digest(written.urls),
        others.status,
        summary.listed,
        others.lists,
    )
    new, same = (written.renderings.files(written=is_new) for is_new in (True, False))
    report = replace(report, changed=publication.commit(chain(paths, new), same))
    # Not before: what could not be published is to be written again.
    with suppress(Damaged):
        _keep(written, last, paths, published)
        _sweep(inputs.cache, readings)
        state.commit()
    known.pages.recent = Recent(inputs, written.frame)
    return report


def _keep(written: Written, last: Last, paths: Collection[str], published: Published) -> None:
    """Keep what the next build can use; how published files look, those of no page at `paths`."""
    root, state = written.writing.site.config.output, written.renderings.state
    now = looks_at(root) if is_url(root) else None
    written.renderings.look_again(root, now)
    state.keep("last", replace(last, looks=looks(root, paths, now)))
    state.keep("published", published)


def _sweep(cache: Cache, readings: Readings) -> None:
    """Forget what of the pages is of no use any more."""
    keys = [(brief.key, bool(brief.wanting)) for _, brief in readings.briefs()]
    cache.sweep("page", {page_name(key) for key, _ in keys})
    cache.sweep("forms", {forms_name(key) for key, is_wanting in keys if is_wanting})


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Put problems in the order of their places, each once."""
    return tuple(sorted(set(problems), key=lambda one: (one.where, one.code, one.message, one.excerpt)))

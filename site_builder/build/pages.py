"""The pages of a site written: those that are not as they were."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from site_builder.build.digests import Digest, digest
from site_builder.build.frame import Frame, make_frame
from site_builder.build.inputs import Inputs
from site_builder.build.known import Before, Readings, Renderings
from site_builder.build.notebooks import image_digest
from site_builder.build.pool import Failure
from site_builder.build.report import Explain
from site_builder.build.stage import Stage
from site_builder.build.steps import Memories, left_out
from site_builder.build.work import Work
from site_builder.build.writing import Rendering, Task, Writing, own_files, templates, write
from site_builder.errors import Problem
from site_builder.language import find_language
from site_builder.model import PageStatus
from site_builder.site.assets import image_size
from site_builder.writing.render import compile_templates
from site_builder.writing.search import Corpus, text_path


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
                lost[_task_url(task)] = left_out(self.writing.site, task.reading.source, result)
            else:
                self._keep(*result)
        return lost

    def _keep(self, rendering: Rendering, statuses: tuple[PageStatus, ...]) -> None:
        url = rendering.url
        before = self.renderings.get(url)
        for corpus, text in rendering.texts.items():
            known = self.retold.setdefault(corpus, set())
            indexed = before.texts.get(corpus) if before else None
            if known is None or indexed == text:
                continue
            if indexed and self._published(text_path(corpus, url)) == indexed:
                known.add(url)
            else:  # What was indexed of the page is not known.
                self.retold[corpus] = None
        rendering = replace(rendering, statuses=self.renderings.put_statuses(url, statuses))
        is_watched = bool(rendering.assets or rendering.images or rendering.has_broken_links)
        made_of = _digest(rendering.made_of)
        self.renderings.put(rendering, made_of, own_files(rendering), is_watched=is_watched)

    def _published(self, path: str) -> bytes:
        """Digest what a file of the site holds as it is; empty if it is not there."""
        try:
            return digest(self.job.stage.published(path))
        except OSError:
            return b""

    def _stale(self) -> Iterator[Task]:
        """Yield the pages to be written; those around a page are only looked at if some have changed."""
        is_same = self.published.shared == self.frame.shared
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
        compile_templates(templates(self.writing))
        for tag in self.writing.inputs.languages:
            find_language(tag)

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


def urls_digest(urls: Iterable[str]) -> bytes:
    """Digest the URLs of all pages, in their order."""
    found = Digest()
    for url in urls:
        found.add(url.encode())
    return found.value()

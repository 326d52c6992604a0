"""The one pipeline: a configuration in, a site on disk out. The only writer of the site."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.build.cache import Cache, opened
from site_builder.build.digests import Files, digest
from site_builder.build.inputs import Inputs, look_at_inputs, look_at_sources, other_digests
from site_builder.build.known import Before, Last, Pages, foreign_files, foreign_pages
from site_builder.build.report import Explain, Progress, Report, Shown
from site_builder.build.stage import check_output, publishing
from site_builder.build.state import Damaged, forget_state, open_state
from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.places import is_url, telling
from site_builder.site import Site, open_site

if TYPE_CHECKING:
    from site_builder.build.executor import Executor
    from site_builder.build.pipeline import Known

__all__ = ["Explain", "Pages", "Progress", "Report", "Shown", "build"]


def build(
    config: Config,
    *,
    jobs: int = 1,
    strict: bool = False,
    cache: Path | None = None,
    pages: Pages | None = None,
    progress: Progress | None = None,
    explain: Explain | None = None,
    shown: Shown | None = None,
    executor: "Executor | None" = None,
) -> Report:
    """Build the site of `config` in up to `jobs` processes, or by an `executor`.

    With the folder of a `cache`, or the `pages` of an earlier build in this process, only what changed
    since is done again. Where `shown` is told of them, edited pages are published as soon as they are
    written, before what lists and finds them. With `strict`, any problem leaves the site on disk as it was.
    Raises SiteError if there is nothing to build or nowhere to put it; then too the site stays as it was.
    """
    started = time.perf_counter()
    _require_promises(config, strict=strict)
    check_output(config.output, config.source, config.shown(config.output))
    site = _open(config)
    folder = cache or (pages.folder if pages is not None else None)
    with (
        opened(folder, config.output) as kept,
        publishing(config.output, config.shown(config.output)) as publication,
    ):

        def make(inputs: Inputs, known: "Known") -> Report:
            from site_builder.build.executor import Local, executor_at  # noqa: PLC0415
            from site_builder.build.pipeline import Order, make  # noqa: PLC0415

            places = (config.source, config.translations, config.output, kept.folder)
            able = executor_at(places, executor or Local(jobs, pages is not None))
            order = Order(able, strict, progress or _nothing, explain or _nothing, shown)
            return make(inputs, known, publication, order)

        try:
            report = _build(site, kept, pages or Pages(), make)
        except Damaged:
            forget_state(kept)
            report = _build(site, kept, pages or Pages(), make)
    return replace(report, seconds=time.perf_counter() - started)


def _build(site: Site, kept: Cache, pages: Pages, make: Callable[[Inputs, "Known"], Report]) -> Report:
    with open_state(kept) as state:
        last, root, files = state.kept("last", Last) or Last(), site.config.output, Files(state)
        inputs = look_at_inputs(site, kept, files)
        if last.program != inputs.versions["program"]:
            state.forget()
            last = Last(program=inputs.versions["program"])
        now = look_at_sources(inputs, files)
        others = other_digests(site, files, last.assets)
        found = digest(*inputs.versions.values(), now.made_of, *now.memories.values(), *others)
        before = Before(replace(last, inputs=found), foreign_files(root, last), foreign_pages(root, state))
        if last.report and last.inputs == found and not before.foreign and not before.foreign_pages:
            state.commit()
            return last.report
        from site_builder.build.pipeline import Known  # noqa: PLC0415 - Half a second.

        return make(inputs, Known(state, before, now, pages))


def _require_promises(config: Config, *, strict: bool) -> None:
    """Raise SiteError for a site that must not change before all of it is known, where it cannot wait."""
    if strict and is_url(config.output):
        hint = "run `site-builder check` first, or build into a folder and copy that"
        message = "cannot hold pages back behind a URL"
        raise SiteError(Problem(Location("--strict"), "output", message, hint))


def _open(config: Config) -> Site:
    if not is_url(config.source) and not is_url(config.translations):
        return open_site(config)
    with telling(config.source if is_url(config.source) else config.translations):
        return open_site(config)


def _nothing(*_: object) -> None:
    """Tell nobody."""

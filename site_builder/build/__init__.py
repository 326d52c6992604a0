"""The one pipeline: a configuration in, a site on disk out. The only writer of the site."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.build.cache import opened
from site_builder.build.digests import Files, config_digest, digest, map_digests, program_digest, theme_digest
from site_builder.build.known import Pages, foreign_files, load_known
from site_builder.build.report import Explain, Progress, Report
from site_builder.build.stage import check_output, publishing
from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.places import is_url, telling
from site_builder.site import Site, open_site
from site_builder.site.files import former_files

if TYPE_CHECKING:
    from site_builder.build.executor import Executor

__all__ = ["Explain", "Pages", "Progress", "Report", "build", "keep"]


def build(
    config: Config,
    *,
    jobs: int = 1,
    strict: bool = False,
    cache: Path | None = None,
    pages: Pages | None = None,
    progress: Progress | None = None,
    explain: Explain | None = None,
    executor: "Executor | None" = None,
) -> Report:
    """Build the site of `config` in up to `jobs` processes, or by an `executor`.

    With the folder of a `cache`, or the `pages` of an earlier build in this process, only what changed
    since is done again. With `strict`, any problem leaves the site on disk as it was. Raises SiteError if
    there is nothing to build or nowhere to put it; then too the site stays as it was.
    """
    started = time.perf_counter()
    resident, pages = pages is not None, pages or Pages()
    _require_promises(config, strict=strict)
    check_output(config.output, config.source, config.shown(config.output))
    site = _open(config)
    with (
        opened(cache, config.output) as kept,
        publishing(config.output, config.shown(config.output)) as publication,
    ):
        if not pages.readings:
            load_known(kept, pages)
        inputs, foreign = _inputs_digest(site, pages), foreign_files(config.output, pages.last)
        if pages.last.report and pages.last.inputs == inputs and not foreign:
            report = pages.last.report
        else:
            from site_builder.build.executor import Local, executor_at  # noqa: PLC0415
            from site_builder.build.pipeline import Order, make  # noqa: PLC0415 - Half a second.

            places = (config.source, config.translations, config.output, kept.folder)
            able = executor_at(places, executor or Local(jobs, resident))
            order = Order(able, resident, strict, progress or _nothing, explain or _nothing, inputs, foreign)
            report = make(site, kept, pages, publication, order)
    return replace(report, seconds=time.perf_counter() - started)


def keep(config: Config, cache: Path, pages: Pages) -> None:
    """Keep what a process that stays knows of its last build."""
    from site_builder.build.saved import save_pages  # noqa: PLC0415

    with opened(cache, config.output) as kept:
        save_pages(kept, pages)


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


def _inputs_digest(site: Site, pages: Pages) -> bytes:
    """Digest all that a site is made from."""
    return digest(*_inputs(site, pages.files, pages.last.assets))


def _inputs(site: Site, files: Files, assets: tuple[str, ...]) -> Iterator[bytes]:
    config = site.config
    yield from (config_digest(config), program_digest(files), theme_digest(config, files))
    yield repr((site.problems, sorted(site.assets), site.languages)).encode("utf-8", "surrogatepass")
    for source in site.sources:
        yield from (repr(source).encode("utf-8", "surrogatepass"), files.digest(source.file))
        yield from map_digests(site, source, files).values()
    others = [path for tag in site.languages for path in former_files(site, tag)]
    for path in (*others, *(config.source / asset for asset in assets)):
        yield from (f"{path}".encode("utf-8", "surrogatepass"), files.digest(path))

"""An edited page, shown before anything else of the site is looked at.

It is made as the last build of this process knew the other pages. The build that follows finds out what else
has changed, and writes the page again if it then comes out otherwise.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from site_builder.build.cache import opened
from site_builder.build.digests import config_digest
from site_builder.build.executor import Local
from site_builder.build.frame import Frame
from site_builder.build.inputs import Inputs
from site_builder.build.known import Readings, Renderings
from site_builder.build.reading import read
from site_builder.build.report import Shown
from site_builder.build.stage import Stage, publishing
from site_builder.build.state import Damaged, open_state
from site_builder.build.writing import Task, Writing, write
from site_builder.config import Config
from site_builder.errors import SiteError
from site_builder.places import is_url
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.memories import load_shared
from site_builder.translating.catalog import parse_map_name
from site_builder.writing.compose import language_folder

_MOST = 4  # Pages: where more change at once, nobody is waiting for one of them.
_SECONDS = 10.0  # For each.


@dataclass(frozen=True, slots=True)
class Recent:
    """What the last build knew of all pages."""

    inputs: Inputs
    frame: Frame


def preview(config: Config, recent: Recent, touched: Iterable[Path], folder: Path, shown: Shown) -> None:
    """Write and show the pages of sources or maps that were edited, if nothing but those was `touched`.

    Only files that the site has already are shown, and nothing is kept but what the cache in `folder` holds
    of sources. What goes wrong is left to the build that follows.
    """
    site = recent.inputs.site
    is_same = config_digest(config) == recent.inputs.versions["configuration"]
    edits = edits_of(site, touched) if is_same else {}
    if not 0 < len(edits) <= _MOST or any(map(is_url, (config.source, config.translations, config.output))):
        return
    with (
        suppress(SiteError, OSError, Damaged),
        opened(folder, config.output) as cache,
        publishing(config.output, config.shown(config.output)) as publication,
        open_state(cache) as state,
    ):
        frame = recent.frame.over(Readings(state, site.sources, {}))
        work = _Preview(replace(recent.inputs, cache=cache), frame, publication.stage)
        for source, languages in edits.items():
            [outcome] = Local(resident=True).map(_write, [source], shared=work, seconds=_SECONDS)
            if outcome.result is not None:
                waiting = tuple(language_folder(config, tag) for tag in outcome.result - languages)
                ours = [path for path in Renderings(state)[source.url].files if not path.startswith(waiting)]
                if paths := publication.show(ours, ours):
                    shown(paths)


@dataclass(frozen=True, slots=True)
class _Preview:
    inputs: Inputs
    frame: Frame
    stage: Stage


def _write(work: _Preview, source: Source) -> frozenset[str] | None:
    """Read a source and write its page; return the languages that other maps may say more in.

    None if there is no page, or was none before.
    """
    inputs, frame = work.inputs, work.frame
    reading = read(inputs, source)
    if not reading.has_page or source.url not in frame.paths:
        return None
    memories = {tag: load_shared(inputs.site, tag, [source.path]) for tag in reading.wanting}
    writing = Writing(inputs, frame.formula_url, frame.targets, work.stage, memories)
    write(writing, Task(reading, frame.around(source.url), frame.references(reading), {}))
    return reading.wanting


def edits_of(site: Site, touched: Iterable[Path]) -> dict[Source, set[str]]:
    """Return the sources that were edited, or their maps, with the languages of these.

    Nothing if anything was `touched` that is neither.
    """
    edits: dict[Source, set[str]] = {}
    for file in touched:
        found = list(_edits_of(site, file))
        if not found:
            return {}
        for source, languages in found:
            edits.setdefault(source, set()).update(languages)
    return edits


def _edits_of(site: Site, file: Path) -> Iterator[tuple[Source, list[str]]]:
    folder, maps = site.config.source.resolve(), site.config.translations.resolve()
    if file.is_relative_to(folder):
        yield from ((source, []) for source in _at(site.sources, file.relative_to(folder).as_posix()))
    elif file.is_relative_to(maps):
        stem, tag = parse_map_name(file.relative_to(maps).as_posix()) or ("", "")
        for path in (f"{stem}.py", f"{stem}.md", stem):
            yield from ((source, [tag]) for source in _at(site.sources, path) if (path, tag) in site.maps)


def _at(sources: Sequence[Source], path: str) -> Sequence[Source]:
    place = bisect_left(sources, path, key=lambda source: source.path)
    return [source for source in sources[place : place + 1] if source.path == path]

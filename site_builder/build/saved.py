"""The pages of the last build, as the cache keeps them."""

from dataclasses import dataclass, replace

from site_builder.build.cache import Cache
from site_builder.build.digests import program_digest
from site_builder.build.known import Pages, save_known
from site_builder.build.reading import Inputs, Reading, page_name
from site_builder.build.recalling import forms_name
from site_builder.build.statuses import statuses_name
from site_builder.build.writing import Rendering
from site_builder.places import is_url
from site_builder.writing.search import Corpus


@dataclass(frozen=True, slots=True)
class _Saved:
    program: bytes
    inputs: bytes
    """Of the build: how its files looked has to be of the same one."""
    readings: dict[str, Reading]
    renderings: dict[str, Rendering]
    corpora: dict[str, Corpus]
    assets: frozenset[str]
    status: bytes


_NAME = "pages"


def load_pages(inputs: Inputs, pages: Pages) -> None:
    """Load what the last build knew, unless another program made it."""
    saved = inputs.cache.load(_NAME, _Saved)
    if not saved or saved.program != inputs.versions["program"]:
        return
    pages.readings = saved.readings
    if is_url(inputs.site.config.source):  # The format has no word for such places.
        sources = {source.path: source for source in inputs.site.sources}
        pages.readings = {
            path: replace(reading, source=sources[path])
            for path, reading in saved.readings.items()
            if path in sources
        }
    if saved.inputs == pages.last.inputs:
        pages.renderings, pages.corpora = saved.renderings, saved.corpora
        pages.assets, pages.status = saved.assets, saved.status


def save_pages(cache: Cache, pages: Pages) -> None:
    """Keep what the next build can use, and forget what it cannot."""
    readings = pages.readings.values()
    cache.sweep("page", {page_name(reading) for reading in readings})
    cache.sweep("forms", {forms_name(reading) for reading in readings if reading.recalled})
    cache.sweep("statuses", {statuses_name(page.statuses) for page in pages.renderings.values()})
    program = program_digest(pages.files)
    saved = _Saved(
        program,
        pages.last.inputs,
        pages.readings,
        pages.renderings,
        pages.corpora,
        pages.assets,
        pages.status,
    )
    cache.save(_NAME, saved)
    save_known(cache, pages)

"""What translators do with the maps of a site: the only writer of maps."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.language import find_language
from site_builder.reading.discover import Source
from site_builder.site import Site, open_site, read_source, unknown_language
from site_builder.translating.catalog import Catalog, dumps, load_catalog, map_path
from site_builder.translating.sync import with_missing


@dataclass(frozen=True, slots=True)
class Added:
    """What `add_language` wrote."""

    files: tuple[Path, ...]
    entries: int
    """How many texts are new in them, each with an empty value."""
    problems: tuple[Problem, ...]
    """Why a source has no map, or a map is as it was."""


def add_language(config: Config, language: str) -> Added:
    """Write a map for every source, with every text that the language does not have yet.

    What is in a map stays as it is; a source or map that cannot be read is left alone. Raises
    SiteError if the tag is unknown.
    """
    _require_language(config, language)
    site = open_site(config)
    files: list[Path] = []
    problems: list[Problem] = []
    entries = 0
    for source in site.sources:
        try:
            old, new = _maps_of(site, source, language)
        except SiteError as error:
            problems += error.problems
            continue
        if len(new.entries) > len(old.entries):
            _replace(new.path, dumps(new))
            files.append(new.path)
            entries += len(new.entries) - len(old.entries)
    return Added(tuple(files), entries, tuple(problems))


def _maps_of(site: Site, source: Source, language: str) -> tuple[Catalog, Catalog]:
    """Return the map of a source as it is and as it should be."""
    config = site.config
    path = site.maps.get((source.path, language)) or config.translations / map_path(source.path, language)
    try:
        page, problems = read_source(config, source, source.file.read_bytes())
    except OSError as error:
        hint = "check that the file exists and may be read"
        where = Location(config.shown(source.file))
        raise SiteError(Problem(where, "unreadable", f"cannot be read: {error.strerror}", hint)) from error
    if page is None:
        raise SiteError(*problems)
    new = not path.exists()
    catalog = Catalog(language, path, {}) if new else load_catalog(path, language, config.shown(path))
    return catalog, with_missing(catalog, page)


def _require_language(config: Config, language: str) -> None:
    where = Location("command line")
    if find_language(language) is None:
        raise SiteError(unknown_language(language, where))
    if language.lower() == config.language.lower():
        hint = "name the language to translate into"
        raise SiteError(Problem(where, "language", f"{language} is the source's language", hint))


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is never half written; a link to it stays one."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).chmod(mode)
    Path(draft.name).replace(path)

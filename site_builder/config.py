"""What the user configures: `[tool.site-builder]` in pyproject.toml, or site-builder.toml."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from site_builder.errors import Location, Problem, SiteError
from site_builder.places import at_url, is_below, is_url, spells_url
from site_builder.settings import SETTINGS, check_settings
from site_builder.toml import Table, read_table


@dataclass(frozen=True, slots=True)
class Repository:
    """Where readers find the source: URL patterns with `{path}` and, if they like, `{line}`."""

    view: str = ""
    edit: str = ""
    home: str = ""
    """The address of the repository itself."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the user decides of a site. Paths are absolute."""

    root: Path
    """The folder of the configuration file: the working directory."""
    source: Path
    """This, the translations and the output may be places behind URLs."""
    translations: Path
    """May not exist."""
    output: Path
    language: str = "en"
    """Of the source."""
    languages: tuple[str, ...] = ()
    """The other languages; empty means every language that has a map."""
    title: str = ""
    base_url: str = ""
    """Without a slash at its end, or empty."""
    repository: Repository = field(default_factory=Repository)
    include: tuple[str, ...] = ()
    """Globs below the source; empty means every known suffix."""
    exclude: tuple[str, ...] = ()
    templates: Path | None = None
    """A folder whose files stand in for our templates of the same name."""
    static: Path | None = None
    footer: str = ""
    """Plain text."""
    macros: Mapping[str, str] = field(default_factory=dict)
    """TeX macros by their name without the backslash."""
    markdown: bool = True
    """Whether each page has a twin in Markdown."""
    analytics: Mapping[str, str] = field(default_factory=dict)
    """A script on every page: its `src`, a URL or a path below `static`, and its data attributes."""
    cname: str = ""
    """The host that the site is published on, for those who read it from a file `CNAME`."""
    colab: str = ""
    """A URL pattern with `{path}`, which stands for the path of a notebook below the output."""
    number_equations: bool = False
    """Whether each line of an `align` or `equation` gets a number, and not only one with a `\\tag`."""
    remote_images: Literal["link", "load"] = "link"
    notebooks: bool = True
    """Whether each page also comes as a Jupyter notebook."""
    search: bool = True
    """Whether readers can search the site."""
    outdated: Literal["original", "translation"] = "original"
    """What a reader sees of a block whose English changed after it was translated."""
    similarity: float = 0.75
    """How like its older English, from 0 to 1, a block must be to count as outdated and not as missing."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """By language: `machine` or `reviewed`, where the user says so."""
    glossary: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """By language: what each term of the source may be called."""

    @property
    def cache(self) -> Path:
        """The folder of what earlier builds made."""
        return self.root / ".site-builder-cache"

    def shown(self, path: Path) -> str:
        """Spell `path` as the user would type it: relative if it lies below the root.

        Below a source or translations behind a URL, it is spelled as if that folder lay in the root: pages
        show such paths, and what leads to the folder is nobody's business.
        """
        if is_url(path):
            return self._shown_at_url(path)
        with suppress(ValueError):  # It lies elsewhere.
            path = path.relative_to(self.root)
        return path.as_posix()

    def _shown_at_url(self, path: Path) -> str:
        for folder in (self.source, self.translations):
            if is_url(folder) and path != folder and path.is_relative_to(folder):
                return f"{folder.name}/{path.relative_to(folder)}".lstrip("/")
        return str(path)


_COMMAND_LINE = Location("command line")
_DEFAULTS = {"source": "src", "translations": "translations", "output": "public"}
_PATHS = ("source", "translations", "output", "templates", "static")


def load_config(directory: Path, **overrides: object) -> Config:
    """Read the configuration of `directory`; `overrides` that are not None win over it.

    An override has the type of its key in the file; a Path stands for a string, a tuple for an
    array. Raises SiteError with every problem of the configuration.
    """
    root = absolute(Path(), directory)
    table = _find_table(root)
    values, problems = check_settings(table.values, table.location) if table else ({}, [])
    given = {key: _plain(value) for key, value in overrides.items() if value is not None}
    if unknown := given.keys() - SETTINGS.keys():
        raise TypeError(f"load_config has no argument {unknown.pop()!r}")
    more, more_problems = check_settings(given, lambda _: _COMMAND_LINE)
    if problems or more_problems:
        raise SiteError(*problems, *more_problems)

    def where(key: str) -> Location:
        return table.location((key,)) if table and key in table.values.keys() - given else _COMMAND_LINE

    # Which languages are built can be said anew; where their translations come from is known all the same.
    provenance = {tag: kind for tag, kind in values.get("languages", ()) if kind}
    config = _config(root, {**values, **more, "provenance": provenance})
    if problems := [*_language_problems(config, where), *_path_problems(config, where)]:
        raise SiteError(*problems)
    return config


def load_folders(directory: Path, also_output: bool = False, /, **overrides: object) -> Config:
    """Read the configuration as `load_config` does, for what works with folders of this machine alone.

    Raises SiteError too if the source or the translations, or if asked the output, are behind a URL.
    """
    config = load_config(directory, **overrides)
    for place in (config.source, config.translations, *((config.output,) if also_output else ())):
        if is_url(place):
            hint = "copy it into a folder; `build`, `check` and `status` read URLs"
            message = "is a URL, and this command needs a folder"
            raise SiteError(Problem(Location(config.shown(place)), "url", message, hint))
    return config


def _find_table(root: Path) -> Table | None:
    own = read_table(root, "site-builder.toml", ())
    shared = read_table(root, "pyproject.toml", ("tool", "site-builder"))
    if own and shared:
        message = "[tool.site-builder] in pyproject.toml and site-builder.toml both configure the site"
        raise SiteError(Problem(shared.location(()), "configuration", message, "keep one of the two"))
    return own or shared


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return os.fspath(value) if isinstance(value, Path) else value


def absolute(root: Path, path: Path | str) -> Path:
    """Return the place that the user means by a path or URL; SiteError if nothing can read that URL."""
    if isinstance(path, str) and spells_url(path):
        return at_url(path)
    # A link stays a link: its name is the one that the user knows.
    return Path(os.path.abspath(root / path))  # noqa: PTH100 - Path.absolute() keeps `..`.


def _config(root: Path, values: Mapping[str, Any]) -> Config:
    settings: dict[str, Any] = {**_DEFAULTS, **values}
    for key in _PATHS:
        if key in settings:
            settings[key] = absolute(root, settings[key])
    settings["title"] = settings.get("title") or settings["source"].name or str(settings["source"])
    settings["languages"] = tuple(tag for tag, _ in settings.get("languages", ()))
    settings["repository"] = Repository(**settings.get("repository", {}))
    return Config(root=root, **settings)


def _language_problems(config: Config, where: Callable[[str], Location]) -> Iterator[Problem]:
    seen = {config.language.casefold(): config.language}
    for tag in config.languages:
        same = seen.get(tag.casefold())
        seen[tag.casefold()] = tag
        if same == tag == config.language:
            message, hint = (
                f"languages holds {tag}, the language of the source",
                "leave it out: it is built anyway",
            )
        elif same:
            message, hint = f"{same} and {tag} are the same language", "keep one of the two"
        else:
            continue
        yield Problem(where("languages"), "configuration", message, hint)
    for tag in config.glossary:
        if (same := seen.get(tag.casefold(), tag)) != tag:
            message = f"glossary.{tag} is for the language that languages spells {same}"
            yield Problem(where("glossary"), "configuration", message, f"write [glossary.{same}]")


def _path_problems(config: Config, where: Callable[[str], Location]) -> Iterator[Problem]:
    for key in ("source", "translations", "templates", "static"):
        folder: Path | None = getattr(config, key)
        if folder and is_below(folder, config.output):
            message = f"the output folder {config.shown(config.output)} is or holds the {key}"
            yield Problem(where("output"), "output", message, "write the site to a folder of its own")
    for key in ("templates", "static"):
        folder = getattr(config, key)
        if folder and (is_url(folder) or not folder.is_dir()):
            message = f"{key} names {config.shown(folder)}, which is no folder"
            yield Problem(where(key), "configuration", message, "make the folder, or leave the key out")
    script = config.analytics.get("src", "")
    if script and "://" not in script and not (config.static and (config.static / script).is_file()):
        message = f"analytics.src names {script}, which is no file of the static folder"
        yield Problem(where("analytics"), "configuration", message, "set static, and put the script into it")

"""The theme's files, and the site's own that stand in for them."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from traceback import walk_tb
from urllib.parse import quote

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    TemplateError,
    TemplateSyntaxError,
)

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError

STATIC_FOLDER = "_site"
"""Where a site keeps the theme's files, below its root."""


def static_files(config: Config) -> Mapping[str, bytes]:
    """Read the files of `_site/`: the theme's, overridden file by file by the site's.

    Raises SiteError if the configuration names a folder that is not there.
    """
    theme = files("site_builder.templates").joinpath("static")
    ours = {file.name: file.read_bytes() for file in theme.iterdir() if file.is_file()}
    if config.static is None:
        return ours
    folder = _existing(config, config.static, "static")
    own = (path for path in sorted(folder.rglob("*")) if _is_public(path, folder))
    return ours | {path.relative_to(folder).as_posix(): path.read_bytes() for path in own}


def static_urls(contents: Mapping[str, bytes]) -> Mapping[str, str]:
    """Return the URL of each static file below the site's root; it changes with the file's content."""
    return {
        name: f"{STATIC_FOLDER}/{quote(name)}?h={blake2b(content, digest_size=4).hexdigest()}"
        for name, content in contents.items()
    }


_PAPER = re.compile(rb"--paper:\s*light-dark\(\s*([#\w]+)\s*,\s*([#\w]+)\s*\)")


def paper_colors(contents: Mapping[str, bytes]) -> tuple[str, str] | None:
    """Return the colour of the pages' ground in light and in dark, if the style sheets say it plainly."""
    found = _PAPER.search(contents["theme.css"])
    return (found[1].decode(), found[2].decode()) if found else None


def template_loader(config: Config) -> BaseLoader:
    """Return what finds the site's own template before the theme's, which is also found as `theme/…`.

    Raises SiteError if the configuration names a folder that is not there.
    """
    theme = PackageLoader("site_builder.templates", "")
    loaders: list[BaseLoader] = [theme, PrefixLoader({"theme": theme})]
    if config.templates is not None:
        loaders.insert(0, FileSystemLoader(_existing(config, config.templates, "templates")))
    return ChoiceLoader(loaders)


def template_problem(error: Exception, config: Config) -> Problem | None:
    """Return what a template of the site did wrong; None if the fault is not in one of them."""
    if config.templates is None:
        return None
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    if isinstance(error, TemplateSyntaxError):
        places = [(error.filename or "", error.lineno)]
    own = [place for place in places if Path(place[0]).is_relative_to(config.templates)]
    if not own:
        return None
    path, line = own[-1]
    message = f"{error}" if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    hint = "see the theme's template of the same name for what is at hand"
    return Problem(Location(config.shown(Path(path)), line), "template", message, hint)


def _existing(config: Config, folder: Path, key: str) -> Path:
    if folder.is_dir():
        return folder
    hint = f"make it, or take `{key}` out of the configuration"
    where = Location(config.shown(folder))
    raise SiteError(Problem(where, "missing-folder", "there is no such folder", hint))


def _is_public(path: Path, folder: Path) -> bool:
    """Whether a file is the folder's own and not hidden in it."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.is_file() and path.resolve().is_relative_to(folder.resolve())

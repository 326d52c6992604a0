"""Which files are pages, and under which URL each is published."""

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError, reason
from site_builder.places import Entry, entries
from site_builder.reading.left_out import read_rules

_SUFFIXES = {
    "python": ".py",
    "markdown": ".md",
    # The others are named like their Pygments lexer, whose comments are their prose.
    "bash": ".sh .bash .zsh",
    "c": ".c",
    "cpp": ".h .cc .cpp .cxx .hh .hpp .hxx .metal",
    "csharp": ".cs",
    "cuda": ".cu .cuh",
    "cython": ".pyx",
    "dart": ".dart",
    "elixir": ".ex .exs",
    "fortran": ".f90 .f95",
    "glsl": ".glsl",
    "go": ".go",
    "haskell": ".hs",
    "java": ".java",
    "javascript": ".js .cjs .mjs",
    "jsx": ".jsx",
    "julia": ".jl",
    "kotlin": ".kt .kts",
    "lua": ".lua",
    "nim": ".nim",
    "ocaml": ".ml",
    "perl": ".pl .pm",
    "r": ".r",
    "ruby": ".rb",
    "rust": ".rs",
    "scala": ".scala",
    "sql": ".sql",
    "swift": ".swift",
    "tsx": ".tsx",
    "typescript": ".ts",
    "wgsl": ".wgsl",
    "zig": ".zig",
}

KINDS = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
"""What reads a file, by its suffix in lower case. No other file becomes a page."""

GENERATED = (
    "404.html",
    "_site",
    ".site-builder",
    ".nojekyll",
    "sitemap.xml",
    "robots.txt",
    "llms.txt",
    "CNAME",
)
"""What the build itself makes at the root of the site."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that becomes a page."""

    path: str
    """Below the source folder, with `/`."""
    url: str
    """Below the site's root."""
    root: Path
    """The source folder, absolute."""
    kind: str = "python"
    """What reads it: `python`, `markdown` or the name of a Pygments lexer."""
    package: str = ""
    """By which name Python imports the source folder, if that is a package."""

    @property
    def file(self) -> Path:
        """The file itself, absolute."""
        return self.root / self.path  # A site may have many sources, and a path is large.


class Survey(NamedTuple):
    """What the source folder holds."""

    sources: tuple[Source, ...]
    """Sorted by path."""
    problems: tuple[Problem, ...]
    """What is left out that may have been meant."""
    assets: frozenset[str]
    """The paths of all other files that may be published, if a source links to them."""


def survey(config: Config) -> Survey:
    """Look through the source folder.

    Raises SiteError if there are no sources.
    """
    require_source(config)
    found = tuple(_walk(config))
    problems = sorted(
        (item for item in found if isinstance(item, Problem)), key=lambda problem: problem.where
    )
    sources = sorted((item for item in found if isinstance(item, Source)), key=lambda source: source.path)
    if not sources:
        hint = "hidden and git-ignored files do not count, nor what include and exclude leave out"
        raise SiteError(*problems, _problem(config, config.source, "the source holds no page", hint))
    return Survey(tuple(sources), tuple(problems), frozenset(item for item in found if isinstance(item, str)))


def _package(folder: Path) -> str:
    """Return the name by which Python imports a folder, or nothing if it is no package."""
    names = []
    while (folder / "__init__.py").is_file() and folder.name:
        names.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(names))


def require_source(config: Config) -> None:
    """Raise SiteError unless there is a source folder."""
    if not config.source.is_dir():
        state = "is not a folder" if config.source.exists() else "does not exist"
        raise SiteError(_problem(config, config.source, f"the source {state}", "name the folder to read"))


def page_url(path: str, kind: str) -> str:
    """Say under which URL the source at `path` is published."""
    stem, _ = os.path.splitext(path)  # noqa: PTH122 - A URL is no path of this machine.
    if kind == "python":
        return re.sub(r"(^|/)__init__$", r"\1index", stem) + ".html"
    if kind == "markdown":
        # INDEX.md is what its author calls the folder's index.
        return re.sub(r"(^|/)index$", r"\1index", stem, flags=re.IGNORECASE) + ".html"
    return f"{path}.html"


def folders_without_index(sources: Sequence[Source]) -> tuple[str, ...]:
    """List the folders that want a generated index page, sorted; the root is the empty name.

    Every folder above a source counts.
    """
    indexed = {_parent(source.url) for source in sources if source.url.rpartition("/")[2] == "index.html"}
    return tuple(sorted(_folders(sources).keys() - indexed))


def _parent(url: str) -> str:
    return url.rpartition("/")[0]


def _folders(sources: Sequence[Source]) -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for source in sources:
        name = _parent(source.url)
        if name in folders:
            continue
        path = source.file.parent
        while name not in folders:
            folders[name] = path
            name, path = _parent(name), path.parent
    return folders


def collisions(
    sources: Sequence[Source], languages: Collection[str], shown: Callable[[Path], str] = Path.as_posix
) -> tuple[Problem, ...]:
    """Find what would be written to one place; letter case and Unicode form do not count.

    `languages` are those published in a folder of their own; `shown` spells a path for the user.
    """
    folders = _folders(sources)
    places: list[tuple[str, Source | Path]] = [(source.url, source) for source in sources]
    places += [(f"{name}/index.html".lstrip("/"), folders[name]) for name in folders_without_index(sources)]
    owners: dict[str, Source | Path] = {}
    problems = [*_reserved(sources, folders, languages, shown)]
    for url, place in places:
        owner = owners.setdefault(_folded(url), place)
        if owner is not place:
            other = shown(_path(owner))
            problems.append(_collision(shown(_path(place)), f"its page {url} is also that of {other}"))
    for name, path in folders.items():
        twin = re.sub(r"\.md$", ".html", _folded(name))  # A page's Markdown lies beside it.
        if page := owners.get(_folded(name)) or owners.get(twin):
            problems.append(
                _collision(shown(path), f"the folder stands where the page of {shown(_path(page))} goes")
            )
    return tuple(problems)


def _path(place: Source | Path) -> Path:
    return place.file if isinstance(place, Source) else place


def _reserved(
    sources: Sequence[Source],
    folders: Mapping[str, Path],
    languages: Collection[str],
    shown: Callable[[Path], str],
) -> Iterator[Problem]:
    taken = {_folded(name): "the site itself" for name in GENERATED}
    taken |= {_folded(tag): f"the pages in {tag}" for tag in languages}
    tops = {source.url: source.file for source in sources if "/" not in source.url}
    tops |= {name: path for name, path in folders.items() if name and "/" not in name}
    for name, path in tops.items():
        if owner := taken.get(_folded(name)):
            yield _collision(shown(path), f"{name} is where {owner} will be")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())


def _collision(path: str, message: str) -> Problem:
    return Problem(Location(path), "collision", message, "rename one, or leave it out with `exclude`")


# The walk.


def _walk(config: Config) -> Iterator[Source | Problem | str]:
    """Find the sources, what keeps a file from being one, and the paths of all other files.

    Links to folders are not followed.
    """
    rules, package = read_rules(config), _package(config.source)
    real_root = config.source.resolve()
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            found = entries(config.source / folder)
        except OSError as error:
            message = f"the folder cannot be read: {reason(error)}"
            yield _problem(
                config, config.source / folder, message, "let it be read, or leave it out with `exclude`"
            )
            continue
        if folder and _is_no_source(config.source / folder, found):
            continue
        for entry in found:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if rules.left_out(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif (kind := KINDS.get(_suffix(entry.name))) and rules.included(path):
                fault = _fault(config, real_root, entry, path)
                if fault or entry.is_file():
                    yield fault or Source(path, page_url(path, kind), config.source, kind, package)
            elif not _name_fault(path) and (
                entry.is_file(follow_symlinks=False) or _leads_inside(config.source / path, real_root)
            ):
                yield path


def _is_no_source(folder: Path, found: Sequence["os.DirEntry[str] | Entry"]) -> bool:
    """Whether a folder is a virtual environment or a site that was built."""
    return any(
        entry.name == "pyvenv.cfg"
        or (entry.name == ".site-builder" and (folder / entry.name / "manifest.json").is_file())
        for entry in found
    )


def _suffix(name: str) -> str:
    return name[name.rfind(".") :].lower()


def _fault(config: Config, real_root: Path, entry: "os.DirEntry[str] | Entry", path: str) -> Problem | None:
    """Say what keeps a file from being a source."""
    if fault := _name_fault(path):
        hint = "rename it, or leave it out with `exclude`"
        return _problem(config, config.source / path, f"the name {fault}", hint)
    if entry.is_symlink() and not _leads_inside(config.source / path, real_root):
        message = "the link leads to no file in the source folder, and is left out"
        problem = _problem(config, config.source / path, message, "put the file itself there")
        return replace(problem, severity="warning")
    return None


def _name_fault(path: str) -> str:
    if "\\" in path:
        return "holds a backslash"
    if path.isprintable():
        return ""
    categories = set(map(unicodedata.category, path))
    return "is not UTF-8" if "Cs" in categories else "holds a control character" if "Cc" in categories else ""


def _leads_inside(file: Path, real_root: Path) -> bool:
    try:
        target = file.resolve(strict=True)
    except (OSError, RuntimeError):  # A loop of links is one or the other.
        return False
    return target.is_file() and target.is_relative_to(real_root)


def _problem(config: Config, path: Path, message: str, hint: str) -> Problem:
    shown = os.fsencode(config.shown(path)).decode("utf-8", "backslashreplace")
    return Problem(Location(shown), "source", message, hint)

"""Make a large tree of sources with translation maps.

    python benchmarks/make_tree.py OUT                          # the preset `annotated`: 1,040 pages
    python benchmarks/make_tree.py OUT --pages 100000 --languages ja zh es

`OUT` gets `src/`, `maps/` and `site-builder.toml`, so that `site-builder build` there takes no argument.
Of 260 sources, 222 are Python: the code and docstrings of a file of the standard library or of a package
that site-builder needs anyway, with made-up notes and formulas woven in, and an import from the page before.
The others are Markdown, made up. When the files are used up they come again, with other notes and with
other names for what they define. The maps say every text in words that stand for a translation's.

The same seed, Python and packages give the same bytes. A tree of 100,000 pages takes about 1 GB.
"""

import argparse
import ast
import functools
import hashlib
import importlib.util
import json
import os
import random
import re
import sysconfig
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from prose import document, note, opening, translated

from site_builder.config import Config, load_config
from site_builder.reading.discover import Source
from site_builder.site import open_site
from site_builder.site.pages import load_page
from site_builder.translating.catalog import map_path
from site_builder.translating.memory import translatable

PRESETS = {"annotated": (1040, ("ja", "zh", "es"))}
"""By name: pages, languages. `annotated` is like a site of annotated implementations of papers:
222 Python and 38 Markdown sources, 39,000 lines of Python, 3,500 formulas."""

_PACKAGES = (
    "babel",
    "click",
    "jinja2",
    "markdown_it",
    "nbformat",
    "pygments",
    "rich",
    "starlette",
    "uvicorn",
    "yaml",
)
_FOREIGN = re.compile(rb"\$|\]\(|\{\{|\f|\r|\t|\x00|coding[:=]")
"""What one of the tools that are compared takes for something else than code or prose."""
_MARKDOWN = 38 / 260
_NOTES = 0.39
"""Share of the statements that have a note."""
_FORMULAS = 0.37
"""Share of the sentences that have a formula."""


def main() -> None:
    """Make a tree, and say what it holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="annotated")
    parser.add_argument("--pages", type=int, help="in all languages together; instead of a preset")
    parser.add_argument("--languages", nargs="*", help="besides English", metavar="LANG")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pages, languages = PRESETS[arguments.preset]
    languages = languages if arguments.languages is None else tuple(arguments.languages)
    make_tree(arguments.out, arguments.pages or pages, languages, arguments.seed)
    print(f"{arguments.out}: {contents(arguments.out)}, {digest(arguments.out)}")


def make_tree(out: Path, pages: int, languages: Sequence[str], seed: int = 1) -> None:
    """Write a tree whose site has so many pages; one source at a time is in memory."""
    if out.is_dir() and any(out.iterdir()):
        raise SystemExit(f"{out} is not empty: name a new folder")
    plan = Plan(max(1, pages // (1 + len(languages))), seed)
    for at in range(plan.sources):
        path = out / "src" / plan.path(at)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(plan.lines(at)) + "\n", encoding="utf-8")
    table = (
        f'title = "Made"\nsource = "src"\ntranslations = "maps"\nlanguages = {json.dumps(list(languages))}\n'
    )
    (out / "site-builder.toml").write_text(table)
    add_maps(load_config(out), languages)


@dataclass(frozen=True, slots=True)
class Plan:
    """What each source of a tree holds, whichever is asked for first."""

    sources: int
    seed: int

    def path(self, at: int) -> str:
        """Name a source below the source folder; twenty share a folder."""
        suffix = "md" if int((at + 1) * _MARKDOWN) > int(at * _MARKDOWN) else "py"
        return f"part_{at // 400:02}/unit_{at // 20:04}/page_{at}.{suffix}"

    def lines(self, at: int) -> list[str]:
        """Make the text of a source."""
        chance, path = random.Random(f"{self.seed}/{at}"), self.path(at)
        links = [_relative(path, self.path(chance.randrange(self.sources))) for _ in range(5)]
        model = self.model(at)
        if path.endswith(".md"):
            return document(chance, links, self._code(model, at)[:20], _FORMULAS)
        return woven(model, self._code(model, at), chance, links, self._imported(at))

    def model(self, at: int) -> "Model":
        """Choose the file that a source is made from."""
        files = candidates(self.seed)
        return read_model(files[at % len(files)])

    def _code(self, model: "Model", at: int) -> list[str]:
        again = at // len(candidates(self.seed))
        if not again or not model.names:
            return list(model.lines)
        return re.sub(rf"\b({'|'.join(model.names)})\b", rf"\1_{again}", "\n".join(model.lines)).split("\n")

    def _imported(self, at: int) -> str:
        """Return an import of what the page before defines, if that is in the same folder."""
        before = at - 1
        if at % 20 == 0 or self.path(before).endswith(".md") or not self.model(before).names:
            return ""
        again = before // len(candidates(self.seed))
        return f"from .page_{before} import {self.model(before).names[0]}" + (f"_{again}" if again else "")


@dataclass(frozen=True, slots=True)
class Model:
    """An installed file."""

    lines: tuple[str, ...]
    points: tuple[int, ...]
    """The lines, from 0, at which a statement begins."""
    imports: int | None
    """The first line of the first import that may have another above it."""
    names: tuple[str, ...]
    """The functions and classes that it defines at its top."""


@functools.lru_cache(4)
def candidates(seed: int) -> tuple[Path, ...]:
    """List the installed files of a middling size that every tool reads alike, in an order by the seed."""
    home = Path(sysconfig.get_path("stdlib"))
    packages = [
        Path(spec.origin).parent
        for name in _PACKAGES
        if (spec := importlib.util.find_spec(name)) and spec.origin
    ]
    files = [file for folder in (home, *packages) for file in _python_files(folder)]
    chance = random.Random(seed)
    return tuple(chance.sample(files, len(files)))


def _python_files(folder: Path) -> Iterator[Path]:
    left_out = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted({*folders} - left_out)
        yield from (
            file for name in sorted(names) if name.endswith(".py") and _is_fit(file := Path(place, name))
        )


def _is_fit(file: Path) -> bool:
    if not 800 < file.stat().st_size < 16_000:
        return False
    content = file.read_bytes()
    return 25 <= content.count(b"\n") <= 330 and not _FOREIGN.search(content)


@functools.lru_cache(2000)
def read_model(file: Path) -> Model:
    """Read an installed file."""
    text = file.read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.rstrip("\n").split("\n")
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not _is_string(node)]
    begins = {_begin(node) for node in statements if not lines[_begin(node)][: node.col_offset].strip()}
    imports = [
        _begin(node)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and not _is_future(node)
    ]
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return Model(tuple(lines), tuple(sorted(begins)), min(imports, default=None), tuple(dict.fromkeys(names)))


def _begin(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def woven(
    model: Model, code: Sequence[str], chance: random.Random, links: Sequence[str], imported: str
) -> list[str]:
    """Put notes, as comments, before some of the statements of a file, and an import before its imports."""
    noted = {point for point in model.points if chance.random() < _NOTES}
    first = min(model.points, default=0)
    lines: list[str] = []
    for number, line in enumerate(code):
        indent = line[: len(line) - len(line.lstrip())]
        if number == first:
            lines += _comment(opening(chance, links, _FORMULAS), indent)
        elif number in noted:
            lines += _comment(note(chance, links, _FORMULAS), indent)
        if number == model.imports and imported:
            lines.append(indent + imported)
        lines.append(line)
    return lines


def _comment(lines: Sequence[str], indent: str) -> list[str]:
    return [f"{indent}# {line}".rstrip() for line in lines]


def _relative(path: str, to: str) -> str:
    return os.path.relpath(to, PurePosixPath(path).parent)


# Maps.


def add_maps(config: Config, languages: Sequence[str]) -> None:
    """Give every source a map in each language that says all its texts."""
    if languages:
        with ProcessPoolExecutor() as pool:
            write = functools.partial(_write_maps, config, tuple(languages))
            for _ in pool.map(write, open_site(config).sources, chunksize=20):
                pass


def _write_maps(config: Config, languages: Sequence[str], source: Source) -> None:
    page, problems = load_page(config, source)
    if page is None:
        raise SystemExit(f"{source.path}: {problems[0]}")
    keys = list(translatable(page))
    for tag in languages:
        path = config.translations / map_path(source.path, tag)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({key: translated(key, tag) for key in keys}, indent=1, ensure_ascii=False))


# What a tree holds.


def contents(out: Path) -> str:
    """Say what a tree holds, in words."""
    sources, maps = (
        [file for file in (out / "src").rglob("*") if file.is_file()],
        list((out / "maps").rglob("*.json")),
    )
    python = [file for file in sources if file.suffix == ".py"]
    lines = sum(file.read_bytes().count(b"\n") for file in python)
    formulas = sum(len(re.findall(r"\$\$.+?\$\$|\$.+?\$", file.read_text(), re.DOTALL)) for file in sources)
    entries = sum(file.read_bytes().count(b"\n") - 1 for file in maps)
    size = sum(file.stat().st_size for file in (*sources, *maps)) / 1e6
    kinds = f"{len(python)} Python and {len(sources) - len(python)} Markdown sources"
    held = f"{lines:,} lines of Python, {formulas:,} formulas, {len(maps):,} maps with {entries:,} texts"
    return f"{kinds}, {held}, {size:.1f} MB"


def digest(out: Path) -> str:
    """Return what tells one tree from another."""
    total = hashlib.sha256()
    for file in sorted(
        file for part in ("src", "maps") for file in (out / part).rglob("*") if file.is_file()
    ):
        total.update(
            f"{file.relative_to(out).as_posix()} {file.stat().st_size}\n".encode() + file.read_bytes()
        )
    return f"sha256 {total.hexdigest()[:16]}"


if __name__ == "__main__":
    main()

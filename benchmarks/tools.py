"""The tools that are compared, each with the same edits of the same tree."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from peers import content_path, hugo_build, make_hugo_site, pycco_build, write_content
from prose import translated
from work_done import Work, count, pages_of

Command = list[str | Path]
EDITS = ("source", "map", "template")


@dataclass(frozen=True, slots=True)
class Tool:
    """How one tool makes its site."""

    name: str
    folder: Path
    """Where its command runs."""
    command: Command
    made: tuple[Path, ...]
    """All that it writes: the site and what it keeps for the next time."""
    edits: dict[str, Callable[[int], None]]
    """By what is changed: change it; every number makes another change, 0 takes it back."""
    pages: tuple[Path, ...]
    """Those of the sources, in every language."""
    edited: Path
    """The page of the source that is edited."""

    def clean(self) -> None:
        """Remove all that it has made, and take the edits back."""
        for folder in self.made:
            shutil.rmtree(folder, ignore_errors=True)
        for edit in self.edits.values():
            edit(0)

    def work(self) -> Work:
        """Count what its site holds."""
        return count(self.pages)


def edited_source(tree: Path) -> Path:
    """Choose the source that is edited: a Python file in the middle."""
    sources = sorted((tree / "src").rglob("page_*.py"))
    return sources[len(sources) // 2]


def ours(tree: Path, languages: tuple[str, ...], jobs: int) -> Tool:
    """Return site-builder, working in so many processes."""
    output = tree / "public"
    command = [sys.executable, "-m", "site_builder", "build", "--quiet", "--jobs", str(jobs)]
    name = f"site-builder, {jobs} {'job' if jobs == 1 else 'jobs'}"
    made, pages = (output, tree / ".site-builder-cache"), tuple(pages_of(tree, output, languages))
    return Tool(name, tree, command, made, our_edits(tree, languages), pages, page_of(tree, output))


def ours_pages_alone(tree: Path, folder: Path, languages: tuple[str, ...]) -> Tool:
    """Return site-builder writing nothing but pages, as others do, in two processes."""
    output = folder / "public"
    lines = (
        'title = "Made"',
        f"languages = {json.dumps(list(languages))}",
        *(f"{name} = {json.dumps(str(tree / place))}" for name, place in _PLACES.items()),
        *(f"{name} = false" for name in ("search", "notebooks", "markdown")),
    )
    write(folder / "site-builder.toml", "\n".join(lines) + "\n")
    command = [sys.executable, "-m", "site_builder", "build", "--quiet", "--jobs", "2"]
    made, pages = (output, folder / ".site-builder-cache"), tuple(pages_of(tree, output, languages))
    edits = our_edits(tree, languages)
    return Tool("pages alone, 2 jobs", folder, command, made, edits, pages, page_of(tree, output))


_PLACES = {"source": "src", "translations": "maps", "templates": "templates"}


def page_of(tree: Path, output: Path) -> Path:
    """Name the page of the source that is edited."""
    return output / edited_source(tree).relative_to(tree / "src").with_suffix(".html")


def our_edits(tree: Path, languages: tuple[str, ...]) -> dict[str, Callable[[int], None]]:
    """Say how a source, a map and a template of ours are edited."""
    source = edited_source(tree)
    text = source.read_text()
    page = _own_template(tree)
    template = page.read_text()
    edits = {
        "source": lambda number: write(source, _with_note(text, number)),
        "template": lambda number: write(page, template + f"<!-- {number} -->" * bool(number)),
    }
    if languages:
        path = tree / "maps" / source.relative_to(tree / "src").with_suffix(f".{languages[0]}.json")
        entries = path.read_text()
        edits["map"] = lambda number: write(path, _with_word(entries, number))
    return edits


def _own_template(tree: Path) -> Path:
    """Let a file of the tree stand in for the template of all pages."""
    page = tree / "templates" / "base.html"
    if not page.is_file():
        write(page, files("site_builder.templates").joinpath(page.name).read_text(encoding="utf-8"))
        with (tree / "site-builder.toml").open("a") as configuration:
            configuration.write('templates = "templates"\n')
    return page


def hugo_tool(tree: Path, site: Path, languages: tuple[str, ...]) -> Tool:
    """Return Hugo, with the content of the tree."""
    make_hugo_site(tree, site, languages)
    pages = tuple(pages_of(tree, site / "public", languages))
    made = (site / "public", site / "cache", site / "resources")
    return Tool(
        "Hugo",
        site,
        hugo_build(site),
        made,
        hugo_edits(tree, site, languages),
        pages,
        page_of(tree, site / "public"),
    )


def hugo_edits(tree: Path, site: Path, languages: tuple[str, ...]) -> dict[str, Callable[[int], None]]:
    """Say how its content and layout are edited; a source's content is there in each language."""
    source, layout = edited_source(tree), site / "layouts" / "all.html"
    text, template = source.read_text(), layout.read_text()
    edits = {
        "source": lambda number: write_content(tree, site, source, languages, _with_note(text, number)),
        "template": lambda number: write(layout, template + f"<!-- {number} -->" * bool(number)),
    }
    if languages:
        path = content_path(tree, site, source, languages[0])
        content, said = path.read_text(), translated("edited", languages[0])
        edits["map"] = lambda number: write(path, content + f"\n\n{said} {number}\n" * bool(number))
    return edits


def pycco_tool(tree: Path, output: Path) -> Tool:
    """Return pycco, which knows Python in one language and remembers nothing."""
    pages = tuple(pages_of(tree, output / "src", suffix=".py"))
    return Tool(
        "pycco, English only",
        tree,
        pycco_build(tree, output),
        (output,),
        {},
        pages,
        page_of(tree, output / "src"),
    )


def write(path: Path, text: str) -> None:
    """Save a file as an editor does: the new one takes the place of the old at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _with_note(text: str, number: int) -> str:
    return text if not number else f"{text}\n# This note is edit {number}.\nedited = {number}\n"


def _with_word(entries: str, number: int) -> str:
    """Change the first text of a map."""
    return entries if not number else re.sub(r'(": "(?:<[^>]*>)*)', rf"\g<1>{number} ", entries, count=1)

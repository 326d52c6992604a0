"""The cache: whatever was edited since, and whatever became of it, the site is that of a clean build."""

import os
import random
import re
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from site_builder.build import Pages, Report, build
from site_builder.build.preview import preview
from site_builder.config import Config, load_config
from site_builder.errors import SiteError

BASIC = Path(__file__).parent / "sites" / "basic"
LINES = (
    "# Some prose.",
    "# Some prose with $x^2$ and `code`.",
    "# ## A heading",
    "# [a link](guide/start.md) and [a broken one](nowhere.md)",
    "# ![a picture](guide/square.svg)",
    "from norm import Norm",
    "y = Norm(1)",
    '"""A string."""',
    "if True",
    "",
)
SOURCES = ("norm.py", "__init__.py", "new.py", "guide/start.md", "guide/deep/more.py", "kernels/add.cu")
OPTIONS = (
    'title = "Other"',
    'outdated = "translation"',
    "notebooks = false",
    "search = false",
    "markdown = false",
)
PAGE = '{% extends "theme/page.html" %}{% block main %}<p>Ours</p>{{ super() }}{% endblock %}'

chances = st.integers(0, 2**32).map(random.Random)


def site(folder: Path) -> Path:
    return Path(shutil.copytree(BASIC, folder / "basic", ignore=shutil.ignore_patterns("expected", ".*")))


def tree(output: Path) -> dict[str, bytes]:
    return {
        path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()
    }


class TestAnyEdits(RuleBasedStateMachine):
    """Authors, translators, theme authors and vandals; commands and a server that build."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.folder = site(Path(self.place.name))
        self.chance = random.Random(7)
        theme = self.folder / "theme"
        theme.mkdir()
        (theme / "theme.css").write_text(":root { --ours: 1 }")
        file = self.folder / "site-builder.toml"
        file.write_text(f'templates = "theme"\nstatic = "theme"\n{file.read_text("utf-8")}', "utf-8")
        self.server, self.served = Pages(), self.config()

    def teardown(self) -> None:
        self.place.cleanup()

    @rule(path=st.sampled_from(SOURCES), line=st.sampled_from(LINES), chance=chances)
    def edit_source(self, path: str, line: str, chance: random.Random) -> None:
        file = self.folder / "src" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = file.read_text("utf-8").split("\n") if file.exists() else []
        lines.insert(chance.randint(0, len(lines)), line)
        if chance.random() < 0.3:
            lines.pop(chance.randrange(len(lines)))
        file.write_text("\n".join(lines), "utf-8")

    @rule(path=st.sampled_from(SOURCES))
    def remove_source(self, path: str) -> None:
        (self.folder / "src" / path).unlink(missing_ok=True)

    @rule(name=st.sampled_from(["norm.ja.json", "__init__.ar.json", "new.ja.json"]), chance=chances)
    def edit_map(self, name: str, chance: random.Random) -> None:
        file = self.folder / "translations" / name
        text = file.read_text("utf-8") if file.exists() else '{"<p>Some prose.</p>\\n": "<p>散文。</p>\\n"}'
        words = [("ノルム", "長さ"), ("ゼロ", "零"), ('"', "'"), ("<p>", "<p>新"), ("散文", "文")]
        file.write_text(text.replace(*chance.choice(words)), "utf-8")

    @rule(name=st.sampled_from(["norm.ja.json", "__init__.ja.json"]))
    def remove_map(self, name: str) -> None:
        (self.folder / "translations" / name).unlink(missing_ok=True)

    @rule(option=st.sampled_from(OPTIONS))
    def configure(self, option: str) -> None:
        file = self.folder / "site-builder.toml"
        lines = file.read_text("utf-8").split("\n")
        key = option.partition(" ")[0]
        kept = [line for line in lines if not line.startswith(key)]
        file.write_text("\n".join(kept if option in lines else [option, *kept]), "utf-8")

    @rule(path=st.sampled_from(["norm.py", "guide/start.md"]), number=st.integers(1, 3))
    def edit_title(self, path: str, number: int) -> None:
        file = self.folder / "src" / path
        if file.exists():
            file.write_text(
                re.sub(r"(?m)^# \w.*$", f"# Title {number}", file.read_text("utf-8"), count=1), "utf-8"
            )

    @rule(number=st.integers(1, 3), file=st.sampled_from(["page.html", "theme.css"]))
    def change_theme(self, number: int, file: str) -> None:
        text = (
            PAGE.replace("Ours", f"Ours {number}") if file == "page.html" else f":root {{ --ours: {number} }}"
        )
        (self.folder / "theme" / file).write_text(text)

    @rule(color=st.sampled_from(["red", "blue"]), size=st.sampled_from(["9", "20"]))
    def change_picture(self, color: str, size: str) -> None:
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="9" fill="{color}"/>'
        (self.folder / "src" / "guide" / "square.svg").write_text(svg)

    @rule(chance=chances, damage=st.sampled_from([b"", b"damaged", None]))
    def damage_output(self, chance: random.Random, damage: bytes | None) -> None:
        files = sorted(
            path for path in (self.folder / "public").rglob("*.*") if ".site-builder" not in path.parts
        )
        harm(chance.choice([path for path in files if path.is_file()]), damage)

    @rule(chance=chances, damage=st.sampled_from([b"", b"damaged", None]))
    def damage_cache(self, chance: random.Random, damage: bytes | None) -> None:
        files = sorted(path for path in (self.folder / ".site-builder-cache").rglob("*") if path.is_file())
        if files:
            harm(chance.choice(files), damage)

    @rule()
    def delete_cache(self) -> None:
        shutil.rmtree(self.folder / ".site-builder-cache", ignore_errors=True)

    @invariant()
    def build(self) -> None:
        """Build after every edit, as one of those who might."""
        config = self.config()
        if config != self.served:
            self.server, self.served = Pages(), config
        pages = self.chance.choice([None, None, self.server])
        clean = self.folder.parent / "clean"
        shutil.rmtree(clean, ignore_errors=True)
        expected = outcome(self.config(output=str(clean)))
        jobs = 1 if pages else self.chance.choice([1, 1, 2])
        if pages and pages.recent and config.cache:
            files = [path for place in ("src", "translations") for path in (self.folder / place).rglob("*.*")]
            seen = self.chance.sample(sorted(files), self.chance.choice([1, 1, 2]))
            preview(config, pages.recent, [path.resolve() for path in seen], config.cache, lambda _: None)
        found = outcome(config, jobs=jobs, cache=config.cache, pages=pages)
        if isinstance(expected, SiteError) or isinstance(found, SiteError):
            assert str(found) == str(expected)
            return
        assert tree(self.folder / "public") == tree(clean)
        assert found.problems == expected.problems
        assert (found.pages, found.coverage) == (expected.pages, expected.coverage)

    def config(self, **more: object) -> Config:
        return load_config(self.folder, **more)


def outcome(config: Config, **more: Any) -> Report | SiteError:
    try:
        return build(config, **more)
    except SiteError as error:
        return error


def harm(file: Path, damage: bytes | None) -> None:
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)


TestEdits = TestAnyEdits.TestCase
TestEdits.settings = settings(max_examples=4, stateful_step_count=16)
del TestAnyEdits


def kept(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def test_what_nobody_needs_is_forgotten(tmp_path: Path) -> None:
    folder = site(tmp_path)
    config = load_config(folder)
    build(config, cache=config.cache)
    before = kept(config.cache)
    (folder / "src" / "norm.py").write_text("# Other\n")
    build(config, cache=config.cache)
    assert len(kept(config.cache)) <= len(before)
    assert {path.name for path in kept(config.cache)} != {path.name for path in before}


def test_the_cache_keeps_itself_out_of_git_and_backups(tmp_path: Path) -> None:
    config = load_config(site(tmp_path))
    build(config, cache=config.cache)
    assert (config.cache / ".gitignore").read_text() == "*\n"
    assert (
        (config.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_without_a_cache_nothing_is_kept(tmp_path: Path) -> None:
    config = load_config(site(tmp_path))
    build(config)
    assert not config.cache.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs a file where the folder would be")
def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    config = load_config(site(tmp_path))
    config.cache.write_text("a file")
    build(config, cache=config.cache)
    assert config.cache.read_text() == "a file"
    assert (config.output / "norm.html").exists()


def reasons(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    config = load_config(folder)
    build(config, cache=config.cache, explain=lambda url, why: found.update({url: list(why)}))
    return found


def test_a_build_says_why_each_page_is_written(tmp_path: Path) -> None:
    folder = site(tmp_path)
    pages = {
        "index.html",
        "norm.html",
        "guide/index.html",
        "guide/start.html",
        "kernels/add.cu.html",
        "kernels/index.html",
    }
    assert reasons(folder) == {page: ["new"] for page in pages}
    assert reasons(folder) == {}
    edit(folder / "src" / "norm.py", "# Squares first", "# First the squares")
    assert reasons(folder) == {"norm.html": ["source"]}
    edit(folder / "translations" / "norm.ja.json", "ゼロ除算", "零除算")
    assert reasons(folder) == {"norm.html": ["map ja"]}
    (folder / "public" / "norm.html").write_text("mine")
    assert reasons(folder) == {"norm.html": ["output"]}
    edit(folder / "src" / "norm.py", "# Norm of a vector", "# The norm of a vector")
    assert reasons(folder)["guide/index.html"] == ["neighbours"]
    edit(folder / "site-builder.toml", "Basic", "Other")
    assert reasons(folder) == {page: ["configuration"] for page in pages}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


HOMES = ["# Home\n", "---\ntitle: [\n---\n"]  # Of the other no page is made, but an index with the same URL.


@pytest.mark.parametrize("homes", [HOMES, HOMES[::-1]])
def test_what_becomes_a_page_or_none_changes_the_pages_that_link_to_it(
    tmp_path: Path, homes: list[str]
) -> None:
    folder = tmp_path / "site"
    (folder / "src" / "guide").mkdir(parents=True)
    (folder / "site-builder.toml").write_text('source = "src"\n')
    for name in "ab":
        (folder / "src" / "guide" / f"{name}.md").write_text("# A\n\nBack [home](../index.md).\n")
    config = load_config(folder)
    for home in homes:
        (folder / "src" / "index.md").write_text(home)
        build(config, cache=config.cache)
    build(load_config(folder, output=str(tmp_path / "clean")))
    assert tree(config.output) == tree(tmp_path / "clean")


COLUMNS = [
    ("readings", "made_of"),
    ("readings", "brief"),
    ("readings", "entry"),
    ("readings", "data"),
    ("outlines", "data"),
    ("marks", "data"),
    ("renderings", "made_of"),
    ("renderings", "files"),
    ("renderings", "looks"),
    ("renderings", "data"),
    ("statuses", "data"),
    ("kept", "data"),
    ("files", "digest"),
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_what_is_damaged_in_the_database_is_made_again(tmp_path: Path, table: str, column: str) -> None:
    folder = site(tmp_path)
    config = load_config(folder)
    build(config, cache=config.cache)
    [file] = config.cache.rglob("known.sqlite")
    with sqlite3.connect(file) as connection:
        connection.create_function("damaged", 1, lambda data: data and data[:-1] + bytes([data[-1] ^ 1]))
        connection.execute(f"UPDATE {table} SET {column} = damaged({column})")
    connection.close()
    edit(folder / "src" / "norm.py", "# Squares first", "# First the squares")
    report = build(config, cache=config.cache)
    clean = build(load_config(folder, output=str(tmp_path / "clean")))
    assert tree(config.output) == tree(tmp_path / "clean")
    assert report.coverage == clean.coverage
    assert reasons(folder) == {}


@pytest.mark.parametrize("table", ["readings", "outlines", "renderings", "files"])
def test_a_row_under_another_name_is_as_none(tmp_path: Path, table: str) -> None:
    folder = site(tmp_path)
    config = load_config(folder)
    build(config, cache=config.cache)
    [file] = config.cache.rglob("known.sqlite")
    name = "url" if table == "renderings" else "path"
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {table} SET {name} = {name} || '2' WHERE {name} LIKE '%norm%'")
    connection.close()
    edit(folder / "src" / "guide" / "start.md", "a", "A")
    build(config, cache=config.cache)
    build(load_config(folder, output=str(tmp_path / "clean")))
    assert tree(config.output) == tree(tmp_path / "clean")

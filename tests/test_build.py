"""The pipeline as a whole: reuse, reproducibility, interruption, hostile input."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from site_builder.build import Pages, Report, build
from site_builder.build.pool import Failure, run
from site_builder.build.publish import Stage
from site_builder.build.writing import Task
from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.site import Site
from site_builder.site.memories import load_memory

BASIC = Path(__file__).parent / "sites" / "basic"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASIC, tmp_path / "basic", ignore=shutil.ignore_patterns("expected")))


def tree(output: Path) -> dict[str, bytes]:
    return {
        path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()
    }


def clean_build(folder: Path) -> dict[str, bytes]:
    output = folder.parent / "clean"
    shutil.rmtree(output, ignore_errors=True)
    build(load_config(folder, output=str(output)))
    return tree(output)


def test_any_number_of_jobs_makes_the_same_bytes(folder: Path) -> None:
    reports = []
    for jobs in (1, 2, 5):
        config = load_config(folder, output=str(folder.parent / f"jobs{jobs}"))
        reports.append(build(config, jobs=jobs))
    trees = [tree(folder.parent / f"jobs{jobs}") for jobs in (1, 2, 5)]
    assert trees[0] == trees[1] == trees[2]
    assert reports[0].problems == reports[1].problems == reports[2].problems


def test_an_unchanged_site_is_not_touched(folder: Path) -> None:
    build(load_config(folder))
    files = [path for path in (folder / "public").rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    assert build(load_config(folder)).changed == ()
    assert {path: path.stat().st_mtime_ns for path in files} == before


def test_progress_ends_at_its_total(folder: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    report = build(load_config(folder), jobs=2, progress=lambda *step: steps.append(step))
    assert [done for _, done, _ in steps] == list(range(1, len(steps) + 1))
    assert steps[-1][1] == steps[-1][2]
    assert {name for name, _, _ in steps} >= {"norm.py", "norm.html", "guide/start.md", "guide/index.html"}
    assert report.pages == 18


class Edited:
    """A site that one process builds again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pages = folder, Pages()
        self.build()

    def build(self) -> Report:
        return build(load_config(self.folder), pages=self.pages)

    def edit(self, path: str, old: str, new: str) -> tuple[str, ...]:
        file = self.folder / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
        return self.changed()

    def changed(self) -> tuple[str, ...]:
        changed = self.build().changed
        assert tree(self.folder / "public") == clean_build(self.folder)
        return tuple(path for path in changed if not path.startswith("_site/search/"))


@pytest.fixture
def edited(folder: Path) -> Edited:
    return Edited(folder)


def written(page: str) -> tuple[str, ...]:
    return tuple(f"{page}.{kind}" for kind in ("html", "ipynb", "md"))


def test_an_edit_of_a_source_changes_its_pages(edited: Edited) -> None:
    assert edited.edit("src/norm.py", "import math", "import math  # why") == (
        *written("ar/norm"),
        *written("ja/norm"),
        *written("norm"),
    )


def test_an_edit_of_a_map_changes_its_page(edited: Edited) -> None:
    assert edited.edit("translations/norm.ja.json", "ゼロ除算", "零除算") == written("ja/norm")


def test_a_title_changes_the_pages_that_name_it(edited: Edited) -> None:
    changed = edited.edit("src/guide/start.md", "# First steps", "# The first steps")
    # The link to its heading is the author's to mend; the neighbours and the folder's index name it.
    assert {"guide/start.html", "guide/index.html", "kernels/index.html", "ja/guide/index.html"} <= set(
        changed
    )


def test_a_translated_title_changes_the_pages_that_name_it(edited: Edited) -> None:
    changed = edited.edit("translations/norm.ja.json", "<h1>ベクトルのノルム", "<h1>ベクトルの長さ")
    assert "ja/guide/index.html" in changed
    assert not any(path.startswith("ar/") for path in changed)


def test_a_removed_source_takes_its_pages_along(edited: Edited) -> None:
    (edited.folder / "src" / "kernels" / "add.cu").unlink()
    changed = edited.changed()
    assert {"kernels/add.cu.html", "kernels/index.html", "ja/kernels/add.cu.html"} <= set(changed)
    assert not (edited.folder / "public" / "kernels").exists()


def test_a_new_source_mends_the_link_to_it(edited: Edited) -> None:
    (edited.folder / "src" / "missing.py").write_text("# Here now\nx = 1\n")
    assert {"missing.html", "index.html"} <= set(edited.changed())
    assert 'href="missing.html"' in (edited.folder / "public" / "index.html").read_text()


def test_a_changed_image_is_copied(edited: Edited) -> None:
    assert edited.edit("src/guide/square.svg", "#888", "#999") == (
        "ar/guide/start.ipynb",
        "ar/index.ipynb",
        "guide/square.svg",
        "guide/start.ipynb",
        "index.ipynb",
        "ja/guide/start.ipynb",
        "ja/index.ipynb",
    )


def test_a_page_follows_the_size_of_its_image(edited: Edited) -> None:
    assert 'width="20" height="20"' in (edited.folder / "public" / "ja" / "index.html").read_text()
    assert "ja/index.html" in edited.edit("src/guide/square.svg", 'height="20"', 'height="30"')
    assert 'width="20" height="30"' in (edited.folder / "public" / "ja" / "index.html").read_text()


def test_a_removed_image_is_told(edited: Edited) -> None:
    (edited.folder / "src" / "guide" / "square.svg").unlink()
    missing = [problem.where for problem in edited.build().problems if problem.excerpt.endswith("square.svg")]
    assert [str(where) for where in missing] == ["src/__init__.py:13", "src/guide/start.md:15"]
    assert not (edited.folder / "public" / "guide" / "square.svg").exists()


def test_a_new_image_mends_the_page_that_shows_it(edited: Edited) -> None:
    edited.edit("src/guide/start.md", "(square.svg", "(circle.svg")
    shutil.copy(
        edited.folder / "src" / "guide" / "square.svg", edited.folder / "src" / "guide" / "circle.svg"
    )
    assert "ja/guide/start.html" in edited.changed()


def test_a_page_that_was_deleted_by_hand_comes_back(edited: Edited) -> None:
    (edited.folder / "public" / "norm.html").unlink()
    assert "norm.html" in edited.changed()


def test_a_damaged_source_loses_its_page_until_it_is_mended(edited: Edited) -> None:
    edited.edit("src/norm.py", "import math", "import (")
    assert not (edited.folder / "public" / "norm.html").exists()
    edited.edit("src/norm.py", "import (", "import math")
    assert (edited.folder / "public" / "norm.html").exists()


def test_an_included_template_changes_every_page(edited: Edited) -> None:
    (edited.folder / "own").mkdir()
    (edited.folder / "own" / "page.html").write_text(
        '{% extends "theme/page.html" %}{% block title %}{% include "title.txt" %}{% endblock %}'
    )
    (edited.folder / "own" / "title.txt").write_text("One")
    settings = (edited.folder / "site-builder.toml").read_text()
    (edited.folder / "site-builder.toml").write_text(f'templates = "own"\n{settings}')
    edited.build()
    assert "norm.html" in edited.edit("own/title.txt", "One", "Two")


def test_what_could_not_be_published_is_written_again(edited: Edited) -> None:
    source, foreign = edited.folder / "src" / "norm.py", edited.folder / "public" / "new.html"
    foreign.write_text("not ours")
    source.write_text(source.read_text().replace("# Norm", "# The norm"))
    (edited.folder / "src" / "new.py").write_text("# New\nx = 1\n")
    with pytest.raises(SiteError, match=r"new\.html"):
        edited.build()
    foreign.unlink()
    assert "norm.html" in edited.changed()


def test_a_map_that_is_saved_during_a_build_is_shown_by_the_next(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edited.folder / "translations" / "norm.ja.json"
    good, stage_write = path.read_text("utf-8"), Stage.write

    def write_and_save(stage: Stage, name: str, content: bytes) -> bool:
        if name == "ja/norm.html":
            path.write_text(good.replace("ゼロ除算", "零除算"), "utf-8")
        return stage_write(stage, name, content)

    monkeypatch.setattr(Stage, "write", write_and_save)
    source = edited.folder / "src" / "norm.py"
    source.write_text(source.read_text() + "\nx = 1\n")
    edited.build()
    monkeypatch.undo()
    assert edited.changed() == written("ja/norm")


def test_a_title_that_is_saved_during_a_build_is_shown_by_the_next(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, path = edited.folder / "src" / "note.md", edited.folder / "translations" / "note.ja.json"
    source.write_text("# A note\n")
    path.write_text(json.dumps({"<h1>A note</h1>\n": "<h1>注</h1>\n"}))
    edited.build()

    def read_and_save(site: Site, source: str, language: str) -> object:
        loaded = load_memory(site, source, language)
        if source == "note.md":
            path.write_text(json.dumps({"<h1>A note</h1>\n": "<h1>覚え書き</h1>\n"}))
        return loaded

    monkeypatch.setattr("site_builder.build.reading.load_memory", read_and_save)
    source.write_text("# A note\n\n")
    edited.build()
    monkeypatch.undo()
    assert "ja/kernels/add.cu.html" in edited.changed()


def test_an_image_that_becomes_a_link_out_of_the_source_is_not_copied(edited: Edited) -> None:
    image = edited.folder / "src" / "guide" / "square.svg"
    image.unlink()
    (edited.folder / "secret").write_text("secret")
    image.symlink_to(edited.folder / "secret")
    edited.build()
    assert not (edited.folder / "public" / "guide" / "square.svg").exists()


def test_files_that_are_left_out_are_not_published(folder: Path) -> None:
    for name in ("private/key.txt", "shown.txt"):
        (folder / "src" / name).parent.mkdir(exist_ok=True)
        (folder / "src" / name).write_text("text")
    settings = (folder / "site-builder.toml").read_text()
    (folder / "site-builder.toml").write_text(f'exclude = ["private"]\n{settings}')
    guide = folder / "src" / "guide" / "start.md"
    guide.write_text(guide.read_text() + "\n[key](../private/key.txt) [shown](../shown.txt)\n")
    report = build(load_config(folder))
    assert [problem.excerpt for problem in report.problems] == ["missing.py", "../private/key.txt"]
    assert (folder / "public" / "shown.txt").exists()
    assert not (folder / "public" / "private").exists()


@pytest.mark.parametrize(
    "name", ["ja/norm.html", "404.html", "norm.html/x.png", "NORM.html", "_site/theme.css"]
)
def test_a_file_beside_the_source_never_replaces_a_page(folder: Path, name: str) -> None:
    pages = clean_build(folder)
    (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / "src" / name).write_text("evil")
    guide = folder / "src" / "guide" / "start.md"
    guide.write_text(guide.read_text().replace("(square.svg", f"(/{name}"))
    build(load_config(folder))
    for path in ("ja/norm.html", "norm.html", "404.html", "_site/theme.css"):
        assert tree(folder / "public")[path] == pages[path]


def test_a_site_is_not_emptied_by_its_only_page(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "only.py").write_text('"""# Only"""\n')
    build(load_config(tmp_path))
    (tmp_path / "src" / "only.py").write_text('"""# Only\n')
    with pytest.raises(SiteError, match=r"only\.py:1"):
        build(load_config(tmp_path))
    assert (tmp_path / "public" / "only.html").exists()


def test_maps_of_a_damaged_source_are_checked_too(folder: Path) -> None:
    (folder / "src" / "norm.py").write_text("import (")
    (folder / "translations" / "norm.ja.json").write_text("{")
    report = build(load_config(folder))
    assert {problem.where.path for problem in report.problems} >= {"src/norm.py", "translations/norm.ja.json"}


def test_a_page_that_takes_too_long_is_left_out_and_not_linked_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(
        function: object, tasks: Iterable[object], jobs: int, seconds: float, *, shared: object
    ) -> Iterator[object]:
        tasks = list(tasks)
        for outcome in run(function, tasks, 1, seconds, shared=shared):
            task = tasks[outcome.index]
            late = isinstance(task, Task) and task.reading.source.url == "norm.html"
            yield replace(outcome, result=None, failure=Failure("timeout", "too long")) if late else outcome

    monkeypatch.setattr("site_builder.build.executor.run", failing)
    report = build(load_config(folder))
    assert "timeout" in {problem.code for problem in report.problems}
    assert not (folder / "public" / "norm.html").exists()
    assert "norm.html" not in (folder / "public" / "guide" / "start.html").read_text()


def test_an_edited_page_can_be_read_before_the_rest(folder: Path) -> None:
    pages, early = Pages(), list[set[str]]()
    source, page = folder / "src" / "norm.py", folder / "public" / "norm.html"

    def shown(paths: Collection[str]) -> None:
        assert "Norm of a row" in page.read_text()
        early.append({*paths})

    build(load_config(folder), pages=pages, shown=shown)
    assert early == []
    source.write_text(source.read_text().replace("# Norm of a vector", "# Norm of a row"))
    report = build(load_config(folder), pages=pages, shown=shown)
    assert len(early) == 1
    assert {"norm.html", "ja/norm.html", "norm.md"} <= early[0]
    assert early[0].isdisjoint(report.changed)
    assert any(path.startswith("_site/search/en/") for path in report.changed)
    found = tree(folder / "public")
    assert found == clean_build(folder)


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "site_builder", "build", "-q", "-j", "2", *options]


def test_a_killed_build_leaves_every_file_whole(folder: Path) -> None:
    old, source = clean_build(folder), folder / "src" / "norm.py"
    build(load_config(folder))
    source.write_text(source.read_text().replace("# Norm of a vector", "# The norm of a vector"))
    new, chance = clean_build(folder), random.Random(7)
    for _ in range(8):
        process = subprocess.Popen(command(folder), cwd=folder, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.2, 0.9))
        process.kill()
        process.wait()
        for path, content in tree(folder / "public").items():
            assert path.startswith(".site-builder/") or content in (old.get(path), new.get(path)), path
    subprocess.run(command(folder), cwd=folder, check=True, stderr=subprocess.DEVNULL)
    assert tree(folder / "public") == new


def test_an_interrupt_ends_the_build_quietly(folder: Path) -> None:
    for number in range(400):
        (folder / "src" / f"more{number}.py").write_text("# Prose $x$\n" + "x = [1, 2, 3]\n" * 200)
    with subprocess.Popen(command(folder), cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        # Until sources are read: Python itself ends by the signal if that meets an import that makes a class.
        while not any(folder.glob(".site-builder-cache/*/page/*")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not (folder / "public" / "more1.html").exists()


HOSTILE = {
    "brackets.md": "[" * 5000,
    "images.md": "![[" * 2000,
    "cdata.md": "<![CDATA[" * 1000,
    "tags.md": "<a " * 5000,
    "ticks.md": " ".join("`" * number for number in range(1, 700)),
    "bullets.md": "* " * 500,
    "nested_lists.md": "\n".join("  " * depth + "* item" for depth in range(300)),
    "quotes.md": "> " * 3000 + "deep",
    "deep_html.md": "<div>" * 3000 + "deep" + "</div>" * 3000,
    "long.md": "word " * 60_000,
    "formula_long.md": f"${'x + ' * 3000}x$",
    "formula_deep.md": "$" + r"\frac{1}{" * 400 + "x" + "}" * 400 + "$",
    "formula_chain.md": "$" + r"\frac1" * 1300 + "x$",
    "dollars.md": "$a " * 20_000,
    "environments.md": r"\begin{a}" * 5000,
    "blank_lines.py": "x = 1\n" + "    \n" * 5000 + "y = 2\n",
    "parentheses.py": f"x = {'(' * 3000}1{')' * 3000}\n",
    "branches.py": "if x:\n    pass\n" + "elif x:\n    pass\n" * 5000,
    "attributes.py": f"x{'.b' * 100_000}\n",
    "minus.py": f"x = {'-' * 100_000}1\n",
}
REFUSED = {
    "quotes.md",
    "nested_lists.md",
    "deep_html.md",
    "long.md",
    "formula_long.md",
    "formula_deep.md",
    "formula_chain.md",
}


def test_hostile_sources_cost_only_themselves(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name, text in HOSTILE.items():
        (tmp_path / "src" / name).write_text(text)
    (tmp_path / "src" / "good.py").write_text('"""# Good"""\nx = 1\n')
    # In a process of its own: some of these inputs end a process that is not careful.
    done = subprocess.run(
        [sys.executable, "-m", "site_builder", "build"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "public" / "good.html").exists()
    told = {
        line.split(":")[0].removeprefix("src/")
        for line in done.stderr.splitlines()
        if line.startswith("src/")
    }
    assert told >= REFUSED


def test_hostile_maps_cost_only_themselves(folder: Path) -> None:
    path = folder / "translations" / "norm.ja.json"
    text = path.read_text("utf-8")
    path.write_text(text.replace("<h1>ベクトルのノルム", "<h1>" + "<b>" * 250), "utf-8")
    report = build(load_config(folder))
    [problem] = [problem for problem in report.problems if problem.code == "limit"]
    assert (problem.where.path, problem.where.line) == ("translations/norm.ja.json", 2)
    assert "クラス" in (folder / "public" / "ja" / "norm.html").read_text("utf-8")


def test_a_guess_is_told_at_its_line(folder: Path) -> None:
    path = folder / "translations" / "norm.ja.json"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("のノルムは<span translate=no>_^_1_^_</span>です", "のノルム_^_7_^_です"), "utf-8"
    )
    guesses = [problem for problem in build(load_config(folder)).problems if problem.code == "placeholder"]
    assert [str(problem.where) for problem in guesses] == ["translations/norm.ja.json:2"] * 2
    assert {problem.message.split(";")[0] for problem in guesses} == {
        "a placeholder is missing",
        "a placeholder stands for nothing here",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "nowhere"}, "does not exist"),
        ({"source": "translations"}, "holds no page"),
        ({"output": "src"}, "source"),
        ({"output": "."}, "source"),
    ],
)
def test_what_cannot_be_built_stops_before_anything_is_touched(
    folder: Path, settings: dict[str, str], message: str
) -> None:
    before = tree(folder)
    with pytest.raises(SiteError, match=message):
        build(config_of(folder, settings))
    assert tree(folder) == before


def config_of(folder: Path, settings: dict[str, str]) -> Config:
    return load_config(folder, **settings)


def test_a_folder_that_is_not_ours_is_not_touched(folder: Path) -> None:
    (folder / "public").mkdir()
    (folder / "public" / "thesis.txt").write_text("years of work")
    with pytest.raises(SiteError, match="public"):
        build(load_config(folder))
    assert tree(folder / "public") == {"thesis.txt": b"years of work"}


def test_two_sources_for_one_page_stop_and_are_both_named(folder: Path) -> None:
    (folder / "src" / "norm.md").write_text("# Norm")
    with pytest.raises(SiteError) as error:
        build(load_config(folder))
    assert "src/norm.md" in str(error.value)
    assert "src/norm.py" in str(error.value)
    assert not (folder / "public").exists()

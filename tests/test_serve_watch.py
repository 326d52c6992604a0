import asyncio
import contextlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from site_builder.config import load_config
from site_builder.serve.watch import Watched, changes, watched

PATIENCE = 20
QUIET = 0.25


@pytest.fixture
def config(tmp_path):
    (tmp_path / "src").mkdir()
    return load_config(tmp_path)


def test_what_is_watched(config, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    found = watched(replace(config, templates=tmp_path / "link", static=tmp_path / "static"))
    ours = {tmp_path / name for name in ("src", "translations", "real", "static")}
    assert ours < found.folders
    assert [path.name for path in found.folders - ours] == ["templates"]
    assert found.files == {tmp_path / "pyproject.toml", tmp_path / "site-builder.toml"}


@pytest.mark.parametrize(
    ("path", "concerns"),
    [
        ("src/a.py", True),
        ("src/new/folder", True),
        ("src/a.png", True),
        ("translations/a.ja.json", True),
        ("src/.git/index", False),
        ("src/.a.py.swp", False),
        ("src/.#a.py", False),
        ("src/#a.py#", False),
        ("src/a.py~", False),
        ("src/4913", False),
        ("src/a.py___jb_tmp___", False),
        ("src/__pycache__/a.cpython-311.pyc", False),
        ("src/public/a.html", False),
        ("src/public", False),
        (".translations/a.ja.json", True),
        ("elsewhere/a.py", False),
    ],
)
def test_which_files_concern_the_site(path, concerns):
    root = Path("/project/.home")
    folders = frozenset({root / "src", root / "translations", root / ".translations"})
    assert Watched(folders, frozenset(), root / "src" / "public").concerns(root / path) is concerns


def seen(config, *edits, look=None):
    """Make the edits one by one; fails unless a change is seen after each."""

    async def watch():
        told = asyncio.Event()

        async def listen():
            async for _ in changes(look or (lambda: watched(config))):
                told.set()

        listening = asyncio.create_task(listen())
        for edit in (None, *edits):
            if edit:
                await asyncio.to_thread(edit)
            await asyncio.wait_for(told.wait(), PATIENCE)
            told.clear()
            with contextlib.suppress(TimeoutError):  # One edit may be told as several changes.
                while True:
                    await asyncio.wait_for(told.wait(), QUIET)
                    told.clear()
        listening.cancel()

    asyncio.run(watch())


def test_a_change_is_seen_in_every_place(config, tmp_path):
    def write(name, text="x"):
        def edit():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        return edit

    seen(
        config,
        write("src/a.py"),
        write("src/new/deep/er/a.py"),
        write("translations/a.ja.json"),
        write("translations/a.ja.json", "{}"),
        write("pyproject.toml"),
        (tmp_path / "src/a.py").unlink,
    )


def test_files_that_are_replaced_are_seen(config, tmp_path):
    def replaced(name):
        def edit():
            (tmp_path / "new").write_text(f"x{name}")
            (tmp_path / "new").replace(tmp_path / name)

        return edit

    (tmp_path / "pyproject.toml").write_text("")
    name = "src/a.py"
    seen(config, replaced(name), replaced(name), replaced("pyproject.toml"))


def test_a_folder_that_is_replaced_is_watched_on(config, tmp_path):
    def replace_folder():
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "b.py").write_text("b")
        shutil.rmtree(tmp_path / "src")
        (tmp_path / "other").rename(tmp_path / "src")

    def edit():
        (tmp_path / "src" / "b.py").write_text("c")

    seen(config, replace_folder, edit)


def test_the_plan_may_change(config, tmp_path):
    (tmp_path / "other").mkdir()
    configs = [config]

    def move():
        configs.append(replace(config, source=tmp_path / "other"))

    def edit():
        (tmp_path / "other" / "a.py").write_text("a")

    seen(config, move, edit, look=lambda: watched(configs[-1]))

"""Which files become pages, under which URL, and what may not share one."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment

from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.reading.discover import KINDS, collisions, folders_without_index, page_url, survey

Tree = Callable[..., Config]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make files below `src` and return their configuration."""

    def make(*files: str, **settings: object) -> Config:
        for file in files:
            path = tmp_path / "src" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return load_config(tmp_path, **settings)

    return make


def paths(config: Config) -> list[str]:
    sources, problems, _ = survey(config)
    assert problems == ()
    return [source.path for source in sources]


def clashes(config: Config, *languages: str) -> list[str]:
    return [str(problem) for problem in collisions(survey(config)[0], languages, config.shown)]


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("__init__.py", "index.html"),
        ("a/b/__init__.py", "a/b/index.html"),
        ("a/x__init__.py", "a/x__init__.html"),
        ("a/x.py", "a/x.html"),
        ("a/X.PY", "a/X.html"),
        ("a.b/x.y.py", "a.b/x.y.html"),
        ("readme.md", "readme.html"),
        ("README.md", "README.html"),
        ("a/index.md", "a/index.html"),
        ("INDEX.md", "index.html"),
        ("Index.py", "Index.html"),
        ("__init__.md", "__init__.html"),
        ("a/norm.cu", "a/norm.cu.html"),
        ("index.js", "index.js.html"),
        ("plot.R", "plot.R.html"),
    ],
)
def test_urls(path: str, url: str, tree: Tree) -> None:
    (source,), *_ = survey(tree(path))
    assert (source.path, source.url) == (path, url)
    assert page_url(path, source.kind) == url


def test_a_source_knows_its_file_and_what_reads_it(tree: Tree) -> None:
    config = tree("a/x.py", "b.md", "c.cuh")
    found = [(source.file, source.kind) for source in survey(config)[0]]
    assert found == [
        (config.source / "a/x.py", "python"),
        (config.source / "b.md", "markdown"),
        (config.source / "c.cuh", "cuda"),
    ]


@pytest.mark.parametrize("lexer", sorted(set(KINDS.values()) - {"python", "markdown"}))
def test_every_lexer_tells_comments(lexer: str) -> None:
    def tells(comment: str) -> bool:
        tokens = get_lexer_by_name(lexer).get_tokens(f"{comment}\n")
        found = [(kind, text) for kind, text in tokens if text.strip()]
        return (
            all(kind in Comment for kind, _ in found)
            and "".join(text for _, text in found).strip() == comment
        )

    assert any(map(tells, ["// a", "# a", "-- a", "! a", "(* a *)"]))


def test_sources_are_sorted_and_only_known_suffixes_count(tree: Tree) -> None:
    config = tree("b.py", "a/z.py", "a.py", "data.json", "Makefile", "x.py.bak", "py", ".py")
    assert paths(config) == ["a.py", "a/z.py", "b.py"]


def test_what_is_left_out_by_default(tree: Tree) -> None:
    config = tree(
        "x.py",
        ".hidden.py",
        ".git/x.py",
        "a/.b/x.py",
        "__pycache__/x.py",
        "a/node_modules/x/y.js",
        "a/site-packages/x/y.py",
        "env/lib/x.py",
    )
    (config.source / "env" / "pyvenv.cfg").touch()
    assert paths(config) == ["x.py"]


def test_tests_are_included(tree: Tree) -> None:
    assert paths(tree("tests/test_x.py", "test/x.py")) == ["test/x.py", "tests/test_x.py"]


def test_a_source_inside_a_hidden_folder_or_an_environment_is_read(tree: Tree, tmp_path: Path) -> None:
    config = tree("../.env/x.py", "../.env/pyvenv.cfg", source=tmp_path / ".env")
    assert paths(config) == ["x.py"]


def test_the_output_is_left_out(tree: Tree, tmp_path: Path) -> None:
    config = tree("x.py", "public/y.py", "public2/z.py", output=tmp_path / "src" / "public")
    assert paths(config) == ["public2/z.py", "x.py"]


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("vendor", ["a/x.py", "a/x_pb2.py", "vendors.py"]),
        ("vendor/", ["a/x.py", "a/x_pb2.py", "vendors.py"]),
        ("/vendor", ["a/vendor/y.py", "a/x.py", "a/x_pb2.py", "vendors.py"]),
        ("./vendor/*", ["a/vendor/y.py", "a/x.py", "a/x_pb2.py", "vendors.py"]),
        ("**/vendor", ["a/x.py", "a/x_pb2.py", "vendors.py"]),
        ("*_pb2.py", ["a/vendor/y.py", "a/x.py", "vendor/b/x.py", "vendors.py"]),
        ("*/*.py", ["a/vendor/y.py", "vendor/b/x.py", "vendors.py"]),
        ("a/**", ["vendor/b/x.py", "vendors.py"]),
        ("vendor?.py", ["a/vendor/y.py", "a/x.py", "a/x_pb2.py", "vendor/b/x.py"]),
        ("a/x[y.py", ["a/vendor/y.py", "a/x.py", "a/x_pb2.py", "vendor/b/x.py", "vendors.py"]),
    ],
)
def test_exclude(glob: str, left: list[str], tree: Tree) -> None:
    config = tree("a/x.py", "a/x_pb2.py", "a/vendor/y.py", "vendor/b/x.py", "vendors.py", exclude=(glob,))
    assert paths(config) == left


def test_include_narrows_what_is_read(tree: Tree) -> None:
    files = ("a/x.py", "a/b/y.py", "a/b/z.md", "c.py", "c.txt")
    assert paths(tree(*files, include=("a/**/*.py", "*.txt"))) == ["a/b/y.py", "a/x.py"]
    assert paths(tree(include=("b", "c.py"), exclude=("z.md",))) == ["a/b/y.py", "c.py"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_git_ignored_files_are_left_out(tree: Tree, tmp_path: Path) -> None:
    config = tree("x.py", "gen/y.py", "a/gen/y.py", "a/ü.tmp.py", "a/kept.tmp.py", "all/z.py")
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("gen/\n*.tmp.py\n/src/all\n")
    git(tmp_path, "add", "--force", "src/a/kept.tmp.py")
    assert paths(config) == ["a/kept.tmp.py", "x.py"]


def test_git_does_not_run_what_a_repository_names(tree: Tree, tmp_path: Path) -> None:
    config = tree("x.py")
    git(tmp_path, "init")
    git(tmp_path, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    assert paths(config) == ["x.py"]
    assert not (tmp_path / "ran").exists()


def test_a_git_hook_asks_of_the_source_s_repository(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tree("x.py", "gen/y.py")
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("gen/\n")
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert paths(config) == ["x.py"]


@pytest.mark.parametrize("ignored", ["src/", "*", "*.py"])
def test_a_source_that_git_ignores_whole_is_read(tree: Tree, tmp_path: Path, ignored: str) -> None:
    config = tree("x.py", "a/y.py")
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text(f"{ignored}\n")
    assert paths(config) == ["a/y.py", "x.py"]


def test_without_git_nothing_is_ignored(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tree("x.py", "y.py")
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text("y.py\n")
    monkeypatch.setenv("PATH", "")
    assert paths(config) == ["x.py", "y.py"]


def test_links_to_folders_are_not_followed(tree: Tree, tmp_path: Path) -> None:
    config = tree("a/x.py", "../other/y.py")
    (config.source / "a" / "loop").symlink_to("..")
    (config.source / "other").symlink_to(tmp_path / "other")
    assert paths(config) == ["a/x.py"]


def test_a_linked_source_folder_is_read(tree: Tree, tmp_path: Path) -> None:
    config = tree("a/x.py", source=tmp_path / "link")
    config.source.symlink_to("src")
    assert paths(config) == ["a/x.py"]
    assert config.title == "link"


def test_links_to_files_stay_inside(tree: Tree, tmp_path: Path) -> None:
    config = tree("a/x.py", "../secret.md")
    links = {"inside.py": "a/x.py", "outside.md": "../secret.md", "dead.py": "gone.py", "loop.py": "loop.py"}
    for name, target in links.items():
        (config.source / name).symlink_to(target)
    sources, problems, _ = survey(config)
    assert [source.path for source in sources] == ["a/x.py", "inside.py"]
    assert [(str(problem.where), problem.severity) for problem in problems] == [
        ("src/dead.py", "warning"),
        ("src/loop.py", "warning"),
        ("src/outside.md", "warning"),
    ]


def test_only_files_are_pages(tree: Tree) -> None:
    config = tree("x.py", "folder.py/y.py")
    os.mkfifo(config.source / "pipe.py")
    assert paths(config) == ["folder.py/y.py", "x.py"]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (b"\xff.py", "src/\\xff.py: the name is not UTF-8"),
        (b"a\xff/x.py", "src/a\\xff/x.py: the name is not UTF-8"),
        (b"a\nb.py", "src/a\nb.py: the name holds a control character"),
        (b"a\\b.py", "src/a\\b.py: the name holds a backslash"),
    ],
)
def test_names_that_cannot_be_urls(name: bytes, fault: str, tree: Tree) -> None:
    config = tree("x.py", os.fsdecode(name))
    sources, (problem,), _ = survey(config)
    assert [source.path for source in sources] == ["x.py"]
    assert str(problem).startswith(fault)
    assert problem.severity == "error"


def test_names_in_any_script_are_fine(tree: Tree) -> None:
    names = ["नमस्ते.py", "a b.py", "a\N{NO-BREAK SPACE}b.py", "日本.md", "100%.py", "c#.py"]
    assert paths(tree(*names)) == sorted(names)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_an_unreadable_folder_is_a_problem(tree: Tree) -> None:
    config = tree("x.py", "closed/y.py")
    (config.source / "closed").chmod(0)
    try:
        _, (problem,), _ = survey(config)
    finally:
        (config.source / "closed").chmod(0o700)
    assert str(problem).startswith("src/closed: the folder cannot be read: Permission denied")


def test_a_folder_that_vanishes_is_a_problem(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    config, scandir = tree("x.py", "gone/y.py"), os.scandir

    def vanishing(path: Path) -> object:
        if path.name == "gone":
            raise FileNotFoundError(2, "No such file or directory")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    sources, (problem,), _ = survey(config)
    assert len(sources) == 1
    assert str(problem).startswith("src/gone: the folder cannot be read: No such file")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("src/gone", "src/gone: the source does not exist"),
        ("src/data.json", "src/data.json: the source is not a folder"),
        ("src", "src: the source holds no page"),
    ],
)
def test_missing_and_empty_sources(source: str, message: str, tree: Tree) -> None:
    config = tree("data.json", ".hidden.py", source=source)
    with pytest.raises(SiteError) as error:
        survey(config)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["x.py", "x.md"], ["src/x.py: its page x.html is also that of src/x.md"]),
        (
            ["a/__init__.py", "a/index.py"],
            ["src/a/index.py: its page a/index.html is also that of src/a/__init__.py"],
        ),
        (["X.py", "x.py"], ["src/x.py: its page x.html is also that of src/X.py"]),
        (["strasse.py", "straße.py"], ["src/straße.py: its page straße.html is also that of src/strasse.py"]),
        (["é.py", "e\u0301.py"], ["src/é.py: its page é.html is also that of src/e\u0301.py"]),
        (["a/x.py", "A/y.py"], ["src/a: its page a/index.html is also that of src/A"]),
        (["a/x.py", "A/__init__.py"], ["src/a: its page a/index.html is also that of src/A/__init__.py"]),
        (["x.py", "x.html/y.py"], ["src/x.html: the folder stands where the page of src/x.py goes"]),
        (["404.py"], ["src/404.py: 404.html is where the site itself will be"]),
        (["_site/a.py", "_site/b/c.py"], ["src/_site: _site is where the site itself will be"]),
        (["ja/a.py", "ja/b/c.py"], ["src/ja: ja is where the pages in ja will be"]),
        (["PT-br/a.py"], ["src/PT-br: PT-br is where the pages in pt-BR will be"]),
    ],
)
def test_collisions(files: list[str], told: list[str], tree: Tree) -> None:
    found = clashes(tree(*files), "ja", "pt-BR")
    assert [problem.partition(" [")[0] for problem in found] == told


def test_what_does_not_collide(tree: Tree) -> None:
    config = tree(
        "x.py", "x.cu", "x.cpp", "a/404.py", "a/ja/x.py", "a/_site/x.py", "ja.py", "zh/x.py", "readme.md"
    )
    assert clashes(config, "ja") == []


def test_folders_without_index(tree: Tree) -> None:
    sources, *_ = survey(tree("a/b/c/x.py", "a/b/d/__init__.py", "e/index.md", "e/f/readme.md"))
    assert folders_without_index(sources) == ("", "a", "a/b", "a/b/c", "e/f")
    sources, *_ = survey(tree("__init__.py"))
    assert "" not in folders_without_index(sources)

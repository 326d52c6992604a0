import errno
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from site_builder.build.publish import Stage, check_output, publishing
from site_builder.errors import SiteError

SCRIPT = Path(__file__).parent / "fixtures/publish/sites.py"
_spec = importlib.util.spec_from_file_location("publish_sites", SCRIPT)
assert _spec
assert _spec.loader
sites = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sites)
publish, OLD, NEW = sites.publish, sites.OLD, sites.NEW

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs fork or symbolic links")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "public"


def tree(folder: Path) -> dict[str, bytes | None]:
    """All that is in a folder, hidden things too; a folder's content is None."""
    found = sorted(folder.rglob("*"))
    return {at.relative_to(folder).as_posix(): None if at.is_dir() else at.read_bytes() for at in found}


def clean(tmp_path: Path, site: dict[str, bytes]) -> dict[str, bytes | None]:
    publish(tmp_path / "clean", site)
    return tree(tmp_path / "clean")


def times(folder: Path) -> dict[Path, tuple[int, int]]:
    return {at: (at.stat().st_mtime_ns, at.stat().st_ino) for at in folder.rglob("*") if at.is_file()}


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(SiteError) as caught:
        call()
    assert caught.value.problems[0].hint
    return str(caught.value)


# What readers have before a commit


def test_what_replaces_a_file_can_be_shown_before_the_rest(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    with publishing(output) as publication:
        for path, content in NEW.items():
            publication.stage.write(path, content)
        shown = publication.show(["changed.html", "same.html", "ja/more/page.html", "swap/inner.html"])
        assert shown == ("changed.html",)
        assert (output / "changed.html").read_bytes() == NEW["changed.html"]
        assert (output / "index.html").read_bytes() == OLD["index.html"]
        changed = publication.commit(NEW)
    assert "changed.html" not in changed
    assert "index.html" in changed
    assert tree(output) == clean(tmp_path, NEW)


@posix_only
def test_nothing_is_shown_through_a_link(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    (output / "ja").rename(tmp_path / "elsewhere")
    (output / "ja").symlink_to(tmp_path / "elsewhere")
    with publishing(output) as publication:
        publication.stage.write("ja/index.html", b"new")
        assert publication.show(["ja/index.html"]) == ()
    assert (tmp_path / "elsewhere" / "index.html").read_bytes() == OLD["ja/index.html"]


def test_what_was_shown_is_told_apart_by_the_next_build(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    with publishing(output) as publication:
        publication.stage.write("changed.html", NEW["changed.html"])
        publication.show(["changed.html"])
    publish(output, OLD)
    assert tree(output) == clean(tmp_path, OLD)


# What a build leaves


def test_a_site_holds_its_files_and_a_manifest(output: Path) -> None:
    assert publish(output, OLD) == tuple(sorted(OLD))
    assert {path: content for path, content in tree(output).items() if path in OLD} == OLD
    assert [at.name for at in (output / ".site-builder").iterdir()] == ["manifest.json"]
    assert json.loads((output / ".site-builder/manifest.json").read_bytes())["files"] == sorted(OLD)


def test_the_next_version_replaces_the_last(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    assert publish(output, NEW) == tuple(sorted({*OLD, *NEW} - {"same.html"}))
    assert tree(output) == clean(tmp_path, NEW)
    publish(output, OLD)
    assert tree(output) == {**clean(tmp_path, OLD)}


def test_what_is_written_can_be_read_before_it_is_published(output: Path) -> None:
    publish(output, OLD)
    with publishing(output) as publication:
        stage, path = publication.stage, next(iter(OLD))
        assert stage.read(path) == OLD[path]
        stage.write(path, b"new")
        assert stage.read(path) == b"new"
        stage.write(path, OLD[path])
        assert stage.read(path) == OLD[path]


def test_an_unchanged_site_is_not_touched(output: Path) -> None:
    publish(output, OLD)
    before = times(output)
    assert publish(output, OLD) == ()
    assert times(output) == before


def test_only_what_differs_is_written(output: Path) -> None:
    publish(output, OLD)
    before = times(output)
    assert publish(output, {**OLD, "changed.html": b"<p>3</p>"}) == ("changed.html",)
    assert {at.name for at, time in times(output).items() if time != before[at]} == {"changed.html"}


def test_a_file_that_someone_removed_or_changed_is_mended(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    (output / "index.html").write_bytes(b"touched")
    (output / "same.html").unlink()
    assert publish(output, OLD) == ("index.html", "same.html")
    assert tree(output) == clean(tmp_path, OLD)


def test_without_a_commit_nothing_changes(output: Path) -> None:
    with publishing(output) as publication:
        publication.stage.write("index.html", b"x")
    assert not output.exists()
    publish(output, OLD)
    before, seen = tree(output), times(output)
    with publishing(output) as publication:
        publication.stage.write("index.html", b"x")
    assert (tree(output), times(output)) == (before, seen)


def test_an_error_of_the_caller_passes_as_it_is(output: Path) -> None:
    with pytest.raises(FileNotFoundError), publishing(output):
        raise FileNotFoundError("theirs")


def test_a_page_that_is_not_in_the_site_is_not_published(output: Path) -> None:
    with publishing(output) as publication:
        publication.stage.write("a.html", b"a")
        publication.stage.write("b.html", b"b")
        assert publication.commit(iter(["a.html"])) == ("a.html",)
    assert not (output / "b.html").exists()


def test_the_last_content_of_a_page_counts(output: Path) -> None:
    publish(output, {"a.html": b"a"})
    with publishing(output) as publication:
        assert publication.stage.write("a.html", b"b")
        assert not publication.stage.write("a.html", b"a")
        assert publication.commit(["a.html"]) == ()
    assert (output / "a.html").read_bytes() == b"a"


def test_the_stage_travels_to_other_processes(output: Path) -> None:
    with publishing(output) as publication:
        stage: Stage = pickle.loads(pickle.dumps(publication.stage))
        assert stage.write("a.html", b"a")
        assert publication.commit(["a.html"]) == ("a.html",)


def test_names_in_any_script_and_of_any_bytes(output: Path) -> None:
    site = {
        "ノルム/γ.html": b"1",
        os.fsdecode(b"caf\xe9.html") if os.name != "nt" else "x": b"2",
        "a b\n.html": b"3",
    }
    publish(output, site)
    assert publish(output, {}) == tuple(sorted(site))
    assert [at.name for at in output.iterdir()] == [".site-builder"]


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../x",
        "/x",
        "a/../../x",
        "a//b",
        "./a",
        "a/",
        "a\0b",
        ".site-builder/manifest.json",
        ".Site-Builder/x",
    ],
)
def test_a_path_that_leaves_the_site_is_our_bug(output: Path, path: str) -> None:
    with publishing(output) as publication:
        with pytest.raises(ValueError, match="not a path"):
            publication.stage.write(path, b"x")
        with pytest.raises(ValueError, match="not a path"):
            publication.commit([path])
    assert not output.exists()


def test_a_page_that_was_never_written_is_our_bug(output: Path) -> None:
    publish(output, OLD)
    before = tree(output)
    with (
        publishing(output) as publication,
        pytest.raises(ValueError, match=r"never written: 'nowhere\.html'"),
    ):
        publication.commit([*OLD, "nowhere.html"])
    assert tree(output) == before


def test_a_page_below_a_page_is_our_bug(output: Path) -> None:
    with pytest.raises(ValueError, match="both a file and a folder: 'a'"):
        publish(output, {"a": b"x", "a/b/c": b"x"})


# What is not ours


def test_foreign_files_stay(output: Path) -> None:
    publish(output, OLD)
    (output / "CNAME").write_text("example.org")
    (output / "gone/deep/note.txt").write_text("mine")
    publish(output, NEW)
    assert (output / "CNAME").read_text() == "example.org"
    assert (output / "gone/deep/note.txt").read_text() == "mine"
    assert not (output / "gone/deep/page.html").exists()


def make_file(at: Path) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(b"more")


def make_link(at: Path) -> None:
    at.symlink_to(at.parents[2] / "elsewhere")


@pytest.mark.parametrize(
    ("obstacle", "make"),
    [
        ("ja/more/page.html", make_file),  # It holds what the page would: it is foreign all the same.
        ("ja/more", make_file),
        ("turn/mine.txt", make_file),
        ("turn/b/mine/too.txt", make_file),
        ("turn/empty", Path.mkdir),
        ("ja/more", make_link),
        ("turn/link", make_link),
    ],
)
@posix_only
def test_a_foreign_thing_in_the_way_is_named_and_stays(
    output: Path, tmp_path: Path, obstacle: str, make: Callable[[Path], None]
) -> None:
    make_file(tmp_path / "elsewhere/mine.txt")
    publish(output, OLD)
    make(output / obstacle)
    before = tree(output)
    message = refusal(lambda: publish(output, NEW))
    assert f"public/{obstacle}: is in the way of" in message
    assert tree(output) == before
    assert tree(tmp_path / "elsewhere") == {"mine.txt": b"more"}


@posix_only
def test_nothing_goes_through_a_link(output: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    publish(elsewhere, {"index.html": OLD["ja/index.html"]})
    publish(output, OLD)
    (output / "ja/index.html").unlink()
    (output / "ja").rmdir()
    (output / "ja").symlink_to(elsewhere)
    assert "public/ja: is in the way of ja/index.html" in refusal(lambda: publish(output, OLD))
    without = {path: content for path, content in OLD.items() if not path.startswith("ja/")}
    publish(output, without)
    assert (elsewhere / "index.html").read_bytes() == OLD["ja/index.html"]
    assert (output / "ja").is_symlink()


@posix_only
def test_a_link_in_place_of_a_page_is_not_followed(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    (tmp_path / "mine.txt").write_bytes(OLD["same.html"])
    (output / "same.html").unlink()
    (output / "same.html").symlink_to(tmp_path / "mine.txt")
    assert "public/same.html: is in the way" in refusal(lambda: publish(output, OLD))
    publish(output, {"index.html": b"x"})
    assert (tmp_path / "mine.txt").exists()
    assert (output / "same.html").is_symlink()


@posix_only
def test_a_pipe_in_place_of_a_page_is_not_read(output: Path) -> None:
    publish(output, {"other.html": b"x"})
    os.mkfifo(output / "empty.html")
    assert "public/empty.html: is in the way" in refusal(lambda: publish(output, {"empty.html": b""}))


@posix_only
def test_the_output_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    publish(tmp_path / "link", OLD)
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == clean(tmp_path, OLD)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"files": 3}',
        b'{"files": [3]}',
        b'{"files": ["../mine.txt"]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
@pytest.mark.parametrize("name", ["manifest.json", "journal.json"])
def test_a_damaged_record_touches_nothing(output: Path, tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "mine.txt").touch()
    publish(output, OLD)
    (output / ".site-builder" / name).write_bytes(content)
    before = tree(output)
    assert f".site-builder/{name}: is damaged" in refusal(lambda: publish(output, NEW))
    assert tree(output) == before
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize("stage", ["..", "stage-/../..", "/tmp", "ja"])
def test_a_forged_journal_takes_nothing_from_elsewhere(output: Path, stage: str) -> None:
    publish(output, OLD)
    lists: dict[str, Any] = {name: [] for name in ("remove_first", "move", "remove_last", "files")}
    (output / ".site-builder/journal.json").write_text(json.dumps({"stage": stage, **lists}))
    assert "is damaged" in refusal(lambda: publish(output, NEW))
    assert (output / "ja/index.html").exists()


# Folders that must not be used


def lay_out(tmp_path: Path) -> Path:
    source = tmp_path / "project/src"
    source.mkdir(parents=True)
    (source / "a.py").touch()
    (tmp_path / "project/full").mkdir()
    (tmp_path / "project/full/mine.txt").touch()
    (tmp_path / "project/file").touch()
    (tmp_path / "project/empty").mkdir()
    publish(tmp_path / "project/site", OLD)
    return source


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("project/src", "public: is the source folder"),
        ("project/src/../src/.", "public: is the source folder"),
        ("project", "public: contains the source"),
        ("project/full", "public: is not empty"),
        ("project/file", "public: is a file"),
        ("/", "public: is no place for a site"),
        ("~", "public: is no place for a site"),
        ("bad\0name", "public: leads nowhere"),
    ],
)
def test_a_bad_output_is_refused_untouched(
    tmp_path: Path, output: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lay_out(tmp_path)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    before = tree(tmp_path)
    place = tmp_path / "home" if output == "~" else tmp_path / output
    assert message in refusal(lambda: check_output(place, source, "public"))
    assert tree(tmp_path) == before


@posix_only
def test_a_link_to_the_source_is_the_source(tmp_path: Path) -> None:
    source = lay_out(tmp_path)
    (tmp_path / "link").symlink_to(source)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "is the source folder" in refusal(lambda: check_output(tmp_path / "link", source))
    assert "is the source folder" in refusal(lambda: check_output(source, tmp_path / "link"))
    assert "leads nowhere" in refusal(lambda: check_output(tmp_path / "loop", source))


@pytest.mark.parametrize(
    "output", ["project/new", "project/empty", "project/site", "project/src/public", "a/b/c"]
)
def test_a_good_output_is_taken(tmp_path: Path, output: str) -> None:
    source = lay_out(tmp_path)
    before = tree(tmp_path)
    check_output(tmp_path / output, source)
    assert tree(tmp_path) == before


def test_a_folder_of_someone_else_is_not_published_to(tmp_path: Path) -> None:
    lay_out(tmp_path)
    before = tree(tmp_path)
    assert "is not empty" in refusal(lambda: publish(tmp_path / "project/full", OLD))
    assert "is a file" in refusal(lambda: publish(tmp_path / "project/file", OLD))
    assert "file/site: cannot be written: Not a directory" in refusal(
        lambda: publish(tmp_path / "project/file/site", OLD)
    )
    assert tree(tmp_path) == before


@posix_only
def test_a_hidden_folder_that_leads_elsewhere_is_refused(output: Path, tmp_path: Path) -> None:
    output.mkdir()
    (output / ".site-builder").symlink_to(tmp_path)
    assert ".site-builder: is a symbolic link" in refusal(lambda: publish(output, OLD))


# One build at a time


def script(*arguments: str | Path) -> list[str]:
    return [sys.executable, str(SCRIPT), *map(str, arguments)]


@posix_only
def test_a_second_build_is_told_who_holds_the_folder(output: Path, tmp_path: Path) -> None:
    publish(output, OLD)
    with subprocess.Popen(script("hold", output), stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        assert f"another build is writing here (process {holder.pid})" in refusal(
            lambda: publish(output, NEW)
        )
        holder.kill()
    assert (output / ".site-builder/lock").exists()
    publish(output, NEW)
    assert tree(output) == clean(tmp_path, NEW)


# Killed


def versions(path: str) -> set[bytes]:
    return {site[path] for site in (OLD, NEW) if path in site}


def require_whole(output: Path) -> None:
    found = {path: content for path, content in tree(output).items() if not path.startswith(".site-builder")}
    for path, content in found.items():
        assert content is None or content in versions(path), f"{path} is torn"
    assert found.keys() >= OLD.keys() & NEW.keys()


@posix_only
@pytest.mark.parametrize(("how", "at_least"), [("everywhere", 60), ("anytime", 35)])
def test_killed_builds_leave_whole_files_and_the_next_one_mends(
    tmp_path: Path, how: str, at_least: int
) -> None:
    subprocess.run(script(how, tmp_path / "out"), check=True, timeout=60)
    outputs = sorted((tmp_path / "out").iterdir())
    assert len(outputs) >= at_least
    goal = {"new": clean(tmp_path, NEW), "old": clean(tmp_path, OLD)}
    unfinished = 0
    for number, output in enumerate(outputs):
        require_whole(output)
        unfinished += (output / ".site-builder/journal.json").exists()
        # What was begun is finished even if the next build then finds nothing to say.
        with publishing(output):
            pass
        assert tree(output) in goal.values(), f"{output} is neither the old site nor the new one"
        publish(output, NEW if number % 2 else OLD)
        assert tree(output) == goal["new" if number % 2 else "old"]
    assert unfinished  # Some died in the middle of it.


@posix_only
def test_all_that_a_change_needs_is_on_disk_before_it_begins(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut keeps only what was synced: first the new files, then the journal, then the moves."""
    publish(output, OLD)
    log: list[tuple[str, str]] = []
    fsync, replace, unlink = os.fsync, os.replace, os.unlink

    def logged_fsync(descriptor: int) -> None:
        log.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def logged_replace(old: Any, new: Any) -> None:
        log.append(("move", str(new)))
        replace(old, new)

    def logged_unlink(path: Any, **options: Any) -> None:
        log.append(("unlink", str(path)))
        unlink(path, **options)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to name what is synced")
    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(os, "replace", logged_replace)
    monkeypatch.setattr(os, "unlink", logged_unlink)
    changed = publish(output, NEW)

    control = output / ".site-builder"
    journaled = log.index(("move", str(control / "journal.json")))
    forgotten = log.index(("unlink", str(control / "journal.json")))
    staged = [path for step, path in log[:journaled] if step == "move"]
    synced = {path for step, path in log[:journaled] if step == "sync"}
    assert len(staged) == len(set(changed) & NEW.keys())
    assert synced >= {*staged, str(Path(staged[0]).parent), str(control / "journal.json.new")}
    first_move = next(at for at, entry in enumerate(log) if at > journaled and entry[0] in {"move", "unlink"})
    assert ("sync", str(control)) in log[journaled:first_move]
    last_move = max(log.index(("move", str(output / path))) for path in changed if path in NEW)
    folders = {str((output / path).parent) for path in changed if (output / path).parent.is_dir()}
    assert {path for step, path in log[last_move:forgotten] if step == "sync"} >= {*folders, str(control)}


# Interrupted and refused


def failing_at(number: int, name: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one call of the operating system fail, the one of this number."""
    call, count = getattr(os, name), iter(range(1, 10_000))

    def failing(*args: Any, **kwargs: Any) -> Any:
        if next(count) == number:
            raise error
        return call(*args, **kwargs)

    monkeypatch.setattr(os, name, failing)


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    with monkeypatch.context() as patch:
        yield patch


@pytest.mark.parametrize("number", range(1, 15))
def test_ctrl_c_leaves_one_version_or_the_other(output: Path, tmp_path: Path, number: int) -> None:
    """Six files are staged, then come the journal, six moves and the manifest."""
    publish(output, OLD)
    with pytest.MonkeyPatch.context() as patch:
        failing_at(number, "replace", KeyboardInterrupt(), patch)
        with pytest.raises(KeyboardInterrupt):
            publish(output, NEW)
    assert tree(output) == clean(tmp_path, OLD if number <= 7 else NEW)


@pytest.mark.parametrize("number", range(1, 15))
def test_a_disk_that_fails_leaves_whole_files(output: Path, tmp_path: Path, number: int) -> None:
    publish(output, OLD)
    before = tree(output)
    with pytest.MonkeyPatch.context() as patch:
        failing_at(number, "replace", OSError(errno.ENOSPC, "No space left on device"), patch)
        message = refusal(lambda: publish(output, NEW))
    assert "public: cannot be written: No space left on device" in message
    assert "make room on this disk" in message
    require_whole(output)
    if number <= 7:
        assert tree(output) == before
    publish(output, NEW)
    assert tree(output) == clean(tmp_path, NEW)


def test_a_full_disk_while_writing_changes_nothing(output: Path) -> None:
    resource = pytest.importorskip("resource")
    publish(output, OLD)
    before = tree(output)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        message = refusal(lambda: publish(output, NEW))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "public: cannot be written: File too large" in message
    assert tree(output) == before


@posix_only
def test_a_folder_without_the_right_to_write(output: Path) -> None:
    publish(output, OLD)
    (output / "ja").chmod(0o500)
    if os.access(output / "ja", os.W_OK):
        pytest.skip("this user may write everywhere")
    try:
        message = refusal(lambda: publish(output, NEW))
        require_whole(output)
    finally:
        (output / "ja").chmod(0o700)
    assert "Permission denied" in message
    publish(output, NEW)


def test_a_disk_that_keeps_failing_is_finished_later(
    output: Path, tmp_path: Path, undone: pytest.MonkeyPatch
) -> None:
    publish(output, OLD)
    replace = os.replace

    def refuse(old: Any, new: Any) -> None:
        if str(new).endswith("page.html"):
            raise PermissionError(errno.EACCES, "Permission denied", str(new))
        replace(old, new)

    undone.setattr(os, "replace", refuse)
    for _ in range(2):
        assert "public/ja/more/page.html: cannot be written: Permission denied" in refusal(
            lambda: publish(output, NEW)
        )
        require_whole(output)
        assert (output / ".site-builder/journal.json").exists()
    undone.undo()
    publish(output, NEW)
    assert tree(output) == clean(tmp_path, NEW)

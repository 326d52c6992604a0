"""Builds on a Dask cluster, and sites that lie behind URLs. The clusters are processes of their own."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import psutil
import pytest

from site_builder.build import build
from site_builder.build.cluster import Cluster
from site_builder.build.cluster.joining import joined, program, require_same_program
from site_builder.cli import run
from site_builder.config import Config, absolute, load_config
from site_builder.errors import SiteError
from site_builder.places import at_url, is_url

BASIC = Path(__file__).parent / "sites" / "basic"
CLUSTERS = Path(__file__).parent / "fixtures" / "cluster"
COMMAND = [sys.executable, "-W", "error", "-m", "site_builder", "build", "--verbose"]


def tree(output: Path) -> dict[str, bytes]:
    return {
        path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of some size, with a source that cannot be read and one that links nowhere."""
    folder = tmp_path_factory.mktemp("distributed") / "site"
    shutil.copytree(BASIC, folder, ignore=shutil.ignore_patterns("expected"))
    for number in range(20):
        shutil.copy(BASIC / "src" / "norm.py", folder / "src" / f"copy_{number}.py")
    (folder / "src" / "broken.py").write_bytes(b'"""\xff"""\n')
    return folder


@pytest.fixture(scope="module")
def local(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The site as one process builds it: its files, and what is said of it."""
    process = started(folder, "local", "--jobs", "1", "--no-cache")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    return tree(folder / "local"), told(said)


def started(
    folder: Path, output: str, *options: str, more: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    command = [*COMMAND, "--output", output, *options]
    environment = {**os.environ, **(more or {})}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        encoding="utf-8",
    )


def told(said: str) -> list[str]:
    """What a build says, but for how far it is, how long it took and where the site is."""
    lines = said.splitlines()
    return [line for line in lines if not line.startswith(("[", "seconds", "site"))]


def wait_until_at_work(process: "subprocess.Popen[str]", tasks: int = 3) -> None:
    assert process.stderr
    said = []
    while sum(line.startswith("[") for line in said) < tasks:
        said.append(process.stderr.readline())
        assert said[-1], "".join(said)


def workers_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The worker processes below a process."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [child for child in below if any("spawn_main" in word for word in child.cmdline())]


def wait_for_end(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


# On a cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator["subprocess.Popen[str]"]:
    """A cluster of three worker processes."""
    process = subprocess.Popen(
        [sys.executable, CLUSTERS / "cluster.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # It tells of workers that die.
        text=True,
    )
    yield process
    process.communicate("", timeout=30)


@pytest.fixture(scope="module")
def address(cluster: "subprocess.Popen[str]") -> str:
    assert cluster.stdout
    return cluster.stdout.readline().strip()


def test_a_cluster_that_is_there_builds_the_same(
    folder: Path, local: tuple[dict[str, bytes], list[str]], address: str
) -> None:
    process = started(folder, "joined", "--executor", "dask", "--scheduler", address)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, told(said)) == (0, local[1])
    assert tree(folder / "joined") == local[0]


def test_a_worker_that_is_killed_changes_nothing(
    folder: Path, local: tuple[dict[str, bytes], list[str]], address: str, cluster: "subprocess.Popen[str]"
) -> None:
    assert len(workers_of(cluster)) == 3
    process = started(folder, "killed", "--executor", "dask", "--scheduler", address, "--no-cache")
    wait_until_at_work(process)
    workers_of(cluster)[0].kill()
    _, said = process.communicate(timeout=60)
    assert (process.returncode, told(said)) == (0, local[1])
    assert tree(folder / "killed") == local[0]


def test_a_cluster_that_goes_during_a_build_is_told(
    folder: Path, address: str, cluster: "subprocess.Popen[str]"
) -> None:
    quickly = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    process = started(
        folder, "gone", "--executor", "dask", "--scheduler", address, "--no-cache", more=quickly
    )
    wait_until_at_work(process)
    cluster.kill()
    cluster.communicate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the cluster: is gone, or has no workers any more [scheduler]" in said
    assert "Traceback" not in said
    assert not (folder / "gone").exists()


class Elsewhere:
    """A client of a cluster whose workers answer this."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def run(self, *_: object, **__: object) -> dict[str, Any]:
        return self.answers


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "tls://h:1: has no workers [scheduler]\n  hint: start some: dask worker --nthreads 1 tls://h:1"),
        ({"w": "3.10"}, "its worker w cannot take part: another version"),
        (
            {"a": program(), "w": ModuleNotFoundError("No module named 'site_builder'")},
            "w cannot take part: No mod",
        ),
    ],
)
def test_workers_have_to_be_like_us(answers: dict[str, Any], message: str) -> None:
    with pytest.raises(SiteError, match=re.escape(message)):
        require_same_program(Elsewhere(answers), "tls://h:1")  # type: ignore[arg-type]
    require_same_program(Elsewhere({"w": program()}), "tls://h:1")  # type: ignore[arg-type]


def test_a_scheduler_that_is_gone_is_told(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
    quickly = {**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    options = ["--no-cache", "--executor", "dask", "--scheduler", address, "-o", str(tmp_path / "site")]
    ended = subprocess.run(
        [*COMMAND, *options], cwd=BASIC, env=quickly, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{address}: cannot be joined: Timed out trying to connect")
    assert not (tmp_path / "site").exists()


def test_every_task_has_its_outcome_and_the_cluster_survives() -> None:
    command = [sys.executable, "-W", "error", str(CLUSTERS / "outcomes.py"), "2"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    bad = {5, 13, 20, 23}
    assert found["results"] == {str(n): 2**n for n in range(60) if n not in bad}
    late = ["timeout", "took over 0.5 seconds and was stopped"]
    assert found["failures"] == {
        "5": ["raised", "ValueError: wrong"],
        "13": ["died", "its worker died"],
        "20": late,
        "23": late,
    }
    assert found["raised"] == "ValueError('wrong\\nmore')"
    assert "in work\n" in found["trace"]
    assert found["second"] == [1, 3, 9, 27]
    assert not found["driver"]


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_ctrl_c_ends_all_without_a_word(folder: Path) -> None:
    process = started(folder, "interrupted", "--executor", "dask", "--jobs", "2", "--no-cache")
    wait_until_at_work(process)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(workers_of(process)) == 2
    os.killpg(process.pid, signal.SIGINT)  # As a terminal does: the workers get it too.
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert [line for line in said.splitlines() if line and not line.startswith("[")] == []
    wait_for_end(family)
    assert not (folder / "interrupted").exists()


# What is refused


def refusal(*arguments: str, **settings: Any) -> str:
    with pytest.raises(SiteError) as caught:
        Cluster(2, *arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    "scheduler", ["tcp://10.0.0.1:8786", "tcp://[2001:db8::1]:8786", "tcp://example.org:1"]
)
def test_other_machines_need_tls(scheduler: str) -> None:
    assert refusal(scheduler) == (
        f"{scheduler}: is on another machine, and tcp:// lets anyone take part [scheduler]\n"
        "  hint: use tls://, with the certificates that Dask's configuration names (distributed.comm.tls)"
    )


@pytest.mark.parametrize(
    "scheduler", ["ws://127.0.0.1:1", "127.0.0.1:8786", "tcp://", "tls://h:x", "tls://h"]
)
def test_what_is_no_address_is_refused(scheduler: str) -> None:
    assert "is no address of a scheduler" in refusal(scheduler)


@pytest.mark.parametrize(
    "scheduler", ["tcp://127.0.0.1:1", "tcp://[::1]:1", "tcp://localhost:1", "tls://h:1"]
)
def test_this_machine_and_tls_are_fine(scheduler: str) -> None:
    Cluster(2, scheduler)


def test_tls_needs_certificates() -> None:
    with (
        pytest.raises(SiteError, match="tls://h:1: wants certificates, and there are none"),
        joined("tls://h:1"),
    ):
        pass


def test_a_scheduler_needs_dask(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "--scheduler is for --executor dask" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("missing", "arguments", "message"),
    [
        ("distributed", ["--executor", "dask"], "--executor dask needs distributed, which is not installed"),
        ("upath", ["-o", "memory://site"], "memory://site: needs fsspec, which is not installed"),
    ],
)
def test_without_the_extra_its_name_is_told(
    missing: str,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(BASIC)
    for name in [name for name in sys.modules if name.startswith("site_builder.build.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    at_url.cache_clear()
    assert run(["build", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "hint: pip install 'site-builder[distributed]'" in said


# Behind URLs


@pytest.fixture
def memory() -> Iterator[Any]:
    """The files in the memory of this process."""
    system = fsspec.filesystem("memory")
    yield system
    with contextlib.suppress(FileNotFoundError):
        system.rm("/", recursive=True)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASIC, tmp_path / "small", ignore=shutil.ignore_patterns("expected")))


def files_at(memory: Any, folder: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{folder}/"): memory.cat(path) for path in memory.find(folder)}


def without_control(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if not path.startswith(".site-builder/")}


def in_memory(memory: Any, folder: Path) -> Config:
    """The same site with its source, its maps and its output in memory."""
    memory.put(str(folder / "src"), "/in/src", recursive=True)
    memory.put(str(folder / "translations"), "/in/translations", recursive=True)
    config = load_config(folder)
    places = {
        "source": "memory://in/src",
        "translations": "memory://in/translations",
        "output": "memory://out",
    }
    return replace(config, **{key: absolute(folder, url) for key, url in places.items()})


def test_a_site_in_memory_is_the_same(memory: Any, small: Path) -> None:
    config = in_memory(memory, small)
    in_files = build(load_config(small))
    found = build(config, jobs=4)
    assert without_control(files_at(memory, "/out")) == without_control(tree(small / "public"))
    assert (found.pages, found.coverage, found.problems) == (
        in_files.pages,
        in_files.coverage,
        in_files.problems,
    )
    assert found.problems
    assert set(found.changed) == without_control(files_at(memory, "/out")).keys()


def clean_build(memory: Any, config: Config) -> dict[str, bytes]:
    build(replace(config, output=absolute(config.root, "memory://clean")))
    found = files_at(memory, "/clean")
    memory.rm("/clean", recursive=True)
    return found


def test_a_build_in_memory_does_the_work_of_the_change(memory: Any, small: Path) -> None:
    config, cache = in_memory(memory, small), absolute(small, "memory://cache")
    build(config, cache=cache)
    assert build(config, cache=cache).changed == ()
    memory.pipe("/in/src/norm.py", memory.cat("/in/src/norm.py").replace(b"return", b"return 1 *"))
    reasons: dict[str, Any] = {}
    assert "norm.html" in build(config, cache=cache, explain=reasons.__setitem__).changed
    assert reasons == {"norm.html": ["source"]}
    assert files_at(memory, "/out") == clean_build(memory, config)


def test_a_page_in_memory_goes_with_its_source(memory: Any, small: Path) -> None:
    config, cache = in_memory(memory, small), absolute(small, "memory://cache")
    build(config, cache=cache)
    memory.rm("/in/src/kernels/add.cu")
    assert {"kernels/add.cu.html", "ja/kernels/add.cu.html"} <= set(build(config, cache=cache).changed)
    assert not [path for path in memory.find("/out") if "add.cu" in path]
    assert files_at(memory, "/out") == clean_build(memory, config)


def test_what_others_change_is_mended(memory: Any, small: Path) -> None:
    config, cache = in_memory(memory, small), absolute(small, "memory://cache")
    build(config, cache=cache)
    before = files_at(memory, "/out")
    memory.pipe("/out/norm.html", b"mine")
    memory.rm("/out/ja/norm.html")
    assert set(build(config, cache=cache).changed) == {"norm.html", "ja/norm.html"}
    assert files_at(memory, "/out") == before


def test_what_is_not_ours_stays(memory: Any, small: Path) -> None:
    config = in_memory(memory, small)
    memory.pipe("/out/theirs.txt", b"theirs")
    with pytest.raises(SiteError, match="is not empty, and no site of ours"):
        build(config)
    memory.rm("/out/theirs.txt")
    build(config)
    memory.pipe("/out/theirs.txt", b"theirs")
    memory.pipe("/in/src/theirs.txt", b"ours")
    memory.pipe("/in/src/guide/start.md", b"# Here\n\n[a file](../theirs.txt)\n")
    with pytest.raises(SiteError, match=r"memory://out/theirs.txt: is in the way of the site"):
        build(config)
    assert memory.cat("/out/theirs.txt") == b"theirs"
    memory.rm("/in/src/theirs.txt")
    build(config)
    assert memory.cat("/out/theirs.txt") == b"theirs"


def test_a_build_that_is_cut_short_is_finished_by_the_next(
    memory: Any, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = in_memory(memory, small)
    with monkeypatch.context() as broken:
        broken.setattr("site_builder.build.pipeline.write_others", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build(config)
    assert memory.exists("/out/norm.html")
    assert not memory.exists("/out/.site-builder/manifest.json")
    build(config)
    build(load_config(small))
    assert without_control(files_at(memory, "/out")) == without_control(tree(small / "public"))
    assert memory.ls("/out/.site-builder", detail=False) == ["/out/.site-builder/manifest.json"]


def test_pages_come_before_the_list_of_them_and_what_goes_goes_last(
    memory: Any, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = in_memory(memory, small)
    build(config)
    memory.rm("/in/src/kernels/add.cu")
    calls: list[str] = []

    def follow(name: str) -> None:
        method = getattr(type(memory), name)

        def followed(system: Any, *paths: str) -> None:
            calls.append(f"{name} {paths[-1]}")
            method(system, *paths)

        monkeypatch.setattr(type(memory), name, followed)

    follow("put_file")
    follow("rm_file")
    build(config)
    manifest = calls.index("put_file /out/.site-builder/manifest.json")
    assert calls[0] == "put_file /out/.site-builder/begun.json"
    assert all(call.startswith("put_file /out/") for call in calls[:manifest])
    assert all(call.startswith("rm_file /out/") for call in calls[manifest + 1 :])
    assert len(calls) > manifest + 2
    assert calls[-1] == "rm_file /out/.site-builder/begun.json"
    pages = [
        call.endswith(".html") and "404" not in call and "_site" not in call for call in calls[1:manifest]
    ]
    assert pages.index(False) > 0


def test_strict_cannot_be_promised_behind_a_url(memory: Any, small: Path) -> None:
    with pytest.raises(SiteError, match="cannot hold pages back behind a URL"):
        build(in_memory(memory, small), strict=True)
    assert not memory.exists("/out")


@pytest.mark.parametrize(
    ("output", "message"), [("memory://in/src", "is the source"), ("memory://in", "contains")]
)
def test_a_source_is_no_place_for_a_site(memory: Any, small: Path, output: str, message: str) -> None:
    config = in_memory(memory, small)
    with pytest.raises(SiteError, match=message):
        build(replace(config, output=absolute(small, output)))


def test_a_cluster_cannot_reach_the_memory_of_this_process(memory: Any, small: Path) -> None:
    with (
        Cluster(2) as cluster,
        pytest.raises(SiteError, match="memory://in/src: is in the memory of this process"),
    ):
        build(in_memory(memory, small), executor=cluster)


def test_a_file_url_is_the_folder_itself(small: Path) -> None:
    place = absolute(small, (small / "pub lic").as_uri())
    assert place == small / "pub lic"
    assert not is_url(place)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nosuch://x", "nosuch://x: no plugin can read it: Unsupported filesystem: 'nosuch' [url]"),
        ("s3://bucket/x", "s3://bucket/x: no plugin can read it: Install s3fs to access S3 [url]"),
    ],
)
def test_a_url_without_a_plugin_is_told(url: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", url]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["serve"], ["translations", "add", "ja"], ["translations", "sync"]])
def test_what_needs_folders_says_so(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site-builder.toml").write_text('source = "memory://in/src"\n')
    assert run(arguments) == 2
    assert "memory://in/src: is a URL, and this command needs a folder" in capsys.readouterr().err

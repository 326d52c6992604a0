import signal
import socket
import subprocess
import sys
import time
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location

import psutil
import pytest
from serving import PATIENCE, SCRIPT, serving, write

from site_builder.config import load_config
from site_builder.serve.builder import Builder


@pytest.fixture
def root(tmp_path):
    write(tmp_path, {"src/a.txt": "one", "src/b.txt": "one", "pyproject.toml": "[tool.site-builder]\n"})
    return tmp_path


def test_an_edit_reaches_the_page(root):
    with serving(root) as server, server.events(server.version("/a.html")) as news:
        problems, version, changed = news()
        assert (problems, changed) == ([], [])
        write(root, {"src/a.txt": "two"})
        problems, version, changed = news()
        assert (problems, changed) == ([], ["a.html"])
        assert "<p>two" in server.get("/a.html")[2]
        assert server.version("/a.html") == version
        write(root, {"src/new/deep/c.txt": "three"})
        assert news()[2] == ["new/deep/c.html"]


def test_what_is_ready_before_the_rest_is_told_at_once(root):
    with serving(root) as server, server.events(server.version("/a.html")) as news:
        news()
        write(root, {"src/a.txt": "!shown now"})
        assert news()[2] == ["early.html"]
        write(root, {"go": ""})
        assert news()[2] == ["a.html"]


def test_the_configuration_is_read_again(root):
    with serving(root) as server, server.events(server.version("/a.html")) as news:
        news()
        write(root, {"pyproject.toml": "[tool.site-builder]\ntitle = 'Other'\n"})
        assert news()[2] == ["a.html", "b.html"]
        assert "<title>Other" in server.get("/a.html")[2]
        write(root, {"pyproject.toml": "[tool.site-builder]\nsource = 'other'\n", "other/x.txt": "x"})
        write(root, {"pyproject.toml": "[tool.site-builder]\nsource = 'other'\noutput = 'elsewhere'"})
        while news()[2] is not None:
            pass
        assert "<p>x" in server.get("/x.html")[2]
        assert server.get("/a.html")[0] == 404
        write(root, {"other/x.txt": "y"})
        assert news()[2] == ["x.html"]


def test_a_broken_configuration_is_shown_and_the_site_stays(root):
    with serving(root) as server, server.events(server.version("/a.html")) as news:
        news()
        write(root, {"pyproject.toml": "[tool.site-builder]\ntitel = 'Other'\n"})
        (problem,), _, changed = news()
        assert (problem["where"], changed) == ("pyproject.toml:2", [])
        assert server.get("/a.html")[0] == 200
        write(root, {"pyproject.toml": "[tool.site-builder]\n"})
        assert news()[0] == []


def test_problems_are_told_and_cleared(root):
    write(root, {"src/a.txt": "!problem"})
    with serving(root) as server, server.events(server.version("/b.html")) as news:
        (problem,), _, _ = news()
        assert problem == {
            "where": "src/a.txt:1",
            "code": "fake",
            "message": "<b>bold</b> is not said here",
            "excerpt": "",
            "hint": "say it plainly",
            "severity": "error",
        }
        write(root, {"src/a.txt": "mended"})
        assert news()[0] == []


def test_what_was_there_before_is_not_served_until_it_is_the_site(root):
    write(root, {"src/a.txt": "!stop", "public/private.txt": "SECRET"})
    with serving(root) as server:
        for path in ("/", "/a.html", "/private.txt"):
            status, headers, body = server.get(path)
            assert (status, headers["Content-Type"]) == (503, "text/html; charset=utf-8")
            assert "not built yet" in body
            assert "/-/live.js" in body
        with server.events(server.version("/")) as news:
            (problem,), _, _ = news()
            assert problem["message"] == "nothing can be built"
            write(root, {"src/a.txt": "mended"})
            problems, _, changed = news()
            assert (problems, changed) == ([], None)
        assert "<p>mended" in server.get("/a.html")[2]


@pytest.mark.parametrize(("word", "ending"), [("!kill", "SIGKILL"), ("!bug", "exit code 1")])
def test_a_build_that_dies_is_a_problem_and_the_next_one_runs(root, word, ending):
    with serving(root) as server, server.events(server.version("/a.html")) as news:
        news()
        write(root, {"src/a.txt": word})
        (problem,), _, changed = news()
        assert (problem["code"], changed) == ("crash", [])
        assert ending in problem["message"]
        assert server.get("/b.html")[0] == 200
        write(root, {"src/a.txt": "mended"})
        assert news()[::2] == ([], None)
        assert ("a bug of ours" in (root / "stderr.log").read_text()) == (word == "!bug")


def test_the_server_answers_while_a_build_runs_and_changes_wait(root):
    with serving(root) as server, server.events(server.version("/a.html")) as news:
        news()
        write(root, {"src/a.txt": "!hang"})
        worker = wait_for_worker(root)
        assert "<p>one" in server.get("/a.html")[2]
        write(root, {"src/a.txt": "two"})
        build = worker.parent()
        build.kill()
        assert news()[0][0]["code"] == "crash"
        assert news()[0] == []
        assert "<p>two" in server.get("/a.html")[2]
        assert_ended([worker, build])


@pytest.mark.parametrize(
    ("number", "text"), [(signal.SIGINT, "!hang"), (signal.SIGINT, "fine"), (signal.SIGTERM, "!hang")]
)
def test_an_interrupt_ends_everything_quietly(root, number, text):
    with serving(root) as server, server.events() as news:
        news()
        write(root, {"src/b.txt": text})
        worker = wait_for_worker(root) if text == "!hang" else None
        if not worker:
            news()
        everyone = psutil.Process(server.process.pid).children(recursive=True)
        assert worker is None or worker in everyone
        assert server.stop(number) == (130 if number == signal.SIGINT else 0)
        assert_ended(everyone)
        assert (root / "stderr.log").read_text() == ""


def test_killing_the_server_leaves_no_one_behind(root):
    with serving(root) as server:
        write(root, {"src/b.txt": "!hang"})
        wait_for_worker(root)
        everyone = psutil.Process(server.process.pid).children(recursive=True)
        assert everyone
        server.stop(signal.SIGKILL)
        assert_ended(everyone)


def test_a_page_of_an_earlier_server_is_out_of_date(root):
    with serving(root) as server:
        version = server.version("/a.html")
    with serving(root, port=server.port) as server:
        with server.events(version) as news:
            assert news()[2] is None
        current = server.version("/a.html")
        with server.events(version, headers=[f"Last-Event-ID: {current}"]) as news:
            assert news()[2] == []


def test_a_page_hears_what_happened_while_it_was_loading(root):
    with serving(root) as server:
        version = server.version("/a.html")
        write(root, {"src/a.txt": "two"})
        assert server.next("report") == ["a.html"]
        with server.events(version) as news:
            assert news()[2] == ["a.html"]


def fails(root, host, port):
    command = [sys.executable, SCRIPT, root, host, str(port)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def test_an_address_that_cannot_be_used_is_the_users_to_mend(root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = fails(root, "127.0.0.1", port)
    assert message.startswith(f"127.0.0.1:{port}: cannot serve here: Address already in use [address]")
    assert "--port" in message
    assert "cannot serve here" in fails(root, "203.0.113.7", 0)
    assert "cannot serve here" in fails(root, "no such host", 0)
    assert "cannot serve here" in fails(root, "127.0.0.1", 70000)


def test_a_broken_configuration_at_first_is_no_server(root):
    write(root, {"pyproject.toml": "[tool.site-builder]\ntitel = ''\n"})
    assert "pyproject.toml:2" in fails(root, "127.0.0.1", 0)


def test_every_address_is_announced_with_a_warning_and_hosts_stay_exact(root):
    with serving(root, host="0.0.0.0") as server:
        assert "can reach this machine" in server.next("announce")
        assert server.get("/a.html", host=f"127.0.0.1:{server.port}")[0] == 200
        assert server.get("/a.html", host=f"192.0.2.1:{server.port}")[0] == 421


def fake_build(config, *, jobs, pages, touched, progress, shown):
    spec = spec_from_file_location("fake_site", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build(config, jobs=jobs, pages=pages, touched=touched, progress=progress, shown=shown)


def test_a_build_without_progress_is_stopped(root):
    with Builder(partial(load_config, root), fake_build, 1) as builder:
        assert builder.build().problems == ()
        write(root, {"src/b.txt": "!hang"})
        builder.patience = 0.6
        outcome = builder.build()
        assert "said nothing for 1 seconds" in outcome.problems[0].message
        assert_ended([worker] if (worker := worker_of(root)) else [])
        builder.patience = PATIENCE
        write(root, {"src/b.txt": "mended"})
        builder.start()
        assert builder.build().report.changed == ("b.html",)


def worker_of(root):
    file = root / "worker.pid"
    text = file.read_text() if file.exists() else ""
    try:
        return psutil.Process(int(text)) if text else None
    except psutil.NoSuchProcess:
        return None


def wait_for_worker(root):
    end = time.monotonic() + PATIENCE
    while not (worker := worker_of(root)):
        assert time.monotonic() < end
        time.sleep(0.02)
    return worker


def assert_ended(processes):
    _, alive = psutil.wait_procs(processes, timeout=5)
    # A process whose parent is gone too may wait for the system's first process to collect it.
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []

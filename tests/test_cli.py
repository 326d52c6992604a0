"""What the commands take, print and exit with."""

import os
import pty
import re
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import site_builder
from site_builder import cli
from site_builder.errors import Location, Problem, SiteError

COMMAND = (sys.executable, "-m", "site_builder")
PLAIN = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}


@dataclass
class FakeReport:
    pages: int = 2
    languages: tuple[str, ...] = ("en", "ja", "zh")
    coverage: dict[str, float] = field(default_factory=lambda: {"ja": 1.0, "zh": 0.9999})
    problems: tuple[Problem, ...] = ()
    seconds: float = 1.25
    changed: tuple[str, ...] = ()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a small site."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "x.py").write_text('"""\n# Title\n\nText of x.\n"""\nx = 1\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def built(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Let `build` end in a given way, and return what it is called with."""

    def end_with(report: FakeReport | BaseException) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def build(config: object, **options: Any) -> FakeReport:
            calls.append({"config": config, **options})
            if progress := options["progress"]:
                progress("x.html", 1, 2)
                progress("[red]y.html", 2, 2)
            if isinstance(report, FakeReport):
                return report
            raise report

        module = ModuleType("site_builder.build")
        module.build = build  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "site_builder.build", module)
        return calls

    return end_with


def site_builder_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, cwd=folder, env=PLAIN, text=True, capture_output=True, timeout=60, check=False
    )


WARNING = Problem(Location("a.ja.json", 3), "orphan", "no source", "did you mean b?", severity="warning")
ERROR = Problem(Location("a.py", 12), "formula", "is broken", excerpt="$x")
LATER = Problem(Location("a.py", 100), "formula", "is broken")


def test_the_summary(built: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    built(FakeReport(problems=(LATER, ERROR, WARNING)))
    assert cli.run(["build"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "a.ja.json:3: warning: no source [orphan]",
        "  hint: did you mean b?",
        "a.py:12: is broken [formula]",
        '  in "$x"',
        "a.py:100: is broken [formula]",
        "pages     2",
        "languages en, ja 100%, zh 99%",
        "problems  2 errors, 1 warning",
        "seconds   1.2",
        "site      public/index.html",
    ]


def test_a_summary_without_problems(built: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    built(FakeReport())
    assert cli.run(["build"]) == 0
    assert "problems  none\n" in capsys.readouterr().err


def test_quiet_prints_problems_only(built: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    built(FakeReport(problems=(LATER,)))
    assert cli.run(["build", "-q"]) == 0
    assert capsys.readouterr().err == f"{LATER}\n"


def test_verbose_prints_a_line_a_page(built: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    built(FakeReport())
    assert cli.run(["build", "-v"]) == 0
    assert capsys.readouterr().err.startswith("[1/2] x.html\n[2/2] [red]y.html\npages ")


@pytest.mark.parametrize(("problems", "code"), [((), 0), ((WARNING,), 1), ((ERROR,), 1)])
def test_strict(
    problems: tuple[Problem, ...], code: int, built: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = built(FakeReport(problems=problems))
    assert cli.run(["build", "--strict"]) == code
    assert calls[0]["strict"] is True
    assert ("as it was" in capsys.readouterr().err) is bool(code)


def test_options_reach_the_build(folder: Path, built: Callable[..., Any]) -> None:
    (folder / "site-builder.toml").write_text("source = 'elsewhere'\ntitle = 'Set here'\n")
    calls = built(FakeReport())
    assert cli.run(["build", "lib", "-t", "maps", "-o", "../site", "-l", "ja", "-l", "zh", "-j", "3"]) == 0
    (call,) = calls
    config = call["config"]
    assert (config.source, config.translations) == (folder / "lib", folder / "maps")
    assert (config.output, config.languages) == (folder.parent / "site", ("ja", "zh"))
    assert config.title == "Set here"
    assert (call["jobs"], call["strict"]) == (3, False)


def test_without_options_the_configuration_rules(folder: Path, built: Callable[..., Any]) -> None:
    (folder / "site-builder.toml").write_text("source = 'elsewhere'\nlanguages = ['ja']\n")
    calls = built(FakeReport())
    assert cli.run(["build"]) == 0
    assert calls[0]["config"].source == folder / "elsewhere"
    assert calls[0]["config"].languages == ("ja",)
    assert calls[0]["jobs"] >= 1


def test_wrong_input_is_told_without_a_traceback(
    built: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    built(SiteError(ERROR, WARNING))
    assert cli.run(["build"]) == 2
    assert capsys.readouterr().err == f"{WARNING}\n{ERROR}\n"


def test_an_interrupted_build(built: Callable[..., Any]) -> None:
    built(KeyboardInterrupt())
    assert cli.run(["build"]) == 130


def test_a_bug_keeps_its_traceback(built: Callable[..., Any]) -> None:
    built(ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError, match="ours"):
        cli.run(["build"])


def test_what_a_terminal_would_obey_is_spelled_out(
    built: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    built(SiteError(Problem(Location("a\x1b[2J\udcff.py"), "source", "日本 \u202e is\tbroken [bold]")))
    assert cli.run(["build"]) == 2
    shown = "a[U+001B][2J[U+DCFF].py: 日本 [U+202E] is[U+0009]broken [bold] [source]\n"
    assert capsys.readouterr().err == shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["buidl"],
        ["build", "--stict"],
        ["build", "-j", "0"],
        ["build", "a", "b"],
        ["serve", "--port", "99999"],
        ["translations", "add"],
        [],
    ],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Usage: site-builder" in printed.err


@pytest.mark.parametrize("command", [[], ["build"], ["serve"], ["translations"], ["translations", "add"]])
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command, "--help"]) == 0
    assert " ".join(["Usage: site-builder", *command]) in capsys.readouterr().out


def test_help_loads_nothing_that_a_command_needs(folder: Path) -> None:
    script = "import sys; from site_builder import cli; cli.run(['--help']); print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(process.stdout.splitlines()[-1].split())
    heavy = {
        "rich",
        "pygments",
        "jinja2",
        "uvicorn",
        "multiprocessing",
        "site_builder.build",
        "site_builder.config",
    }
    assert "click" in loaded
    assert not loaded & heavy


def test_the_version_is_that_of_the_distribution(folder: Path) -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert site_builder.__version__ == project["version"]
    process = site_builder_command(folder, "--version")
    assert process.stdout == f"site-builder, version {project['version']}\n"


# Real builds in real processes.


def test_build(folder: Path) -> None:
    process = site_builder_command(folder, "build")
    assert process.returncode == 0, process.stderr
    assert process.stdout == ""
    assert re.search(r"^problems  none$", process.stderr, re.MULTILINE)
    assert re.search(r"^site      public/index\.html$", process.stderr, re.MULTILINE)
    assert "Text of x." in (folder / "public" / "x.html").read_text("utf-8")


def test_a_strict_build_leaves_the_site_as_it_was(folder: Path) -> None:
    assert site_builder_command(folder, "build").returncode == 0
    before = (folder / "public" / "x.html").read_bytes()
    (folder / "src" / "x.py").write_text("x = 2\n")
    (folder / "src" / "bad.py").write_bytes(b"\xff\n")
    process = site_builder_command(folder, "build", "--strict")
    assert process.returncode == 1
    assert "src/bad.py:1" in process.stderr
    assert (folder / "public" / "x.html").read_bytes() == before
    assert site_builder_command(folder, "build").returncode == 0
    assert (folder / "public" / "x.html").read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "gone"], "gone: the source does not exist"),
        (["build", "-o", "src"], "command line: the output folder src is or holds the source"),
        (["build", "-o", "theirs"], "theirs"),
        (["serve", "-o", "src"], "command line: the output folder src is or holds the source"),
        (["translations", "add", "../x"], "../x"),
    ],
)
def test_wrong_input(arguments: list[str], message: str, folder: Path) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "thesis.txt").write_text("irreplaceable")
    before = sorted(folder.rglob("*"))
    process = site_builder_command(folder, *arguments)
    assert process.returncode == 2, process.stderr
    assert message in process.stderr
    assert "Traceback" not in process.stderr
    assert sorted(folder.rglob("*")) == before


def test_translations_add(folder: Path) -> None:
    process = site_builder_command(folder, "translations", "add", "ja")
    assert process.returncode == 0, process.stderr
    assert process.stderr.splitlines()[0] == "translations/x.ja.json"
    assert re.fullmatch(r"1 map written, \d+ texts? to translate", process.stderr.splitlines()[-1])
    assert "Text of x." in (folder / "translations" / "x.ja.json").read_text("utf-8")
    again = site_builder_command(folder, "translations", "add", "ja")
    assert (again.returncode, again.stderr) == (0, "0 maps written, 0 texts to translate\n")


@pytest.fixture
def large(folder: Path) -> Path:
    for number in range(300):
        (folder / "src" / f"x{number}.py").write_text('"""Text."""\nx = 1\n' * 40)
    return folder


def interrupt(process: "subprocess.Popen[str]") -> None:
    # As a terminal does: every process of the command's group gets it.
    os.killpg(process.pid, signal.SIGINT)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a command in a process group of its own, which ends with the test."""
    processes = []

    def begin(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=folder,
            env=PLAIN,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_a_build(large: Path, jobs: str, start: Callable[..., "subprocess.Popen[str]"]) -> None:
    process = start("build", "-v", "-j", jobs)
    assert process.stderr
    assert process.stderr.readline().startswith("[1/")
    interrupt(process)
    printed = process.communicate(timeout=30)[1]
    assert process.returncode == 130, printed
    assert "Traceback" not in printed
    assert not (large / "public" / "index.html").exists()


def test_serve(folder: Path, start: Callable[..., "subprocess.Popen[str]"]) -> None:
    process = start("serve", "--port", "0")
    assert process.stderr
    started = process.stderr.readline() + process.stderr.readline()
    assert "2 pages built in" in started
    (url,) = re.findall(r"http://127\.0\.0\.1:\d+/", started)
    with urllib.request.urlopen(f"{url}x.html", timeout=20) as answer:
        assert b"Text of x." in answer.read()
    interrupt(process)
    rest = process.communicate(timeout=30)[1]
    assert process.returncode == 130, rest
    assert "Traceback" not in rest


def test_a_reader_who_leaves_is_no_trouble(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [*COMMAND, "--help"], stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writing)
    assert (process.returncode, process.stderr) == (1, b"")


def test_a_terminal_gets_a_bar_and_colours(folder: Path) -> None:
    (folder / "src" / "bad.py").write_bytes(b"\xff\n")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"} | {"NO_COLOR": ""}
    with subprocess.Popen([*COMMAND, "build"], cwd=folder, env=environment, stderr=theirs) as process:
        os.close(theirs)
        printed = "".join(_lines(ours))
    assert process.returncode == 0
    assert re.search(r"\d+/\d+.*\.html", printed)
    assert "\x1b[1;31msrc/bad.py:1" in printed
    assert printed.rstrip().endswith("public/index.html")


def _lines(terminal: int) -> Iterator[str]:
    with open(terminal, encoding="utf-8", newline="") as output:
        try:
            yield from output
        except OSError:  # Linux's way to say that the other end is closed.
            return


def test_serving_nothing_ends_at_once(tmp_path: Path) -> None:
    process = site_builder_command(tmp_path, "serve", "--port", "0")
    assert process.returncode == 2
    assert "src: the source does not exist" in process.stderr

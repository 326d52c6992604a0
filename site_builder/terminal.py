"""What the commands print: problems, progress, summaries. All of it goes to stderr, for `cli` alone."""

import math
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from site_builder.errors import Problem, SiteError

if TYPE_CHECKING:
    from rich.console import Console

    from site_builder.build import Report
    from site_builder.config import Config

Progress = Callable[[str, int, int], None]
"""Told of each page: its URL, how many are done, how many there are."""


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def say(text: str) -> None:
    """Print a line."""
    _console().print(_visible(text))


def _visible(text: str) -> str:
    """Spell out what a terminal would obey or hide: names and texts of others may hold it."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        f"[U+{ord(char):04X}]" if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char
        for char in text
    )


def count(number: int, noun: str) -> str:
    """Say how many there are of a noun whose plural ends with s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems by file; the errors come last, where they are seen above a summary."""
    from rich.text import Text  # noqa: PLC0415

    console = _console()
    for problem in sorted(problems, key=lambda problem: (problem.severity == "error", problem.where)):
        where, style = _visible(str(problem.where)), "bold red" if problem.severity == "error" else "yellow"
        text = Text(_visible(str(problem)))
        text.stylize(style, 0, len(where))
        text.highlight_regex(r"(?m)^  (?:in|hint:) .*", "dim")
        console.print(text)


def print_report(report: "Report | SiteError", *, quiet: bool) -> None:
    """Print how a build of the server ended."""
    print_problems(report.problems)
    if not quiet and not isinstance(report, SiteError):
        say(f"{count(report.pages, 'page')} built in {report.seconds:.1f} s")


def print_summary(report: "Report", config: "Config", *, failed: bool) -> None:
    """Print what was built, or with `failed` what would have been."""
    console = _console()
    for name, value in _summary(report, config, failed=failed):
        console.print(f"{name:<10}", style="dim", end="")
        console.print(_visible(value))


def _summary(report: "Report", config: "Config", *, failed: bool) -> Iterator[tuple[str, str]]:
    yield "pages", str(report.pages)
    yield "languages", ", ".join(_language(tag, report.coverage.get(tag)) for tag in report.languages)
    yield "problems", _problem_count(report.problems)
    yield "seconds", f"{report.seconds:.1f}"
    unchanged = " (as it was: with --strict, any problem fails the build)" if failed else ""
    yield "site", f"{config.shown(config.output / 'index.html')}{unchanged}"


def _language(tag: str, coverage: float | None) -> str:
    # 100% is for what is complete.
    return tag if coverage is None else f"{tag} {math.floor(coverage * 100 + 1e-9)}%"


def _problem_count(problems: Iterable[Problem]) -> str:
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(count(counts[name], name) for name in ("error", "warning") if counts[name]) or "none"


@contextmanager
def progress_shown(*, verbose: bool, quiet: bool) -> Iterator[Progress | None]:
    """Show how far a build is: lines if `verbose`, a bar on a terminal, else nothing."""
    console = _console()
    if verbose:
        yield lambda url, done, total: console.print(_visible(f"[{done}/{total}] {url}"))
    elif quiet or not console.is_terminal:
        yield None
    else:
        with _bar(console) as progress:
            yield progress


@contextmanager
def _bar(console: "Console") -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    # Without rich's refreshing thread: a build may fork its workers.
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("reading", total=None)
        shown = 0.0

        def progress(url: str, done: int, total: int) -> None:
            nonlocal shown
            due = time.monotonic() - shown > 0.1 or done == total
            bar.update(task, completed=done, total=total, description=_visible(url), refresh=due)
            shown = time.monotonic() if due else shown

        yield progress

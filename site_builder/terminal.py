"""What the commands print: problems, progress, summaries, for `cli` alone.

Messages go to stderr; what was asked for, such as the figures of `status`, to stdout.
"""

import json
import math
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from site_builder.errors import Problem, SiteError

if TYPE_CHECKING:
    from rich.console import Console

    from site_builder.build import Report
    from site_builder.config import Config
    from site_builder.model import PageStatus, State

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
    problems = tuple(problems)
    if not problems:
        return
    from rich.text import Text  # noqa: PLC0415

    console = _console()
    for problem in sorted(problems, key=lambda problem: (problem.severity == "error", problem.where)):
        where, style = _visible(str(problem.where)), "bold red" if problem.severity == "error" else "yellow"
        text = Text(_visible(str(problem)))
        text.stylize(style, 0, len(where))
        text.highlight_regex(r"(?m)^  (?:in|hint:) .*", "dim")
        console.print(text)


def problems_as_json(problems: Iterable[Problem]) -> str:
    """Write problems as a JSON array, an object for each."""
    fields = ("code", "severity", "message", "hint", "excerpt")
    return json.dumps(
        [
            {"path": problem.where.path, "line": problem.where.line, "column": problem.where.column}
            | {name: getattr(problem, name) for name in fields}
            for problem in problems
        ],
        ensure_ascii=False,
        indent=2,
    )


def problems_for_github(problems: Iterable[Problem]) -> str:
    """Write problems as the annotations that GitHub shows beside the lines of a change."""
    return "\n".join(map(_annotation, problems))


def _annotation(problem: Problem) -> str:
    places = {"file": problem.where.path, "line": problem.where.line, "col": problem.where.column}
    properties = {name: str(value) for name, value in places.items() if value} | {"title": problem.code}
    shown = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    text = "\n".join(
        filter(None, [problem.message, problem.excerpt and f"in: {problem.excerpt}", problem.hint])
    )
    return f"::{problem.severity} {shown}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{more}" else char for char in text)


def print_report(report: "Report | SiteError", *, quiet: bool) -> None:
    """Print how a build of the server ended."""
    print_problems(report.problems)
    if not quiet and not isinstance(report, SiteError):
        say(f"{count(report.pages, 'page')} built in {report.seconds:.1f} s")


def print_reasons(reasons: Mapping[str, Collection[str]]) -> None:
    """Print why pages were written."""
    for url, found in sorted(reasons.items()):
        say(f"{url}: {', '.join(found)}")


def print_summary(report: "Report", config: "Config", *, failed: bool) -> None:
    """Print what was built, or with `failed` what would have been."""
    console = _console()
    for name, value in _summary(report, config, failed=failed):
        console.print(f"{name:<10}", style="dim", end="")
        console.print(_visible(value))


def _summary(report: "Report", config: "Config", *, failed: bool) -> Iterator[tuple[str, str]]:
    yield "pages", str(report.pages)
    yield "languages", ", ".join(_language(tag, report.coverage.get(tag)) for tag in report.languages)
    yield "problems", problem_count(report.problems)
    yield "seconds", f"{report.seconds:.1f}"
    unchanged = " (as it was: with --strict, any problem fails the build)" if failed else ""
    yield "site", f"{config.shown(config.output / 'index.html')}{unchanged}"


def _language(tag: str, coverage: float | None) -> str:
    return tag if coverage is None else f"{tag} {_percent(coverage)}"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Tell whether anything is worse than a warning."""
    return any(problem.severity == "error" for problem in problems)


def problem_count(problems: Iterable[Problem]) -> str:
    """Say how many problems there are."""
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(count(counts[name], name) for name in ("error", "warning") if counts[name]) or "none"


@contextmanager
def progress_shown(*, verbose: bool, quiet: bool) -> Iterator[Progress | None]:
    """Show how far a build is: lines if `verbose`, a bar on a terminal, else nothing."""
    if quiet and not verbose:
        yield None
        return
    console = _console()
    if verbose:
        yield lambda url, done, total: console.print(_visible(f"[{done}/{total}] {url}"))
    elif not console.is_terminal:
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


# The status of the translations.


def status_as_json(statuses: Iterable["PageStatus"]) -> str:
    """Write how much of each page each language has as JSON, with every gap and its place."""
    return json.dumps([_status_object(status) for status in statuses], ensure_ascii=False, indent=2)


def _status_object(status: "PageStatus") -> dict[str, object]:
    return {
        "source": status.source,
        "language": status.language,
        "map": status.map,
        "words": {state: status.words.get(state, 0) for state in ("current", "outdated", "missing")},
        "problems": status.problems,
        "gaps": [
            {
                "state": found.gap.state,
                "line": found.where.line,
                "words": found.gap.words,
                "text": found.gap.text,
                "old_text": found.gap.old_text,
                "old_translation": found.gap.old_translation,
            }
            for found in status.gaps
        ],
    }


def print_status(statuses: Iterable["PageStatus"]) -> None:
    """Print a table of the languages, and below it the pages that lack something, the worst first."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("page", no_wrap=True)
    for name in ("current", "outdated", "missing", "problems"):
        table.add_column(name, justify="right", min_width=len(name))
    by_language: dict[str, list[PageStatus]] = {}
    for status in statuses:
        by_language.setdefault(status.language, []).append(status)
    for tag, pages in by_language.items():
        words = sum((Counter(page.words) for page in pages), Counter())
        table.add_row(f"{tag} {_percent(share(pages))}", "", *_figures(words, pages), style="bold")
        lacking = [
            page for page in pages if page.words.get("current", 0) < sum(page.words.values()) or page.problems
        ]
        for page in sorted(lacking, key=lambda page: page.words.get("current", 0) - sum(page.words.values())):
            table.add_row("", _visible(page.source), *_figures(page.words, [page]))
    # Who reads it through a pipe wants whole names.
    Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False, emoji=False).print(
        table
    )


def share(statuses: Iterable["PageStatus"]) -> float:
    """Return the share of the words that are current, 0 to 1."""
    words = sum((Counter(status.words) for status in statuses), Counter())
    return words["current"] / words.total() if words else 1.0


def _figures(words: Mapping["State", int], pages: Sequence["PageStatus"]) -> list[str]:
    numbers = [*(words.get(state, 0) for state in ("current", "outdated", "missing"))]
    return [str(number) for number in (*numbers, sum(page.problems for page in pages))]


def _percent(share: float) -> str:
    # 100% is for what is complete.
    return f"{math.floor(share * 100 + 1e-9)}%"

"""Compare site-builder with Hugo and pycco: on one tree, in one run, in turn.

    make bench                                  # the preset, five rounds
    python benchmarks/compare.py --pages 100 --rounds 1 --write

A round builds the site with each tool from nothing, again with nothing changed, and after one source, one
map and one template changed. Ratios are medians of those of each round. Memory is that of builds of its
own, because watching it costs time. Then each server is told of edits of one source. The same work is
counted in the pages that were made: the command fails if it was not the same.
"""

import argparse
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

from build import stages
from live import Wait, hugo_live, ours_live
from make_tree import PRESETS, contents, digest, make_tree
from measuring import Cost, run, watched
from peers import peer_versions, require_peers
from tools import EDITS, Tool, hugo_tool, ours, ours_pages_alone, pycco_tool
from work_done import Work

README = Path(__file__).parent / "README.md"
STEPS = {
    "cold": "from nothing",
    "same": "nothing changed",
    "source": "one source changed",
    "map": "one map changed",
    "template": "one template changed",
}
COMPARED = ("site-builder, 2 jobs", "pages alone, 2 jobs")
"""Ours that Hugo is compared with."""
GOALS = {"cold": "2.0 / 3.3", "same": "0.25", "source": "0.4", "peak": "200", "serve": "0.05"}
"""For the preset, on two cores that do nothing else."""


@dataclass(slots=True)
class Measured:
    """What was measured of one tool."""

    costs: dict[str, list[Cost]] = field(default_factory=dict)
    """By step, one for each round."""
    peaks: list[float] = field(default_factory=list)
    work: Work = field(default_factory=Work)
    waits: list[Wait] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", choices=PRESETS, default="annotated")
    parser.add_argument("--pages", type=int, help="in all languages together, instead of a preset's")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--note", default="", help="what to say of the circumstances")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    arguments = parser.parse_args()
    require_peers()
    pages, languages = PRESETS[arguments.preset]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        make_tree(work / "tree", arguments.pages or pages, languages)
        measured, spent = compare(work, languages, arguments.rounds)
        opening = head(work / "tree", arguments.rounds, arguments.note)
        text = report(opening, measured, spent, {} if arguments.pages else GOALS)
    print(text)
    if arguments.write:
        README.write_text(put_between(README.read_text(), "compare", text))
    if unequal := differences({name: one.work for name, one in measured.items()}):
        raise SystemExit(f"not the same work: {unequal}")


def compare(
    work: Path, languages: tuple[str, ...], rounds: int
) -> tuple[dict[str, Measured], dict[str, float]]:
    """Measure all tools in turn; return what was measured of each, and the stages of ours."""
    tree = work / "tree"
    mine = [ours(tree, languages, jobs) for jobs in (1, 2)]
    mine.append(ours_pages_alone(tree, work / "pages_alone", languages))
    hugo = hugo_tool(tree, work / "hugo", languages)
    tools = [*mine, hugo, pycco_tool(tree, work / "pycco")]
    measured = {tool.name: Measured() for tool in tools}
    for number in range(rounds):
        for tool in tools:
            print(f"round {number + 1} of {rounds}: {tool.name}", file=sys.stderr)
            for step, cost in one_round(tool, number):
                measured[tool.name].costs.setdefault(step, []).append(cost)
                if step == "cold" and number == 0:
                    measured[tool.name].work = tool.work()
    for tool in tools:
        measured[tool.name].peaks = [cold_peak(tool) for _ in range(2)]
    measured[mine[1].name].waits = ours_live(mine[1], max(3, rounds))
    measured[hugo.name].waits = hugo_live(hugo, max(3, rounds))
    mine[0].clean()
    return measured, stages(tree, tree / "src")


def one_round(tool: Tool, number: int) -> Iterable[tuple[str, Cost]]:
    """Build from nothing, again, and after each edit; yield what each step cost."""
    tool.clean()
    yield "cold", run(tool.command, tool.folder)
    if not tool.edits:
        return
    yield "same", run(tool.command, tool.folder)
    for at, step in enumerate(EDITS):
        if edit := tool.edits.get(step):
            edit(1000 * number + at + 1)
            yield step, run(tool.command, tool.folder)


def cold_peak(tool: Tool) -> float:
    """Return the highest memory of a build from nothing, in MB."""
    tool.clean()
    return watched(tool.command, tool.folder)[1]


def differences(works: Mapping[str, Work]) -> list[str]:
    """Name the tools that did not do the work of the first; pycco does that of one language alone."""
    (name, first), *others = ((name, work) for name, work in works.items() if not name.startswith("pycco"))
    return [f"{other}: {work}, {name}: {first}" for other, work in others if work != first]


# What is told of it.


def head(tree: Path, rounds: int, note: str) -> str:
    """Say when, where and on what was measured."""
    here = f"{date.today()}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    versions = f"site-builder {version('site-builder')}, {peer_versions()}"
    runs = f"medians of {rounds}" if rounds > 1 else "one run"
    return f"{here}; {versions}. {runs.capitalize()}; {contents(tree)} ({digest(tree)}). {note}".strip()


def processor() -> str:
    """Name the processor."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def report(
    opening: str, measured: Mapping[str, Measured], spent: Mapping[str, float], goals: Mapping[str, str]
) -> str:
    """Return what was measured as Markdown."""
    rows = [*(step_row(step, measured, goals) for step in STEPS), *other_rows(measured, goals)]
    heads = ["", *measured, *(f"Hugo / {name}" for name in COMPARED), "goal"]
    table = [heads, ["---"] * len(heads), *rows]
    total = sum(spent.values())
    shares = [
        [name, f"{cost:.2f}", f"{cost / total:.0%}"]
        for name, cost in sorted(spent.items(), key=lambda one: -one[1])
    ]
    stage_table = [["Stage of a cold build in one process", "CPU s", "Share"], ["---"] * 3, *shares]
    return f"{opening}\n\nSeconds: wall / CPU.\n\n{as_table(table)}\n\n{as_table(stage_table)}"


def as_table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as lines of Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def step_row(step: str, measured: Mapping[str, Measured], goals: Mapping[str, str]) -> list[str]:
    """Return a row: what a step costs with each tool, and how many times that of ours is Hugo's."""
    cells = [cost_cell(one.costs.get(step, [])) for one in measured.values()]
    hugo, ours = measured["Hugo"].costs[step], (measured[name].costs[step] for name in COMPARED)
    ratios = [f"{ratio(hugo, mine, 'wall')} / {ratio(hugo, mine, 'cpu')}" for mine in ours]
    return [STEPS[step], *cells, *ratios, goals.get(step, "")]


def cost_cell(costs: Sequence[Cost]) -> str:
    """Return the medians of some runs."""
    if not costs:
        return "–"
    return f"{median(cost.wall for cost in costs):.2f} / {median(cost.cpu for cost in costs):.2f}"


def ratio(theirs: Sequence[Cost], ours: Sequence[Cost], what: str) -> str:
    """Return the median of the ratios of each round."""
    pairs = zip(theirs, ours, strict=True)
    return f"{median(getattr(their, what) / getattr(our, what) for their, our in pairs):.2f}"


def other_rows(measured: Mapping[str, Measured], goals: Mapping[str, str]) -> list[list[str]]:
    """Return the rows of memory, waiting and work."""
    ones, hugo = measured.values(), measured["Hugo"]
    empty = [""] * len(COMPARED)
    on_disk, told = ([wait_of(one, what) for one in ones] for what in ("on_disk", "told"))
    return [
        [
            "peak memory, MB",
            *(f"{max(one.peaks):.0f}" for one in ones),
            *(f"{max(hugo.peaks) / max(measured[name].peaks):.2f}" for name in COMPARED),
            goals.get("peak", ""),
        ],
        ["server: saved to on disk", *on_disk, *empty, goals.get("serve", "")],
        ["server: saved to browser told", *told, *empty, goals.get("serve", "")],
        ["pages", *(f"{one.work.pages:,}" for one in ones), *empty, ""],
        ["formulas to MathML", *(f"{one.work.formulas:,}" for one in ones), *empty, ""],
        ["lines highlighted", *(f"{one.work.lines:,}" for one in ones), *empty, ""],
    ]


def wait_of(one: Measured, what: str) -> str:
    """Return the median of the seconds that an editor waited."""
    waits = [wait for wait in (getattr(wait, what) for wait in one.waits) if wait is not None]
    return f"{median(waits):.3f}" if waits else "–"


def put_between(text: str, name: str, content: str) -> str:
    """Put `content` between the markers of a name. Raises ValueError if they are not there."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"no {begin.strip()} with its end")
    return f"{before}{begin}\n{content}\n{end}{after}"


if __name__ == "__main__":
    main()

"""Build 1,000, 10,000 and 100,000 pages, and say and draw what a page costs and how much memory it takes.

    python benchmarks/scale.py --write                 # writes benchmarks/scale.svg, and the table
    python benchmarks/scale.py --pages 1000 4000

Trees are made and removed one after another in a temporary folder: TMPDIR says where. 100,000 pages take
about 10 GB there with their site. Each tree is built once from nothing, and once again with nothing
changed; memory is watched in both builds.
"""

import argparse
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compare import README, as_table, head, put_between
from make_tree import PRESETS, make_tree
from measuring import Cost, watched
from tools import ours

DRAWING = Path(__file__).parent / "scale.svg"
_LANGUAGES = PRESETS["annotated"][1]


@dataclass(frozen=True, slots=True)
class Built:
    """What a site of some size cost."""

    pages: int
    cold: Cost
    same: Cost
    """With nothing changed."""
    peak: float
    """Of both builds, in MB."""


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--note", default="", help="what to say of the circumstances")
    parser.add_argument("--write", action="store_true", help="put the table and drawing into benchmarks/")
    arguments = parser.parse_args()
    opening, built = "", []
    for pages in arguments.pages:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder).resolve() / "tree"
            make_tree(tree, pages, _LANGUAGES)
            built.append(measure(tree, arguments.jobs))
            opening = head(tree, 1, arguments.note)
        print(as_table([as_row(built[-1], built[0])]), flush=True)
    text = report(opening, arguments.jobs, built)
    print(f"\n{text}")
    if arguments.write:
        DRAWING.write_text(drawn(built))
        README.write_text(put_between(README.read_text(), "scale", text))


def measure(tree: Path, jobs: int) -> Built:
    """Build a tree from nothing, and again."""
    tool = ours(tree, _LANGUAGES, jobs)
    cold, first = watched(tool.command, tree, interval=0.1)
    pages = sum(page.is_file() for page in tool.pages)
    same, second = watched(tool.command, tree, interval=0.1)
    return Built(pages, cold, same, max(first, second))


def report(opening: str, jobs: int, built: Sequence[Built]) -> str:
    """Return what was measured as Markdown. The largest tree is the one that `opening` tells of."""
    rows = [
        [
            "pages",
            "CPU, ms a page",
            "wall, ms a page",
            "again, CPU, ms a page",
            "peak MB",
            "CPU and memory / first",
        ],
        ["---:"] * 6,
        *(as_row(one, built[0]) for one in built),
    ]
    return f"{opening} {jobs} jobs.\n\n{as_table(rows)}\n\n![Time per page and memory](scale.svg)"


def as_row(one: Built, first: Built) -> list[str]:
    """Return a row: what a site cost, and how many times what the first did."""
    times = [1000 * seconds / one.pages for seconds in (one.cold.cpu, one.cold.wall, one.same.cpu)]
    growth = one.cold.cpu / one.pages / (first.cold.cpu / first.pages), one.peak / first.peak
    cells = (f"{time:.2f}" for time in times)
    return [f"{one.pages:,}", *cells, f"{one.peak:.0f}", f"{growth[0]:.2f}, {growth[1]:.2f}"]


# The drawing: two panels side by side, the pages on a scale of powers of ten.

_WIDTH, _HEIGHT, _LEFT, _TOP = 300, 180, 60, 40


def drawn(built: Sequence[Built]) -> str:
    """Draw CPU time a page and peak memory as SVG."""
    pages = [one.pages for one in built]
    times = panel("CPU, ms a page", pages, [1000 * one.cold.cpu / one.pages for one in built])
    memory = panel("Peak memory of all processes, MB", pages, [one.peak for one in built])
    width, height = 2 * (_WIDTH + _LEFT + 30), _TOP + _HEIGHT + 50
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
  text {{ font: 12px sans-serif; fill: currentColor }}
  svg {{ color: #1f2328; background: #fff }}
  @media (prefers-color-scheme: dark) {{ svg {{ color: #e6edf3; background: #0d1117 }} }}
</style>
<title>Cost of a page and memory by the size of the site</title>
{times}
<g transform="translate({width // 2} 0)">
{memory}
</g>
</svg>
"""


def panel(title: str, pages: Sequence[int], values: Sequence[float]) -> str:
    """Draw values by pages, from zero."""
    places = [
        (across(count, pages), upward(value, values)) for count, value in zip(pages, values, strict=True)
    ]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    base = _TOP + _HEIGHT
    parts = [
        f'<text x="{_LEFT}" y="20" font-weight="bold">{title}</text>',
        f'<path d="M{_LEFT},{_TOP} V{base} H{_LEFT + _WIDTH}" fill="none" stroke="currentColor"/>',
        f'<text x="{_LEFT - 8}" y="{base + 4}" text-anchor="end">0</text>',
        f'<polyline points="{line}" fill="none" stroke="#0969da" stroke-width="2"/>',
    ]
    for (x, y), count, value in zip(places, pages, values, strict=True):
        parts += [
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="#0969da"/>',
            f'<text x="{x:.0f}" y="{y - 10:.0f}" text-anchor="middle">{shown(value)}</text>',
            f'<text x="{x:.0f}" y="{base + 20}" text-anchor="middle">{count:,}</text>',
        ]
    return "\n".join(parts)


def across(count: int, pages: Sequence[int]) -> float:
    """Place a number of pages."""
    low, high = math.log10(min(pages)), math.log10(max(pages))
    share = (math.log10(count) - low) / (high - low) if high > low else 0.5
    return _LEFT + 30 + share * (_WIDTH - 60)


def upward(value: float, values: Sequence[float]) -> float:
    """Place a value: the highest below the panel's top."""
    return _TOP + _HEIGHT * (1 - value / (1.2 * max(values)))


def shown(value: float) -> str:
    """Spell a value with three digits or so."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


if __name__ == "__main__":
    main()

"""Build torch/nn, or another folder, in four languages, cold, and say what it costs.

Run it with `python benchmarks/build.py [SOURCE]`. The cost of the build is compared
with the sum of what cannot be avoided on the same files in the same run: tokenizing, one Pygments
lexer pass, and Markdown. Three languages have maps that say every text (`full`), that were made before
one text in ten was edited (`edited`), or nothing (`empty`).
"""

import argparse
import functools
import importlib.util
import io
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from markdown_it import MarkdownIt
from prose import translated
from pygments.lexers import PythonLexer

import site_builder.build.cache
import site_builder.build.notebooks
import site_builder.build.reading
import site_builder.build.search
import site_builder.build.writing
import site_builder.reading.markup
import site_builder.reading.page
from site_builder.build import build
from site_builder.build.publish import Publication, Stage
from site_builder.config import load_config
from site_builder.reading.discover import Source, survey
from site_builder.reading.pair import pair_python
from site_builder.reading.text import decode
from site_builder.site import open_site
from site_builder.site.pages import load_page
from site_builder.translating.catalog import map_path
from site_builder.translating.memory import translatable

LANGUAGES = ("ja", "zh", "es")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=installed("torch.nn"))
    parser.add_argument("--maps", choices=["empty", "full", "edited"], default="empty")
    parser.add_argument(
        "--against", type=Path, help="compare with another version, installed by `pip install --target` here"
    )
    parser.add_argument("--runs", type=int, default=5, help="cold builds of which the median is taken")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        found = survey(load_config(work, source=arguments.source)).sources
        sources = [source for source in found if source.kind == "python"]
        add_maps(work, arguments.source, arguments.maps)
        lines = sum(source.file.read_bytes().count(b"\n") for source in sources)
        print(f"{len(sources)} sources, {lines} lines; medians of {arguments.runs} runs")
        if arguments.against:
            compare(work, arguments.source, arguments.against, arguments.runs)
            return
        for jobs in sorted({1, os.cpu_count() or 1}):
            runs = [
                (unavoidable(sources), measure(work, arguments.source, jobs)) for _ in range(arguments.runs)
            ]
            report(jobs, runs)
        report_stages(stages(work, arguments.source))


def installed(package: str) -> Path:
    """Find the folder of an installed package without importing it."""
    top, _, rest = package.partition(".")
    found = importlib.util.find_spec(top)
    if found is None or found.origin is None:
        raise SystemExit(f"{top} is not installed: name a folder of sources instead")
    return Path(found.origin).parent / rest.replace(".", "/")


def add_maps(folder: Path, source: Path, kind: str) -> None:
    """Give every source a map in each language."""
    site, chance = open_site(load_config(folder, source=source)), random.Random(1)
    for found in site.sources:
        page, _ = load_page(site.config, found) if kind != "empty" else (None, ())
        keys = list(translatable(page)) if page else []
        for tag in LANGUAGES:
            older = [reworded(key) if kind == "edited" and chance.random() < 0.1 else key for key in keys]
            path = folder / "maps" / map_path(found.path, tag)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({key: translated(key, tag) for key in older}))


def reworded(html: str) -> str:
    """Change a word."""
    return re.sub(r"\b(?:the|is|a|of|to)\b", "once", html, count=1)


def compare(work: Path, source: Path, other: Path, runs: int) -> None:
    """Print what a build costs compared with another version, run by run in turn."""
    pairs = [(measure(work, source, 1), measure(work, source, 1, other)) for _ in range(runs)]
    ratio = median(ours["cpu"] / theirs["cpu"] for ours, theirs in pairs)
    ours, theirs = (median(run["cpu"] for run in side) for side in zip(*pairs, strict=True))
    print(f"CPU {ours:.2f} s, of the other version {theirs:.2f} s; ratio {ratio:.2f}")


def unavoidable(sources: list[Source]) -> dict[str, float]:
    """Return the CPU seconds of each thing that any generator of such pages must do once."""
    texts = [decode(source.file.read_bytes(), python=True) for source in sources]
    prose = [pair.prose for text in texts for pair in pair_python(text) if pair.prose]
    lexer, parser = PythonLexer(stripnl=False), MarkdownIt("commonmark").enable("table")
    return {
        "tokenizing": seconds(
            lambda: [list(tokenize.generate_tokens(io.StringIO(text).readline)) for text in texts]
        ),
        "lexing": seconds(lambda: [sum(1 for _ in lexer.get_tokens_unprocessed(text)) for text in texts]),
        "Markdown": seconds(lambda: [parser.render(text) for text in prose]),
    }


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that `work` takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def measure(work: Path, source: Path, jobs: int, version: Path | None = None) -> dict[str, float]:
    """Run one cold build as a command of its own."""
    environment = {**os.environ, **({"PYTHONPATH": str(version)} if version else {})}
    shutil.rmtree(work / ".site-builder-cache", ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=work) as output:
        command = [sys.executable, "-m", "site_builder", "build", str(source), "-q"]
        command += ["-t", str(work / "maps"), "-o", output, "-j", str(jobs)]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(command, cwd=work, env=environment, stderr=subprocess.DEVNULL)
        peak = peak_memory(process)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        pages = len(list(Path(output).rglob("*.html"))) - 1
        return {"cpu": cpu, "wall": wall, "pages": pages, "code": process.returncode, **peak}


def peak_memory(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Watch a process and its children until they end; return their highest memory together, in MB."""
    peaks: Counter[str] = Counter()
    root = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            infos = [one.memory_full_info() for one in (root, *root.children(recursive=True))]
        except psutil.Error:
            continue
        peaks["rss"] = max(peaks["rss"], sum(info.rss for info in infos))
        peaks["pss"] = max(peaks["pss"], sum(info.pss for info in infos))
        time.sleep(0.02)
    return {name: peak / 1e6 for name, peak in peaks.items()}


def stages(work: Path, source: Path) -> dict[str, float]:
    """Return the CPU seconds of each stage of a build in one process."""
    spent: Counter[str] = Counter()
    reading, writing = site_builder.reading.page, site_builder.build.writing
    places = [
        (reading, "pair_python", "pairing"),
        (reading, "to_markdown", "docstring idioms"),
        (site_builder.reading.markup.Markup, "render", "Markdown and formulas"),
        (reading, "highlight", "highlighting"),
        (site_builder.build.reading, "load_memory", "loading maps"),
        (writing, "load_memory", "loading maps"),
        (writing, "in_source_language", "sanitising and filling"),
        (writing, "localize", "translating"),
        (writing, "compose", "links and context"),
        (writing, "render_page", "templates"),
        (writing, "make_twin", "Markdown twins"),
        (Stage, "write", "comparing and staging"),
        (site_builder.build.cache.Cache, "save", "cache"),
        (site_builder.build.cache.Cache, "load", "cache"),
        (site_builder.build.notebooks.Notebooks, "write", "notebooks"),
        (writing, "prose_text", "text of the search"),
        (writing, "code_text", "text of the search"),
        (site_builder.build.search, "make_shards", "index of the search"),
        (site_builder.reading.page, "names_of", "names in code"),
        (site_builder.reading.page, "parsed", "names in code"),
        (site_builder.reading.page, "read_code", "names in code"),
        (site_builder.reading.page, "references", "names in code"),
        (Publication, "commit", "publishing"),
    ]
    with tempfile.TemporaryDirectory(dir=work) as output:
        config = load_config(work, source=source, translations=work / "maps", output=output)
        with timed(places, spent):
            total = seconds(lambda: build(config, jobs=1))
    return {**spent, "the rest": total - sum(spent.values())}


@contextmanager
def timed(places: list[tuple[Any, str, str]], spent: Counter[str]) -> Iterator[None]:
    """Add up the CPU seconds spent in functions, each under a name."""
    originals = [getattr(owner, name) for owner, name, _ in places]
    for (owner, name, stage), original in zip(places, originals, strict=True):
        setattr(owner, name, timing(original, stage, spent))
    try:
        yield
    finally:
        for (owner, name, _), original in zip(places, originals, strict=True):
            setattr(owner, name, original)


def timing(function: Callable[..., Any], stage: str, spent: Counter[str]) -> Callable[..., Any]:
    """Wrap a function so that its CPU seconds count for a stage."""

    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments, **keywords)
        finally:
            spent[stage] += time.process_time() - started

    return wrapper


def report(jobs: int, runs: list[tuple[dict[str, float], dict[str, float]]]) -> None:
    """Print what the builds cost, each beside what was unavoidable just before it."""
    assert all(run["code"] == 0 for _, run in runs)
    ratio = median(run["cpu"] / sum(needed.values()) for needed, run in runs)
    cost = {name: median(run[name] for _, run in runs) for name in runs[0][1]}
    least = {name: median(needed[name] for needed, _ in runs) for name in runs[0][0]}
    print(f"\n{jobs} jobs, {cost['pages']:.0f} pages: wall {cost['wall']:.2f} s, CPU {cost['cpu']:.2f} s")
    print(f"  peak memory {cost['pss']:.0f} MB (PSS), {cost['rss']:.0f} MB (sum of RSS)")
    print("  unavoidable: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in least.items()))
    print(f"  CPU of the build / unavoidable = {ratio:.2f}")


def report_stages(spent: dict[str, float]) -> None:
    """Print each stage's share."""
    print(f"\nstages of a build in one process, imports not counted: {sum(spent.values()):.2f} s of CPU")
    for name, cost in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name:<24}{cost:6.2f} s  {cost / sum(spent.values()):4.0%}")


if __name__ == "__main__":
    main()

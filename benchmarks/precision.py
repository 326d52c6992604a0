"""Run the checks over a folder of maps, count the reports of each code, and draw samples to judge.

Run it with `python benchmarks/precision.py MAPS [CODE …] [--terms FILE]`: the counts of all codes, and of
each code named a sample of reports, with the lines concerned, to be read by somebody who knows both
languages. The sample is the same on each run. FILE is JSON, term to array of translations.
"""

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

from site_builder.errors import Problem
from site_builder.translating.catalog import Catalog, entry_lines, load_catalog, parse_map_name
from site_builder.translating.check import CODES, check_catalog, inconsistencies
from site_builder.translating.check.entry import MARK, Entry

SEED = 1
SAMPLE = 100


def main() -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("maps", type=Path)
    parser.add_argument("codes", nargs="*", metavar="CODE", choices=[[], *CODES])
    parser.add_argument("--terms", type=Path, help="a glossary")
    options = parser.parse_args()
    terms = json.loads(options.terms.read_bytes()) if options.terms else {}
    catalogs = load(options.maps)
    start = time.perf_counter()
    reports = find(catalogs, {term: tuple(words) for term, words in terms.items()})
    took = time.perf_counter() - start
    entries = sum(len(catalog.entries) for catalog in catalogs.values())
    print(f"{len(catalogs)} maps, {entries} entries, {took:.1f} s")
    counts = Counter(problem.code for problem in reports)
    for code in CODES:
        print(f"{counts[code]:6} {code}")
    for code in options.codes:
        print_sample(code, [problem for problem in reports if problem.code == code], catalogs)


def load(folder: Path) -> dict[str, Catalog]:
    """Load the maps of a folder, by their path below it."""
    paths = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.json"))]
    named = {path: name for path in paths if (name := parse_map_name(path))}
    return {path: load_catalog(folder / path, tag, path) for path, (_, tag) in named.items()}


def find(catalogs: dict[str, Catalog], terms: dict[str, tuple[str, ...]]) -> list[Problem]:
    """Find all problems, those of codes that are off by default too."""
    reports: list[Problem] = []
    by_language = defaultdict(list)
    for path, catalog in catalogs.items():
        reports += check_catalog(catalog, path, terms=terms, codes=CODES)
        by_language[catalog.language].append((catalog, path))
    return [problem for maps in by_language.values() for problem in inconsistencies(maps)] + reports


def print_sample(code: str, reports: list[Problem], catalogs: dict[str, Catalog]) -> None:
    """Print a sample of the reports of a code, all if they are few."""
    chosen = random.Random(SEED).sample(reports, min(SAMPLE, len(reports)))
    for number, problem in enumerate(sorted(chosen, key=lambda problem: problem.where), 1):
        catalog = catalogs[problem.where.path]
        print(f"\n{code} {number}. {problem.where}: {problem.message}")
        keys = [key for key, line in entry_lines(catalog).items() if line == problem.where.line]
        for key in keys:
            print_lines(Entry(key, catalog.entries[key], catalog.language), problem.message)


def print_lines(entry: Entry, message: str) -> None:
    """Print the lines that a message may mean, original above translation."""
    named = [pair for pair in entry.pairs if entry.quoted(pair) and entry.quoted(pair) in message]
    for pair in (named or entry.pairs)[:4]:
        print(f"   {pair.original_text}\n   {pair.translated_text}".replace(MARK, "_"))
    if not named:
        print(f"   {entry.value}")


if __name__ == "__main__":
    main()

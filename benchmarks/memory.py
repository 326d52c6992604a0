"""Build the translation memory of a language with 100,000 entries, ask it, and say what that costs.

Run it with `python benchmarks/memory.py MAPS`: a folder of translation maps of one language, which are
repeated with other words until they are enough.
"""

import argparse
import cProfile
import pstats
import random
import re
import resource
import time
from collections.abc import Callable
from itertools import count, takewhile
from pathlib import Path
from statistics import median

from site_builder.translating.catalog import load_catalog, parse_map_name
from site_builder.translating.memory import Memory
from site_builder.translating.pairs import forms_of
from site_builder.translating.shared import Shared

Maps = dict[str, list[tuple[str, str]]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("maps", type=Path)
    parser.add_argument("--language", default="ja")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    arguments = parser.parse_args()
    maps = repeated(load(arguments.maps, arguments.language), arguments.entries)
    entries = [entry for one in maps.values() for entry in one]
    print(f"{len(maps)} maps, {len(entries)} entries, {len({key for key, _ in entries})} different keys")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = seconds(lambda: Shared(maps))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    again = median(seconds(lambda: Shared(maps)) for _ in range(5))
    print(f"build: {first:.2f} s of CPU, {memory:.0f} MB; of another language with these keys {again:.2f} s")
    ask(Shared(maps), maps)
    if arguments.profile:
        profile(lambda: Shared(maps))


def load(folder: Path, language: str) -> Maps:
    """Read the maps of a language, by path."""
    files = sorted(folder.rglob("*.json"))
    named = [(file, parse_map_name(file.name)) for file in files]
    found = {
        str(file.relative_to(folder)): list(load_catalog(file, language, str(file)).entries.items())
        for file, name in named
        if name and name[1] == language
    }
    if not found:
        raise SystemExit(f"no maps of {language} in {folder}")
    return found


def repeated(maps: Maps, entries: int) -> Maps:
    """Repeat maps until they have so many entries; half of the words of each copy are its own."""
    size = sum(map(len, maps.values()))
    copies = takewhile(lambda copy: copy * size < entries, count())
    return {
        f"{copy}/{name}": [(varied(key, copy), value) for key, value in one]
        for copy in copies
        for name, one in maps.items()
    }


def varied(key: str, copy: int) -> str:
    """Change every second longer word, tags and placeholders aside."""
    if not copy:
        return key
    return "".join(
        part if at % 2 else _WORD.sub(rf"\g<0>{copy}", part) for at, part in enumerate(_TAG.split(key))
    )


_TAG = re.compile(r"(<[^<>]*>|&[^;]*;)")
_WORD = re.compile(r"([A-Za-z]{4,}\b[^A-Za-z]*)([A-Za-z]{4,})")


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that `work` takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def ask(shared: Shared, maps: Maps) -> None:
    """Measure look-ups: a line for the first time and again, whole fragments, similar lines."""
    chosen = random.Random(1)
    keys = chosen.sample([key for one in maps.values() for key, _ in one if key.startswith("<")], 2000)
    lines = [form for key in keys for form in forms_of(key)]
    nowhere = Memory({}, shared, "nowhere")
    own = max(maps, key=lambda name: len(maps[name]))
    home = Memory(dict(maps[own]), shared, own)
    unknown = [" ".join(chosen.sample([*lines[number].split(), "unseen", "text"], 2)) for number in range(50)]
    report("a line, first time", lines, lambda line: shared.line(line, "nowhere"))
    report("a line, again", lines, lambda line: shared.line(line, "nowhere"))
    report("a fragment of the own map", [key for key, _ in maps[own]], home.recall)
    report("a fragment of another map", keys, nowhere.recall)
    report(f"a similar line of {len(maps[own])} entries, first", unknown[:1], similar(shared, own))
    report("a similar line, again", unknown, similar(shared, own))


def similar(shared: Shared, own: str) -> Callable[[str], object]:
    """Return the search for lines that are like another one."""
    return lambda line: shared.similar(line, own, 0.75)


def report(name: str, asked: list[str], answer: Callable[[str], object]) -> None:
    """Print what one answer costs."""
    spent = seconds(lambda: [answer(one) for one in asked])
    print(f"  {name:<46}{spent / len(asked) * 1e6:10.1f} µs")


def profile(work: Callable[[], object]) -> None:
    """Print where the time goes."""
    profiler = cProfile.Profile()
    profiler.runcall(work)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    main()

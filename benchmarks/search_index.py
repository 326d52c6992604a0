"""Index the code of many made-up pages, and say what a page costs and how much memory that takes.

Run it with `python benchmarks/search_index.py [PAGES …]`, on Linux. The pages are pieces of the standard
library, in which one name in seven is put together of words anew, so that their vocabulary grows. Each
index is made by a process of its own, whose memory is told as it starts and at its most.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from site_builder.writing.search import CODE, make_shards

PIECE = 3500  # Characters of a page.
NAME = re.compile(r"[A-Za-z_]{4,}")


def main() -> None:
    """Make the pages, and an index of the first of them for each number of pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=int, default=[1000, 5000, 25_000])
    parser.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.texts:
        print(measured(arguments.texts, arguments.pages[0]))
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(made(max(arguments.pages))):
            Path(folder, f"{number}.json").write_bytes(text)
        for count in arguments.pages:
            subprocess.run([sys.executable, __file__, str(count), "--texts", folder], check=True)


def made(count: int) -> Iterator[bytes]:
    """Make the texts of pages, as `code_text` writes them."""
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    whole = "".join(source.read_text("utf-8", "replace") for source in sources)
    words = sorted({*re.findall("[A-Za-z]{3,}", whole)})
    chance = random.Random(1)

    def name() -> str:
        # A few words are frequent, and most are rare.
        return "_".join(
            words[int(len(words) * chance.random() ** 6)] for _ in range(chance.choice((1, 2, 2)))
        )

    for number in range(count):
        start = chance.randrange(len(whole) - PIECE)
        piece = whole[start : start + PIECE]
        names = {old: name() for old in sorted({*NAME.findall(piece)}) if chance.random() < 1 / 7}
        code = NAME.sub(lambda found, names=names: names.get(found[0], found[0]), piece)
        sections = [(name(), part) for part in code.split("\n\n")]
        yield json.dumps({"path": f"part{number % 200}/page{number}.py", "sections": sections}).encode()


def measured(texts: Path, count: int) -> str:
    """Index the first pages, and say what that cost."""
    before, began = most_memory(), time.process_time()
    written = [0, 0]

    def write(_path: str, content: bytes) -> None:
        written[0] += 1
        written[1] += len(content)

    urls = (str(number) for number in range(count))
    make_shards(CODE, urls, lambda path: (texts / path.rpartition("/")[2]).read_bytes(), write)
    cost = (time.process_time() - began) / count * 1000
    return (
        f"{count:,} pages: {cost:.2f} ms of CPU a page, {written[0]:,} shards of {written[1] / 1e6:.0f} MB; "
        f"memory {before:.0f} MB, at most {most_memory():.0f} MB"
    )


def most_memory() -> float:
    """Return the highest memory of this process so far, in MB."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


if __name__ == "__main__":
    main()

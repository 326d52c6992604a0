"""The pages of each term, gathered page by page; where they are too many for the memory, in files.

What is gathered is sorted and written to a file, a *run*, whenever it takes much room, and at the end all
runs are read side by side: no more of them is in memory than the pages of one term.
"""

import marshal
from array import array
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import groupby
from operator import itemgetter
from tempfile import TemporaryFile
from typing import BinaryIO, Generic, TypeAlias, TypeVar

Pages: TypeAlias = "array[int]"
"""The pages of a term in the order of their numbers: `number * 4 + weight`."""
Record = tuple[str, bytes]
"""A term and what is known of it."""
K = TypeVar("K", int, str)

_TERM = 300  # Bytes that a term takes in memory, besides its pages.
_MOST_RUNS = 64  # Files that are open at once.
_TOGETHER = 16_000  # Bytes of records that are written at once.
_RECORD = 100  # Bytes that a record takes in memory, besides its content.
_SIZE = 8  # Bytes of a number.
_PLAIN = 2  # The format of `marshal` that looks for nothing that comes twice.


class Records(Generic[K]):
    """Records in a file that nobody else sees, and that vanishes when `files` is closed."""

    def __init__(self, files: ExitStack) -> None:
        self.file: BinaryIO = files.enter_context(TemporaryFile())  # noqa: SIM115 - That is what closes it.
        self.waiting: list[tuple[K, bytes]] = []
        self.room = 0

    def append(self, record: tuple[K, bytes]) -> None:
        """Write a record: with others, so that it costs little."""
        self.waiting.append(record)
        self.room += len(record[1]) + _RECORD
        if self.room > _TOGETHER:
            self._write()

    def __iter__(self) -> Iterator[tuple[K, bytes]]:
        """Yield all records, in the order in which they were written."""
        self._write()
        read = self.file.read
        self.file.seek(0)
        while size := read(_SIZE):
            yield from marshal.loads(read(int.from_bytes(size)))  # noqa: S302 - Nobody else can write there.

    def close(self) -> None:
        """Forget all records."""
        self.file.close()

    def _write(self) -> None:
        content = marshal.dumps(self.waiting, _PLAIN)
        self.file.write(len(content).to_bytes(_SIZE) + content)
        self.waiting.clear()
        self.room = 0


@dataclass(slots=True)
class Postings:
    """The pages of each term."""

    files: ExitStack
    """Closes the runs."""
    count: int = 0
    """Of the pages of all terms that are in memory."""
    lists: defaultdict[str, Pages] = field(default_factory=lambda: defaultdict(partial(array, "I")))
    runs: list[Records[str]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """About how many bytes of memory they take."""
        return 4 * self.count + _TERM * len(self.lists)

    def add(self, page: int, terms: Mapping[str, int]) -> None:
        """Add a page that comes after all others, with the weight of each of its terms."""
        lists = map(self.lists.__getitem__, terms)
        deque(map(array.append, lists, map((page * 4).__add__, terms.values())), maxlen=0)
        self.count += len(terms)

    def spill(self) -> None:
        """Write what is in memory to a file."""
        self._write((term, pages.tobytes()) for term, pages in self._taken())
        if len(self.runs) == _MOST_RUNS:
            runs, self.runs = self.runs, []
            self._write(_merged(runs))
            for run in runs:
                run.close()

    def read(self) -> Iterator[tuple[str, Pages]]:
        """Yield each term, in order, with all of its pages, and forget those."""
        if not self.runs:
            yield from self._taken()
            return
        self.spill()
        for term, content in _merged(self.runs):
            pages = array("I")
            pages.frombytes(content)
            yield term, pages

    def _taken(self) -> list[tuple[str, Pages]]:
        taken = sorted(self.lists.items(), key=itemgetter(0))
        self.lists.clear()
        self.count = 0
        return taken

    def _write(self, records: Iterable[Record]) -> None:
        run = Records[str](self.files)
        for record in records:
            run.append(record)
        self.runs.append(run)


def _merged(runs: Iterable[Iterable[Record]]) -> Iterator[Record]:
    # What has the same term comes in the order of the runs.
    for term, same in groupby(merge(*runs, key=itemgetter(0)), itemgetter(0)):
        yield term, b"".join([content for _, content in same])


def encoded(pages: "Sequence[int] | Pages") -> str:
    """Return pages as a shard writes them: `(distance from the one before) * 4 + weight`."""
    if len(pages) == 1:  # As of most terms.
        return str(pages[0] + 4)
    steps = []
    before = -4
    for page in pages:
        steps.append(page - (before & -4))
        before = page
    return str(steps)[1:-1].replace(" ", "")


def decoded(steps: Iterable[int]) -> Iterator[int]:
    """Yield the pages of which a shard writes `steps`."""
    page = -4
    for step in steps:
        page = (page & -4) + step
        yield page

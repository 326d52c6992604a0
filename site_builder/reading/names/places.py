"""Where the names of a line of code stand in its HTML."""

import re
from collections.abc import Iterable, Iterator

_SHORTER = re.compile(r"<[^<>]*>|&[a-z]+;")
"""What is shorter on the page than in its HTML: a tag is nothing there, an entity one character."""


def place(html: str, uses: Iterable[tuple[int, str, int]], start: int) -> Iterator[tuple[int, int, int]]:
    """Yield where each use, a (column, name, number), stands: its two ends, counted from `start`, and number.

    A name that does not stand there, all in one piece, is left out.
    """
    if "sb-invisible" in html:
        return  # Columns are no longer those of the source.
    marks = _SHORTER.finditer(html)
    mark, longer, end = next(marks, None), 0, 0
    for column, name, number in sorted(uses):
        while mark and mark.start() - longer <= column:
            longer += len(mark[0]) - mark[0].startswith("&")
            mark = next(marks, None)
        at = column + longer
        if at >= end and html.startswith(name, at):
            end = at + len(name)
            yield start + at, start + end, number

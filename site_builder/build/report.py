"""What a build did."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from site_builder.errors import Problem

Progress = Callable[[str, int, int], None]
"""Told after each step: the page, how many steps are done, how many there are."""
Explain = Callable[[str, Collection[str]], None]
"""Told of each page that is written, by URL, and why: what is new, or not as it was."""

Shown = Callable[[Collection[str]], None]
"""Told of the files of the site that are new before the build is done; its report leaves them out."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did."""

    pages: int
    """In all languages together."""
    languages: tuple[str, ...]
    """The source's first."""
    coverage: Mapping[str, float]
    """Share of the words that are shown in each of the other languages, 0 to 1."""
    problems: tuple[Problem, ...]
    seconds: float
    changed: tuple[str, ...]
    """Paths below the output that were written or removed."""

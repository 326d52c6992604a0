"""How the pages of a site lie: their order, what is above them, what is below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from site_builder.model import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as other pages name it."""

    url: str
    titles: Mapping[str, Text]
    """By language."""
    summaries: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Navigation:
    """The pages of a site in reading order: a folder's index, then what the folder holds."""

    entries: Mapping[str, Entry]
    """By URL, in order."""
    previous: Mapping[str, str] = field(default_factory=dict)
    next: Mapping[str, str] = field(default_factory=dict)

    def above(self, url: str) -> list[str]:
        """List the index pages between the home page and `url`, both left out."""
        folders = url.split("/")[:-1]
        indexes = ["/".join([*folders[:depth], "index.html"]) for depth in range(1, len(folders) + 1)]
        return [index for index in indexes if index != url and index in self.entries]

    def below(self, url: str) -> list[str]:
        """List the pages of the folder whose index `url` is, and the indexes of its folders."""
        folder, _, name = url.rpartition("/")
        if name != "index.html":
            return []
        return [other for other in self.entries if other != url and _folder(other) == folder]


def navigate(entries: Sequence[Entry]) -> Navigation:
    """Put pages in order."""
    ordered = {entry.url: entry for entry in sorted(entries, key=lambda entry: _place(entry.url))}
    forward = dict(pairwise(ordered))
    return Navigation(ordered, {after: before for before, after in forward.items()}, forward)


def _place(url: str) -> tuple[str, ...]:
    *folders, name = url.split("/")
    return (*folders, "" if name == "index.html" else name)


def _folder(url: str) -> str:
    """Return the folder that lists `url`: an index is listed by the folder above its own."""
    folder, _, name = url.rpartition("/")
    return folder.rpartition("/")[0] if name == "index.html" else folder

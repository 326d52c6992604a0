"""How the pages of a site lie: their order, what is above them, what is below."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

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
    _ordered: Sequence[str] = ()
    """Their URLs."""
    _places: Mapping[str, int] = field(default_factory=dict)
    """Where in these each is."""
    _folders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What lies in each folder."""

    def previous(self, url: str) -> str:
        """Return the page before another, if there is one."""
        place = self._places.get(url)
        return self._ordered[place - 1] if place else ""

    def next(self, url: str) -> str:
        """Return the page after another, if there is one."""
        place = self._places.get(url, len(self._ordered)) + 1
        return self._ordered[place] if place < len(self._ordered) else ""

    def above(self, url: str) -> list[str]:
        """List the index pages between the home page and `url`, both left out."""
        folders = url.split("/")[:-1]
        indexes = ["/".join([*folders[:depth], "index.html"]) for depth in range(1, len(folders) + 1)]
        return [index for index in indexes if index != url and index in self.entries]

    def below(self, url: str) -> Sequence[str]:
        """List the pages of the folder whose index `url` is, and the indexes of its folders."""
        is_index = url.rpartition("/")[2] == "index.html"
        return self._folders.get(_folder_of(url), []) if is_index else []

    def around(
        self, url: str, most: int, some: Callable[[Iterable[str]], Mapping[str, Entry]]
    ) -> "Navigation":
        """Return as much of it as a page shows: what is above and beside it, and all that lies below it.

        Of the rows on the way, no more than `most` pages are left; `some` returns the entries of URLs.
        """
        above = self.above(url)
        way = {url, *above}
        rows = {_folder_of(index): self.row(index, way, most) for index in ("index.html", *above)}
        if below := self.below(url):
            rows[_folder_of(url)] = below
        beside = tuple(filter(None, (self.previous(url), url, self.next(url))))
        shown = (url, *above, *beside, *(other for row in rows.values() for other in row))
        return Navigation(some(dict.fromkeys(shown)), beside, {url: beside.index(url)}, rows)

    def row(self, index: str, way: Collection[str], most: int) -> Sequence[str]:
        """List what lies below an index: of more than `most` pages, those around the one on the `way`."""
        urls, folder = self.below(index), _folder_of(index)
        if len(urls) <= most:
            return urls
        place = self._places.__getitem__
        on_way = [place(url) for url in way if url != "index.html" and _folder(url) == folder]
        at = bisect_left(urls, min(on_way), key=place) if on_way else 0
        first = max(0, min(at - most // 2, len(urls) - most))
        return urls[first : first + most]


def navigate(
    entries: Iterable[Entry], links: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Navigation:
    """Put pages in reading order.

    In a folder that is the order in which its index leads to them, and then that of their names;
    `links` has the URLs that the page at a URL links to.
    """
    known = {entry.url: entry for entry in entries}
    ordered = in_order(known, links)
    return navigation_of(ordered, {url: known[url] for url in ordered})


def in_order(urls: Iterable[str], links: Mapping[str, Sequence[str]]) -> list[str]:
    """Put the URLs of pages in reading order."""
    ranks = {_home(index): _ranks(_home(index), linked) for index, linked in links.items()}
    return sorted(urls, key=lambda url: _place(url, ranks))


def navigation_of(ordered: Sequence[str], entries: Mapping[str, Entry]) -> Navigation:
    """Return the navigation of pages that are in reading order."""
    folders: dict[str, list[str]] = {}
    for url in ordered:
        if url != "index.html":  # It lies in no folder that has an index.
            folders.setdefault(_folder(url), []).append(url)
    return Navigation(entries, ordered, _Places(ordered), folders)


class _Places(Mapping[str, int]):
    """Where in a sequence each of its strings is: slower than a dict, and a fifth of its size."""

    def __init__(self, ordered: Sequence[str]) -> None:
        self._numbers = array("L", sorted(range(len(ordered)), key=ordered.__getitem__))
        self._ordered = ordered

    def __getitem__(self, url: str) -> int:
        at = bisect_left(self._numbers, url, key=self._ordered.__getitem__)
        if at == len(self._numbers) or self._ordered[number := self._numbers[at]] != url:
            raise KeyError(url)
        return number

    def __iter__(self) -> Iterator[str]:
        return iter(self._ordered)

    def __len__(self) -> int:
        return len(self._ordered)


def _home(url: str) -> str:
    """Return the folder whose index `url` is, with a slash, or something that no folder is called."""
    return url.removesuffix("index.html") if url == "index.html" or url.endswith("/index.html") else url


def _ranks(folder: str, linked: Sequence[str]) -> dict[str, int]:
    """Number what lies in `folder` by the first link that leads there, or below it."""
    names = (url.removeprefix(folder).partition("/")[0] for url in linked if url.startswith(folder))
    return {name: rank for rank, name in enumerate(dict.fromkeys(names))}


def _place(url: str, ranks: Mapping[str, Mapping[str, int]]) -> str:
    """Return what sorts `url`: its folder's place, and its own in that folder."""
    place, folder = "", ""
    for name in url.split("/"):
        known = ranks.get(folder, {})
        # A tuple of pairs would sort it the same, and take several times the memory.
        rank = 0 if name == "index.html" else known.get(name, len(known)) + 1
        place += f"{rank:09}{name}\0"
        folder += f"{name}/"
    return place


def _folder_of(index: str) -> str:
    return index.rpartition("/")[0]


def _folder(url: str) -> str:
    """Return the folder that lists `url`: an index is listed by the folder above its own."""
    folder, _, name = url.rpartition("/")
    return folder.rpartition("/")[0] if name == "index.html" else folder

"""What pages want to know of each other, looked up when it is wanted.

How they name each other is packed: a page is sent the names of all that are around it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from site_builder.build.cache import REFUSALS, seal, sealed
from site_builder.build.state import whole
from site_builder.model import Text
from site_builder.writing.navigation import Entry

if TYPE_CHECKING:
    from site_builder.build.reading import Reading

V = TypeVar("V")

_Texts = Mapping[str, Text]
_RECENT = 512


class Rows(Mapping[str, V]):
    """Values that are looked up by one of the `names`; the last of them stay at hand."""

    def __init__(self, names: Collection[str], look_up: Callable[[str], V | None], recent: int) -> None:
        self._names = names
        self._look_up = lru_cache(recent)(look_up)

    def __getitem__(self, name: str) -> V:
        found = self._look_up(name) if name in self._names else None
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


class Entries(Mapping[str, Entry]):
    """Pages as others name them, by URL in the order of the site; unpacked when they are asked for."""

    def __init__(self, packed: Mapping[str, bytes]) -> None:
        self._packed = packed

    def __getitem__(self, url: str) -> Entry:
        return _entry(url, self._packed[url])

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, url: object) -> bool:
        return url in self._packed

    def digest(self, url: str) -> bytes:
        """Digest how a page is named."""
        return seal(self._packed[url])

    def some(self, urls: Iterable[str]) -> "Entries":
        """Return those of some URLs, held in memory."""
        return Entries({url: self._packed[url] for url in urls})


def packed_entry(reading: "Reading") -> bytes:
    """Spell how other pages name one."""
    names = [dict(sorted(texts.items())) for texts in (reading.titles, reading.summaries)]
    try:
        return sealed(names)
    except REFUSALS:  # Half a character, which no page can show.
        return sealed([*map(_whole, names)])


def _whole(texts: _Texts) -> _Texts:
    return {tag: Text(one.text.encode("utf-8", "replace").decode(), one.state) for tag, one in texts.items()}


@lru_cache(_RECENT)
def _entry(url: str, packed: bytes) -> Entry:
    titles, summaries = whole(packed, tuple[_Texts, _Texts])
    return Entry(url, titles, summaries)

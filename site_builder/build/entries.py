"""How pages name each other, packed: a page is sent the names of all that are around it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from site_builder.build.cache import REFUSALS, sealed
from site_builder.build.state import whole
from site_builder.model import Text
from site_builder.writing.navigation import Entry

if TYPE_CHECKING:
    from site_builder.build.reading import Reading

_Texts = Mapping[str, Text]
_RECENT = 512


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

    def some(self, urls: Iterable[str]) -> "Entries":
        """Return those of some URLs, held in memory."""
        return Entries({url: self._packed[url] for url in urls})


def packed_entry(reading: "Reading") -> bytes:
    """Spell how other pages name one."""
    try:
        return sealed((reading.titles, reading.summaries))
    except REFUSALS:  # Half a character, which no page can show.
        return sealed((_whole(reading.titles), _whole(reading.summaries)))


def _whole(texts: _Texts) -> _Texts:
    return {tag: Text(one.text.encode("utf-8", "replace").decode(), one.state) for tag, one in texts.items()}


@lru_cache(_RECENT)
def _entry(url: str, packed: bytes) -> Entry:
    titles, summaries = whole(packed, tuple[_Texts, _Texts])
    return Entry(url, titles, summaries)

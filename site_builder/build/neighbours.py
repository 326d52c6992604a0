"""What a page shows of the pages around it."""

from collections.abc import Iterator

from site_builder.build.digests import digest
from site_builder.writing.compose import Frame
from site_builder.writing.contents import surroundings
from site_builder.writing.navigation import Entry


def neighbours_digest(frame: Frame, url: str) -> bytes:
    """Digest what a page shows of those around it."""
    shown = (frame.navigation.entries[other] for other in surroundings(frame.navigation, url))
    return digest(*(part.encode() for entry in shown for part in _spelled(entry)))


def _spelled(entry: Entry) -> Iterator[str]:
    yield entry.url
    yield from (repr(sorted(texts.items())) for texts in (entry.titles, entry.summaries))

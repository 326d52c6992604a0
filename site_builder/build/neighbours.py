"""What a page shows of the pages around it."""

from dataclasses import dataclass, field

from site_builder.build.digests import digest
from site_builder.writing.contents import surroundings
from site_builder.writing.navigation import Navigation


@dataclass(frozen=True, slots=True)
class Neighbours:
    """How the pages of a site name each other."""

    navigation: Navigation
    _digests: dict[str, bytes] = field(default_factory=dict)
    """Of each entry, once it was asked for."""

    def digest(self, url: str) -> bytes:
        """Digest what a page shows of those around it."""
        return digest(*map(self._entry, surroundings(self.navigation, url)))

    def _entry(self, url: str) -> bytes:
        if url not in self._digests:
            entry = self.navigation.entries[url]
            texts = (sorted(entry.titles.items()), sorted(entry.summaries.items()))
            self._digests[url] = digest(url.encode(), repr(texts).encode())
        return self._digests[url]

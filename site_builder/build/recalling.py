"""Between reading and writing: what the memory of a language knows of a page whose own map is wanting."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from site_builder.build.digests import digest
from site_builder.build.inputs import Inputs
from site_builder.build.reading import Reading, Recalled, load_page, names
from site_builder.model import Page
from site_builder.site.memories import forms_said, full_memory
from site_builder.translating.shared import Shared


@dataclass(frozen=True, slots=True, eq=False)
class Recalling:
    """All that is known, by language."""

    inputs: Inputs
    memories: Mapping[str, Shared]
    digests: Mapping[str, bytes]
    """Of the memories."""


def unasked(reading: Reading, digests: Mapping[str, bytes]) -> list[str]:
    """List the languages whose memory has changed since it was asked of a page."""
    known = reading.recalled
    return [tag for tag in sorted(reading.wanting) if tag not in known or known[tag].memory != digests[tag]]


def recall(recalling: Recalling, reading: Reading) -> Reading:
    """Name a page as all maps know it, where its own does not say all of it."""
    asked = _Asked(recalling, reading)
    stale = unasked(reading, recalling.digests)
    recalled = {**reading.recalled, **{tag: asked.of(tag) for tag in stale}}
    return replace(
        reading,
        recalled=recalled,
        titles={**reading.titles, **{tag: one.title for tag, one in recalled.items()}},
        summaries={**reading.summaries, **{tag: one.summary for tag, one in recalled.items()}},
    )


@dataclass(slots=True)
class _Asked:
    """One page, loaded only if what is known of it has changed."""

    recalling: Recalling
    reading: Reading
    _page: Page | None = None

    @property
    def page(self) -> Page:
        self._page = self._page or load_page(self.recalling.inputs, self.reading)
        return self._page

    def forms(self) -> tuple[str, ...]:
        """Return the lines of the page, without what tells them apart from equal ones."""
        cache, name = self.recalling.inputs.cache, forms_name(self.reading.key)
        forms = cache.load(name, tuple[str, ...])
        if forms is None:
            forms = forms_said(self.page)
            cache.save(name, forms)
        return forms

    def of(self, tag: str) -> Recalled:
        shared, memory = self.recalling.memories[tag], self.recalling.digests[tag]
        answer = digest(*shared.about(self.forms(), self.reading.source.path))
        known = self.reading.recalled.get(tag)
        if known and known.answer == answer:
            return replace(known, memory=memory)
        full = full_memory(self.recalling.inputs.site, self.page, shared)
        return Recalled(memory, answer, *names(self.page, full))


def forms_name(key: bytes) -> str:
    """Name what the cache keeps of a page's lines."""
    return f"forms/{key.hex()}"

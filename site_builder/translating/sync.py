"""Maps after their sources changed: which texts a map has to say, and which it does not say yet."""

from collections.abc import Iterator
from dataclasses import replace

from site_builder.model import Page
from site_builder.translating.catalog import Catalog
from site_builder.translating.memory import Memory


def translatable(page: Page) -> Iterator[str]:
    """List the keys of a page: what a translator has to say in another language, in order."""
    yield from (text for name in ("title", "summary") if name in page.meta and (text := getattr(page, name)))
    yield from (section.docs.html for section in page.sections if section.words)


def with_missing(catalog: Catalog, page: Page) -> Catalog:
    """Add an empty value for every text of the page that the map has none for; the rest stays."""
    memory = Memory(catalog.entries)
    missing = {
        key: ""
        for key in translatable(page)
        if key not in catalog.entries and memory.translation(key) is None
    }
    return replace(catalog, entries={**catalog.entries, **missing})

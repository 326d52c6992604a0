"""Maps after their sources changed: which texts a map has to say, and which it does not say yet."""

from dataclasses import replace

from site_builder.model import Page
from site_builder.translating.catalog import Catalog
from site_builder.translating.memory import Memory, translatable


def with_missing(catalog: Catalog, page: Page) -> Catalog:
    """Add an empty value for every text of the page that the map has none for; the rest stays."""
    memory = Memory(catalog.entries)
    missing = {
        key: ""
        for key in translatable(page)
        if key not in catalog.entries and memory.recall(key).value is None
    }
    return replace(catalog, entries={**catalog.entries, **missing})

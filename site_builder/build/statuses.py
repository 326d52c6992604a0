"""How much of each page each language has, kept from the writing of the pages for the page that tells it."""

from site_builder.build.cache import Cache
from site_builder.build.digests import digest
from site_builder.model import PageStatus
from site_builder.writing.status import listed


def keep_statuses(cache: Cache, statuses: tuple[PageStatus, ...]) -> bytes:
    """Keep those of one page, and return the digest that they are kept by; empty if there are none."""
    if not statuses:
        return b""
    statuses = tuple(map(listed, statuses))
    found = digest(repr(statuses).encode("utf-8", "surrogatepass"))
    cache.save(statuses_name(found), statuses)
    return found


def statuses_name(found: bytes) -> str:
    """Name what the cache keeps of a page's statuses."""
    return f"statuses/{found.hex()}"

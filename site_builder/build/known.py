"""What is known of the last build, here or in the cache, so that the next does the work of the change."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.build.cache import Cache
from site_builder.build.digests import Files, Signs
from site_builder.build.report import Report
from site_builder.places import Look, is_url
from site_builder.places import looks as looks_at

if TYPE_CHECKING:
    # A build that finds nothing to do needs none of this.
    from site_builder.build.reading import Reading
    from site_builder.build.writing import Rendering
    from site_builder.translating.shared import Shared
    from site_builder.writing.search import Corpus


@dataclass(frozen=True, slots=True)
class Last:
    """How the last build began and ended."""

    inputs: bytes = b""
    """Digest of all that it was made from."""
    looks: Mapping[str, Look] = field(default_factory=dict)
    """How each published file looked, by its path below the output."""
    report: Report | None = None
    assets: tuple[str, ...] = ()
    """The files beside the sources that were published."""


@dataclass(slots=True)
class Pages:
    """What a process knows of its last build."""

    readings: "dict[str, Reading]" = field(default_factory=dict)
    """By source path."""
    renderings: "dict[str, Rendering]" = field(default_factory=dict)
    """By URL; of what is published."""
    corpora: "dict[str, Corpus]" = field(default_factory=dict)
    """What is indexed of what is published."""
    assets: frozenset[str] = frozenset()
    """The files beside the sources that could be published."""
    status: bytes = b""
    """Digest of all that the status page tells."""
    memories: "dict[str, tuple[bytes, Shared]]" = field(default_factory=dict)
    """By language, each with the digest of what it was made of."""
    files: Files = field(default_factory=Files)
    last: Last = field(default_factory=Last)


_FILES, _LAST = "files", "last"


def load_known(cache: Cache, pages: Pages) -> None:
    """Load what tells whether there is anything to do."""
    pages.files = Files(cache.load(_FILES, dict[str, tuple[Signs, bytes]]) or {})
    pages.last = cache.load(_LAST, Last) or Last()


def save_known(cache: Cache, pages: Pages) -> None:
    """Keep it for the next build."""
    cache.save(_FILES, pages.files.asked)
    cache.save(_LAST, pages.last)


def look(root: Path, paths: Iterable[str]) -> dict[str, Look]:
    """Look at the files of a site; those that are absent are left out."""
    if is_url(root):
        found = looks_at(root)
        return {path: found[path] for path in paths if path in found}
    looks = {}
    for path in paths:
        try:
            status = os.stat(f"{root}/{path}")  # noqa: PTH116 - There are many.
        except OSError:
            continue
        looks[path] = status.st_size, status.st_ino, status.st_mtime_ns
    return looks


def foreign_files(root: Path, last: Last) -> frozenset[str]:
    """List the published files that somebody else has changed since."""
    now = look(root, last.looks)
    return frozenset(path for path, known in last.looks.items() if now.get(path) != known)


def look_again(root: Path, last: Last, paths: Collection[str], changed: Collection[str]) -> dict[str, Look]:
    """Look at all the files of a site, of which only the `changed` ones can look otherwise."""
    same = {path: known for path, known in last.looks.items() if path in paths and path not in changed}
    return same | look(root, (path for path in paths if path not in same))

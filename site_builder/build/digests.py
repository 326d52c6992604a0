"""What tells whether something has changed: digests of files, of maps, of anything that can be spelled."""

from hashlib import blake2b
from pathlib import Path

from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.memories import memory_files


def shared_digest(site: Site, language: str) -> bytes:
    """Digest all that is known in a language, as it is now."""
    owners = {path: source for (source, tag), path in site.maps.items() if tag == language}
    return digest(
        *(
            part
            for path in memory_files(site, language)
            # A map whose source goes or comes back says something else.
            for part in (f"{path} {owners.get(path)}".encode(), _content(path))
        )
    )


def source_digest(source: Source) -> bytes:
    """Digest a source as it is now; empty if it cannot be read."""
    return digest(_content(source.file)) if source.file.is_file() else b""


def maps_digest(site: Site, source: Source) -> bytes:
    """Digest the maps of a source as they are now."""
    paths = (site.maps.get((source.path, tag)) for tag in site.languages)
    return digest(*(_content(path) if path else _NOTHING for path in paths))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return _NOTHING


_NOTHING = b"\xff"  # No file of ours: it is not UTF-8.


def digest(*parts: bytes) -> bytes:
    """Return a short hash of `parts`, in their order."""
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "little") + part)
    return whole.digest()

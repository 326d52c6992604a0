"""What a site is made from, and what tells whether any of it has changed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from site_builder.build.cache import Cache
from site_builder.build.digests import Digest, Files, config_digest, digest, program_digest, theme_digest
from site_builder.reading.discover import Source
from site_builder.site import Site
from site_builder.site.files import former_files


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that reading a source needs besides the source."""

    site: Site
    cache: Cache
    versions: Mapping[str, bytes]
    """Digests of the `program`, the `configuration` and the `theme`."""

    @property
    def languages(self) -> tuple[str, ...]:
        """All of them, the source's first."""
        return (self.site.config.language, *self.site.languages)

    def key(self, source: Source, content: bytes) -> bytes:
        """Digest all that a page is made of; `content` is the digest of its file."""
        rules = self.versions["program"], self.versions["configuration"]
        return digest(*rules, repr(source).encode("utf-8", "surrogatepass"), content)

    def made_of(self, key: bytes, maps: Mapping[str, bytes]) -> bytes:
        """Digest all that a reading was made of: the page, and the maps of its source."""
        languages = (tag.encode() for tag in self.languages)
        return digest(key, *(part for tag in sorted(maps) for part in (tag.encode(), maps[tag])), *languages)


@dataclass(frozen=True, slots=True)
class Now:
    """What sources and maps hold now."""

    made_of: bytes
    """Digests of what a reading of each source would be made of, joined."""
    memories: Mapping[str, bytes]
    """Digest of all that is known, by language."""


def look_at_sources(inputs: Inputs, files: Files) -> Now:
    """Digest sources and maps."""
    site, made_of = inputs.site, bytearray()
    memories = {tag: Digest() for tag in site.languages}
    for source in site.sources:
        maps = map_digests(site, source, files.digest)
        made_of += inputs.made_of(inputs.key(source, files.digest(source.file)), maps)
        for tag, found in maps.items():
            memories[tag].add(source.path.encode(), found)
    for tag, memory in memories.items():
        for path in former_files(site, tag):
            memory.add(f"{path}".encode("utf-8", "surrogatepass"), files.digest(path))
    return Now(bytes(made_of), {tag: memory.value() for tag, memory in memories.items()})


def look_at_inputs(site: Site, cache: Cache, files: Files) -> Inputs:
    """Digest what goes into every page."""
    versions = {
        "configuration": config_digest(site.config),
        "program": program_digest(files),
        "theme": theme_digest(site.config, files),
    }
    return Inputs(site, cache, versions)


def other_digests(site: Site, files: Files, assets: tuple[str, ...]) -> Iterator[bytes]:
    """Digest what a site is made from besides its pages' own sources and maps, part by part."""
    yield repr((site.problems, sorted(site.assets), site.languages)).encode("utf-8", "surrogatepass")
    for path in (site.config.source / asset for asset in assets):
        yield from (f"{path}".encode("utf-8", "surrogatepass"), files.digest(path))


def map_digests(site: Site, source: Source, digest_of: Callable[[Path], bytes]) -> dict[str, bytes]:
    """Digest the map of a source in each language that has one."""
    paths = {tag: site.maps.get((source.path, tag)) for tag in site.languages}
    return {tag: digest_of(path) for tag, path in paths.items() if path}

"""Which maps a site has: perhaps tens of thousands, so none of them is kept as a path."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from site_builder.places import is_url
from site_builder.translating.catalog import map_path


class Maps(Mapping[tuple[str, str], Path]):
    """The maps in a folder, by source path and language tag."""

    __slots__ = ("_folder", "_sources")

    def __init__(self, folder: Path, sources: Mapping[str, Mapping[str, None]]) -> None:
        """`sources` holds for each language the sources that have a map, in the order of the maps."""
        self._folder = folder
        self._sources = sources

    def __getitem__(self, key: tuple[str, str]) -> Path:
        source, tag = key
        if source not in self._sources.get(tag, ()):
            raise KeyError(key)
        return self._folder / map_path(source, tag)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((source, tag) for tag, sources in self._sources.items() for source in sources)

    def __len__(self) -> int:
        return sum(map(len, self._sources.values()))

    def within(self, languages: tuple[str, ...]) -> "Maps":
        """Leave out the maps in other languages."""
        return Maps(self._folder, {tag: found for tag, found in self._sources.items() if tag in languages})


def json_files(folder: Path) -> list[str]:
    """List the JSON files below a folder, each by its path below it, in the order of their paths."""
    if is_url(folder):
        found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))
    else:
        start = len(os.path.join(folder, ""))  # noqa: PTH118 - A path for each would cost several times as much.
        found = (
            os.path.join(place, name)[start:]  # noqa: PTH118
            for place, folders, files in os.walk(folder)
            for name in (*folders, *files)
            if name.endswith(".json")
        )
    return sorted(found, key=lambda path: path.split("/"))

"""Which maps a site has: perhaps tens of thousands, so none of them is kept as a path."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from site_builder.places import entries, is_url
from site_builder.translating.catalog import map_path


class Maps(Mapping[tuple[str, str], Path]):
    """The maps in a folder, by source path and language tag."""

    __slots__ = ("_folder", "_tags")

    def __init__(self, folder: Path, tags: Mapping[str, tuple[str, ...]]) -> None:
        """`tags` are the languages that each source has a map in."""
        self._folder = folder
        self._tags = tags

    def __getitem__(self, key: tuple[str, str]) -> Path:
        source, tag = key
        if tag not in self._tags.get(source, ()):
            raise KeyError(key)
        return self._folder / map_path(source, tag)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((source, tag) for source, tags in self._tags.items() for tag in tags)

    def __len__(self) -> int:
        return sum(map(len, self._tags.values()))

    def within(self, languages: tuple[str, ...]) -> "Maps":
        """Leave out the maps in other languages."""
        kept = {tags: tuple(tag for tag in tags if tag in languages) for tags in set(self._tags.values())}
        return Maps(self._folder, {source: kept[tags] for source, tags in self._tags.items() if kept[tags]})


def json_files(folder: Path) -> Iterator[str]:
    """Yield the JSON files below a folder, each by its path below it, in the order of their paths."""
    if is_url(folder):
        found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))
        yield from sorted(found, key=lambda path: path.split("/"))
        return
    places = [_listed(folder, "")]
    while places:
        for path, is_folder in places[-1]:
            if path.endswith(".json"):
                yield path
            if is_folder:
                places.append(_listed(folder / path, f"{path}/"))
                break
        else:
            places.pop()


def _listed(folder: Path, prefix: str) -> Iterator[tuple[str, bool]]:
    """List a folder that can be read by the names in it, and say which are folders."""
    with suppress(OSError):
        for name, entry in sorted((entry.name, entry) for entry in entries(folder)):
            yield prefix + name, entry.is_dir(follow_symlinks=False)

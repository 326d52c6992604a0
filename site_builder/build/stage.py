"""What a site is written to, in a folder of this machine or behind a URL."""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from site_builder.build import publish
from site_builder.places import is_url


class Stage(Protocol):
    """What takes the files of a site. May travel to worker processes."""

    @property
    def waits(self) -> bool:
        """Whether what is published stays as it is until the commit."""

    def write(self, path: str, content: bytes) -> bool:
        """Say what the site's file `path` shall hold; returns whether it held something else."""

    def read(self, path: str) -> bytes:
        """Return what the site's file `path` shall hold."""

    def published(self, path: str) -> bytes:
        """Return what the site's file `path` holds as it is."""


class Publication(Protocol):
    """A site about to change."""

    @property
    def stage(self) -> Stage:
        """Where its files go."""

    def show(self, paths: Iterable[str], ours: Collection[str] | None = None) -> tuple[str, ...]:
        """Let readers have those of `paths` that they can have before a commit; return these.

        `ours` are files of the site, if that is known without looking it up.
        """

    def commit(self, paths: Iterable[str], same: Iterable[str] = ()) -> tuple[str, ...]:
        """Make the site consist of exactly these files; return those that were written or removed.

        What is the `same` was not given to the stage, and was seen to be as it was published.
        """


def check_output(output: Path, source: Path, shown: str) -> None:
    """Raise SiteError if a site made from `source` must not be written to `output`."""
    if not is_url(output):
        publish.check_output(output, source, shown)
        return
    from site_builder.build import objects  # noqa: PLC0415

    objects.check_output(output, source)


def publishing(output: Path, shown: str) -> AbstractContextManager[Publication]:
    """Hold the output while a site is written to it.

    A folder does not change without a commit, and then all at once. What is behind a URL changes file by
    file, as soon as the stage is asked for.
    """
    if not is_url(output):
        return publish.publishing(output, shown)
    from site_builder.build import objects  # noqa: PLC0415

    return objects.publishing(output)

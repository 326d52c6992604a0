"""The notebooks of one page, in each language."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from site_builder.build.digests import digest
from site_builder.config import Config
from site_builder.model import Page
from site_builder.reading.discover import Source
from site_builder.site.assets import read_asset
from site_builder.writing.context import PageContext
from site_builder.writing.notebook import Place, make_notebook, outline
from site_builder.writing.notebook.outline import Cell

LARGEST_IMAGE = 1024 * 1024
"""Bytes of an image that a notebook holds; it links to a larger one."""


@dataclass(frozen=True, slots=True)
class Notebooks:
    """What the notebooks of a page have in common."""

    config: Config
    kind: str
    cells: Sequence[Cell]
    assets: Collection[str]
    """The files that the page may show."""
    images: dict[str, bytes] = field(default_factory=dict)
    """Those that are in the notebooks, by path."""

    def write(self, context: PageContext, url: str) -> bytes:
        """Make the notebook of the page at `url`."""
        return make_notebook(context, self.cells, Place(self.config, url, self._image), self.kind).encode()

    def _image(self, path: str) -> bytes | None:
        if path in self.assets and path not in self.images:
            self.images[path] = image(self.config, path)
        return self.images.get(path) or None


def notebooks(config: Config, source: Source, page: Page, assets: Collection[str]) -> Notebooks:
    """Prepare the notebooks of a page."""
    return Notebooks(config, source.kind, outline(page, source.kind), assets)


def image_digest(config: Config, path: str) -> bytes:
    """Digest an image that a notebook shows, as it is now."""
    return digest(image(config, path))


def image(config: Config, path: str) -> bytes:
    """Read an image that a notebook shows; nothing if it is not to hold that."""
    try:
        content = read_asset(config, path)
    except OSError:  # Told when the image itself is published.
        return b""
    return content if len(content) <= LARGEST_IMAGE else b""

"""The files beside the sources that a site publishes."""

import re
from io import BytesIO
from pathlib import Path

from site_builder.config import Config

_SVG = re.compile(rb"""<svg(?:[^<>"']|"[^"]*"|'[^']*')*>""")


def read_asset(config: Config, asset: str) -> bytes:
    """Read a file by its path below the source folder. Raises OSError, also if a link leads out of it."""
    return _file(config, asset).read_bytes()


def image_size(config: Config, asset: str) -> tuple[int, int] | None:
    """Return the width and height of an image in pixels; None if it is none, broken, or does not say."""
    import imagesize  # noqa: PLC0415 - It imports what speaks HTTP.

    try:
        with _file(config, asset).open("rb") as file:
            # Of a drawing, its first element alone: those within have sizes of their own.
            drawing = _SVG.search(file.read(_HEAD)) if asset.lower().endswith(".svg") else None
            width, height = imagesize.get(BytesIO(drawing[0]) if drawing else file)
    except OSError:
        return None
    return (round(width), round(height)) if min(width, height) >= 1 else None


_HEAD = 65_536  # Bytes in which a drawing begins: licences come before it.


def _file(config: Config, asset: str) -> Path:
    file = (config.source / asset).resolve(strict=True)
    if not file.is_relative_to(config.source.resolve()):
        raise PermissionError(0, "leads out of the source folder")
    return file

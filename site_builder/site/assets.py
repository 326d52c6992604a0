"""The files beside the sources that a site publishes."""

from site_builder.config import Config


def read_asset(config: Config, asset: str) -> bytes:
    """Read a file by its path below the source folder. Raises OSError, also if a link leads out of it."""
    file = (config.source / asset).resolve(strict=True)
    if not file.is_relative_to(config.source.resolve()):
        raise PermissionError(0, "leads out of the source folder")
    return file.read_bytes()

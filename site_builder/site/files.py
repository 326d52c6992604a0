"""The files that say in a language what no source says any more."""

from pathlib import Path

from site_builder.site import ATTIC, Site


def former_files(site: Site, language: str) -> list[Path]:
    """List the files that hold what no source says any more."""
    return [attic_path(site, language), *site.former.get(language, ())]


def attic_path(site: Site, language: str) -> Path:
    """Say where the attic of a language is; it need not exist."""
    return site.config.translations / ATTIC / f"{language}.json"

"""The files of which the memory of a language is made."""

from pathlib import Path

from site_builder.site import ATTIC, Site


def memory_files(site: Site, language: str) -> list[Path]:
    """List the files that say something in a language."""
    maps = [path for (_, tag), path in site.maps.items() if tag == language]
    return sorted([*maps, *former_files(site, language)])


def former_files(site: Site, language: str) -> list[Path]:
    """List the files that hold what no source says any more."""
    return [attic_path(site, language), *site.former.get(language, ())]


def attic_path(site: Site, language: str) -> Path:
    """Say where the attic of a language is; it need not exist."""
    return site.config.translations / ATTIC / f"{language}.json"

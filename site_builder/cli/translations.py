"""The commands of translators: what makes, keeps, exports and imports the maps."""

from pathlib import Path
from typing import BinaryIO

import click

from site_builder.cli.options import languages, options, quiet, source, translations_folder
from site_builder.terminal import count, has_errors, print_problems, say


@click.group()
def translations() -> None:
    """Make and keep the translation maps."""


_language = click.argument("language", metavar="LANG")


@translations.command()
@_language
@options(source, translations_folder, quiet)
def add(*, language: str, quiet: bool, **settings: object) -> int:
    """Write maps for LANG (ja, zh, pt-BR …) with every text of SOURCE that they do not have yet.

    A text that was translated before comes with its translation, any other with an empty one.
    """
    from site_builder.config import load_folders  # noqa: PLC0415
    from site_builder.site.maps import add_language  # noqa: PLC0415

    config = load_folders(Path.cwd(), **settings)
    added = add_language(config, language)
    if not quiet:
        for file in added.files:
            say(config.shown(file))
        to_translate = count(added.entries - added.filled, "text")
        say(f"{count(len(added.files), 'map')} written, {to_translate} to translate")
    print_problems(added.problems)
    return int(has_errors(added.problems))


@translations.command()
@options(source, translations_folder, languages, quiet)
@click.option("-n", "--dry-run", is_flag=True, help="Print what would change as a diff, and write nothing.")
@click.option("--force", is_flag=True, help="Do so even if SOURCE says nothing of what the maps translate.")
def sync(
    *, languages: tuple[str, ...] | None, quiet: bool, dry_run: bool, force: bool, **settings: object
) -> int:
    """Bring the maps up to date with SOURCE.

    What SOURCE says anew comes with what was translated before, line by line. What it says no more goes
    to the attic, a folder beside the maps, from which it comes back when it is wanted again.
    """
    from site_builder.config import load_folders  # noqa: PLC0415
    from site_builder.site.upkeep import sync as sync_maps  # noqa: PLC0415

    config = load_folders(Path.cwd(), **settings)
    synced = sync_maps(config, languages, dry_run=dry_run, force=force)
    if dry_run:
        click.echo(synced.diff, nl=False)
    elif not quiet:
        for path in (*synced.written, *synced.removed):
            say(f"{config.shown(path)}{' (removed)' if path in synced.removed else ''}")
    if not quiet:
        kept, empty = count(synced.kept, "translation"), count(synced.empty, "text")
        known = f"{synced.filled} found in memory, {synced.partial} in part"
        say(f"{kept} kept, {known}; {synced.moved} moved to the attic; {empty} to translate")
    print_problems(synced.problems)
    return int(has_errors(synced.problems))


@translations.command()
@options(source, translations_folder, languages)
@click.option("-n", "--dry-run", is_flag=True, help="Say how many translations it holds, and keep them.")
def prune(*, languages: tuple[str, ...] | None, dry_run: bool, **settings: object) -> None:
    """Empty the attic.

    What no source says any more is forgotten, and with it the earlier translations of outdated lines.
    """
    from site_builder.config import load_folders  # noqa: PLC0415
    from site_builder.site.upkeep import prune as prune_attic  # noqa: PLC0415

    number = prune_attic(load_folders(Path.cwd(), **settings), languages, dry_run=dry_run)
    say(f"{count(number, 'translation')} {'in the attic' if dry_run else 'removed'}")


@translations.command()
@_language
@options(source, translations_folder)
@click.option("--format", "_style", type=click.Choice(["po"]), default="po")
@click.option("-o", "--output", "file", type=click.File("wb"), default="-", help="File to write.")
def export(*, language: str, file: BinaryIO, _style: str, **settings: object) -> None:
    """Write the texts of LANG as a gettext PO file, for Poedit, Weblate and the like."""
    from site_builder.config import load_folders  # noqa: PLC0415
    from site_builder.site.exchange import export_language  # noqa: PLC0415

    file.write(export_language(load_folders(Path.cwd(), **settings), language))


@translations.command("import")
@click.argument("file", type=click.File("rb"))
@options(source, translations_folder, quiet)
@click.option("-l", "--language", metavar="LANG", help="Its language.  [default: what its header says]")
def import_(*, file: BinaryIO, language: str | None, quiet: bool, **settings: object) -> int:
    """Take the translations of a PO file into the maps; if anything is wrong with it, nothing changes."""
    from site_builder.config import load_folders  # noqa: PLC0415
    from site_builder.site.exchange import import_language  # noqa: PLC0415

    config = load_folders(Path.cwd(), **settings)
    imported = import_language(config, file.read(), file.name, language)
    if not quiet:
        for path in imported.files:
            say(config.shown(path))
        fuzzy = f", {count(imported.fuzzy, 'fuzzy one')} not taken" if imported.fuzzy else ""
        attic = f", {imported.moved} to the attic" if imported.moved else ""
        say(f"{count(imported.translations, 'translation')} taken{fuzzy}{attic}")
    print_problems(imported.problems)
    return int(has_errors(imported.problems))

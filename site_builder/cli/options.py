"""What commands take: each option once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from site_builder.places import spells_url

Command = TypeVar("Command", bound=Callable[..., Any])


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Not everywhere; a container may have fewer than the machine.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def options(*wanted: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command several options."""

    def decorate(command: Command) -> Command:
        for option in reversed(wanted):
            command = option(command)
        return command

    return decorate


class _Place(click.Path):
    """A folder, or a URL as it is written: as a path it would lose a slash."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        is_url = isinstance(value, str) and spells_url(value)
        return value if is_url else super().convert(value, param, ctx)


FOLDER = _Place(path_type=Path)
source = click.argument("source", required=False, type=FOLDER)
translations_folder = click.option(
    "-t", "--translations", type=FOLDER, help="Folder of the translation maps.  [default: translations]"
)
languages = click.option(
    "-l",
    "--language",
    "languages",
    multiple=True,
    callback=lambda _context, _option, tags: tags or None,
    metavar="LANG",
    help="A language besides that of the source; may be repeated.  [default: all with a map]",
)
no_cache = click.option(
    "--no-cache", is_flag=True, help="Build all anew, and keep nothing for the next time."
)
cache = click.option(
    "--cache", type=FOLDER, help="Where to keep what the next build can use.  [default: .site-builder-cache]"
)
executor = click.option(
    "--executor",
    type=click.Choice(["local", "dask"]),
    default="local",
    help="What works: processes of this machine, or a Dask cluster.",
)
scheduler = click.option(
    "--scheduler",
    default="",
    show_default=False,
    metavar="ADDRESS",
    help="Join the Dask cluster of this scheduler, tls://HOST:PORT; otherwise one is started here.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
site_options = options(
    source,
    translations_folder,
    click.option("-o", "--output", type=FOLDER, help="Folder of the site.  [default: public]"),
    languages,
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=_cores,
        show_default="the cores",
        help="How many processes work.",
    ),
    quiet,
)

"""The commands, what they take, and the code they exit with.

Whatever a command needs is imported when it runs, so that `--help` comes at once.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from site_builder import __version__
from site_builder.errors import SiteError
from site_builder.terminal import count, print_problems, print_report, print_summary, progress_shown, say

Command = TypeVar("Command", bound=Callable[..., Any])


def main() -> NoReturn:
    """Run the command line of this process, and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    0: fine; 1: problems were found, and `--strict` asked for none; 2: the input is wrong; 130:
    interrupted. Any other exception is a bug of ours and keeps its traceback.
    """
    try:
        return int(commands.main(list(arguments), "site-builder", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except SiteError as error:
        print_problems(error.problems)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Whoever read has gone; Python must not complain of it when it flushes at its end.
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - Open until the end.
        return 1


# Options.


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Not everywhere; a container may have fewer than the machine.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_FOLDER = click.Path(path_type=Path)
_source = click.argument("source", required=False, type=_FOLDER)
_translations = click.option(
    "-t", "--translations", type=_FOLDER, help="Folder of the translation maps.  [default: translations]"
)
_quiet = click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
_site = _options(
    _source,
    _translations,
    click.option("-o", "--output", type=_FOLDER, help="Folder of the site.  [default: public]"),
    click.option(
        "-l",
        "--language",
        "languages",
        multiple=True,
        callback=lambda _context, _option, tags: tags or None,
        metavar="LANG",
        help="A language to build, besides that of the source; may be repeated.  [default: all with a map]",
    ),
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=_cores,
        show_default="the cores",
        help="How many processes work.",
    ),
    _quiet,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="site-builder")
def commands() -> None:
    """Turn annotated source into a website: prose beside its code, in every language.

    SOURCE is the folder to read, `src` if nothing is said. [tool.site-builder] in pyproject.toml, or
    a site-builder.toml, sets all of this and more; what the command line says wins.
    """


@commands.command()
@_site
@click.option("--strict", is_flag=True, help="Publish nothing and exit with 1 if there is any problem.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each page.")
def build(*, jobs: int, quiet: bool, strict: bool, verbose: bool, **settings: object) -> int:
    """Build the site of SOURCE."""
    from site_builder.build import build as build_site  # noqa: PLC0415
    from site_builder.config import load_config  # noqa: PLC0415

    config = load_config(Path.cwd(), **settings)
    with progress_shown(verbose=verbose, quiet=quiet) as progress:
        report = build_site(config, jobs=jobs, strict=strict, progress=progress)
    failed = strict and bool(report.problems)
    print_problems(report.problems)
    if not quiet:
        print_summary(report, config, failed=failed)
    return int(failed)


@commands.command()
@_site
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 takes any free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the site in the browser.")
def serve(*, jobs: int, quiet: bool, host: str, port: int, open_browser: bool, **settings: object) -> int:
    """Build the site of SOURCE, show it on this machine, and keep it up to date."""
    from site_builder.config import load_config  # noqa: PLC0415
    from site_builder.serve import serve as serve_site  # noqa: PLC0415

    return serve_site(
        partial(load_config, Path.cwd(), **settings),
        host=host,
        port=port,
        open_browser=open_browser,
        jobs=jobs,
        announce=say,
        on_report=partial(print_report, quiet=quiet),
    )


@commands.group()
def translations() -> None:
    """Make and keep the translation maps."""


@translations.command()
@click.argument("language", metavar="LANG")
@_options(_source, _translations, _quiet)
def add(*, language: str, quiet: bool, **settings: object) -> int:
    """Write maps for LANG (ja, zh, pt-BR …), with every text of SOURCE still to translate."""
    from site_builder.config import load_config  # noqa: PLC0415
    from site_builder.site.maps import add_language  # noqa: PLC0415

    config = load_config(Path.cwd(), **settings)
    added = add_language(config, language)
    if not quiet:
        for file in added.files:
            say(config.shown(Path(file)))
        say(f"{count(len(added.files), 'map')} written, {count(added.entries, 'text')} to translate")
    print_problems(added.problems)
    return int(bool(added.problems))

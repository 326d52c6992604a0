"""The commands, what they take, and the code they exit with.

Whatever a command needs is imported when it runs, so that `--help` comes at once.
"""

import gc
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from site_builder import __version__
from site_builder.cli.options import (
    cache,
    executor,
    languages,
    no_cache,
    options,
    scheduler,
    site_options,
    source,
    translations_folder,
)
from site_builder.cli.translations import translations
from site_builder.errors import SiteError
from site_builder.terminal import (
    print_problems,
    print_reasons,
    print_report,
    print_status,
    print_summary,
    problem_count,
    problems_as_json,
    problems_for_github,
    progress_shown,
    say,
    share,
    status_as_json,
)

if TYPE_CHECKING:
    from site_builder.build.executor import Executor
    from site_builder.model import PageStatus


def main() -> NoReturn:
    """Run the command line of this process, and exit."""
    gc.set_threshold(50_000)  # A build makes very many objects, and few of them in circles.
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="site-builder")
def commands() -> None:
    """Turn annotated source into a website: prose beside its code, in every language.

    SOURCE is the folder to read, `src` if nothing is said. [tool.site-builder] in pyproject.toml, or
    a site-builder.toml, sets all of this and more; what the command line says wins.
    """


@commands.command()
@site_options
@click.option("--strict", is_flag=True, help="Publish nothing and exit with 1 if there is any problem.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each page.")
@click.option("--explain", is_flag=True, help="Say of each page that is written why it is.")
@options(cache, no_cache, executor, scheduler)
def build(
    *,
    jobs: int,
    quiet: bool,
    strict: bool,
    verbose: bool,
    explain: bool,
    cache: Path | str | None,
    no_cache: bool,
    executor: Literal["local", "dask"],
    scheduler: str,
    **settings: object,
) -> int:
    """Build the site of SOURCE.

    SOURCE, its translations, the site and the cache may be URLs that fsspec knows, such as s3://BUCKET/FOLDER.
    """
    from site_builder.build import build as build_site  # noqa: PLC0415
    from site_builder.config import absolute, load_config  # noqa: PLC0415

    if scheduler and executor != "dask":
        raise click.UsageError("--scheduler is for --executor dask")
    config = load_config(Path.cwd(), **settings)
    kept = None if no_cache else absolute(config.root, cache) if cache else config.cache
    reasons: dict[str, Collection[str]] = {}
    with (
        _workers(executor, jobs, scheduler) as workers,
        progress_shown(verbose=verbose, quiet=quiet) as progress,
    ):
        report = build_site(
            config,
            jobs=jobs,
            strict=strict,
            cache=kept,
            progress=progress,
            explain=reasons.__setitem__,
            executor=workers,
        )
    failed = strict and bool(report.problems)
    if explain:
        print_reasons(reasons)
    print_problems(report.problems)
    if not quiet:
        print_summary(report, config, failed=failed)
    return int(failed)


def _workers(
    kind: Literal["local", "dask"], jobs: int, scheduler: str
) -> "AbstractContextManager[Executor | None]":
    """Return what is to do the work; processes of this machine need nothing before there is any."""
    if kind == "local":
        return nullcontext()
    from site_builder.build.executor import open_cluster  # noqa: PLC0415

    return open_cluster(jobs, scheduler)


@commands.command()
@site_options
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="0 takes any free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open the site in the browser.")
def serve(*, jobs: int, quiet: bool, host: str, port: int, open_browser: bool, **settings: object) -> int:
    """Build the site of SOURCE, show it on this machine, and keep it up to date."""
    from site_builder.config import load_folders  # noqa: PLC0415
    from site_builder.serve import serve as serve_site  # noqa: PLC0415

    return serve_site(
        partial(load_folders, Path.cwd(), True, **settings),
        host=host,
        port=port,
        open_browser=open_browser,
        jobs=jobs,
        announce=say,
        on_report=partial(print_report, quiet=quiet),
    )


@commands.command()
@site_options
@click.option("--format", "style", type=click.Choice(["text", "json", "github"]), default="text")
@click.option("--only", multiple=True, metavar="CODE", help="Only problems of this code; may be repeated.")
def check(*, jobs: int, quiet: bool, style: str, only: tuple[str, ...], **settings: object) -> int:
    """Say everything that is wrong with SOURCE and its translations; exit with 1 if anything is."""
    from site_builder.build.checking import find_problems  # noqa: PLC0415
    from site_builder.config import load_config  # noqa: PLC0415

    problems = find_problems(load_config(Path.cwd(), **settings), jobs=jobs, only=only)
    if style == "text":
        print_problems(problems)
    elif problems or style == "json":
        click.echo(problems_as_json(problems) if style == "json" else problems_for_github(problems))
    if not quiet:
        say(problem_count(problems))
    return int(bool(problems))


@commands.command()
@options(source, translations_folder, languages)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.option("--fail-under", type=click.FloatRange(0, 100), help="Exit with 1 if a language has less, in %.")
def status(*, style: str, fail_under: float | None, **settings: object) -> int:
    """Say how many words of each page each language has."""
    from site_builder.config import load_config  # noqa: PLC0415
    from site_builder.site import open_site  # noqa: PLC0415
    from site_builder.site.checking import find_map_problems  # noqa: PLC0415
    from site_builder.site.status import measure, with_problems  # noqa: PLC0415

    site = open_site(load_config(Path.cwd(), **settings))
    if not site.languages:
        say("no language yet: site-builder translations add LANG makes its maps")
    statuses, problems = measure(site)
    statuses = tuple(with_problems(statuses, find_map_problems(site)))
    print_problems(problems)
    if style == "json":
        click.echo(status_as_json(statuses))
    else:
        print_status(statuses)
    short = {tag for tag in site.languages if _has_less(tag, statuses, fail_under or 0)}
    if short:
        say(f"less than {fail_under:g}% is translated: {', '.join(sorted(short))}")
    return int(bool(short or problems))


def _has_less(tag: str, statuses: Sequence["PageStatus"], percent: float) -> bool:
    return share(page for page in statuses if page.language == tag) * 100 + 1e-9 < percent


commands.add_command(translations)

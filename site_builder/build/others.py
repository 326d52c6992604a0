"""The files of a site that are no pages: theme, assets, status, and what programs look for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlsplit

from site_builder.build.digests import digest
from site_builder.build.folder import folders_above
from site_builder.build.pages import Job, Written
from site_builder.build.summary import Summary
from site_builder.build.web import make_lists, web_files
from site_builder.build.writing import Writing, templates
from site_builder.errors import Location, Problem, reason
from site_builder.site import Site
from site_builder.site.assets import read_asset
from site_builder.site.status import with_problems
from site_builder.writing.compose import FORMULA_SHEET, language, language_folder
from site_builder.writing.context import Alternate
from site_builder.writing.render import render_not_found
from site_builder.writing.status import STATUS_PAGE, render_status
from site_builder.writing.theme import STATIC_FOLDER, static_files


@dataclass(frozen=True, slots=True)
class Others:
    """What belongs to no page alone."""

    paths: frozenset[str]
    assets: tuple[str, ...]
    """Those of the paths that are files beside the sources."""
    lists: tuple[str, ...]
    """Those of the paths that list all pages."""
    status: bytes
    """Digest of all that the status page tells; empty if there is none."""


def write_others(
    written: Written, summary: Summary, problems: Iterable[Problem], job: Job
) -> tuple[Others, tuple[Problem, ...]]:
    """Write them. What an author linked to but cannot be published is left out, and told."""
    writing, before, known = written.writing, job.before, written.published
    files = dict(web_files(writing.site.config))
    files |= {
        f"{STATIC_FOLDER}/{name}": content for name, content in static_files(writing.site.config).items()
    }
    if sheet := written.frame.formula_sheet:
        files[FORMULA_SHEET] = sheet
    files["404.html"] = _not_found(writing).encode()
    files[".nojekyll"] = b""
    lists = known.lists
    if known.listed != summary.listed or not before.foreign.isdisjoint(lists):
        made = dict(make_lists(written, summary.said))
        lists = tuple(made)
        files |= made
    paths = {*files, *lists}
    status = _told(summary, problems) if writing.inputs.languages[1:] else b""
    if status:
        paths.add(STATUS_PAGE)
        if status != known.status or STATUS_PAGE in before.foreign:
            files[STATUS_PAGE] = _status(written, problems).encode()
    contents, asset_problems = _read_assets(writing.site, sorted(summary.assets), paths, written)
    for path, content in (*files.items(), *contents.items()):
        job.stage.write(path, content)
    return Others(frozenset({*paths, *contents}), tuple(contents), lists, status), asset_problems


def _told(summary: Summary, problems: Iterable[Problem]) -> bytes:
    """Digest all that the status page tells."""
    counted = sorted(problem.where.path for problem in set(problems))
    return digest(summary.statuses, repr(counted).encode("utf-8", "surrogatepass"))


def _status(written: Written, problems: Iterable[Problem]) -> str:
    statuses = (status for url in written.urls for status in written.renderings.statuses(url))
    writing = written.writing
    return render_status(templates(writing), writing.site.config, with_problems(statuses, problems))


def _read_assets(
    site: Site, assets: Sequence[str], others: Iterable[str], written: Written
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    if not assets:
        return {}, ()
    pages = (file for is_new in (True, False) for file in written.renderings.files(written=is_new))
    files = {file.casefold() for file in chain(others, pages)}
    names = files | folders_above(files)
    contents: dict[str, bytes] = {}
    problems = []
    for asset in assets:
        folded = asset.casefold()
        where = Location(site.config.shown(site.config.source / asset))
        if folded in names or files & folders_above([folded]):
            hint = "rename it, and the links to it"
            problems.append(Problem(where, "collision", "the site has a page or file of its own there", hint))
        else:
            try:
                contents[asset] = read_asset(site.config, asset)
            except OSError as error:
                hint = "check that the file exists and may be read"
                problems.append(Problem(where, "unreadable", f"cannot be read: {reason(error)}", hint))
    return contents, tuple(problems)


def _not_found(writing: Writing) -> str:
    """Render the page that stands for every page that is missing: its links cannot be relative."""
    config, languages = writing.site.config, writing.inputs.languages
    root = f"{urlsplit(config.base_url).path}/"
    homes = tuple(
        Alternate(
            language(tag), f"{root}{language_folder(config, tag)}index.html", current=tag == config.language
        )
        for tag in languages
    )
    return render_not_found(templates(writing), config, language(config.language), root, homes)

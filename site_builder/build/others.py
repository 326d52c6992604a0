"""The files of a site that are no pages: theme, assets, status, and what programs look for."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from site_builder.build.digests import digest
from site_builder.build.folder import folders_above
from site_builder.build.frame import formula_sheet
from site_builder.build.stage import Stage
from site_builder.build.statuses import statuses_name
from site_builder.build.steps import Written
from site_builder.build.web import web_files
from site_builder.build.writing import Rendering, Writing, templates, write
from site_builder.errors import Location, Problem, reason
from site_builder.model import PageStatus
from site_builder.site import Site
from site_builder.site.assets import read_asset
from site_builder.site.status import with_problems
from site_builder.writing.compose import FORMULA_SHEET, language
from site_builder.writing.render import Alternate, render_not_found
from site_builder.writing.status import STATUS_PAGE, render_status
from site_builder.writing.theme import STATIC_FOLDER, static_files


@dataclass(frozen=True, slots=True)
class Others:
    """What belongs to no page alone."""

    paths: frozenset[str]
    assets: tuple[str, ...]
    """Those of the paths that are files beside the sources."""
    status: bytes
    """Digest of all that the status page tells; empty if there is none."""


def write_others(
    written: Written, problems: Iterable[Problem], stage: Stage
) -> tuple[Others, tuple[Problem, ...]]:
    """Write them. What an author linked to but cannot be published is left out, and told."""
    writing, renderings = written.writing, written.renderings
    files = dict(web_files(writing, renderings))
    files |= {
        f"{STATIC_FOLDER}/{name}": content for name, content in static_files(writing.site.config).items()
    }
    if sheet := formula_sheet(written.readings.values()):
        files[FORMULA_SHEET] = sheet
    files["404.html"] = _not_found(writing).encode()
    files[".nojekyll"] = b""
    told = _told(written, problems) if writing.frame.languages[1:] else b""
    if told:
        files[STATUS_PAGE] = _status(written, problems).encode()
    taken = [*files, *(file for rendering in renderings.values() for file in rendering.files)]
    assets = frozenset[str]().union(*(rendering.assets for rendering in renderings.values()))
    contents, asset_problems = _read_assets(writing.site, sorted(assets), taken)
    for path, content in (*files.items(), *contents.items()):
        stage.write(path, content)
    return Others(frozenset({*files, *contents}), tuple(contents), told), asset_problems


def _told(written: Written, problems: Iterable[Problem]) -> bytes:
    """Digest all that the status page tells."""
    counted = sorted(problem.where.path for problem in set(problems))
    pages = (written.renderings[url].statuses for url in written.urls)
    return digest(*written.writing.digests.values(), repr(counted).encode("utf-8", "surrogatepass"), *pages)


def _status(written: Written, problems: Iterable[Problem]) -> str:
    statuses = (
        status for rendering in written.renderings.values() for status in _statuses(written, rendering)
    )
    writing = written.writing
    return render_status(templates(writing), writing.site.config, with_problems(statuses, problems))


def _statuses(written: Written, rendering: Rendering) -> tuple[PageStatus, ...]:
    """Load those of one page; if somebody has just deleted the cache, the page is written again for them."""
    if not rendering.statuses:
        return ()
    cache, name = written.writing.inputs.cache, statuses_name(rendering.statuses)
    if not cache.has(name):
        write(written.writing, written.readings[rendering.url])
    return cache.load(name, tuple[PageStatus, ...]) or ()


def _read_assets(
    site: Site, assets: Iterable[str], taken: Iterable[str]
) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    files = {file.casefold() for file in taken}
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
    config, frame = writing.site.config, writing.frame
    root = f"{urlsplit(config.base_url).path}/"
    homes = tuple(
        Alternate(language(tag), f"{root}{frame.folder(tag)}index.html", current=tag == config.language)
        for tag in frame.languages
    )
    return render_not_found(templates(writing), config, language(config.language), root, homes)

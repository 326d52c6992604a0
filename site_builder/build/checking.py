"""Everything that is wrong with a site and its maps, found by building it where nobody sees it."""

import tempfile
from collections.abc import Collection, Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from site_builder.build import build
from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.site import open_site
from site_builder.site.checking import find_map_problems
from site_builder.translating.check import CODES, DEFAULT_CODES


def _require_known(codes: Iterable[str], found: Collection[str]) -> None:
    """Raise SiteError for a code that is none; those of other rooms are known by what they found."""
    for code in codes:
        near = get_close_matches(code, CODES, 1, 0.7)
        if near and code not in CODES and code not in found:
            hint = f"did you mean {near[0]}?"
            raise SiteError(
                Problem(Location("command line"), "code", f"no problem has the code {code}", hint)
            )


def find_problems(config: Config, *, jobs: int = 1, only: Collection[str] = ()) -> tuple[Problem, ...]:
    """Find every problem of a site; with `only`, those that have one of these codes.

    What is not looked for by default has to be named in `only`. Raises SiteError if there is no site.
    """
    in_maps = find_map_problems(open_site(config), frozenset(only) & CODES.keys() if only else DEFAULT_CODES)
    with tempfile.TemporaryDirectory() as folder:
        report = build(replace(config, output=Path(folder) / "site"), jobs=jobs)
    # Of an entry with which both find fault, the check says more.
    said = {(problem.where.path, problem.where.line, problem.code) for problem in in_maps}
    others = [one for one in report.problems if (one.where.path, one.where.line, one.code) not in said]
    _require_known(only, {problem.code for problem in report.problems})
    found = sorted({*in_maps, *others}, key=lambda one: (one.where, one.code, one.message, one.excerpt))
    return tuple(problem for problem in found if not only or problem.code in only)

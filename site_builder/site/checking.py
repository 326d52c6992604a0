"""What is wrong with the maps of a site."""

from collections.abc import Collection

from site_builder.errors import Problem, SiteError
from site_builder.site import Site
from site_builder.site.memories import former_problems
from site_builder.site.pages import load_page
from site_builder.translating.catalog import Catalog, load_catalog
from site_builder.translating.check import CODES, DEFAULT_CODES, check_catalog, inconsistencies


def find_map_problems(site: Site, codes: Collection[str] = DEFAULT_CODES) -> tuple[Problem, ...]:
    """Find the problems of all maps of a site; those that a rule finds only if it has one of `codes`."""
    problems = [*site.problems, *former_problems(site)]
    catalogs: dict[str, list[tuple[Catalog, str]]] = {tag: [] for tag in site.languages}
    for source in site.sources:
        maps = {tag: path for tag in site.languages if (path := site.maps.get((source.path, tag)))}
        page, _ = load_page(site.config, source) if maps else (None, ())
        keys = (
            None
            if page is None
            else {*(section.docs.html for section in page.sections), page.title, page.summary}
        )
        for tag, path in maps.items():
            shown = site.config.shown(path)
            try:
                catalog = load_catalog(path, tag, shown)
            except SiteError as error:
                problems += error.problems
                continue
            catalogs[tag].append((catalog, shown))
            terms = site.config.glossary.get(tag, {})
            problems += check_catalog(catalog, shown, page_keys=keys, terms=terms, codes=codes)
    if "inconsistent" in codes:
        for members in catalogs.values():
            problems += inconsistencies(members)
    return tuple(problem for problem in problems if problem.code not in CODES or problem.code in codes)

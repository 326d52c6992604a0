"""The pages of a site: each source, read as its configuration says."""

from dataclasses import replace
from functools import lru_cache

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError, reason
from site_builder.model import Page
from site_builder.reading.discover import Source
from site_builder.reading.formula import MacroError, make_converter
from site_builder.reading.markup import Markup
from site_builder.reading.page import read_page


def read_source(config: Config, source: Source, content: bytes) -> tuple[Page | None, tuple[Problem, ...]]:
    """Read one source of a site, whose file holds `content`; the page is None if it cannot be read."""
    page, problems = read_page(content, source, config.shown(source.file), _markup(config))
    if page and page.url == "index.html" and page.title == source.path:
        # The root's own `__init__.py` has no dotted name.
        page = replace(page, title=config.title)
    return page, problems


_SAMPLE = b'"""*Prose* and `code`."""\n\nx = f"{1}"  # More prose.\n'


def warm_up(config: Config) -> None:
    """Make what reading the first source takes: parsers, and the lexer of Python."""
    read_source(config, Source("sample.py", "sample.html", config.source), _SAMPLE)


def load_page(config: Config, source: Source) -> tuple[Page | None, tuple[Problem, ...]]:
    """Read one source of a site from disk; the page is None if it cannot be read."""
    try:
        content = source.file.read_bytes()
    except OSError as error:
        hint = "check that the file exists and may be read"
        where = Location(config.shown(source.file))
        return None, (Problem(where, "unreadable", f"cannot be read: {reason(error)}", hint),)
    return read_source(config, source, content)


def require_valid_macros(config: Config) -> None:
    """Raise SiteError if a macro is no TeX."""
    try:
        _markup(config)
    except MacroError as error:
        hint = "write TeX, with #1 for the first argument"
        raise SiteError(Problem(Location("[tool.site-builder.macros]"), "macro", str(error), hint)) from None


def _markup(config: Config) -> Markup:
    return _make_markup(
        tuple(sorted(config.macros.items())), config.number_equations, config.remote_images == "load"
    )


@lru_cache(maxsize=4)
def _make_markup(macros: tuple[tuple[str, str], ...], numbered: bool, load_remote_images: bool) -> Markup:
    return Markup(make_converter(dict(macros), numbered), load_remote_images)

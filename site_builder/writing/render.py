"""Localized pages to HTML: the templates of a site, and what they are given."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from functools import lru_cache
from types import MappingProxyType

from jinja2 import Environment, StrictUndefined, TemplateError, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from site_builder.config import Config
from site_builder.errors import SiteError
from site_builder.language import Language, format_number, format_share, gettext_for, territory_locale
from site_builder.model import LocalizedPage, Page, Text
from site_builder.writing.context import Alternate, PageContext
from site_builder.writing.metadata import Article, describe, is_original, structured
from site_builder.writing.setting import set_prose
from site_builder.writing.theme import (
    paper_colors,
    static_files,
    static_urls,
    template_loader,
    template_problem,
)


def make_environment(config: Config) -> Environment:
    """Return the environment whose templates are the theme's, overridden file by file by the site's.

    A template of the site can extend the one that it replaces: `{% extends "theme/page.html" %}`.
    Raises SiteError if a folder that the configuration names is not there.
    """
    environment = Environment(
        loader=template_loader(config),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    contents = static_files(config)
    urls = static_urls(contents)
    environment.filters["set_prose"] = set_prose
    environment.globals |= {
        "static": _static(urls),
        "paper": paper_colors(contents),
        "card": urls.get("card.png", ""),
        "say": lambda language, message: gettext_for(language.tag)(message),
    }
    environment.filters |= {"number": _number, "locale": territory_locale, "escaped": _escaped}
    # The extension adds this method; its stubs cannot say so.
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["_"] = _said  # Does the same, but not for every text anew.
    return environment


_OWN = {"404.html", "status.html"}
"""The templates of pages that have no source."""


def compile_templates(environment: Environment) -> None:
    """Compile what pages with a source are rendered with; what is wrong with that, `render_page` says."""
    for name in environment.list_templates(["html"]):
        if not name.startswith("theme/") and name not in _OWN:
            with suppress(TemplateError, ValueError, OSError):
                environment.get_template(name)


def render_page(
    environment: Environment,
    context: PageContext,
    template: str = "page.html",
    more: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """Return the HTML of a page; `more` is what its template is given besides.

    Raises SiteError if one of the site's own templates is at fault.
    """
    variables = {field.name: getattr(context, field.name) for field in fields(context)}
    try:
        return environment.get_template(template).render({**variables, **_derived(context), **more})
    except Exception as error:
        if problem := template_problem(error, context.site):
            raise SiteError(problem) from error
        raise


def render_not_found(
    environment: Environment,
    config: Config,
    language: Language,
    root: str,
    alternates: tuple[Alternate, ...] = (),
) -> str:
    """Return the page that a server shows at every address without one, so `root` begins with `/`."""
    title = gettext_for(language.tag)("Page not found")
    context = own_page(config, language, "404.html", title, root=root, home_href=root, alternates=alternates)
    return render_page(environment, context, "404.html")


def own_page(
    config: Config,
    language: Language,
    url: str,
    title: str,
    *,
    root: str,
    home_href: str,
    alternates: tuple[Alternate, ...] = (),
) -> PageContext:
    """Return a page that has no source, in the source's `language`; search engines should leave it out."""
    page = Page(source="", url=url, title=title, summary="", sections=())
    text, nothing = Text(title, "current"), Text("", "current")
    return PageContext(
        site=config,
        page=LocalizedPage(page, language.tag, text, nothing, sections=(), coverage=1.0),
        language=language,
        source_language=language,
        root=root,
        home_href=home_href,
        alternates=alternates,
        noindex=True,
    )


def _derived(context: PageContext) -> dict[str, object]:
    page, tag = context.page, context.language.tag
    translated = tag != context.source_language.tag
    untouched = is_untouched(context)
    source_attributes = _attributes(context.source_language)
    description = describe(page)
    return {
        "description": description,
        "structured": _structured(context, description),
        "title": page.title.text,
        "summary": page.summary.text,
        "title_attributes": source_attributes * is_original(page.title, page.page.title),
        "summary_attributes": source_attributes * is_original(page.summary, page.page.summary),
        "source_attributes": source_attributes,
        "direction_attribute": _direction_attribute(context.language),
        "translated": translated,
        "share": format_share(tag, page.coverage) if translated else "",
        "provenance": context.site.provenance.get(tag, "") if translated else "",
        "untouched": untouched,
        "layout": _layout(context, untouched=untouched),
        "has_heading": any("<h1" in block.html for section in context.sections for block in section.docs),
    }


@lru_cache(maxsize=256)
def _attributes(language: Language) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(language.tag, language.direction)


@lru_cache(maxsize=256)
def _direction_attribute(language: Language) -> Markup:
    return Markup(' dir="{}"').format(language.direction)


def _layout(context: PageContext, *, untouched: bool) -> str:
    """Name the classes of the page: how it is laid out, and whether all of it is untranslated."""
    layout = "sb-pairs" if any(section.code for section in context.sections) else "sb-prose"
    return f"{layout} sb-untouched" if untouched else layout


def is_untouched(context: PageContext) -> bool:
    """Whether a translation says nothing of its prose in its own language."""
    if context.language == context.source_language:
        return False
    if not context.page.translated:
        return True
    blocks = [block for section in context.sections for block in section.docs]
    return bool(blocks) and not any(block.state == "current" or block.source for block in blocks)


def _structured(context: PageContext, description: str) -> Markup:
    page = context.page
    if context.noindex or not page.page.source:
        return Markup()
    urls = {alternate.language.tag: alternate.url for alternate in context.alternates}
    original = (
        "" if page.language == context.source_language.tag else urls.get(context.source_language.tag, "")
    )
    article = Article(page.title.text, description, page.language, context.canonical, original)
    return structured(article, context.site)


def _static(urls: Mapping[str, str]) -> Callable[[Context, str], str]:
    @pass_context
    def static(context: Context, name: str) -> str:
        if name not in urls:
            raise TemplateError(f"there is no static file {name!r}")
        return f"{context['root']}{urls[name]}"

    return static


@lru_cache(maxsize=4096, typed=True)  # Markup equals a text that it is not.
def _escaped(text: str) -> str:
    return str(escape(text))


@pass_context
def _number(context: Context, number: int) -> str:
    return format_number(context["language"].tag, number)


@pass_context
def _said(context: Context, message: str, **variables: object) -> Markup:
    said = _marked(context["language"].tag, message)
    return said % variables if "%" in said else said


@lru_cache(maxsize=1024)
def _marked(tag: str, message: str) -> Markup:
    return Markup(gettext_for(tag)(message))  # noqa: S704 - As the extension does.


@pass_context
def _gettext(context: Context, message: str) -> str:
    return gettext_for(context["language"].tag)(message)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    return _gettext(context, singular if n == 1 else plural)

"""A localized page and its place in the site, put together for the templates."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from site_builder.config import Config
from site_builder.language import Language, find_language
from site_builder.model import LocalizedPage
from site_builder.writing.links import Linker
from site_builder.writing.navigation import Navigation
from site_builder.writing.render import Alternate, Link, PageContext, SectionContext
from site_builder.writing.theme import STATIC_FOLDER

FORMULA_SHEET = f"{STATIC_FOLDER}/formulas.css"
"""The generated sheet of what MathML would say in style attributes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all the pages of a site share."""

    config: Config
    languages: tuple[str, ...]
    """All of them, the source's first."""
    navigation: Navigation
    formula_sheet: str
    """Its URL below the root, with a hash; empty if the site has no styled formula."""

    def folder(self, language: str) -> str:
        """Return the folder of a language's pages, with a slash, or nothing for the source's."""
        return "" if language == self.config.language else f"{language}/"


def language(tag: str) -> Language:
    """Return the language of a tag that was found before."""
    found = find_language(tag)
    assert found
    return found


def compose(frame: Frame, page: LocalizedPage, linker: Linker, files: Mapping[str, Path]) -> PageContext:
    """Return what the templates are given of a page; `files` are its source and maps, by language."""
    url, tag = page.page.url, page.language
    sections = _sections(frame, page, linker)
    here = frame.folder(tag) + url
    named = _names(frame, url, tag)
    navigation = frame.navigation
    root = _relative("", here)
    return PageContext(
        site=frame.config,
        page=page,
        language=language(tag),
        source_language=language(frame.config.language),
        root=root,
        home_href=_relative("index.html", url),
        sections=sections,
        breadcrumbs=tuple(map(named, navigation.above(url))),
        alternates=alternates(frame, url, tag),
        canonical=absolute(frame.config, here),
        previous=named(navigation.previous[url]) if url in navigation.previous else None,
        next=named(navigation.next[url]) if url in navigation.next else None,
        source_href=_repository_href(
            frame.config, frame.config.repository.view, files.get(frame.config.language)
        ),
        edit_href=_repository_href(frame.config, frame.config.repository.edit, files.get(tag)),
        children=tuple(_children(navigation, linker, url, tag)),
        stylesheets=(root + frame.formula_sheet,) if frame.formula_sheet and page.page.styles else (),
    )


def alternates(frame: Frame, url: str, current: str) -> tuple[Alternate, ...]:
    """List a page's languages, as seen from its `current` one."""
    here = frame.folder(current) + url
    return tuple(
        Alternate(
            language=language(tag),
            href=_relative(frame.folder(tag) + url, here),
            current=tag == current,
            url=absolute(frame.config, frame.folder(tag) + url),
        )
        for tag in frame.languages
    )


def absolute(config: Config, url: str) -> str:
    """Return the public address of what lies at `url` below the root; an index is its folder."""
    shown = url.removesuffix("index.html") if url == "index.html" or url.endswith("/index.html") else url
    return f"{config.base_url}/{quote(shown)}" if config.base_url else ""


def _children(navigation: Navigation, linker: Linker, url: str, tag: str) -> Iterator[tuple[str, str, str]]:
    """List what a folder's index leads to, except for what its prose links to already."""
    for below in navigation.below(url):
        if below not in linker.linked:
            entry = navigation.entries[below]
            yield entry.titles[tag].text, entry.summaries[tag].text, _relative(below, url)


def _names(frame: Frame, url: str, tag: str) -> Callable[[str], Link]:
    entries = frame.navigation.entries
    return lambda other: (entries[other].titles[tag].text, _relative(other, url))


def _sections(frame: Frame, page: LocalizedPage, linker: Linker) -> tuple[SectionContext, ...]:
    folder = frame.folder(page.language)
    return tuple(
        SectionContext(
            number=number,
            anchor=section.anchor,
            docs=tuple((linker.rewrite(block.html, folder), block.state) for block in blocks if block.html),
            code=section.code,
        )
        for number, (section, blocks) in enumerate(zip(page.page.sections, page.sections, strict=True))
    )


def _relative(url: str, here: str) -> str:
    """Return the way from the page at `here` to `url`; to a folder, with a slash unless it is the same."""
    way = posixpath.relpath(url or ".", posixpath.dirname(here) or ".")
    if url:
        return quote(way)
    return "" if way == "." else f"{way}/"


def _repository_href(config: Config, pattern: str, file: Path | None) -> str:
    if not pattern or file is None or not file.is_relative_to(config.root):
        return ""
    return pattern.replace("{path}", quote(config.shown(file))).replace("{line}", "1")

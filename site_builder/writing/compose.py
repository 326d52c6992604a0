"""A localized page and its place in the site, put together for the templates."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path, PurePath
from urllib.parse import quote

from site_builder.config import Config
from site_builder.language import Language, find_language, gettext_for
from site_builder.model import Block, LocalizedPage
from site_builder.writing.contents import headings, tree
from site_builder.writing.context import Alternate, Link, PageContext, SectionContext
from site_builder.writing.links import Linker, way
from site_builder.writing.navigation import Navigation
from site_builder.writing.theme import STATIC_FOLDER
from site_builder.writing.twin import twin_url

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
        return language_folder(self.config, language)


def language_folder(config: Config, language: str) -> str:
    """Return the folder of a language's pages, with a slash, or nothing for the source's."""
    return "" if language == config.language else f"{language}/"


def language(tag: str) -> Language:
    """Return the language of a tag that was found before."""
    found = find_language(tag)
    assert found
    return found


def compose(  # noqa: PLR0917 - six values of six types.
    frame: Frame,
    page: LocalizedPage,
    linker: Linker,
    files: Mapping[str, Path],
    originals: Sequence[str] = (),
    indexed: Collection[str] | None = None,
    *,
    size_of: Callable[[str], tuple[int, int] | None] = lambda _: None,
) -> PageContext:
    """Return what the templates are given of a page.

    `files` are its source and maps, by language; `originals` what the source says in each section, as
    HTML without ids, or empty where that is not to be shown besides; `indexed` the languages whose
    version of the page is worth finding, by default all of them; `size_of` tells how wide and high a file
    beside the sources is, if that is an image.
    """
    url, tag = page.page.url, page.language
    sections = _sections(frame, page, linker, originals)
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
        alternates=alternates(frame, url, tag, indexed, is_indexed=page.translated),
        # Left to its original by `noindex` alone: a canonical URL beside it would say something else.
        canonical=absolute(frame.config, here) if page.translated else "",
        previous=named(previous) if (previous := navigation.previous(url)) else None,
        next=named(following) if (following := navigation.next(url)) else None,
        source_href=_file_href(frame.config, frame.config.repository.view, files.get(frame.config.language)),
        edit_href=_file_href(frame.config, frame.config.repository.edit, files.get(tag)),
        headings=headings(sections),
        tree=tree(navigation, url, named),
        colab_href=_colab_href(frame.config, here),
        markdown_href=_relative(twin_url(url), url) if frame.config.markdown else "",
        # What a folder's index leads to, except for what its prose links to already.
        children=tuple([named(below) for below in navigation.below(url) if below not in linker.linked]),
        stylesheets=(root + frame.formula_sheet,) if frame.formula_sheet and page.page.styles else (),
        noindex=not page.translated,
        notebook_href=_relative(notebook_url(url), url) if frame.config.notebooks else "",
        sizes={_relative(asset, here): size for asset in linker.assets if (size := size_of(asset))},
    )


def alternates(
    frame: Frame,
    url: str,
    current: str,
    indexed: Collection[str] | None = None,
    *,
    is_indexed: bool = True,
) -> tuple[Alternate, ...]:
    """List a page's languages, as seen from its `current` one.

    Only `indexed` ones get an absolute URL, and only if the `current` one `is_indexed`.
    """
    here = frame.folder(current) + url
    known = frame.languages if indexed is None else indexed
    return tuple(
        Alternate(
            language=language(tag),
            href=_relative(frame.folder(tag) + url, here),
            current=tag == current,
            url=absolute(frame.config, frame.folder(tag) + url) if is_indexed and tag in known else "",
            translated=tag in known,
        )
        for tag in frame.languages
    )


def notebook_url(page_url: str) -> str:
    """Return where the notebook of a page is: beside it."""
    return f"{page_url.removesuffix('.html')}.ipynb"


def absolute(config: Config, url: str) -> str:
    """Return the public address of what lies at `url` below the root; an index is its folder."""
    shown = url.removesuffix("index.html") if url == "index.html" or url.endswith("/index.html") else url
    return f"{config.base_url}/{quote(shown)}" if config.base_url else ""


def _names(frame: Frame, url: str, tag: str) -> Callable[[str], Link]:
    """Return what names another page, as seen from the one at `url`."""
    entries, folder = frame.navigation.entries, url.rpartition("/")[0]

    def named(other: str) -> Link:
        entry = entries[other]
        title, summary, href = entry.titles[tag], entry.summaries[tag], way(other, folder)
        return Link(title.text, href, title.state != "current", summary.text, summary.state != "current")

    return named


def _sections(
    frame: Frame, page: LocalizedPage, linker: Linker, originals: Sequence[str]
) -> tuple[SectionContext, ...]:
    folder, labels = frame.folder(page.language), _state_labels(page.language)
    return _gathered(
        SectionContext(
            number=number,
            anchor=section.anchor,
            docs=tuple([_shown(block, linker, folder, labels) for block in blocks if block.html]),
            code=section.code,
            original=linker.rewrite(original, folder) if original else "",
        )
        for number, (section, blocks, original) in enumerate(
            zip(page.page.sections, page.sections, originals or [""] * len(page.sections), strict=True)
        )
    )


def _gathered(sections: Iterable[SectionContext]) -> tuple[SectionContext, ...]:
    """Put each section without prose under the one with prose before it."""
    gathered: list[list[SectionContext]] = []
    for section in sections:
        if gathered and not section.docs:
            gathered[-1].append(section)
        else:
            gathered.append([section])
    return tuple(first._replace(more=tuple(more)) if more else first for first, *more in gathered)


def _shown(block: Block, linker: Linker, folder: str, labels: Mapping[str, str]) -> Block:
    """Make the links of a block fit the page, and label what in it is not translated."""
    html = linker.rewrite(block.html, folder)
    if '<span class="sb-' in html:
        html = _UNTRANSLATED_LINE.sub(lambda opening: opening[0] + labels[opening[1]], html)
    if html is block.html and not block.source:
        return block
    # What the source said once may link to what is no longer there.
    return Block(html, block.state, _LINK_TAG.sub("", block.source))


# Nobody but the program itself writes elements of such a class.
_UNTRANSLATED_LINE = re.compile(r'<span class="sb-(missing|outdated)"[^<>]*>')
_LINK_TAG = re.compile(r'</?a(?=[\s>])(?:[^<>"]|"[^"]*")*>')


@lru_cache(maxsize=64)
def _state_labels(tag: str) -> Mapping[str, str]:
    """Return what is put before a line in each state, in the language `tag`."""
    say, direction = gettext_for(tag), language(tag).direction
    words = {"missing": say("Not translated yet"), "outdated": say("Translation out of date")}
    return {
        state: f'<span class="sb-state" lang="{tag}" dir="{direction}">{escape(label)}</span> '
        for state, label in words.items()
    }


def _relative(url: str, here: str) -> str:
    """Return the way from the page at `here` to `url`; to a folder, with a slash unless it is the same."""
    path = way(url, here.rpartition("/")[0])
    return path if url else "" if path == "." else f"{path}/"


def _colab_href(config: Config, here: str) -> str:
    """Return where Colab opens the notebook that lies beside a page, or nothing."""
    return config.colab.replace("{path}", quote(notebook_url(here))) if config.notebooks else ""


def _file_href(config: Config, pattern: str, file: Path | None) -> str:
    return repository_href(pattern, config.shown(file)) if pattern and file else ""


def repository_href(pattern: str, path: str, line: int = 0) -> str:
    """Return the address of a file in the repository, or nothing: `path` is as `Config.shown` spells it."""
    if not pattern or PurePath(path).is_absolute():
        return ""
    return pattern.replace("{path}", quote(path)).replace("{line}", str(line or 1))

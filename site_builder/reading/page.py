"""From a source file to a `Page`, which is in no language yet.

Everything expensive happens here, once for each source: tokenizing, Markdown, formulas, highlighting.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category

from site_builder.errors import Location, Problem
from site_builder.fragment.wording import word_count
from site_builder.model import Fragment, Page, Section
from site_builder.reading.discover import Source
from site_builder.reading.docstring import to_markdown
from site_builder.reading.highlight import INVISIBLE, code_point, highlight, numbered
from site_builder.reading.markup import Markup
from site_builder.reading.names import Code, names_of, parsed, read_code, references
from site_builder.reading.pair import Pair, PairError, pair_comments, pair_python
from site_builder.reading.rendered import Rendered
from site_builder.reading.text import SourceError, decode, split_front_matter


def read_page(
    content: bytes, source: Source, shown: str, markup: Markup
) -> tuple[Page | None, tuple[Problem, ...]]:
    """Read one source file; `shown` is its path as problems name it.

    The page is None where the file cannot be read at all; a problem says why.
    """
    try:
        text = decode(content, python=source.kind == "python")
        tree = parsed(text) if source.kind == "python" else None
        pairs = _pairs(text, source.kind, is_valid=tree is not None)
        meta, pairs = _without_front_matter(pairs, text)
    except SourceError as error:
        return None, (
            Problem(Location(shown, error.line, error.column), error.code, error.message, error.hint),
        )
    prose = [_render(pair, source.kind, markup) for pair in pairs]
    problems = [*_prose_problems(shown, pairs, prose), *_invisible_characters(shown, text, pairs)]
    html = _highlighted(text, source.kind, [number for pair in pairs for number in pair.code])
    code = _Shown(html, read_code(tree, text, source) if tree else None)
    return _page(source, meta, pairs, prose, code), tuple(problems)


@dataclass(frozen=True, slots=True)
class _Prose:
    rendered: Rendered
    origins: Sequence[int]
    """For each line of the Markdown, its line in the pair's prose."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The code of a page."""

    html: Mapping[int, str]
    """Each line by its number."""
    names: Code | None


def _pairs(text: str, kind: str, *, is_valid: bool) -> tuple[Pair, ...]:
    if kind == "markdown":
        return (Pair("", range(1, text.count("\n") + 2), text, 1, ()),)
    try:
        return pair_python(text, is_valid=is_valid) if kind == "python" else pair_comments(text, kind)
    except PairError as error:
        hint = "mend the syntax; the page is left out until then"
        raise SourceError(error.line, error.column, "syntax", error.message, hint) from None


def _without_front_matter(pairs: tuple[Pair, ...], text: str) -> tuple[Mapping[str, Any], tuple[Pair, ...]]:
    """Take the front matter from the prose that opens the file; comments and a shebang may precede it."""
    lines = text.split("\n")
    for at, pair in enumerate(pairs):
        if pair.prose.lstrip().startswith("---"):
            meta, prose = _front_matter(pair)
            return meta, (*pairs[:at], replace(pair, prose=prose), *pairs[at + 1 :])
        if not all(lines[number - 1].lstrip().startswith("#") for number in pair.code):
            break
    return {}, pairs


def _front_matter(pair: Pair) -> tuple[Mapping[str, Any], str]:
    try:
        return split_front_matter(pair.prose)
    except SourceError as error:
        error.line += pair.prose_line - 1
        raise


def _render(pair: Pair, kind: str, markup: Markup) -> _Prose:
    if kind == "markdown":
        return _Prose(markup.render(pair.prose), range(pair.prose.count("\n") + 1))
    markdown, origins = to_markdown(pair.prose)
    return _Prose(markup.render(markdown), origins)


def _page(
    source: Source, meta: Mapping[str, Any], pairs: Sequence[Pair], prose: Sequence[_Prose], code: _Shown
) -> Page:
    anchors = _anchors(pairs, [item.rendered for item in prose])
    sections = tuple(
        Section(
            anchor=name,
            lines=pair.lines,
            docs=_with_anchors(item.rendered.fragment, ids),
            code=numbered(code.html, pair.code),
            words=word_count(item.rendered.fragment.html),
            links=tuple((href, _source_line(pair, item, line)) for href, line in item.rendered.links),
            statements=pair.statements,
            string=pair.string,
            references=references(code.names, code.html, pair.code) if code.names else (),
        )
        for pair, item, (name, ids) in zip(pairs, prose, anchors, strict=True)
        if item.rendered.fragment.html.strip() or pair.code
    )
    heading = next((item.rendered.headings[0].text for item in prose if item.rendered.headings), "")
    return Page(
        source=source.path,
        url=source.url,
        title=_plain(meta.get("title")) or heading or dotted_name(source.path),
        summary=_plain(meta.get("summary")),
        sections=sections,
        meta=meta,
        styles=frozenset[tuple[str, str]]().union(*(item.rendered.styles for item in prose)),
        names=names_of(code.names, sections) if code.names else None,
    )


def _with_anchors(fragment: Fragment, ids: tuple[tuple[int, str], ...]) -> Fragment:
    return fragment if fragment.anchors == ids else replace(fragment, anchors=ids)


def _highlighted(text: str, kind: str, numbers: Sequence[int]) -> dict[int, str]:
    """Highlight the lines that are shown as code; prose between them is none of the lexer's business."""
    lines = text.split("\n")
    html = highlight([lines[number - 1] for number in numbers], kind) if numbers else []
    return dict(zip(numbers, html, strict=True))


def _plain(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def dotted_name(path: str) -> str:
    """Return the name that Python would import `path` by: the title of a page that says none."""
    stem = re.sub(r"((^|/)__init__)?\.(py|md)$", "", path, flags=re.IGNORECASE)
    return stem.replace("/", ".") or path


_Anchors = tuple[str, tuple[tuple[int, str], ...]]
_RESERVED = re.compile(r"sb-.*|section-\d+")


def _anchors(pairs: Sequence[Pair], prose: Sequence[Rendered]) -> list[_Anchors]:
    """Give every section its name and ids, each id once a page.

    The source's own anchors come first, then the first definition of a name, then headings.
    """
    taken: dict[str, int] = {}
    explicit = [_first_uses(item.fragment.anchors, taken) for item in prose]
    names = [_first_use(pair.name, taken) for pair in pairs]
    return [
        (name, (*ids, *((heading.block, _slug(heading.text, taken)) for heading in item.headings)))
        for name, ids, item in zip(names, explicit, prose, strict=True)
    ]


def _first_uses(anchors: Iterable[tuple[int, str]], taken: dict[str, int]) -> tuple[tuple[int, str], ...]:
    return tuple((block, name) for block, anchor in anchors if (name := _first_use(anchor, taken)))


def _first_use(name: str, taken: dict[str, int]) -> str:
    if not name or name in taken or _RESERVED.fullmatch(name):
        return ""
    taken[name] = 1
    return name


def _slug(text: str, taken: dict[str, int]) -> str:
    """Make an id of a heading as GitHub does; `taken` holds for each id what number comes after it."""
    kept = (
        letter for letter in text.lower() if letter in "-_ " or letter.isalnum() or category(letter)[0] == "M"
    )
    slug = "".join(kept).replace(" ", "-") or "heading"
    if _RESERVED.fullmatch(slug):
        slug = f"heading-{slug}"
    while True:
        name = f"{slug}-{taken[slug]}" if slug in taken else slug
        if name := _first_use(f"heading-{name}" if _RESERVED.fullmatch(name) else name, taken):
            return name
        taken[slug] += 1


def _prose_problems(shown: str, pairs: Sequence[Pair], prose: Sequence[_Prose]) -> Iterator[Problem]:
    for pair, item in zip(pairs, prose, strict=True):
        for complaint in item.rendered.complaints:
            where = Location(shown, _source_line(pair, item, complaint.line))
            yield Problem(where, complaint.code, complaint.message, complaint.hint, complaint.excerpt)


def _source_line(pair: Pair, item: _Prose, line: int) -> int:
    """Return the line of the file for a line of the Markdown that its prose became."""
    return pair.prose_line + (item.origins[min(line, len(item.origins) - 1)] if item.origins else 0)


def _invisible_characters(shown: str, text: str, pairs: Sequence[Pair]) -> Iterator[Problem]:
    """Warn of characters in the code that a reader cannot see, once for each line."""
    if not INVISIBLE.search(text):
        return
    lines = text.split("\n")
    for number in (number for pair in pairs for number in pair.code):
        if found := INVISIBLE.search(lines[number - 1]):
            message = f"invisible character {code_point(found[0])}"
            where = Location(shown, number, found.start() + 1)
            yield Problem(where, "invisible-character", message, "remove it", severity="warning")

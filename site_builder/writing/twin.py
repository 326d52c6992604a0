"""A page as Markdown beside its HTML: the same prose, and its code between fences."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from html import unescape
from urllib.parse import unquote, urlsplit, urlunsplit

from site_builder.fragment import TAG
from site_builder.language import gettext_for
from site_builder.model import State
from site_builder.writing.context import Link, PageContext, SectionContext
from site_builder.writing.markdown import Rewrite, prose
from site_builder.writing.markdown.escaping import destination, escaped, fenced, one_line
from site_builder.writing.render import is_untouched

_NO_CODE = re.compile(rf'<span class="lineno">[^<]*</span>|{TAG.pattern}')


def twin_url(url: str) -> str:
    """Return where the twin of the page at `url` lies: in the same folder."""
    return f"{url.removesuffix('.html')}.md"


def make_twin(context: PageContext, kind: str, pages: Collection[str]) -> str:
    """Return a page in one language as Markdown; `kind` names the language of its code.

    What is not in the page's language says so above it. Links to any of `pages`, the URLs of the site's
    pages, lead to their twins.
    """
    link = _to_twins(context.page.page.url, pages)
    return "\n\n".join(filter(None, _parts(context, kind, link))) + "\n"


def _parts(context: PageContext, kind: str, link: Rewrite) -> Iterator[str]:
    labels = _labels(context)
    if is_untouched(context):
        yield f"*{labels.pop('missing')}*"
    if not any("<h1" in block.html for section in context.sections for block in section.docs):
        yield f"# {_text(context.page.title.text)}"
        yield _text(context.page.summary.text)
    for section in context.sections:
        yield from _section(section, kind, labels, link)
    yield "\n".join(_child(child, link) for child in context.children)


def _section(section: SectionContext, kind: str, labels: Mapping[State, str], link: Rewrite) -> Iterator[str]:
    yield prose(section.runs, labels, link)
    for one in (section, *section.more):
        if one.code:
            yield _listing(one.code, kind)


@lru_cache(maxsize=256)  # The same in every language, and these are written one after the other.
def _listing(code: str, kind: str) -> str:
    return fenced(unescape(_NO_CODE.sub("", code)).rstrip("\n"), kind)


def _child(child: Link, link: Rewrite) -> str:
    about = f": {_text(child.summary)}" if child.summary else ""
    return f"- [{_text(child.title)}]({destination(link(child.href))}){about}"


def _text(text: str) -> str:
    return escaped(one_line(text).strip())


def _labels(context: PageContext) -> dict[State, str]:
    say = gettext_for(context.language.tag)
    return {"missing": say("Not translated yet"), "outdated": say("Translation out of date")}


def _to_twins(url: str, pages: Collection[str]) -> Rewrite:
    """Return what makes a link of the page at `url` lead to the twin of the page that it leads to."""
    folder = posixpath.dirname(url)

    def rewrite(href: str) -> str:
        parts = urlsplit(href)
        if parts.scheme or parts.netloc or not parts.path.endswith(".html"):
            return href
        target = posixpath.normpath(posixpath.join(folder, unquote(parts.path)))
        return urlunsplit(parts._replace(path=twin_url(parts.path))) if target in pages else href

    return rewrite

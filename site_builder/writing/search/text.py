"""The text of a page: what of it can be searched, and is quoted where it was found."""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape

from site_builder.model import LocalizedPage, Page
from site_builder.writing.context import Link

FOLDER = "_site/search"

# What repeats takes all that it can (`*+`) and is not tried shorter: a tag can be read in one way only.
_FORMULA = re.compile(r"<math\b[^<]*+(?:<(?!/math>)[^<]*+)*+</math>")
_LINE_NUMBER = re.compile(r'<span class="lineno">[^<]*</span>')
_AT_HEADING = re.compile(r"(?=<h[1-6]\b)")
_TO_END = r'[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+'  # Of a tag.
_HEADING = re.compile(rf"<h([1-6])\b({_TO_END})>(.*?)</h\1>", re.DOTALL)
_ID = re.compile(r'\sid="([^"]*)"')
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|u|var|wbr)"
    rf"\b{_TO_END}>"
)
_ANY = re.compile(f"<{_TO_END}>")


def text_path(corpus: str, url: str) -> str:
    """Return where the text of the page at `url` lies, below the site's root."""
    return f"{FOLDER}/{corpus}/text/{url}.json"


def code_text(page: Page) -> bytes:
    """Return the text of a page that is the same in every language: its path, names and code."""
    sections = [(section.anchor, _code(section.code)) for section in page.sections]
    return _dump({"path": page.source, "sections": sections})


def prose_text(page: LocalizedPage, children: Iterable[Link] = ()) -> bytes:
    """Return the text of a page in its language; `children` are what a folder's index lists.

    Each section is cut at its headings. Formulas are left out.
    """
    parts = [
        (number, *part)
        for number, blocks in enumerate(page.sections)
        for part in _parts("\n".join([block.html for block in blocks]))
    ]
    listed = (text for child in children for text in (child.title, child.summary))
    about = " · ".join(filter(None, (page.summary.text, *listed)))
    return _dump({"title": page.title.text, "about": about, "parts": parts})


def _parts(html: str) -> Iterator[tuple[str, str, str]]:
    """Yield what stands under each heading, with the heading's id and text; both empty before the first."""
    html = _FORMULA.sub("…", html)
    # Few have a heading.
    for part in _AT_HEADING.split(html) if "<h" in html else (html,):
        heading = _HEADING.match(part)
        if heading is None:
            text = _plain(part)
            if text:
                yield "", "", text
        else:
            found = _ID.search(heading[2])
            yield unescape(found[1]) if found else "", _plain(heading[3]), _plain(part[heading.end() :])


def _plain(html: str) -> str:
    # Elements in a line join what they stand between: `<b>x</b>y` reads xy.
    return " ".join(unescape(_ANY.sub("\n", _INLINE.sub("", html))).split())


def _code(html: str) -> str:
    return unescape(_ANY.sub("", _LINE_NUMBER.sub("", html))).rstrip()


def _dump(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

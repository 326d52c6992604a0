"""What a page says of itself to programs: a description, and structured data."""

import json
import re
from dataclasses import dataclass

from markupsafe import Markup

from site_builder.config import Config
from site_builder.fragment.lines import has_words
from site_builder.fragment.wording import plain_text
from site_builder.model import LocalizedPage, Text

_LONGEST = 160  # Characters; who shows a description cuts longer ones.
_PARAGRAPH = re.compile(r"<p(?: [^<>]*)?>(.*?)</p>", re.DOTALL)
_ANNOTATION = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)
_WHOLE_WORDS = re.compile(r".*(?=[\s、。，])", re.DOTALL)


def is_original(text: Text, said: str) -> bool:
    """Whether a title or summary is shown as `said` by the source; an outdated one may not be."""
    return text.state == "missing" or (text.state == "outdated" and text.text == said)


def describe(page: LocalizedPage) -> str:
    """Say in plain text what a page is about: by its summary, or else by its first paragraph.

    What is in the page's language wins over what is not.
    """
    summary = page.summary.text
    if summary and not is_original(page.summary, page.page.summary):
        return summary
    return _first_paragraph(page) or summary


def _first_paragraph(page: LocalizedPage) -> str:
    shown = (
        block for blocks in page.sections for block in blocks if block.state == "current" or block.source
    )
    for block in shown:
        for html in _PARAGRAPH.findall(block.html):
            if has_words(html) and 'class="sb-missing' not in html and 'class="sb-outdated' not in html:
                return _cut(plain_text(_ANNOTATION.sub("", html)))
    return ""


def _cut(text: str) -> str:
    """Cut a long text after a whole word, where it has any."""
    if len(text) <= _LONGEST:
        return text
    words = _WHOLE_WORDS.match(text[:_LONGEST])
    kept = words[0] if words and len(words[0]) > _LONGEST // 2 else text[: _LONGEST - 1]
    return f"{kept.rstrip(' ,;:、。，')}…"


@dataclass(frozen=True, slots=True)
class Article:
    """A page as schema.org describes it."""

    title: str
    description: str
    language: str
    url: str
    """Absolute, or empty."""
    original: str
    """Of a translation: the absolute URL of what it translates, or empty."""


def structured(article: Article, site: Config) -> Markup:
    """Return the JSON-LD of an article, fit to stand in a script element."""
    whole = {"@type": "WebSite", "name": site.title, "url": f"{site.base_url}/" if site.base_url else ""}
    told = {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": article.title,
        "description": article.description,
        "inLanguage": article.language,
        "url": article.url,
        "isPartOf": {name: value for name, value in whole.items() if value},
        "translationOfWork": {"@type": "TechArticle", "@id": article.original} if article.original else "",
    }
    text = json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)
    # No element ends or begins in it.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704

"""A localized page put together for the templates: its links, states, originals and addresses."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rendering import config

from site_builder.config import Repository
from site_builder.language import gettext_for
from site_builder.model import Block, Fragment, LocalizedPage, Page, Section, Text
from site_builder.writing.compose import Frame, compose, repository_href
from site_builder.writing.links import Linker, Targets
from site_builder.writing.navigation import Entry, navigate
from site_builder.writing.render import make_environment, render_page
from site_builder.writing.sitemap import make_sitemaps

TAGS = ("en", "ja", "ar")
TITLES = dict.fromkeys(TAGS, Text("Norm", "current"))
ENTRIES = [Entry(url, TITLES, TITLES) for url in ("index.html", "a/norm.html", "a/other.html")]
SITE = config(base_url="https://example.org")
FRAME = Frame(SITE, TAGS, navigate(ENTRIES), "")
TARGETS = Targets({"a/other.py": "a/other.html"}, frozenset(entry.url for entry in ENTRIES), frozenset())
LINK = '<p>See <a href="other.py">the other</a></p>'


def localized(*sections: tuple[Block, ...], language: str = "ja", **changes: object) -> LocalizedPage:
    parts = tuple(Section("", range(1), Fragment(), "") for _ in sections)
    page = Page("a/norm.py", "a/norm.html", "Norm", "", parts)
    title = Text("Norm", "current")
    return replace(LocalizedPage(page, language, title, Text("", "current"), sections, 1.0), **changes)


def composed(page: LocalizedPage, frame: Frame = FRAME, **more: object):
    return compose(frame, page, Linker(TARGETS, page.page), {}, **more)


def rendered(page: LocalizedPage, **more: object) -> str:
    return render_page(make_environment(SITE), composed(page, **more))


def test_an_original_is_shown_below_the_prose_with_links_that_fit_the_page() -> None:
    page = localized((Block("<p>一</p>", "current"),), (Block("<p>Two</p>", "missing"),))
    html = rendered(page, originals=(LINK, ""))
    assert html.count("<details class=") == 2  # The language menu, and the original.
    original = re.search(r'<p>一</p>\n(<details class="sb-original".*?</details>)', html, re.DOTALL)
    assert original
    assert original[1] == (
        '<details class="sb-original" data-nosearch><summary>原文</summary><div lang="en" dir="ltr">\n'
        '<p>See <a href="other.html">the other</a></p>\n</div></details>'
    )


def test_without_originals_there_are_none() -> None:
    assert composed(localized((Block(LINK, "current"),))).sections[0].original == ""


def test_each_section_has_an_original() -> None:
    with pytest.raises(ValueError, match="zip"):
        composed(localized((Block("<p>一</p>", "current"),)), originals=("", ""))


@pytest.mark.parametrize(("tag", "direction"), [("ja", "ltr"), ("ar", "rtl")])
def test_a_line_that_is_not_translated_begins_with_its_label(tag: str, direction: str) -> None:
    list_ = (
        '<ul><li>一</li><li><span class="sb-missing" lang="en" dir="ltr">Two</span></li>'
        '<li><span class="sb-outdated" lang="en" dir="ltr">Three</span></li></ul>'
    )
    [docs] = composed(localized((Block(list_, "current"),), language=tag)).sections[0].docs
    label = f'<span class="sb-state" lang="{tag}" dir="{direction}">{{}}</span> '
    missing, outdated = map(gettext_for(tag), ("Not translated yet", "Translation out of date"))
    assert docs.html == list_.replace(">Two", f">{label.format(missing)}Two").replace(
        ">Three", f">{label.format(outdated)}Three"
    )


def test_no_label_stands_where_the_text_only_speaks_of_the_class() -> None:
    said = '<p>&lt;span class="sb-missing"&gt; <a title="&lt;span class=&quot;sb-missing&quot;&gt;">x</a></p>'
    [docs] = composed(localized((Block(said, "current"),))).sections[0].docs
    assert docs.html == said


def test_what_the_source_said_once_links_nowhere() -> None:
    source = '<p><a href="gone.py" title="a > b">Gone</a>, <abbr>as</abbr> is <code>a</code></p>'
    page = localized((Block(f"<p>古い</p>{LINK}", "outdated", source),))
    linker = Linker(TARGETS, page.page)
    [docs] = compose(FRAME, page, linker, {}).sections[0].docs
    assert docs.source == "<p>Gone, <abbr>as</abbr> is <code>a</code></p>"
    assert 'href="other.html"' in docs.html
    assert linker.broken == set()


def urls(page: LocalizedPage, **more: object) -> dict[str, str]:
    return {alternate.language.tag: alternate.url for alternate in composed(page, **more).alternates}


def test_a_version_that_is_not_worth_finding_stays_in_the_menu_alone() -> None:
    page = localized((Block("<p>一</p>", "current"),))
    assert urls(page) == {
        "en": "https://example.org/a/norm.html",
        "ja": "https://example.org/ja/a/norm.html",
        "ar": "https://example.org/ar/a/norm.html",
    }
    assert urls(page, indexed={"en", "ja"})["ar"] == ""
    html = rendered(page, indexed={"en", "ja"})
    assert re.findall(r'<link rel="alternate" hreflang="(.*?)"', html) == ["en", "x-default", "ja"]
    assert 'href="../../ar/a/norm.html"' in html
    assert "noindex" not in html


def test_a_page_with_nothing_translated_points_to_the_source_language() -> None:
    page = localized((Block("<p>One</p>", "missing"),), translated=False, title=Text("Norm", "missing"))
    html = rendered(page, indexed={"en", "ar"})
    assert '<meta name="robots" content="noindex">' in html
    # Two answers to one question: who says noindex names no other page in its stead.
    assert "canonical" not in html
    assert '<link rel="alternate" hreflang' not in html
    assert [alternate.href for alternate in composed(page).alternates] == [
        "../../a/norm.html",
        "norm.html",
        "../../ar/a/norm.html",
    ]
    assert "未翻訳" in html
    assert "sb-untouched" in html


def test_a_repository_address_names_the_line() -> None:
    pattern = "https://example.org/{path}#L{line}"
    assert repository_href(pattern, "a b/c.json", 41) == "https://example.org/a%20b/c.json#L41"
    assert repository_href(pattern, "x.json") == "https://example.org/x.json#L1"
    assert repository_href(pattern, "/elsewhere/x.json", 2) == ""
    assert repository_href("", "x.json", 2) == ""


def test_only_the_map_of_the_language_is_offered_to_edit(tmp_path: Path) -> None:
    site = replace(SITE, root=tmp_path, repository=Repository(edit="https://example.org/{path}"))
    page = localized((Block("<p>一</p>", "current"),))
    files = {"en": tmp_path / "norm.py", "ja": tmp_path / "norm.ja.json"}
    frame = replace(FRAME, config=site)
    assert compose(frame, page, Linker(TARGETS, page.page), files).edit_href.endswith("/norm.ja.json")
    assert compose(frame, replace(page, language="ar"), Linker(TARGETS, page.page), files).edit_href == ""


def test_the_sitemap_lists_what_it_is_given() -> None:
    english, japanese = "https://example.org/a.html", "https://example.org/ja/a.html"

    def sitemap(urls: dict[str, str]) -> str:
        [(name, content)] = make_sitemaps([urls], "https://example.org", "en")
        assert name == "sitemap.xml"
        return content.decode()

    two = sitemap({"en": english, "ja": japanese})
    assert re.findall("<loc>(.*?)</loc>", two) == [english, japanese]
    assert two.count(f'hreflang="en" href="{english}"') == two.count('hreflang="ja"') == 2
    assert two.count(f'hreflang="x-default" href="{english}"') == 2
    one = sitemap({"en": english})
    assert re.findall("<loc>(.*?)</loc>", one) == [english]
    assert "hreflang" not in one


def test_sections_without_prose_go_on_beside_the_one_before() -> None:
    prose = (Block("<p>One</p>", "current"),)
    sections = composed(localized((), prose, (), (), prose)).sections
    assert [section.number for section in sections] == [0, 1, 4]
    assert [more.number for more in sections[1].more] == [2, 3]

import re
from dataclasses import replace

import html5lib
import pytest
from markupsafe import Markup
from rendering import ARABIC, CODE, ENGLISH, FIXTURES, JAPANESE, SECTIONS, STATIC, config, context

from site_builder.errors import SiteError
from site_builder.model import Block, Text
from site_builder.writing.context import Branch, Link, SectionContext
from site_builder.writing.render import make_environment, render_not_found, render_page, static_files

XHTML = "{http://www.w3.org/1999/xhtml}"
MIXED = (
    Block("<p>一</p>", "current"),
    Block("<p>Two</p>", "missing"),
    Block("<p>Three</p>", "missing"),
    Block("<p>Four</p>", "outdated"),
    Block("<p>五</p>", "current"),
)
OUTDATED = (
    SectionContext(
        0,
        "",
        (
            Block("<p>古い</p>", "outdated", "<p>It was old</p>"),
            Block("<p>これも</p>", "outdated", "<p>This was, too</p>"),
            Block("<p>English</p>", "outdated"),
            Block("<ul><li>一</li></ul>", "current", "<ul><li>One, once</li></ul>"),
            Block("<p>二</p>", "current"),
        ),
        "",
        original="<p>All of it</p>",
    ),
    SectionContext(1, "", (Block("<p>三</p>", "current"),), "", original="<p>Three</p>"),
    SectionContext(2, "", (Block("<p>Four</p>", "missing"),), ""),
)


@pytest.fixture(scope="module")
def environment():
    return make_environment(config())


@pytest.fixture
def render(environment):
    return lambda page: render_page(environment, page)


def tree(html):
    """Parse a page as browsers do; an error in its markup is an error here."""
    return html5lib.HTMLParser(strict=True).parse(html)


def by_class(element, name):
    return [found for found in element.iter() if name in (found.get("class") or "").split()]


def text(element):
    return "".join(element.itertext())


FULL = {
    "breadcrumbs": (Link("Normalization", "../n/index.html"),),
    "canonical": "https://example.org/a/b.html",
    "previous": Link("Before", "before.html"),
    "next": Link("After", "after.html"),
    "source_href": "https://example.org/source",
    "edit_href": "https://example.org/edit",
    "stylesheets": ("../_site/more.css",),
}


@pytest.mark.parametrize(
    "name", ["source", "translation", "outdated", "untouched", "index", "empty", "not_found"]
)
def test_golden(name, golden, environment):
    japanese = {"language": JAPANESE, "title": "グループ", "site": config(footer="Free for <all>")}
    pages = {
        "source": context(**FULL),
        "translation": context(
            **japanese, coverage=0.829, sections=(SectionContext(0, "f", MIXED, CODE),), **FULL
        ),
        "outdated": context(
            JAPANESE, site=config(provenance={"ja": "machine"}), coverage=0.5, sections=OUTDATED
        ),
        "untouched": context(
            language=ARABIC,
            state="missing",
            coverage=0.0,
            sections=(SectionContext(0, "", (Block("<p>Two</p>", "missing"),), ""),),
        ),
        "index": context(
            sections=(), children=(Link("A & B", "a.html", summary="What they do"), Link("C", "c/index.html"))
        ),
        "empty": context(sections=(), noindex=True),
    }
    html = (
        render_page(environment, pages[name])
        if name in pages
        else render_not_found(environment, config(), ENGLISH, "/nn/", pages["source"].alternates)
    )
    tree(html)
    golden(FIXTURES / f"{name}.html", re.sub(r"\?h=[0-9a-f]{8}", "?h=HASH", html))


def test_each_pair_is_one_section_with_its_prose_and_its_code(render):
    page = tree(render(context()))
    sections = by_class(page, "section")
    assert [section.get("id") for section in sections] == ["section-0", "section-1", "section-2"]
    for section in sections:
        assert [child.get("class") for child in section] == ["docs", "code"]
    assert by_class(sections[1], "docs")[0].get("id") == "A.forward"
    assert [text(number) for number in by_class(page, "lineno")] == ["24", "30"]


def test_where_a_pair_has_no_code_nothing_stands_in_its_place(render):
    assert '<div class="code"></div>' in render(context())


def test_neighbours_without_translation_are_told_once_in_the_pages_language(render):
    page = tree(render(context(JAPANESE, sections=(SectionContext(0, "", MIXED, ""),))))
    runs = by_class(page, "sb-untranslated")
    assert [(run.get("lang"), run.get("dir")) for run in runs] == [("en", "ltr")] * 2
    assert [text(label) for label in by_class(page, "sb-state")] == ["未翻訳", "翻訳が古くなっています"]
    assert {label.get("lang") for label in by_class(page, "sb-state")} == {"ja"}
    assert ["Two" in text(run) and "Three" in text(run) for run in runs] == [True, False]


def test_an_outdated_translation_is_marked_and_says_what_it_translates(render):
    page = tree(render(context(JAPANESE, sections=OUTDATED)))
    [outdated] = by_class(page, "sb-outdated")
    assert outdated.get("lang") is None
    assert [text(child) for child in outdated] == ["翻訳が古くなっています", "古い", "これも"]
    earlier = by_class(page, "sb-earlier")
    assert [[text(part).split("\n") for part in details] for details in earlier] == [
        [["以前の原文"], ["", "It was old", "This was, too", ""]],
        [["以前の原文"], ["", "One, once", ""]],
    ]
    for details in [*earlier, *by_class(page, "sb-original")]:
        assert "data-nosearch" in details.attrib
        assert [(part.get("lang"), part.get("dir")) for part in details] == [(None, None), ("en", "ltr")]
    docs, translated, missing = by_class(page, "docs")
    assert [child.get("class") for child in docs] == [
        "sb-anchor", "sb-outdated", "sb-earlier", "sb-untranslated", None, "sb-earlier", None, "sb-original"
    ]  # fmt: skip
    assert len(by_class(translated, "sb-original")) == 1
    assert not by_class(missing, "sb-original")


def test_a_page_of_outdated_translations_is_not_untranslated(render):
    section = SectionContext(0, "", (Block("<p>古い</p>", "outdated", "<p>Old</p>"),), "")
    assert "sb-untouched" not in render(context(JAPANESE, coverage=0.0, sections=(section,)))
    section = section._replace(docs=(Block("<p>Old</p>", "outdated"),))
    assert "sb-untouched" in render(context(JAPANESE, coverage=0.0, sections=(section,)))


@pytest.mark.parametrize(
    ("kind", "tag", "said"),
    [
        ("machine", "ja", "<span>機械翻訳</span>"),
        ("reviewed", "ja", "<span>校閲済みの翻訳</span>"),
        ("reviewed", "ar", "<span>ترجمة مُراجَعة</span>"),
    ],
)
def test_where_a_translation_comes_from_is_said_in_its_language(environment, kind, tag, said):
    site = config(provenance={tag: kind})
    pages = {language.tag: context(language, site=site) for language in (ENGLISH, JAPANESE, ARABIC)}
    assert [name for name in pages if said in render_page(environment, pages[name])] == [tag]
    nothing = replace(pages[tag], page=replace(pages[tag].page, translated=False))
    assert said not in render_page(environment, nothing)


def test_an_outdated_title_may_be_translated(render):
    headless = tuple(section._replace(docs=()) for section in SECTIONS)
    shown = context(JAPANESE, state="outdated", sections=headless)
    assert '<h1 lang="en" dir="ltr">Group' in render(shown)
    old = replace(shown, page=replace(shown.page, title=Text("古い題", "outdated")))
    assert "<h1>古い題</h1>" in render(old)


def test_a_page_without_a_heading_gets_its_title_as_one(render):
    headless = tuple(section._replace(docs=()) for section in SECTIONS)
    assert render(context()).count("<h1") == 1
    assert "<h1>Group &amp; norm</h1>" in render(context(sections=headless))
    assert '<h1 lang="en" dir="ltr">' in render(context(ARABIC, state="missing", sections=headless))


def test_all_that_is_plain_text_is_escaped(render):
    evil = '"><script>alert(1)</script>'
    html = render(
        context(
            title=evil,
            site=config(title=evil, footer=evil),
            breadcrumbs=(Link(evil, evil),),
            children=(Link(evil, evil, summary=evil),),
            previous=Link(evil, evil),
            source_href=evil,
            edit_href=evil,
            canonical=evil,
            stylesheets=(evil,),
            home_href=evil,
            tree=(Branch(Link(evil, evil), is_current=False, below=(Branch(Link(evil, evil), True, ()),)),),
            sections=(
                SectionContext(0, evil, SECTIONS[0].docs, CODE, more=(SectionContext(1, evil, (), CODE),)),
            ),
        )
    )
    assert "<script>" not in html
    assert 'href=""' not in html


def test_a_text_that_looks_like_markup_is_escaped_again(render):
    trusted, text = Markup("a &amp; b"), "a &amp; b"
    html = render(context(tree=tuple(Branch(Link(title, "a.html"), False, ()) for title in (trusted, text))))
    assert html.index(">a &amp; b</a>") < html.index(">a &amp;amp; b</a>")


def test_no_page_needs_what_a_strict_policy_forbids(render):
    for element in tree(render(context(JAPANESE, **FULL))).iter():
        assert not [name for name in element.attrib if name == "style" or str(name).startswith("on")]
        assert element.tag != f"{XHTML}style"
        if element.tag == f"{XHTML}script" and element.get("type") != "application/ld+json":
            assert element.get("src", "").startswith("../_site/")
        if element.tag == f"{XHTML}link" and element.get("rel") in {"stylesheet", "icon"}:
            assert element.get("href", "").startswith("../_site/")


def test_ids_of_the_theme_have_its_prefix(render):
    bare = context(sections=(), children=(Link("A", "a.html"),), **FULL)
    ids = [element.get("id") for element in tree(render(bare)).iter() if element.get("id")]
    assert ids
    assert all(identifier.startswith("sb-") for identifier in ids)


def test_absolute_addresses_stand_only_where_there_are_some(render):
    assert "canonical" not in render(context())
    assert '<link rel="alternate"' not in render(context())
    known = tuple(
        replace(alternate, url=f"https://example.org/{alternate.href}") for alternate in context().alternates
    )
    html = render(context(JAPANESE, alternates=known, canonical="https://example.org/ja.html"))
    assert re.findall(r'hreflang="(.*?)" href="(https.*?)"', html) == [
        ("en", "https://example.org/en.html"),
        ("x-default", "https://example.org/en.html"),
        ("ja", "https://example.org/ja.html"),
        ("ar", "https://example.org/ar.html"),
    ]


def test_a_site_in_one_language_has_no_language_menu(render):
    assert "sb-languages" in render(context())
    assert "sb-languages" not in render(context(alternates=context().alternates[:1]))


def test_a_page_of_prose_alone_is_one_column(render):
    assert '<body class="sb-pairs">' in render(context())
    assert '<body class="sb-prose">' in render(context(sections=SECTIONS[1:2]))


def test_a_static_file_is_addressed_by_its_content(tmp_path):
    def address(content):
        (tmp_path / "theme.css").write_text(content)
        site = config(static=tmp_path)
        html = render_page(make_environment(site), context(site=site))
        return re.search(r'"\.\./_site/theme\.css\?h=([0-9a-f]{8})"', html)[1]

    assert address("a {}") == address("a {}") != address("b {}")


def test_a_sites_own_files_stand_in_one_by_one():
    own = static_files(config(static=FIXTURES / "static"))
    assert own["syntax.css"] == b"/* Ours. */\n"
    assert own["more/own.css"]
    assert ".hidden" not in own
    assert own["layout.css"] == (STATIC / "layout.css").read_bytes()


def test_a_link_out_of_the_static_folder_is_not_followed(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "static" / "open.txt").symlink_to(tmp_path / "secret.txt")
    assert "open.txt" not in static_files(config(static=tmp_path / "static"))


def test_a_template_can_say_texts_with_variables(environment):
    template = environment.from_string(
        '{{ _("Search") }}, {{ _("%(name)s %%", name="<") }}, {{ _("100%%") }}'
    )
    assert template.render(language=JAPANESE) == "検索, &lt; %, 100%"


def test_a_sites_own_template_can_extend_the_one_it_replaces():
    site = config(templates=FIXTURES / "templates", static=FIXTURES / "static")
    html = render_page(make_environment(site), context(site=site))
    assert "<title>Ours: Group &amp; norm · annotated nn</title>" in html
    assert 'id="section-0"' in html
    assert re.search(r'<footer>Own footer, <a href="\.\./_site/more/own\.css\?h=', html)


@pytest.mark.parametrize("template", sorted((FIXTURES / "broken").glob("*.html")), ids=lambda path: path.stem)
def test_a_broken_template_is_told_with_its_line(template):
    line, message = re.match(r"\{# (\d+): (.*) #\}", template.read_text()).groups()
    site = config(templates=FIXTURES / "broken")
    with pytest.raises(SiteError) as raised:
        render_page(make_environment(site), context(site=site), template.name)
    (problem,) = raised.value.problems
    assert str(problem.where) == f"broken/{template.name}:{line}"
    assert problem.message == message
    assert problem.hint


def test_a_fault_of_ours_keeps_its_traceback():
    site = config(templates=FIXTURES / "templates", static=FIXTURES / "static")
    with pytest.raises(TypeError):
        render_page(make_environment(site), context(site=site, sections=None))


@pytest.mark.parametrize("key", ["templates", "static"])
def test_a_folder_that_is_not_there_is_told(key):
    with pytest.raises(SiteError, match=f"none: there is no such folder(.|\n)*`{key}`"):
        make_environment(config(**{key: FIXTURES / "none"}))


def test_trusted_html_may_be_marked_as_such(render):
    docs = (Block(Markup("<p>a &lt; b</p>"), "current"),)
    assert "<p>a &lt; b</p>" in render(context(sections=(SectionContext(0, "", docs, Markup(CODE)),)))

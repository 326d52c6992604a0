"""What a page lists of itself and of the pages around it."""

from site_builder.model import Block, Text
from site_builder.writing.contents import WIDEST, headings, tree
from site_builder.writing.context import Branch, Link, SectionContext
from site_builder.writing.navigation import Entry, navigate


def section(number: int, html: str = "", anchor: str = "", state: str = "current", **more: object):
    docs = (Block(html, state),) if html else ()
    return SectionContext(number, anchor, docs, "", **more)


def outline(*sections: SectionContext) -> list[tuple[int, str]]:
    return [(heading.depth, heading.html) for heading in headings(sections)]


def code(name: str) -> str:
    return f'<code translate="no" class="notranslate">{name}</code>'


def test_headings_below_the_title() -> None:
    page = '<h1 id="a">A</h1>\n<p>One</p>\n<h2 id="b">B</h2>\n<h3 id="c">C</h3>\n<h5 id="e">E</h5>'
    assert outline(section(0, page), section(1, '<h2 id="d">D</h2>')) == [(0, "B"), (1, "C"), (0, "D")]


def test_a_definition_is_listed_by_its_heading_or_else_by_its_name() -> None:
    class_ = section(1, '<h2 id="the-layer">The layer</h2>', anchor="Norm")
    method = section(2, "<p>One</p>", anchor="Norm.forward", more=(section(3, anchor="Norm.reset"),))
    found = headings([section(0, '<h1 id="a">A</h1>'), class_, method])
    assert [(heading.depth, heading.href) for heading in found] == [
        (0, "#the-layer"),
        (1, "#Norm.forward"),
        (1, "#Norm.reset"),
    ]
    assert found[1].html == code("forward")


def test_definitions_stand_below_the_heading_before_them() -> None:
    assert outline(
        section(0, '<h2 id="r">Runs</h2>'), section(1, anchor="run"), section(2, anchor="Run.x")
    ) == [
        (0, "Runs"),
        (1, code("run")),
        (2, code("x")),
    ]


def test_a_heading_is_listed_without_links_and_ids() -> None:
    html = '<h2 id="b"><a href="x.html">See</a> <code id="c">f</code> <a id="d"></a>&lt;T&gt;</h2>'
    assert outline(section(0, html)) == [(0, "See <code>f</code> &lt;T&gt;")]


def test_a_heading_that_is_not_translated_is_marked() -> None:
    found = headings([section(0, '<h2 id="b">B</h2>', state="missing"), section(1, '<h2 id="c">C</h2>')])
    assert [heading.is_original for heading in found] == [True, False]


def shown(branches: tuple[Branch, ...]) -> list[object]:
    """A page as its title, marked if it is the one at hand, with those below it."""
    names = [branch.link.title + "*" * branch.is_current for branch in branches]
    return [
        (name, shown(branch.below)) if branch.below or branch.is_current else name
        for name, branch in zip(names, branches, strict=True)
    ]


def around(urls: list[str], url: str) -> list[object]:
    navigation = navigate([Entry(url, {"en": Text(url, "current")}, {}) for url in urls])
    return shown(tree(navigation, url, lambda other: Link(other, other)))


def test_the_pages_on_the_way_and_those_below() -> None:
    urls = [
        "index.html",
        "a/index.html",
        "a/b/index.html",
        "a/b/x.html",
        "a/y.html",
        "c/index.html",
        "c/z.html",
    ]
    below_a = [("a/b/index.html*", ["a/b/x.html"]), "a/y.html"]
    assert around(urls, "a/b/index.html") == [("a/index.html", below_a), "c/index.html"]
    assert around(urls, "index.html") == ["a/index.html", "c/index.html"]


def test_a_long_row_of_pages_is_cut_around_the_page() -> None:
    urls = ["index.html", *(f"{number:03}.html" for number in range(500))]
    listed = around(urls, "250.html")
    assert len(listed) == WIDEST
    assert ("250.html*", []) in listed
    assert around(urls, "499.html")[-1] == ("499.html*", [])
    assert around(urls, "index.html")[0] == "000.html"

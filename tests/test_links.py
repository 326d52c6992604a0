import posixpath
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.model import Page
from site_builder.writing.links import Linker, Targets, way

URLS = {
    "__init__.py": "index.html",
    "guide.md": "guide.html",
    "norm/__init__.py": "norm/index.html",
    "norm/group.py": "norm/group.html",
    "norm/kernel.cu": "norm/kernel.cu.html",
}


ASSETS = frozenset({"norm/axes.svg", "norm/two words.png"})


@pytest.fixture
def linker() -> Linker:
    targets = Targets(URLS, frozenset(URLS.values()), ASSETS, "https://example.org/nn")
    linker = Linker(targets, Page("norm/group.py", "norm/group.html", "", "", ()))
    linker.rewrite('<img src="axes.svg"> <img src="two%20words.png">', "")
    return linker


PAGES = [
    ("kernel.cu", "kernel.cu.html"),
    ("kernel.cu#add", "kernel.cu.html#add"),
    ("kernel.cu.html", "kernel.cu.html"),
    ("__init__.py", "index.html"),
    ("./", "index.html"),
    ("..", "../index.html"),
    ("../guide.md?x=1#part", "../guide.html?x=1#part"),
    ("../guide", "../guide.html"),
    ("/guide.md", "../guide.html"),
    ("../norm", "index.html"),
    ("https://example.org/nn/guide.html#a", "../guide.html#a"),
    ("https://example.org/nn", "../index.html"),
    ("https://example.org/nn/norm/", "index.html"),
    ("%67roup.py", "group.html"),
]


@pytest.mark.parametrize("folder", ["", "ja/"])
@pytest.mark.parametrize(("written", "expected"), PAGES)
def test_pages_are_linked_in_the_language_of_the_page(
    linker: Linker, written: str, expected: str, folder: str
) -> None:
    assert linker.rewrite(f'<a href="{written}">x</a>', folder) == f'<a href="{expected}">x</a>'
    assert not linker.broken


@pytest.mark.parametrize(
    ("folder", "written", "expected"),
    [
        ("", "axes.svg", "axes.svg"),
        ("ja/", "axes.svg", "../../norm/axes.svg"),
        ("ja/", "/norm/axes.svg", "../../norm/axes.svg"),
        ("ja/", "two%20words.png", "../../norm/two%20words.png"),
        ("ja/", "/_site/colab.svg", "../../_site/colab.svg"),
    ],
)
def test_files_beside_the_source_stay_at_the_root(
    linker: Linker, folder: str, written: str, expected: str
) -> None:
    assert linker.rewrite(f'<img src="{written}" alt="">', folder) == f'<img src="{expected}" alt="">'


def test_only_the_source_decides_what_is_published(linker: Linker) -> None:
    linker = Linker(linker.targets, linker.page)
    html = '<img src="axes.svg" alt="">'
    assert linker.rewrite(html, "ja/") == html
    assert (linker.assets, linker.broken) == (set(), {"axes.svg"})
    linker.rewrite(html, "")
    linker.rewrite('<img src="./axes.svg"> <a href="../guide.md">', "ja/")
    assert linker.assets == {"norm/axes.svg"}


@pytest.mark.parametrize(
    "written",
    [
        "https://other.example/guide.md",
        "https://example.org/nnn/guide.html",
        "//other.example/x",
        "mailto:a@example.org",
        "#part",
        "",
    ],
)
def test_what_leads_outside_stays_as_written(linker: Linker, written: str) -> None:
    html = f'<a href="{written}">x</a>'
    assert linker.rewrite(html, "ja/") == html
    assert not linker.broken


@pytest.mark.parametrize(
    "written",
    [
        "missing.py",
        "a" * 300,
        ".secret",
        "way-out.txt",
        "../../outside.txt",
        "../../../etc/passwd",
        "a%00b",
        "http://[",
        "kernel.cu/x",
    ],
)
def test_what_leads_nowhere_is_told_and_left(linker: Linker, written: str) -> None:
    html = f'<a href="{written}">x</a>'
    assert linker.rewrite(html, "") == html
    assert linker.broken == {written}
    assert linker.assets == ASSETS


def test_entities_and_other_attributes_survive(linker: Linker) -> None:
    html = '<a title="a > b" href="kernel.cu?a=1&amp;b=2#x&quot;y">x</a>'
    assert linker.rewrite(html, "") == '<a title="a > b" href="kernel.cu.html?a=1&amp;b=2#x&quot;y">x</a>'


PLACES = st.lists(st.sampled_from(["a", "b", "ab", "a b", "é", "index.html"]), max_size=4).map("/".join)


@given(PLACES, PLACES)
def test_a_way_is_as_python_finds_it(path: str, folder: str) -> None:
    assert way(path, folder) == quote(posixpath.relpath(path or ".", folder or "."))

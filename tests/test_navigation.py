from site_builder.model import Text
from site_builder.writing.navigation import Entry, Navigation, navigate

URLS = ["b/c/d.html", "b/index.html", "a.html", "index.html", "b/c/index.html", "b/a.html", "c/x.html"]


def navigation() -> Navigation:
    return navigate([Entry(url, {"en": Text(url, "current")}, {}) for url in URLS])


def test_a_folder_is_read_after_its_index() -> None:
    order = ["index.html", "a.html", "b/index.html", "b/a.html", "b/c/index.html", "b/c/d.html", "c/x.html"]
    assert list(navigation().entries) == order


def test_neighbours() -> None:
    assert navigation().previous["b/index.html"] == "a.html"
    assert navigation().next["b/index.html"] == "b/a.html"
    assert "index.html" not in navigation().previous
    assert "c/x.html" not in navigation().next


def test_what_is_above() -> None:
    assert navigation().above("b/c/d.html") == ["b/index.html", "b/c/index.html"]
    assert navigation().above("b/c/index.html") == ["b/index.html"]
    assert navigation().above("index.html") == []


def test_what_is_below() -> None:
    assert navigation().below("index.html") == ["a.html", "b/index.html"]
    assert navigation().below("b/index.html") == ["b/a.html", "b/c/index.html"]
    assert navigation().below("a.html") == []


def ordered(links: dict[str, list[str]]) -> list[str]:
    return list(navigate([Entry(url, {}, {}) for url in URLS], links).entries)


def test_an_index_says_in_which_order_its_folder_is_read() -> None:
    links = {
        "index.html": ["c/x.html", "b/c/d.html", "c/x.html"],
        "b/index.html": ["b/c/index.html", "a.html"],
    }
    assert ordered(links) == [
        "index.html",
        "c/x.html",
        "b/index.html",
        "b/c/index.html",
        "b/c/d.html",
        "b/a.html",
        "a.html",
    ]


def test_only_an_index_says_that() -> None:
    assert ordered({"b/a.html": ["c/x.html", "b/c/d.html"]}) == ordered({})

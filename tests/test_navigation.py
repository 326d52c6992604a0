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

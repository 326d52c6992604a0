import random
from collections.abc import Iterable, Mapping

import pytest

from site_builder.model import Text
from site_builder.writing.contents import surroundings, tree
from site_builder.writing.context import Link
from site_builder.writing.navigation import Entry, Navigation, navigate

URLS = ["b/c/d.html", "b/index.html", "a.html", "index.html", "b/c/index.html", "b/a.html", "c/x.html"]


def navigation() -> Navigation:
    return navigate([Entry(url, {"en": Text(url, "current")}, {}) for url in URLS])


def test_a_folder_is_read_after_its_index() -> None:
    order = ["index.html", "a.html", "b/index.html", "b/a.html", "b/c/index.html", "b/c/d.html", "c/x.html"]
    assert list(navigation().entries) == order


def test_neighbours() -> None:
    assert navigation().previous("b/index.html") == "a.html"
    assert navigation().next("b/index.html") == "b/a.html"
    assert not navigation().previous("index.html")
    assert not navigation().next("c/x.html")


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


def many(chance: random.Random) -> list[str]:
    """Make a site with wide folders, and folders in folders."""
    folders = ["", *(f"f{number}/" for number in range(chance.randint(0, 90)))]
    folders += [f"{chance.choice(folders)}g{number}/" for number in range(chance.randint(0, 5))]
    pages = [f"{chance.choice(folders)}p{number}.html" for number in range(200)]
    return sorted({f"{folder}index.html" for folder in folders} | set(pages))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_around_a_page_is_all_that_it_shows(seed: int) -> None:
    whole = navigate([Entry(url, {}, {}) for url in many(random.Random(seed))])

    def some(urls: Iterable[str]) -> Mapping[str, Entry]:
        return {url: whole.entries[url] for url in urls}

    for url in whole.entries:
        part = whole.around(url, 60, some)
        assert part.above(url) == whole.above(url)
        assert part.below(url) == whole.below(url)
        assert part.previous(url) == whole.previous(url)
        assert part.next(url) == whole.next(url)
        assert list(surroundings(part, url)) == list(surroundings(whole, url))
        assert tree(part, url, lambda other: Link(other, "")) == tree(
            whole, url, lambda other: Link(other, "")
        )
        assert part.entries.keys() >= {*surroundings(whole, url)}

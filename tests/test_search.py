"""What can be searched, and that all of it is found, by the very script that readers run."""

import json
import random
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page
from searching import find, served, texts_of

from site_builder.build import Pages, build
from site_builder.config import load_config
from site_builder.model import Block, LocalizedPage, Section, Text
from site_builder.model import Fragment as Prose
from site_builder.model import Page as SourcePage
from site_builder.writing.search import prose_text
from site_builder.writing.search.shards import make_shards, shard_count
from site_builder.writing.search.terms import RULES, find_terms, normalize, places, shard_of
from site_builder.writing.search.text import code_text

SITE = Path(__file__).parent / "sites" / "search"
LANGUAGES = ("ja", "ar")
OpenPage = Callable[..., Page]


def localized(*blocks: str) -> LocalizedPage:
    sections = tuple(Section("", range(0), Prose(), "") for _ in blocks)
    page = SourcePage("x.py", "x.html", "X", "", sections)
    docs = tuple((Block(block, "current"),) for block in blocks)
    return LocalizedPage(page, "en", Text("X", "current"), Text("", "current"), docs, 1.0)


def parts(*blocks: str) -> list[list[object]]:
    return json.loads(prose_text(localized(*blocks)))["parts"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＷＩＤＥ", "wide"),
        ("ﾊﾞｯﾁ", "バッチ"),
        ("ガ", "ガ"),
        ("Größe", "GROSSE"),
        ("normalización", "normalizacion"),
        ("طَبَقَة", "طبقه"),
        ("أوّل", "اول"),
        ("مـــد", "مد"),
        ("١٢", "12"),
        ("ක්‍රම", "ක්රම"),
        ("ΣΑΣ", "σας"),
        ("ﬁne", "fine"),
    ],
)
def test_what_readers_do_not_tell_apart_is_the_same(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


def test_kana_are_told_apart() -> None:
    assert len({normalize(text) for text in ("か", "が", "カ", "ガ")}) == 4


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    once = normalize(text)
    assert unicodedata.normalize("NFC", normalize(once)) == unicodedata.normalize("NFC", once)


@given(st.text(st.sampled_from("abcdef_9"), min_size=1, max_size=400), st.data())
def test_each_part_of_a_word_of_any_length_is_looked_up(word: str, data: st.DataObject) -> None:
    words = find_terms("", (), (word,)).words
    start = data.draw(st.integers(0, len(word) - 1))
    part = word[start : start + data.draw(st.integers(3, 32))]
    assert any(part in known for known in words)
    assert len(part) < 3 or any(part[:3] in places(known) for known in words if part in known)
    assert max(map(len, words)) <= 64


def test_a_title_counts_more_than_a_heading_and_that_more_than_the_text() -> None:
    terms = find_terms("Title", ["Heading title"], ["text heading title often often often"])
    assert terms.words == {"text": 0, "often": 1, "heading": 2, "title": 3}
    assert (terms.grams["ti"], terms.grams["hea"[:2]], terms.grams["te"]) == (3, 2, 0)


def test_a_section_is_cut_at_its_headings() -> None:
    html = '<p>Before</p><h2 id="one">One <code>x</code></h2><p>First</p><ul><li>a</li></ul><h3>Two</h3>'
    assert parts("<p>Alone</p>", html) == [
        [0, "", "", "Alone"],
        [1, "", "", "Before"],
        [1, "one", "One x", "First a"],
        [1, "", "Two", ""],
    ]


def test_formulas_are_left_out_and_elements_in_a_line_join() -> None:
    html = "<p><b>正規</b>化 of <math><mi>x</mi><annotation>\\alpha</annotation></math> &lt; 1<br>end</p>"
    assert parts(html) == [[0, "", "", "正規化 of … < 1 end"]]


def test_code_is_without_line_numbers() -> None:
    line = '<span class="line"><span class="lineno">24</span><span class="k">if</span> a &lt; b:\n</span>'
    page = SourcePage("x.py", "x.html", "X", "", (Section("A.f", range(0), Prose(), line),))
    assert json.loads(code_text(page)) == {"path": "x.py", "sections": [["A.f", "if a < b:"]]}


def test_a_shard_says_which_pages_have_a_term() -> None:
    texts = {
        f"_site/search/en/text/{n}.json": prose_text(localized(f"<p>{word}</p>"))
        for n, word in enumerate(["norm", "x", "norm norm norm"])
    }
    written: dict[str, bytes] = {}
    size = make_shards("en", ["0", "1", "2"], texts.__getitem__, written.__setitem__)
    assert shard_count(size) == 1
    shard = json.loads(written["_site/search/en/0.json"])
    # The first page is at a distance of 1 from before the first; the weight is in the lowest two bits.
    assert shard["words"] == {"norm": [1 * 4, 2 * 4 + 1], "x": [1 * 4 + 3, 1 * 4 + 3, 1 * 4 + 3]}
    assert shard["grams"]["no"] == [1 * 4, 2 * 4]
    assert "n norm" not in shard["grams"]


@given(st.text(min_size=1, max_size=3), st.integers(1, 500))
def test_a_shard_is_one_of_them(key: str, shards: int) -> None:
    assert 0 <= shard_of(key, shards) < shards


# The site, and what its readers find


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(SITE, tmp_path_factory.mktemp("site") / "search"))
    report = build(load_config(folder))
    assert report.problems == ()
    return folder / "public"


@pytest.fixture(scope="module")
def address(public: Path) -> Iterator[str]:
    with served(public) as address:
        yield address


@pytest.fixture
def page(address: str, open_page: OpenPage) -> Page:
    return open_page(f"{address}/index.html")


def drawn(texts: dict[str, list[str]], count: int) -> list[str]:
    """Draw parts of what pages say, of one to eight letters and as long as a line."""
    chance = random.Random(5)
    words = [word for lines in texts.values() for line in lines for word in line.split()]
    found = {chance.choice(words) for _ in range(count)}
    for _ in range(count):
        word = chance.choice(words)
        start = chance.randrange(len(word))
        found.add(word[start : start + chance.choice([1, 2, 3, 4, 5, 6, 8, 40])])
    # What has no letter of any script is no word.
    return sorted(
        query
        for query in found
        if re.search(str(RULES["run"]), query) and "…" not in query and "..." not in query
    )


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_every_page_that_has_it_is_found_and_no_other(public: Path, page: Page, language: str) -> None:
    texts = texts_of(public, "" if language == "en" else language, LANGUAGES)
    assert len(texts) == 3
    queries = drawn(texts, 150)
    expected = [
        [url for url, lines in texts.items() if any(query in line for line in lines)] for query in queries
    ]
    assert len(queries) > 100
    assert dict(zip(queries, find(page, language, queries), strict=True)) == dict(
        zip(queries, expected, strict=True)
    )


QUERIES = [
    ("en", "batch norm", ["layer.html"]),
    ("en", "BatchNorm2d", ["layer.html"]),
    ("en", "running mean", ["layer.html"]),
    ("en", "x.y.z", ["layer.html"]),
    ("en", "__proto__", ["layer.html"]),
    ("en", "constructor", ["layer.html"]),
    ("en", "toString", []),
    ("en", "layer.py", ["layer.html"]),
    ("en", "attention self", ["index.html"]),
    ("en", "self attention boldly", ["index.html"]),
    ("en", "attention-self", []),
    ("en", "elf-attention", ["index.html"]),
    ("en", "hidden", []),
    ("en", "alpha_", []),
    ("en", "words zebra", []),
    ("en", "<=", []),
    ("en", "   ", []),
    ("ja", "ハンカク", ["index.html"]),
    ("ja", "正規化は", ["index.html"]),
    ("ja", "規正化", []),
    ("ja", "𠮷野", ["index.html"]),
    ("ja", "GPUで", ["index.html"]),
    ("ja", "untranslated passages", ["plain.html"]),
    ("ar", "طبقة", ["index.html"]),
    ("ar", "المتوسط", ["index.html"]),
    ("ar", "إلي", ["index.html"]),
]


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_queries(page: Page, language: str) -> None:
    expected = {query: urls for tag, query, urls in QUERIES if tag == language}
    assert dict(zip(expected, find(page, language, [*expected]), strict=True)) == expected


@pytest.mark.browser
def test_where_a_word_stands_decides_the_order(tmp_path: Path, open_page: OpenPage) -> None:
    (tmp_path / "src").mkdir()
    for name, text in [
        ("a", "# One\n\nOf dropout."),
        ("b", "# Two\n\n## Dropout\n"),
        ("c", "# Three\n\ndropout dropout dropout"),
        ("d", "# Dropout\n"),
    ]:
        (tmp_path / "src" / f"{name}.md").write_text(text)
    build(load_config(tmp_path))
    order = """async () => {
      const { makeSearch } = await import("/_site/search-index.js");
      const results = await makeSearch(new URL("/", location.href), "en")("dropout");
      return (await results.next(50)).map(({ url }) => url);
    }"""
    with served(tmp_path / "public") as address:
        found = open_page(f"{address}/a.html").evaluate(order)
    assert [url for url in found if url != "index.html"] == ["d.html", "b.html", "c.html", "a.html"]


# In a build


def files_of(folder: Path) -> dict[str, bytes]:
    search = folder / "public" / "_site" / "search"
    return {path.relative_to(search).as_posix(): path.read_bytes() for path in search.rglob("*.json")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SITE, tmp_path / "search"))


def test_what_has_not_changed_is_not_indexed_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages, indexed = Pages(), []
    build(load_config(folder), pages=pages)
    monkeypatch.setattr(
        "site_builder.build.search.make_shards",
        lambda name, *rest: indexed.append(name) or make_shards(name, *rest),
    )
    assert build(load_config(folder), pages=pages).changed == ()
    translation = folder / "translations" / "index.ja.json"
    translation.write_text(translation.read_text().replace("独自の", "別の"))
    build(load_config(folder), pages=pages)
    assert indexed == []  # Its shards were edited.
    (folder / "public" / "_site" / "search" / "ar" / "0.json").unlink()
    build(load_config(folder), pages=pages)
    assert indexed == ["ar"]


def test_an_edit_changes_the_versions_of_what_it_changes(folder: Path) -> None:
    def versions() -> list[str]:
        build(load_config(folder))
        manifest = json.loads(files_of(folder)["en.json"])
        return [corpus["version"] for corpus in manifest["corpora"]]

    prose, code = versions()
    source = folder / "src" / "layer.py"
    source.write_text(source.read_text().replace("x.y.z", "x.z.y"))
    assert versions()[0] == prose
    assert versions()[1] != code


def test_a_site_can_do_without(folder: Path) -> None:
    build(load_config(folder))
    build(load_config(folder, search=False))
    assert not (folder / "public" / "_site" / "search").exists()
    html = (folder / "public" / "index.html").read_text()
    assert "search.js" not in html
    assert "sb-search" not in html

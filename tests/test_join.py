import pytest

from site_builder.model import Fragment, Page, Protected, Section, Text
from site_builder.translating.join import in_source_language, localize, localized_title
from site_builder.translating.memory import Memory

HEADING = "<h1>Group <span translate=no>_^_0_^_</span> norm</h1>\n<p>Text </p>\n"
CODE = "<p><span translate=no>_^_0_^_</span> </p>\n"
WORDS = "<p>Two words </p>\n"
FORMULA = "<p>A formula <span translate=no>_^_0_^_</span> </p>\n"


def page(*fragments: str, title: str = "Group x norm") -> Page:
    pieces = (Protected("`x`", "<code>x</code>"),)
    sections = tuple(
        Section(
            "",
            range(1, 2),
            Fragment(html, pieces if "_^_0" in html else (), ((0, "top"),) if number == 0 else ()),
            "",
            words,
        )
        for number, (html, words) in enumerate(
            (html, {HEADING: 3, WORDS: 2, FORMULA: 2}.get(html, 0)) for html in fragments
        )
    )
    return Page("a.py", "a.html", title, "", sections)


def html(page: Page, memory: Memory) -> list[tuple[str, str]]:
    localized = localize(in_source_language(page, "en"), "ja", memory)
    return [(block.html, block.state) for blocks in localized.sections for block in blocks]


def test_what_is_known_is_translated_and_the_rest_stays() -> None:
    memory = Memory({HEADING: "<h1>グループ<span translate=no>_^_0_^_</span></h1>\n<p>文</p>\n"})
    assert html(page(HEADING, WORDS), memory) == [
        ('<h1 id="top">グループ<code>x</code></h1>\n<p>文</p>\n', "current"),
        ("<p>Two words </p>\n", "missing"),
    ]


def test_coverage_counts_words() -> None:
    memory = Memory({WORDS: "<p>二語</p>\n"})
    assert localize(in_source_language(page(HEADING, WORDS), "en"), "ja", memory).coverage == 2 / 5
    assert localize(in_source_language(page(), "en"), "ja", Memory()).coverage == 1.0


def test_a_fragment_without_words_needs_no_translation() -> None:
    assert html(page(CODE), Memory()) == [('<p id="top"><code>x</code> </p>\n', "current")]


def test_a_key_that_is_spelled_otherwise_is_found() -> None:
    memory = Memory({"<p>Two  words</p>": "<p>二語</p>"})
    assert html(page(WORDS), memory) == [('<p id="top">二語</p>', "current")]


def test_an_empty_value_is_no_translation() -> None:
    assert html(page(WORDS), Memory({WORDS: " "})) == [('<p id="top">Two words </p>\n', "missing")]


def test_a_value_can_do_no_harm() -> None:
    evil = '<p onclick="x()" id="sb-main" style="x" class="y">二<img src=x onerror=y>'
    evil += '<script>z</script><a href="javascript:a">語</a></p>\n'
    [(shown, _)] = html(page(WORDS), Memory({WORDS: evil}))
    assert shown == '<p id="top">二<a>語</a></p>\n'


def test_the_title_is_that_of_the_heading_it_comes_from() -> None:
    memory = Memory({HEADING: "<h1>グループ<span translate=no>_^_0_^_</span>正規化</h1>\n<p>文</p>\n"})
    assert localized_title(page(WORDS, HEADING), memory) == Text("グループx正規化", "current")


def test_the_title_has_an_entry_of_its_own() -> None:
    assert localized_title(page(HEADING), Memory({"Group x norm": "題"})) == Text("題", "current")


def test_a_title_that_is_no_heading_is_not_taken_from_one() -> None:
    memory = Memory({HEADING: "<h1>グループ<span translate=no>_^_0_^_</span></h1>\n<p>文</p>\n"})
    assert localized_title(page(HEADING, title="Another"), memory) == Text("Another", "missing")


FORGED = [
    "_^<a></a>_0_^<a></a>_",
    "_<a name=q></a>^_0_^_",
    '_^_<a href="javascript:x"></a>0_^_',
    "_^<a></a><a></a>_0_^_",
]


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_left_of_anchors_makes_no_placeholder(forged: str) -> None:
    memory = Memory({FORMULA: f"<p>式 <span translate=no>_^_0_^_</span> {forged} </p>\n"})
    [(shown, _)] = html(page(FORMULA), memory)
    assert shown.count("<code>x</code>") == 1


@pytest.mark.parametrize("title", ["_^_0_^_ 題", "<b>題</b>", "\u202e題", "題\u0007", "題\n"])
def test_a_title_is_plain_text(title: str) -> None:
    assert localized_title(page(HEADING), Memory({"Group x norm": title})) == Text("題", "current")

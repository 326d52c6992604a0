import json
from collections import defaultdict
from pathlib import Path

import html5lib
import pytest
from cases import balanced, replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.fragment import bare, headings, own_anchors, placeholder, placeholders
from site_builder.fragment.filling import fill
from site_builder.fragment.wording import normal_form, plain_text, word_count
from site_builder.model import Protected
from site_builder.sanitize import sanitize

FIXTURES = Path(__file__).parent / "fixtures" / "fragment"
MAPS = Path(__file__).parents[2] / "shared" / "data" / "maps"


# --- The normal form ------------------------------------------------------------------------------


def one_normal_form(spellings: str) -> str:
    """Each line is another spelling of one text."""
    forms = {normal_form(spelling) for spelling in spellings.splitlines()}
    assert len(forms) == 1, forms
    assert normal_form(*forms) in forms
    return forms.pop()


def test_spellings_of_one_text_agree(golden) -> None:
    golden(FIXTURES / "normal_forms.txt", replayed(FIXTURES / "normal_forms.txt", one_normal_form))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a</p><p>b</p>", "<p>a b</p>"),
        ("<p>a</p>", "<h1>a</h1>"),
        ("<h1>a</h1>", "<h2>a</h2>"),
        ("<ul><li>a</li></ul>", "<p>a</p>"),
        ("<p>a</p>", "<p><em>a</em></p>"),
        ('<a href="x">a</a>', '<a href="y">a</a>'),
        (placeholder(0), placeholder(1)),
        ("<p>a &lt;b&gt;</p>", "<p>a <b></p>"),
        ("<p>&amp;amp;</p>", "<p>&amp;</p>"),
        ("<ol><li>a</li></ol>", '<ol start="2"><li>a</li></ol>'),
        ("<p>a<br>b</p>", "<p>a b</p>"),
        ("<h1>a</h1><p>1. b</p>", "<h1>a 1. b</h1>"),
    ],
)
def test_different_texts_differ(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def real_keys() -> set[str]:
    if not MAPS.is_dir():
        pytest.skip(f"{MAPS} is not there")
    files = [json.loads(file.read_bytes()) for file in sorted(MAPS.rglob("*.json"))]
    assert sum(key.startswith("<") for entries in files for key in entries) == 5790
    return {key for entries in files for key in entries if key.startswith("<")}


def test_real_keys_of_different_words_have_different_normal_forms() -> None:
    by_form = defaultdict(list)
    for key in real_keys():
        assert normal_form(normal_form(key)) == normal_form(key)
        by_form[normal_form(key)].append(key)
    for keys in by_form.values():
        words = {tuple(plain_text(bare(key).replace("</p>", " </p>")).split()) for key in keys}
        links = {tuple(part.split('"')[1] for part in key.split("<a ")[1:]) for key in keys}
        assert len(words) == len(links) == 1, keys
    assert len(by_form) > 4200


# fmt: off
SPANS = st.sampled_from([
    "a", " b ", "&#x27;", "&quot;", "&amp;", "&lt;", "é", " 1. ", " * ", "=", placeholder(0), placeholder(12),
    '<a href="x?y=1&amp;z">z</a>', "<em>e</em>", "<br>", '<a id="i"></a>', '<abbr title="t u">v</abbr>',
])
# fmt: on
LINES = st.lists(SPANS, min_size=1, max_size=6).map("".join)
ITEMS = st.lists(LINES, min_size=1, max_size=3).map(
    lambda items: "".join(f"<li>{item}</li>\n" for item in items)
)
BLOCKS = st.one_of(
    LINES.map("<p>{}</p>\n".format),
    LINES.map("<h2>{}</h2>\n".format),
    ITEMS.map("<ul>{}</ul>\n".format),
    ITEMS.map("<ol>{}</ol>\n".format),
    st.tuples(LINES, ITEMS).map(lambda item: f"<ol><li>{item[0]}<ul>{item[1]}</ul></li></ol>\n"),
    st.just(placeholder(3)),
    LINES.map('<table><tr><td align="left">{}</td></tr></table>'.format),
)
FRAGMENTS = st.lists(BLOCKS, max_size=5).map("".join)


@given(FRAGMENTS)
def test_a_normal_form_is_its_own(html: str) -> None:
    assert normal_form(normal_form(html)) == normal_form(html)


@given(FRAGMENTS, st.randoms(use_true_random=False))
def test_spelling_does_not_count(html: str, random) -> None:
    assert normal_form(respelled(html, random)) == normal_form(html)


def respelled(html: str, random) -> str:
    """Write `html` as another renderer might."""
    for spellings in (
        ["&#x27;", "&#39;", "'"],
        ["&lt;", "&#60;"],
        ["&amp;", "&#38;", "&AMP;"],
        ["translate=no", 'translate="no"', "translate='no'"],
        [' title="t u"', " title='t u'"],
        ["<br>", "<br />", "<br/>"],
        ["</p>", " </p>\n", "</p> "],
        ["<p>", "<p> ", "\n<p>"],
        ["<li>", "<li> ", " <li><p>"],
        ["</li>", "</li>\n", " </li> "],
        [" ", "  ", "\n", "\xa0"],
    ):
        first, *parts = html.split(spellings[0])
        html = first + "".join(random.choice(spellings) + part for part in parts)
    return html


# --- Taking fragments apart -------------------------------------------------------------------------


def test_placeholders() -> None:
    html = f"<p>{placeholder(1)} and {placeholder(0)}</p>"
    assert placeholders(html) == placeholders(bare(html)) == [1, 0]
    assert bare(html) == "<p>_^_1_^_ and _^_0_^_</p>"
    assert bare("<p><span>_^_1_^_</span></p>") == "<p><span>_^_1_^_</span></p>"


def test_headings_know_their_block() -> None:
    html = '<p>a</p>\n<ul><li>b</li></ul>\n<h2 id="x">c <em>d</em></h2>\n<h1>e</h1><header>f</header>'
    assert headings(html) == [(2, "c <em>d</em>"), (3, "e")]
    assert headings("<h1>a<h2>b</h2><h3>") == [(0, "a"), (1, "b"), (2, "")]


def test_anchors_know_their_block() -> None:
    html = "<a id=a></a><p title='id'>id=b <a name='c'>c</a></p><h1 id=\"d &amp; e\"><span ID='e'></h1>"
    assert own_anchors(html) == [(-1, "a"), (0, "c"), (1, "d")]
    assert own_anchors("<p> id=a > b</p>") == []


def test_plain_text() -> None:
    pieces = [Protected("`x`", ""), Protected(r"$\gamma < 1$", ""), Protected("![a logo](l.png)", "")]
    html = f"<p>{placeholder(2)} G<em>r</em>oup &amp; {placeholder(0)}<br>{placeholder(1)}{placeholder(9)}"
    html += "</p><p>b</p>"
    assert plain_text(html, pieces) == r"a logo Group & x \gamma < 1 b"


def test_words_are_counted_without_pieces_and_signs() -> None:
    assert word_count(f"<p>Let {placeholder(0)} be — a&#x27;s <b>b</b></p>") == 4
    assert word_count(f"<p>{placeholder(0)} </p>") == 0


# --- Filling ------------------------------------------------------------------------------------------

PIECES = (
    Protected("`c`", "<code>c</code>"),
    Protected("b", "<div>B</div>", block=True),
    Protected("![i](i)", "i", href="https://i"),
)


def test_filling(golden) -> None:
    golden(
        FIXTURES / "filled.txt",
        replayed(FIXTURES / "filled.txt", lambda html: fill(html.rstrip("\n"), PIECES)),
    )


def test_a_piece_is_no_template() -> None:
    assert fill("<p>_^_0_^_</p>", [Protected("", r"\1 \g<0> _^_0_^_")]) == r"<p>\1 \g<0> _^_0_^_</p>"
    assert fill("<p>_^_0_^__^_1_^_</p>", [Protected("", "_^_1_^_"), Protected("", "x", href="u")]) == (
        '<p>_^_1_^_<a href="u">x</a></p>'
    )


def test_anchors_are_put_on_their_blocks() -> None:
    html = '<p>a</p><ul><li>b</li></ul><h1 dir="ltr">c</h1>'
    anchors = [(1, "one"), (2, "x & y"), (2, "z"), (-1, "top"), (9, "gone")]
    assert fill(html, (), anchors) == (
        '<a id="top"></a><a id="gone"></a><p>a</p><ul><li id="one">b</li></ul>'
        '<h1 id="x &amp; y" dir="ltr"><a id="z"></a>c</h1>'
    )


@given(
    st.lists(
        st.sampled_from(
            ["a", " ", "\n", "<br>", "_^_0_^_", "_^_1_^_", "_^_2_^_", "_^_9_^_"]
            + [
                f"<{slash}{name}>"
                for name in ["p", "em", "a href=u", "ul", "li", "h2", "td", "div"]
                for slash in ["", "/"]
            ]
        ),
        max_size=30,
    ).map("".join),
    st.lists(st.tuples(st.integers(-1, 4), st.sampled_from("xyz")), max_size=3),
)
def test_whatever_is_filled_stays_sound(html: str, anchors: list[tuple[int, str]]) -> None:
    safe = sanitize(html)
    filled = fill(safe, PIECES, anchors)
    assert balanced(filled)
    for piece, number in zip(PIECES, range(3), strict=True):
        assert filled.count(piece.html) >= safe.count(f"_^_{number}_^_")
    tree = html5lib.parseFragment(filled, namespaceHTMLElements=False)
    for line in tree.iter("p"):
        assert not [inner for inner in line.iter("div") if inner.text == "B"]
    assert not [link for outer in tree.iter("a") for link in outer.iter("a") if link is not outer]
    assert len({element.get("id") for element in tree.iter() if element.get("id")}) == len(
        {one for _, one in anchors}
    )

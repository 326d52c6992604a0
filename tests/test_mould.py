import pytest
from entries import entries
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder.fragment import own_anchors
from site_builder.model import Fragment, Protected
from site_builder.translating.assemble import block
from site_builder.translating.mould import mould_of
from site_builder.translating.repair import Repair, mend

CODE = Protected("`x`", "<code>x</code>")
PIECES = (
    CODE,
    Protected("$y$", "<var>y</var>", href="y.html"),
    Protected("```z```", "<pre>z</pre>", block=True),
)
MARK = "<span translate=no>_^_0_^_</span>"


def mould_and_block(key: str, value: str, pieces: tuple[Protected, ...]) -> tuple[str | None, str, Repair]:
    fragment = Fragment(key, pieces, (*own_anchors(key), (0, "first"), (0, "<"), (-1, "top"), (9, "last")))
    mould, mended = mould_of(fragment), mend(value, key)
    return mould.filled(value) if mould else None, block(fragment, mended.html).html, mended


SIGNS = "<>&;\"'#x2700amp ltgquo^_5%E＾\r\n\t\0\x0b\x85\xa0\u3000\ufffe\U0001f600あb-"
MARKS = ["_^_", "_＾_", "_%5E_", "_^_0_^_", "&amp;", "&quot;", "&#x27;", "&nbsp;", "<b>", "</p>", "<!--"]
PLAIN = st.sampled_from(["", "x ", "文", " &amp; ", "5", "_"])
TEXTS = st.tuples(PLAIN, st.sampled_from(["", *SIGNS, *MARKS]), PLAIN).map("".join)


@settings(max_examples=300)
@given(entries(), TEXTS, TEXTS, st.sampled_from([(), (CODE, CODE, CODE), PIECES, PIECES[::-1]]))
def test_what_a_mould_shows_is_what_would_be_shown_without(
    entry: tuple[str, str], one: str, two: str, pieces: tuple[Protected, ...]
) -> None:
    key, value = entry
    for translation in (key, value, key.replace("text ", one).replace("文", two)):
        shown, expected, mended = mould_and_block(key, translation, pieces)
        assert shown is None or (shown == expected and mended == Repair(translation))


@given(st.lists(TEXTS, min_size=5, max_size=5))
def test_any_texts(texts: list[str]) -> None:
    pattern = (
        f'<p>{{}}<a href="x?a&amp;b">{{}}</a>{{}}{MARK}</p>\n<ul><li>{{}}</li><li><em>{{}}</em></li></ul>'
    )
    value = pattern.format(*texts)
    shown, expected, mended = mould_and_block(pattern.format(*"abcde"), value, PIECES)
    assert shown is None or (shown == expected and mended == Repair(value))


@pytest.mark.parametrize(
    "value",
    [
        f"<p>文{MARK}。<em>a</em></p> ",
        f"<p>x &amp; &lt;y&gt; &quot;z&quot; it&#x27;s{MARK}\U0001f600 5 % 4<em>\n-\t</em></p> ",
    ],
)
def test_a_usual_translation_needs_only_its_mould(value: str) -> None:
    shown, expected, _ = mould_and_block(f"<p>A text{MARK}, it&#x27;s <em>one</em></p> ", value, PIECES)
    assert shown == expected


@pytest.mark.parametrize(
    "key",
    [
        "<p>a</p>b",
        "<ul>a<li>b</li></ul>",
        "<p>a<b></p></b>",
        '<p id="x">a</p>',
        '<p><a href="javascript:x">a</a></p>',
        "<p><a></a>a</p>",
        "<pre>a</pre>",
        "<p>\ue000<i title='\ue000'>a</i></p>",
        "<table>a<tbody><tr><td>b</td></tr></tbody></table>",
        "<li>a</li>",
        f"<p>{MARK} a {MARK}</p>",
        "<ul><li><p>a</p> b</li></ul>",
        "a",
        "",
    ],
)
def test_odd_fragments_have_none(key: str) -> None:
    assert mould_of(Fragment(key)) is None


@pytest.mark.parametrize(
    "text",
    ["\xa0", "\r", "a > b", "\x85", "\ud800", "\U0001ffff", "&nbsp;", "&apos;", *MARKS[:4], *MARKS[-4:]],
)
def test_odd_texts_are_looked_at(text: str) -> None:
    mould = mould_of(Fragment("<p>A text</p>"))
    assert mould
    assert mould.filled("<p>文</p>") == "<p>文</p>"
    assert mould.filled(f"<p>文{text}</p>") is None

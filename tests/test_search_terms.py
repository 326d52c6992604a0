"""The terms and texts of the search, found as the plainest code finds them."""

import re
import unicodedata
from collections.abc import Mapping
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder.writing.search.terms import RULES, find_terms, normalize
from site_builder.writing.search.text import _parts, _plain

LETTERS = "abcdeXYZ_019 .,-(éΣςßſﬁ…ｶﾞか゛がパ正規化，。한글\u0301\u3099\u200b\n𠮷طَبَقَة١"
texts = st.text(st.one_of(st.sampled_from(LETTERS), st.characters(codec="utf-8")), max_size=60)


def normalized_by_the_rules(text: str) -> str:
    plain = re.sub(str(RULES["ignored"]), "", unicodedata.normalize("NFKD", text))
    same = RULES["same"]
    assert isinstance(same, Mapping)
    return unicodedata.normalize("NFC", plain).lower().translate(str.maketrans(dict(same)))


@settings(max_examples=500)
@given(texts)
def test_a_text_is_normalized_by_the_rules(text: str) -> None:
    assert normalize(text) == normalized_by_the_rules(text)


def test_every_character_is_normalized_by_the_rules() -> None:
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            text = f"か{chr(code)}は\u3099"
            assert normalize(text) == normalized_by_the_rules(text), hex(code)


@settings(max_examples=500)
@given(texts)
def test_the_terms_are_the_words_and_what_runs_are_made_of(text: str) -> None:
    runs = re.findall(str(RULES["run"]), normalize(text))
    unspaced = re.compile(str(RULES["unspaced"]))
    terms = find_terms("", (), (text,))
    assert {word for word in terms.words if len(word) < 64} == {
        run for run in runs if not unspaced.match(run) and len(run) < 64
    }
    assert {*terms.grams} == {
        run[at : at + length] for run in runs for length in (1, 2) for at in range(len(run) - length + 1)
    }
    assert not any(re.search(r"[\x00-/:-@\[-^`{-\x7f]", term) for term in (*terms.words, *terms.grams))


# Texts

_SLOW_TAG = r'(?:[^<>"]|"[^"]*")*>'
_NAMES = (
    "a|abbr|b|bdi|bdo|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|u|var|wbr"
)
HTML = """
<p> </p> <b> </b> <a_href="x>y"> </a> <br> <img_alt="<p>"> <math> </math> <mathx> </mathx>
<math_alttext="a<b"> <mi>x</mi> <h2> </h2>
<h3_class="a"_id="one&amp;two"> </h3> <header> words _and_ &lt; &amp; < > " 正規化 _
"""
pieces = st.sampled_from([piece.replace("_", " ") for piece in HTML.split()])


def slowly_plain(html: str) -> str:
    inline = re.sub(rf"</?(?:{_NAMES})\b{_SLOW_TAG}", "", html)
    return " ".join(unescape(re.sub(f"<{_SLOW_TAG}", "\n", inline)).split())


def slow_parts(html: str) -> list[tuple[str, str, str]]:
    parts = []
    for part in re.split(r"(?=<h[1-6]\b)", re.sub(r"(?s)<math\b.*?</math>", "…", html)):
        heading = re.match(r'(?s)<h([1-6])\b((?:[^<>"]|"[^"]*")*)>(.*?)</h\1>', part)
        if heading:
            found = re.search(r'\sid="([^"]*)"', heading[2])
            rest = slowly_plain(part[heading.end() :])
            parts.append((unescape(found[1]) if found else "", slowly_plain(heading[3]), rest))
        elif text := slowly_plain(part):
            parts.append(("", "", text))
    return parts


@settings(max_examples=1000)
@given(st.lists(pieces, max_size=14).map("".join))
def test_tags_are_read_as_by_the_plainest_patterns(html: str) -> None:
    assert _plain(html) == slowly_plain(html)
    assert list(_parts(html)) == slow_parts(html)

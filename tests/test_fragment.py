import json
from collections import defaultdict
from html import escape
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import balanced, replayed
from site_builder.fragment import (
    bare,
    fill,
    headings,
    normal_form,
    own_anchors,
    placeholder,
    placeholders,
    plain_text,
    word_count,
)
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


def respelled(html: str, random) -> str:
    """Write `html` as another renderer might."""
    for old, *new in [
        ("&#x27;", "&#x27;", "&#39;", "'"),
        ("&quot;", "&quot;", '"', "&#34;"),
        ("translate=no", "translate=no", 'translate="no"', "translate='no'"),
        (' href="', ' href="', '  href="'),
        ("</p>\n", "</p>\n", " </p>\n\n", "</p>"),
        ("<p>", "<p>", "<p> ", "\n<p>"),
        ("<li>", "<li>", "<li> ", " <li>"),
        ("</li>\n", "</li>\n", "</li>", " </li> "),
        (" ", " ", "  ", "\n", " "),
    ]:
        if old != " ":
            html = "".join(part + random.choice(new) for part in html.split(old))[: -len(old) or None] if False else html
        parts = html.split(old)
        html = parts[0] + "".join(random.choice(new) + part for part in parts[1:])
    return html

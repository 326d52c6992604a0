import re
from html import unescape
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.fragment import bare
from site_builder.sanitize import (
    ALLOWED_TAGS,
    ATTRIBUTES,
    LONGEST_ENTRY,
    NOT_TEXT,
    SCHEMES,
    are_small,
    find_not_text,
    limits,
    sanitize,
)

PAYLOADS = (
    (Path(__file__).parent / "fixtures" / "sanitize" / "payloads.txt")
    .read_text(encoding="utf-8")
    .splitlines()
)
SCHEME = re.compile(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\s-]*):")


def faults(html: str) -> list[str]:
    """Read HTML as a browser would, and say what of it should not be there."""
    found = []
    for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        if element.tag not in ALLOWED_TAGS:
            found.append(f"element {element.tag}")
        for name, value in element.attrib.items():
            allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(element.tag, frozenset())
            aligned = name == "class" and value in {"sb-left", "sb-center", "sb-right"}
            if name not in allowed - {"align"} and not aligned:
                found.append(f"attribute {name}")
            scheme = SCHEME.match(value) if name == "href" else None
            if scheme and "".join(scheme[1].split()).lower() not in SCHEMES:
                found.append(f"scheme {scheme[1]}")
            if "_^_" in value:
                found.append("placeholder in an attribute")
    return found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_dangerous_passes(payload: str) -> None:
    clean = sanitize(bare(payload))
    assert faults(clean) == []
    assert faults(sanitize(clean)) == []


def test_the_payloads_are_dangerous() -> None:
    harmless = [payload for payload in PAYLOADS if sanitize(payload) == payload]
    assert harmless == []
    assert len(PAYLOADS) >= 60


@given(st.lists(st.sampled_from(PAYLOADS), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_nothing_dangerous_passes_in_pieces(payloads: list[str], random) -> None:
    pieces = [piece for payload in payloads for piece in re.split(r"(?=[<>\"'])", payload)]
    random.shuffle(pieces)
    assert faults(sanitize("".join(pieces))) == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>Scale by _^_0_^_ and <em>shift</em> by <strong>_^_1_^_</strong>.</p>\n",
        '<p><a href="https://example.org/?a=1&amp;b=2" title="t">x</a> <a href="../x.html#y">y</a></p>',
        '<p><a href="mailto:a@example.org">x</a> <a href="#part">y</a> <a href="HTTPS://example.org">z</a></p>',
        '<ol start="3"><li>a<ul><li>b</li></ul></li></ol><hr><blockquote><p>q<br>r</p></blockquote>',
        '<p lang="fr" dir="ltr"><kbd>k</kbd><sub>1</sub><sup>2</sup><del>d</del><small>s</small></p>',
        '<details open=""><summary>s</summary><p>x</p></details><dl><dt>t</dt><dd>d</dd></dl>',
        "_^_0_^_<p>_^_1_^_</p>\n_^_2_^_",
    ],
)
def test_prose_passes_unchanged(html: str) -> None:
    assert sanitize(html) == html


def test_alignment_of_cells_becomes_a_class() -> None:
    row = (
        '<table><tbody><tr><td align="right">1</td><th scope="row" align="center">2</th></tr></tbody></table>'
    )
    clean = sanitize(row)
    assert clean == row.replace('align="', 'class="sb-')
    assert sanitize(clean) == clean


def test_scripts_leave_no_text() -> None:
    assert sanitize("<p>a<script>b</script><style>c</style>d</p>") == "<p>ad</p>"


def test_attributes_hold_no_placeholder() -> None:
    clean = sanitize('<p>_^_0_^_ <a href="x_^_1_^_" title="=&quot;_&#94;_2_&#94;_">y</a></p>')
    assert re.findall(r"_\^_\d_\^_", clean) == ["_^_0_^_"]
    assert unescape(clean).count("%5E") == 4


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<b>" * 201 + "x", "nested more than 200 deep"),
        ("<ul><li>" * 101, "nested more than 200 deep"),
        ("<li></x>" * 201, "nested more than 200 deep"),
        ("<a " * 301, "300 `<`"),
        ("<" * 301, "300 `<`"),
        ("あ" * (LONGEST_ENTRY // 3 + 1), "longer than 64 KB"),
    ],
)
def test_limits(html: str, words: str) -> None:
    assert words in (limits(html) or "")


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 200 + "</b>" * 200,
        "<p>x</p>" * 5000,
        "<br>" * 5000,
        "< " * 300,
        "あ" * (LONGEST_ENTRY // 3),
        "x" * LONGEST_ENTRY,
    ],
)
def test_up_to_the_limits_all_is_well(html: str) -> None:
    assert limits(html) is None


def test_a_source_may_be_longer() -> None:
    assert limits("x" * 100_000, 256 * 1024) is None
    assert "256 KB" in (limits("x" * 300_000, 256 * 1024) or "")


def test_what_is_no_text_is_found_among_all_characters() -> None:
    every = "".join(map(chr, range(0x110000)))
    no_text = re.findall(f"[{NOT_TEXT}]", every)
    assert len(no_text) == 128
    for block in range(0, 0x110000, 0x100):
        text = every[block : block + 0x100]
        expected = re.search(f"[{NOT_TEXT}]", text)
        assert (found := find_not_text(text)) is None or (expected and found.span() == expected.span())
        assert bool(found) == bool(expected)


@given(st.lists(st.builds(str.__mul__, st.sampled_from(["<b>", "<", "a", "あ"]), st.integers(0, 20_000))))
def test_small_texts_exceed_no_limit(texts: list[str]) -> None:
    assert not are_small(texts) or not any(map(limits, texts))
    assert are_small([text[:200] for text in texts])

import re
from pathlib import Path

import pytest
from cases import balanced, replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.writing.setting import _CLOSING, _ENDING, _OPENING, _PREFIX, set_prose

CASES = Path(__file__).parent / "fixtures" / "setting" / "prose.md"
PIECES = st.sampled_from([
    "<p>", "</p>", "<math>", "</math>", "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>",
    '<td class="sb-right">', '<code translate="no">',
    "</code>", "<b>", "</b>", "(", ")", ",", "。", "1", " ± ", "--a", " ", "x", "و",
])  # fmt: skip


def test_golden(golden):
    golden(CASES, replayed(CASES, set_prose))


@given(st.lists(PIECES).map("".join))
def test_what_was_balanced_stays_so(html):
    assert balanced(set_prose(html)) or not balanced(html)


# What stands around formulas, as one expression: it may begin anywhere, so it takes longer.
SIGNS = re.compile(
    f'({_PREFIX}{_OPENING})(<math(?: alttext="[^"]*")?>.*?</math>)({_ENDING}{_CLOSING})', re.DOTALL
)
BESIDE = [
    "(",
    "[",
    "(((",
    ")",
    ".",
    ",",
    " ",
    "و",
    "بال",
    "ـ",
    "هو",
    "a",
    "th",
    "'s",
    "々",
    "ー",
    "_",
    "é",
    "«",
    "<b>",
]
MATH = ["<math>x</math>", '<math alttext="a">y</math>', '<math display="block">z</math>']


@given(st.lists(st.sampled_from([*BESIDE, *MATH]), max_size=9).map("".join))
def test_signs_beside_formulas_are_found_from_the_formulas(html: str) -> None:
    def unbroken(found: re.Match[str]) -> str:
        whole = found[0]
        return f'<span class="sb-unbroken">{whole}</span>' if found[1] or found[3] else whole

    assert set_prose(html) == SIGNS.sub(unbroken, html)


def test_prose_without_formulas_tables_or_hyphens_is_left_alone():
    html = '<p>Prose, and <code translate="no">code</code>.</p>'
    assert set_prose(html) is html


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<img src="a.png" alt="x">', '<img src="a.png" alt="x" width="30" height="20">'),
        ('<img src="a.png" alt="x" width="15">', '<img src="a.png" alt="x" width="15" height="10">'),
        ('<img src="a.png" height="40" alt="x">', '<img src="a.png" alt="x" width="60" height="40">'),
        ('<img src="b&amp;c.png" alt="<b>">', '<img src="b&amp;c.png" alt="<b>" width="1" height="1">'),
        *((same, same) for same in (
            '<img src="a.png" width="1" height="2">',
            '<img src="a.png" width="50%">',
            '<img src="other.png" alt="x">',
            '<p title="src="></p>',
        )),
    ],
)  # fmt: skip
def test_an_image_is_as_large_as_it_is(written: str, shown: str) -> None:
    assert set_prose(written, {"a.png": (30, 20), "b&c.png": (1, 1)}) == shown

from pathlib import Path

from cases import balanced, replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.writing.setting import set_prose

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


def test_prose_without_formulas_tables_or_hyphens_is_left_alone():
    html = '<p>Prose, and <code translate="no">code</code>.</p>'
    assert set_prose(html) is html

from collections.abc import Callable
from pathlib import Path

import pytest
from cases import replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.fragment import placeholder, placeholders
from site_builder.fragment.lines import (
    Line,
    carry,
    has_plain_words,
    has_words,
    is_untranslated,
    read_line,
    same_blocks,
    split,
)

FIXTURES = Path(__file__).parent / "fixtures" / "lines"
Golden = Callable[[Path, str], None]


# --- Goldens ------------------------------------------------------------------------------------------


def split_shown(html: str) -> str:
    """Block markup and lines, each on a line of its own; texts of nothing but white space are left out."""
    pieces = split(html.rstrip("\n"))
    return "".join(
        f"  {piece!r}\n" if at % 2 else f"{piece!r}\n" for at, piece in enumerate(pieces) if piece.strip()
    )


def words_shown(lines: str) -> str:
    """Each line behind its sign: `-` has no words, `n` only names, code, numbers; `w` has plain words."""
    return "".join(
        f"{'w' if has_plain_words(line) else 'n' if has_words(line) else '-'} {line}\n"
        for line in lines.splitlines()
    )


def form_shown(spellings: str) -> str:
    """Each line is another spelling of one text."""
    lines = [read_line(spelling) for spelling in spellings.splitlines()]
    assert {line.form for line in lines} == {lines[0].form}
    numbers = " ".join(map(str, lines[0].numbers))
    return f"{lines[0].form}\nnumbers: {numbers}\ntargets: {' '.join(lines[0].targets)}\n".replace(
        ": \n", ":\n"
    )


def carry_shown(lines: str) -> str:
    """The translation, the line that it is of, and the line to carry it to."""
    value, old, new = lines.splitlines()
    return carry(value, read_line(old), read_line(new)) or "nothing"


@pytest.mark.parametrize(
    ("name", "show"),
    [("split", split_shown), ("words", words_shown), ("forms", form_shown), ("carried", carry_shown)],
)
def test_golden(name: str, show: Callable[[str], str], golden: Golden) -> None:
    file = FIXTURES / f"{name}.txt"
    golden(file, replayed(file, show))


# --- What holds for all -------------------------------------------------------------------------------

# fmt: off
PARTS = st.sampled_from([
    "a", "Words in a row", " ", "\n", "1. ", "2. ", "3.", " 10. ", "&#x27;", "&amp;", "。", "é",
    placeholder(0), placeholder(1), '<a href="x 1. y 2. z">', "</a>", "<em>", "</em>", "<br>",
    "<a id='i'></a>",
    "<p>", "</p>", '<p dir="rtl">', "<ul>", "<li>", "</li>", "</ul>", "<h1>", "</h1>", "<td>", "</td>",
    "<hr>", "<div>", "</div>", "<", ">", "<pre", "<param>",
])
# fmt: on
HTML = st.lists(PARTS, max_size=14).map("".join)


@given(HTML)
def test_what_is_split_is_joined(html: str) -> None:
    pieces = split(html)
    assert len(pieces) % 2 == 1
    assert "".join(pieces) == html
    assert same_blocks(pieces, pieces)


@given(HTML)
def test_a_text_has_no_blocks(html: str) -> None:
    for text in split(html)[::2]:
        assert same_blocks(split(text.replace("1. ", "")), [""]), text


@given(HTML)
def test_the_form_of_a_form_is_itself(html: str) -> None:
    line = read_line(html)
    assert read_line(line.form).form == line.form


@given(HTML, st.permutations(range(4)))
def test_numbers_of_placeholders_do_not_count(html: str, numbers: list[int]) -> None:
    other = html.replace(placeholder(0), "\0").replace(placeholder(1), placeholder(numbers[1]))
    other = other.replace("\0", placeholder(numbers[0]))
    assert read_line(other).form == read_line(html).form


@given(HTML, st.permutations(range(4)))
def test_what_is_carried_there_can_be_carried_back(html: str, numbers: list[int]) -> None:
    line = read_line(html)
    other = Line(line.form, tuple(numbers[number] for number in line.numbers), line.targets)
    value = "。".join(map(placeholder, reversed(line.numbers)))
    there = carry(value, line, other)
    assert there is not None
    assert placeholders(there) == list(reversed(other.numbers))
    assert carry(there, other, line) == value


# --- Blocks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("<p>a</p>", '<p dir="rtl">b</p>\n', True),
        ("<p>a</p>", "<p>b</p><p>c</p>", False),
        ("<h1>a</h1>", "<h2>a</h2>", False),
        ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>", False),
        ("<p>1. a 2. b</p>", "<p>1. あ 2. い</p>", True),
        ("<p>1. a 2. b</p>", "<p>あ、い</p>", False),
        ("<p>1. a 2. b</p>", "<p>1.あ 2.い</p>", True),
        ("<p>a <em>b</em></p>", "<p>c</p>", True),
        ("a", "b", True),
    ],
)
def test_same_blocks(one: str, other: str, same: bool) -> None:
    assert same_blocks(split(one), split(other)) == same


# --- Untranslated -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "translation", "untranslated"),
    [
        ("Some words", "Some  words ", True),
        ("It&#x27;s so", "It's so", True),
        ("a &lt; b in words", "a &#60; b in words", True),
        ('See <a href="x">this</a>', "See <a href='x'>this</a>", True),
        ("Some words", "Some word", False),
        ("PyTorch", "PyTorch", False),
        ("7.8 µs", "7.8 µs", False),
        ("7.8 more", "7.8 more", True),
        ("GPT-NeoX 20B", "GPT-NeoX 20B", False),
        (f"{placeholder(0)} × 2", f"{placeholder(0)} × 2", False),
        ("labml_nn/optimizers", "labml_nn/optimizers", False),
        ("这是一个例子，请看。", "这是一个例子，请看。", True),
        ("Это слова", "Это слова", True),
    ],
)
def test_untranslated(line: str, translation: str, untranslated: bool) -> None:
    assert is_untranslated(line, translation) == untranslated


def test_time_is_proportional_to_length() -> None:
    """Repetitions that a careless expression would take minutes for."""
    for part in ("1. ", "2. 1. ", "<a ", "<a href=", "<p ", "</", "&", "&#", "_^_", '<a href="', "<p><"):
        html = part * 20_000
        split(html)
        read_line(html)
        has_words(html)
        has_plain_words(html)
        is_untranslated(html, html)

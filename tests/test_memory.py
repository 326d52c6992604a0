from collections.abc import Callable
from pathlib import Path

import pytest
from cases import replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.fragment.lines import read_line
from site_builder.fragment.wording import normal_form
from site_builder.model import Fragment, Page, Section, Text
from site_builder.translating.memory import Memory
from site_builder.translating.pairs import forms_of, has_gaps, line_pairs
from site_builder.translating.partial import suggested
from site_builder.translating.shared import Shared, placed

FIXTURES = Path(__file__).parent / "fixtures" / "memory"
MARK = "<span translate=no>_^_{}_^_</span>"


# --- Goldens: what maps say, and what is known of a fragment by that ----------------------------------


def spanned(html: str) -> str:
    """`{0}` is short for a placeholder."""
    return "".join(
        MARK.format(part) if at % 2 else part for at, part in enumerate(html.replace("}", "{").split("{"))
    )


def shortened(html: str) -> str:
    for number in range(10):
        html = html.replace(MARK.format(number), f"{{{number}}}").replace(f"_^_{number}_^_", f"{{{number}}}")
    return html


def recalled(case: str) -> str:
    """Lines `map: key => value`, `former: …`, then `own ? key`; `\\n` within a line is a line break."""
    maps: dict[str, list[tuple[str, str]]] = {}
    shown = []
    for line in case.splitlines():
        text = spanned(line.replace("\\n", "\n"))
        if " => " in text or text.endswith(" =>"):
            name, _, entry = text.partition(": ")
            key, _, value = entry.partition(" =>")
            maps.setdefault(name, []).append((key, value.strip(" ")))
        else:
            own, _, key = text.partition(" ? ")
            former = maps.get("former", [])
            shared = Shared(
                {name: entries for name, entries in sorted(maps.items()) if name != "former"}, former
            )
            memory = Memory(dict(maps.get(own, [])), shared, own)
            shown += _answer(memory, key)
    return "\n".join(map(shortened, shown))


def _answer(memory: Memory, key: str) -> list[str]:
    if "<" not in key:
        text = memory.recall_text(key)
        return [f"{text.state}: {text.text}"]
    known = memory.recall(key)
    if known.value is not None:
        return ["whole: " + known.value.replace("\n", "\\n") + "".join(f" ({kind})" for kind in known.kinds)]
    return [
        f"{line.state}: {line.text.strip()}"
        + (f" => {line.translation}" if line.translation else "")
        + (f" <= {line.source}" if line.source else "")
        for line in (*known.lines, *(line for line in known.wordless if line.translation))
    ] or ["no words"]


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.stem)
def test_recall(file: Path, golden: Callable[[Path, str], None]) -> None:
    golden(file, replayed(file, recalled))


# --- Pairs --------------------------------------------------------------------------------------------


def pairs(key: str, value: str) -> list[tuple[str, str]] | None:
    found = line_pairs(key, value)
    return None if found is None else [(pair.text, pair.translation) for pair in found]


def test_lines_are_paired_with_those_of_the_translation() -> None:
    key = f"<h1>A title</h1>\n<p>{MARK.format(0)}</p><ul><li>One word</li>\n<li>Two words</li></ul>\n"
    value = f"<h1>題</h1>\n<p>{MARK.format(0)}</p><ul><li>一語</li><li>Two words </li></ul>\n"
    assert pairs(key, value) == [("A title", "題"), ("One word", "一語"), ("Two words", "")]


def test_blocks_that_are_not_those_of_the_key_make_no_pairs() -> None:
    assert pairs("<p>One word</p><p>Two words</p>", "<p>一語、二語</p>") is None


def test_a_damaged_value_is_mended_first() -> None:
    assert pairs("<p>One word</p><p>Two words</p>", "<p>一語</p>。<p>二語") == [
        ("One word", "一語。"),
        ("Two words", "二語"),
    ]


def test_a_list_in_a_paragraph_that_is_told_as_a_sentence_costs_no_other_pair() -> None:
    key = "<h1>The steps</h1><p>1. Go there 2. Stop there</p>"
    assert pairs(key, "<h1>手順</h1><p>1。行って、止まる</p>") == [
        ("The steps", "手順"),
        ("1. Go there 2. Stop there", "1。行って、止まる"),
    ]


def test_a_title_is_one_line_of_plain_text() -> None:
    assert pairs("A & b", "い<b>ろ</b>") == [("A &amp; b", "い&lt;b&gt;ろ&lt;/b&gt;")]
    assert forms_of("It's a <title") == forms_of("<h1>It&#x27;s a &lt;title</h1>")


@pytest.mark.parametrize(
    "nothing", ["", " ", "<em></em>", "&nbsp;", "\u200b", "<br>", "&#8203;", "<em> </em>", "&ZeroWidthSpace;"]
)
def test_what_no_reader_would_see_is_no_translation(nothing: str) -> None:
    key = "<p>Some words</p><p>More words</p>"
    value = f"<p>言葉</p><p>{nothing}</p>"
    assert pairs(key, value) == [("Some words", "言葉"), ("More words", "")]
    assert has_gaps(key, value)
    assert Memory({key: value}).recall(key).value is None


@pytest.mark.parametrize("value", ["<p>7</p>", "<p>_^_0_^_</p>", "<p>a</p>", "<p>&ouml;</p>"])
def test_what_a_reader_sees_is_one(value: str) -> None:
    assert not has_gaps("<p>Some words _^_0_^_</p>", value)


# --- The memory of a language ---------------------------------------------------------------------------


def test_the_order_of_choice() -> None:
    """The own map's, then the most frequent, then the first by path."""
    shared = Shared(
        {
            "a": [("<p>One word</p>", "<p>あ</p>")],
            "b": [("<p>One word</p>", "<p>い</p>"), ("<h1>Two words</h1>", "<h1>に</h1>")],
            "c": [("<p>One word</p>", "<p>う</p>"), ("<p>Two words</p>", "<p>二</p>")],
            "d": [("<p>One word </p>", "<p>い</p>")],
        }
    )
    assert shared.line("One word", "c") == "う"
    assert shared.line("One word", "a+") == shared.line("One word", "d") == "い"
    assert shared.line("Two words", "a") == "に"
    assert shared.fragment(["One word"], "c") == ("<p>One word</p>", "<p>う</p>")
    assert shared.fragment(["One word"], "z") == ("<p>One word</p>", "<p>い</p>")
    assert shared.line("Three words", "a") is None
    assert shared.fragment(["Three words"], "a") is None


def test_an_own_entry_that_says_nothing_is_not_preferred() -> None:
    entries = {"a": [("<p>One word</p>", "<p>One word</p>")], "b": [("<p>One word</p>", "<p>一</p>")]}
    assert Shared(entries).line("One word", "a") == "一"
    assert Memory(dict(entries["a"]), Shared(entries), "a").recall("<p>One word</p>").value == "<p>一</p>"


def test_a_line_is_placed_where_it_is_wanted() -> None:
    shared = Shared({"a": [(f"<p>B {MARK.format(1)} of {MARK.format(4)}</p>", "<p>_^_4_^_の_^_1_^_</p>")]})
    wanted = read_line("B _^_7_^_ of _^_2_^_")
    found = shared.line(wanted.form, "a")
    assert found
    assert placed(found, wanted) == "_^_2_^_の_^_7_^_"


def test_asking_changes_no_answer() -> None:
    entries = {
        "a": [("<p>One word</p><p>Two words</p>", "<p>一</p><p>二</p>")],
        "b": [
            ("<p>One word</p>", "<p>い</p>"),
            ("<p>Two words</p>", "<p>に</p>"),
            ("<p>One word </p>", "<p>い</p>"),
        ],
    }
    forms = ["One word", "Two words"]
    fresh = {(form, own): Shared(entries).line(form, own) for form in forms for own in "abz"}
    for order in (sorted(fresh), sorted(fresh, reverse=True)):
        shared = Shared(entries)
        assert {asked: shared.line(*asked) for asked in order} == fresh


def test_what_is_similar_is_of_the_own_map_or_of_former_ones() -> None:
    shared = Shared(
        {"a": [("<p>One more word</p>", "<p>一</p>")], "b": [("<p>Another word</p>", "<p>二</p>")]},
        [("<p>A former word</p>", "<p>三</p>")],
    )
    assert [getattr(shared.similar("One more words", own, 0.75), "translation", None) for own in "ab"] == [
        "一",
        None,
    ]
    assert shared.similar("A former words", "b", 0.75).translation == "三"
    assert shared.similar("One more words", "a", 0.99) is None


@pytest.mark.parametrize("similarity", [0.5, 0.75, 0.9])
def test_the_likeness_that_counts_is_configured(similarity: float) -> None:
    memory = Memory({"<p>abcd efgh</p>": "<p>い</p>"}, similarity=similarity)
    [line] = memory.recall("<p>abcd efxx</p>").lines  # 7 of 9 letters.
    assert line.state == ("outdated" if similarity < 0.78 else "missing")


def test_what_is_suggested_has_the_numbers_of_the_translation() -> None:
    memory = Memory({"<h1>Title</h1><p>Some words here</p><p>1.5</p>": "<h1>題</h1><p>言葉</p><p>1,5</p>"})
    new = "<h1>Title</h1><p>Some words there</p><p>1.5</p><p>2.5</p>"
    assert suggested(new, memory.recall(new)) == (
        "<h1>題</h1><p>言葉</p><p>1,5</p><p>2.5</p>",
        "<h1>Title</h1><p>Some words here</p><p>1.5</p><p>2.5</p>",
    )


def test_of_older_versions_the_most_alike_say_it_and_of_these_the_most() -> None:
    def said(number: int, translation: str, last: str) -> tuple[str, str]:
        return f"<p>One word</p><p>{number} words</p>{last}", f"<p>{translation}</p><p>{number}語</p>{last}"

    long = said(7, "な", "<p>5</p>" * 4)
    entries = {"a": [said(1, "い", ""), long, *(said(number, "一", "<p>9</p>") for number in (2, 3))]}
    shared = Shared(entries)
    assert shared.near(["One word", "New words"], "a") == [("い", ""), ("", "")]
    assert shared.near(["One word", "New words", "9"], "a") == [("一", ""), ("", ""), ("9", "")]
    assert shared.near(["One word", "New words"], "b") == [("", "い"), ("", "")]
    assert shared.near(["One word", *["New words"] * 3], "b") == [("", "")] * 4
    assert shared.near([], "a") == []


# --- Titles and summaries -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", " ", "Some words"])
def test_a_title_that_the_own_map_does_not_say_is_looked_for_elsewhere(value: str) -> None:
    shared = Shared({"a": [("Some words", value)], "b": [("<h2>Some words</h2>", "<h2>言<em>葉</em></h2>")]})
    assert Memory({"Some words": value}, shared, "a").recall_text("Some words") == Text("言葉", "current")


def test_no_text_needs_no_translation() -> None:
    assert Memory({"": "悪"}).recall_text("") == Text("", "current")


def test_a_title_is_not_taken_for_html() -> None:
    memory = Memory({"<p>A &lt;b&gt; c d</p>": "<p>い&lt;b&gt;ろ &amp; は</p>"})
    assert memory.recall_text("A <b> c d") == Text("いろ & は", "current")


@pytest.mark.parametrize("value", ["", " ", "\n", "Some words"])
def test_a_page_whose_title_nobody_says_is_not_known(value: str) -> None:
    page = Page("a.py", "a.html", "Some words", "", (), {"title": "Some words"})
    assert not Memory({"Some words": value}).knows(page)
    assert Memory({"Some words": "言葉"}).knows(page)


@pytest.mark.parametrize(
    "value",
    [
        "<p>一</p><p>Other words</p>",
        "<p>一<p>Other words</p>",
        "<p>一</p><p>",
        "<p>一",
        "<p>一</p><p>&nbsp;</p>",
    ],
)
def test_a_page_of_which_a_line_is_not_translated_is_not_known(value: str) -> None:
    key = "<p>One word</p><p>Other words</p>"
    page = Page("a.py", "a.html", "", "", (Section("", range(1), Fragment(key), "", 4),))
    memory = Memory({key: value})
    assert not memory.knows(page) or memory.recall(key).value is not None
    assert Memory({key: "<p>一</p><p>二</p>"}).knows(page)


# --- Whatever maps say ----------------------------------------------------------------------------------

WORDS = ["one word", "two words", "three more words", "PyTorch", "4", ""]
LINES = st.tuples(st.sampled_from(WORDS), st.sampled_from(["", "_^_{}_^_", "_^_{}_^_ and _^_{}_^_"]))
SHAPES = ["<p>{}</p>", "<h2>{}</h2>", "<ul><li>{}</li></ul>", "<p>1. {} 2. a last word</p>"]
BLOCKS = st.lists(st.tuples(st.sampled_from(SHAPES), LINES), min_size=1, max_size=4)


def written(blocks, translate: Callable[[str], str] = str) -> str:
    html = "\n".join(shape.format(" ".join((translate(words), mark))) for shape, (words, mark) in blocks)
    first, *rest = html.split("{}")
    return first + "".join(f"{number}{part}" for number, part in enumerate(rest))


def japanese(words: str) -> str:
    return f"訳「{words}」" if words[:1].islower() else words


@given(st.lists(BLOCKS, max_size=4), BLOCKS, st.sampled_from("abz"))
def test_only_what_a_map_says_of_a_line_is_said(known, asked, own: str) -> None:
    names = "abcd"
    maps = {
        names[at]: [(written(blocks), written(blocks, japanese).replace("a last word", "終"))]
        for at, blocks in enumerate(known)
    }
    key = written(asked)
    found = Memory(dict(maps.get(own, [])), Shared(maps), own).recall(key)
    expected = written(asked, japanese).replace("a last word", "終")
    if found.value is not None:
        assert normal_form(found.value) == normal_form(expected)
    for line in found.lines:
        if line.state == "current":
            words = line.text.replace("a last word", "終").split("_^_")[0].strip()
            assert line.translation.split("_^_")[0].strip() == japanese(words)

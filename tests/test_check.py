import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cases import replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.fragment import placeholder
from site_builder.fragment.wording import normal_form
from site_builder.translating.catalog import Catalog, load_catalog
from site_builder.translating.check import (
    CODES,
    DEFAULT_CODES,
    check_catalog,
    entry_problems,
    inconsistencies,
)
from site_builder.translating.repair import repair

FIXTURES = Path(__file__).parent / "fixtures" / "check"


# --- Goldens: language, terms, key, value, and what is found ------------------------------------------


def shown(case: str) -> str:
    """Show what is found in `language / term = words … / - / key / - / value`."""
    head, key, value = re.split(r"^-$\n?", spelled(case), maxsplit=2, flags=re.MULTILINE)
    language, *lines = head.splitlines()
    terms = {term: tuple(words.split(", ")) for term, _, words in (line.partition(" = ") for line in lines)}
    found = list(entry_problems(key[:-1], value[:-1], language, terms))
    assert {finding.code for finding in found} <= set(CODES)
    return "".join(f"{finding.code}: {finding.message}\n  {finding.hint}\n" for finding in found)


def spelled(case: str) -> str:
    """Put in the characters that nobody would see in a file."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), case)


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.stem)
def test_findings(file: Path, golden: Callable[[Path, str], None]) -> None:
    golden(file, replayed(file, shown))


# --- Whatever repair has to mend or guess is said -----------------------------------------------------

MENDED = {
    "empty",
    "placeholder",
    "structure",
    "nested-link",
    "link-lost",
    "link-changed",
    "unsafe-html",
    "control-character",
}


@pytest.mark.parametrize(
    "file", sorted((FIXTURES.parent / "repair").glob("*.txt")), ids=lambda file: file.stem
)
def test_what_repair_mends_is_said(file: Path) -> None:
    cases = [case.split("\n.\n") for case in file.read_text(encoding="utf-8").split("\n.\n\n")]
    for title, key, value, _, kinds, *_ in cases:
        codes = {finding.code for finding in entry_problems(key, value, "ja")}
        own_damage = set(kinds.split()) <= {"-", *repair(key, key).kinds}
        assert codes & MENDED or own_damage, title


# --- Maps -----------------------------------------------------------------------------------------------


def catalog(entries: dict[str, str], language: str = "ja") -> Catalog:
    content = json.dumps(entries, indent=1, ensure_ascii=False).encode()
    return Catalog(language, Path("x.json"), entries, content)


SUMS = catalog(
    {
        "<p>Add it to the sum.</p>\n": "<p>合計に足します。</p>\n",
        "<p>Take 3 of them away from the sum, and then forget all about them</p>\n": "<p>取ります</p>\n",
        "Sums": "",
    }
)


def test_a_problem_says_where_and_in_what() -> None:
    problems = check_catalog(SUMS, "sums.ja.json")
    assert [str(problem) for problem in problems] == [
        "sums.ja.json:3: warning: 3 missing [number]\n"
        '  in "<p>Take 3 of them away from the sum, and then forget all abo"\n'
        "  hint: say the numbers of the original, in digits or in words",
        'sums.ja.json:4: warning: no translation [empty]\n  in "Sums"\n  hint: write one',
    ]


def test_only_some_codes() -> None:
    assert [problem.code for problem in check_catalog(SUMS, "x", codes={"empty", "orphan"})] == ["empty"]
    assert check_catalog(SUMS, "x", codes=()) == ()


def test_a_map_in_order_is_not_walked_for_lines() -> None:
    assert check_catalog(Catalog("ja", Path("x"), {"Sums": "総和"}, b"no JSON"), "x") == ()


def test_every_code_is_explained() -> None:
    assert {code for code in CODES if CODES[code].default} == DEFAULT_CODES
    for name, code in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert code.meaning
        assert code.severity in {"error", "warning"}


# --- Keys that no source says ---------------------------------------------------------------------------


def stale_problems(page_keys: list[str]) -> list[tuple[int, str]]:
    found = check_catalog(SUMS, "x", page_keys=page_keys, codes={"stale"})
    return [(problem.where.line, problem.hint) for problem in found]


def test_a_key_is_stale_if_its_page_does_not_say_it() -> None:
    [_, *rest] = SUMS.entries
    assert check_catalog(SUMS, "x", codes={"stale"}) == ()
    assert stale_problems(list(SUMS.entries)) == []
    assert stale_problems(["<p> Add it\nto the sum.</p>", *rest]) == []
    assert stale_problems(rest) == [(2, "`translations sync` keeps it in the attic")]
    near = 'the source says now: "Add it to the big sum."; `translations sync` moves what still holds'
    assert stale_problems(["<p>Add it to the big sum.</p>\n", *rest]) == [(2, near)]
    assert stale_problems(["<p>Something else altogether</p>\n"])[0] == (
        2,
        "`translations sync` keeps it in the attic",
    )


def test_what_has_a_translation_already_is_not_what_a_key_became() -> None:
    entries = {"<p>Add it to the sums.</p>": "<p>あ</p>", "<p>Add it to the sum.</p>": "<p>い</p>"}
    [problem] = check_catalog(catalog(entries), "x", page_keys=["<p>Add it to the sum.</p>"])
    assert (problem.where.line, problem.hint) == (2, "`translations sync` keeps it in the attic")


def test_a_key_without_words_is_never_stale() -> None:
    entries = {"<p> </p>\n": "", f"<p>{placeholder(0)}</p>": f"<p>{placeholder(0)}</p>"}
    assert check_catalog(catalog(entries), "x", page_keys=[]) == ()


# --- One line in two ways ---------------------------------------------------------------------------------


def uneven(*maps: dict[str, str]) -> list[str]:
    named = [(catalog(entries), f"{name}.json") for name, entries in zip("abcdef", maps, strict=False)]
    found = inconsistencies(named)
    assert {problem.code for problem in found} <= {"inconsistent"}
    return [f"{problem.where}: {problem.message}" for problem in found]


def test_the_usual_translation_is_the_reference() -> None:
    one, other = {"<p>the layers</p>": "<p>層</p>"}, {"<p>the layers</p>": "<p>レイヤー</p>"}
    assert uneven(one) == []
    assert uneven(one, one) == []
    first = ['b.json:2: "the layers" is "レイヤー" here, "層" in a.json:2']
    assert uneven(one, other) == first
    usual = ['a.json:2: "the layers" is "層" here, "レイヤー" in 2 places, such as b.json:2']
    assert uneven(one, other, other) == usual


def test_each_map_with_another_translation_is_named_once() -> None:
    usual = {f"<p>{n}</p>\n<p>the layers</p>": f"<p>{n}</p>\n<p>層</p>" for n in range(5)}
    twice = {f"<p>{n}</p>\n<p>the layers</p>": f"<p>{n}</p>\n<p>レイヤー</p>" for n in range(2)}
    assert [where.partition(": ")[0] for where in uneven(usual, twice, twice)] == ["b.json:2", "c.json:2"]


@pytest.mark.parametrize(
    ("key", "other_key"),
    [
        ("<p>the layers</p>", "<h2>The layers.</h2>"),
        ("<p>the layers</p>", "The layers"),
        (f"<p>{placeholder(0)} layers</p>", f"<p>a</p>\n<p>{placeholder(7)} layers</p>"),
        ('<p>the <a href="a">layers</a></p>', '<ul><li>the <a href="b">layers</a></li></ul>'),
    ],
)
def test_one_line_wherever_it_stands(key: str, other_key: str) -> None:
    assert (
        len(uneven({key: key.replace("layers", "層"), other_key: other_key.replace("layers", "レイヤー")}))
        == 1
    )


@pytest.mark.parametrize(
    ("translation", "other"),
    [
        ("<p>層の数</p>", "<p>層の数。</p>"),
        ("<p>層の数</p>", "<p><strong>層</strong> の数です</p>"),
        ("<p>層の数</p>", "<p>the layers</p>"),
        ("<p>層の数</p>", ""),
    ],
)
def test_small_and_missing_differences_are_none(translation: str, other: str) -> None:
    assert uneven({"<p>the layers</p>": translation}, {"<p>the layers</p>": other}) == []


def test_names_may_differ() -> None:
    assert uneven({"<p>DeepNorm</p>": "<p>ディープノーム</p>"}, {"<p>DeepNorm</p>": "<p>DeepNorm</p>"}) == []


def test_long_lines_are_quoted_where_they_differ() -> None:
    text = "これはとても長い文で、最初の部分は二つの訳でまったく同じになっています"
    [problem] = uneven({"<p>the layers</p>": f"<p>{text}層</p>"}, {"<p>the layers</p>": f"<p>{text}壁</p>"})
    assert problem == (
        'b.json:2: "the layers" is "…く同じになっています壁" here, "…く同じになっています層" in a.json:2'
    )


# --- Any text, of any length ------------------------------------------------------------------------------

PIECES = (FIXTURES.parent / "repair" / "pieces.list").read_text(encoding="utf-8").splitlines()
TEXTS = st.lists(
    st.sampled_from([*PIECES, "1", "２", "百", "。", "（", ",", " ", "\n", "two", "&#x202E;", "\u200d"])
    | st.text(max_size=3),
    max_size=15,
).map("".join)


@given(TEXTS, TEXTS, st.sampled_from(["ja", "zh-Hant", "fr", "ar", "th", "x"]))
def test_any_text_is_taken(key: str, value: str, language: str) -> None:
    maps = [(catalog({key: value, f"<p>{key}</p>": value}, language), "x")]
    for problem in (*check_catalog(*maps[0], page_keys=[value]), *inconsistencies(maps)):
        assert problem.where.line
        assert problem.message
        assert problem.hint
        assert "\ufffc" not in problem.message or "\ufffc" in key + value


@pytest.mark.parametrize(
    "piece", ["1", "1,", "1.", "1k ", " ", "a ", "、 ", "(", "<a href=", '<a href="x', "&#1", "'"]
)
def test_much_of_it_is_no_trouble(piece: str) -> None:
    for value in (f"<p>{piece * 10_000}</p>", piece * 10_000):
        list(entry_problems("<p>Take two, 3.</p>", value, "ja"))
        list(entry_problems("Take two, 3.", value, "fr"))


# --- Real maps --------------------------------------------------------------------------------------------

MAPS = Path(__file__).parents[2] / "shared" / "data" / "maps"


@pytest.fixture(scope="module")
def real() -> list[tuple[Catalog, str]]:
    if not MAPS.is_dir():
        pytest.skip(f"{MAPS} is not there")
    paths = sorted(MAPS.rglob("*.ja.json"))
    return [(load_catalog(path, "ja", path.name), path.relative_to(MAPS).as_posix()) for path in paths]


def test_counts(real: list[tuple[Catalog, str]], record_property: Callable[[str, object], None]) -> None:
    """How often each is right stands in the benchmarks; a new count means to judge again."""
    problems = [problem for one in real for problem in check_catalog(*one, page_keys=one[0].entries)]
    counts = Counter(problem.code for problem in (*problems, *inconsistencies(real)))
    listed = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    record_property("checks of real maps", f"{len(real)} maps, {len(problems)} problems: {listed}")
    assert counts == {
        "structure": 378,
        "nested-link": 80,
        "placeholder": 52,
        "punctuation": 46,
        "inconsistent": 19,
        "number": 2,
        "whitespace": 1,
    }


def test_a_changed_source_is_what_its_key_became(real: list[tuple[Catalog, str]]) -> None:
    tried = 0
    for one, shown in real[::5]:
        keys = list(one.entries)
        long = next((key for key in keys if len(key) > 200), None)
        if long is None:
            continue
        changed = long.replace(" the ", " that ", 1)
        if normal_form(changed) == normal_form(long):
            continue
        tried += 1
        rest = [key for key in keys if key != long]
        [problem] = check_catalog(one, shown, page_keys=[*rest, changed], codes={"stale"})
        assert problem.excerpt == long[:60]
        assert "the source says now" in problem.hint
    assert tried > 20

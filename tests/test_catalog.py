import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.errors import SiteError
from site_builder.translating.catalog import (
    Catalog,
    dumps,
    entry_lines,
    load_catalog,
    map_path,
    parse_map_name,
    source_stem,
)
from site_builder.translating.entries import loads

FIXTURES = Path(__file__).parent / "fixtures" / "catalog"
STYLES = sorted(FIXTURES.glob("style_*.json"))
BROKEN = [file for file in sorted(FIXTURES.glob("*.json")) if file not in STYLES]
text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")))


def read(content: bytes) -> Catalog:
    return Catalog("ja", Path("m.ja.json"), loads(content, "m.ja.json"), content)


def problems(content: bytes) -> str:
    with pytest.raises(SiteError) as caught:
        loads(content, "m.ja.json")
    return str(caught.value)


# --- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "language", "path"),
    [
        ("normalization/group_norm/__init__.py", "ja", "normalization/group_norm/__init__.ja.json"),
        ("readme.md", "pt-BR", "readme.pt-BR.json"),
        ("norm.cu", "ja", "norm.cu.ja.json"),
        ("a.b/c.d.py", "zh-Hant-TW", "a.b/c.d.zh-Hant-TW.json"),
        ("x.py.md", "zh", "x.py.zh.json"),
    ],
)
def test_the_name_of_a_map(source: str, language: str, path: str) -> None:
    assert map_path(source, language) == path
    assert parse_map_name(path) == (source_stem(source), language)


@pytest.mark.parametrize(
    "path", ["package.json", "a.b/c.json", "x.ja.po", ".ja.json", "a/.ja.json", "x..json", ".json"]
)
def test_what_is_not_the_name_of_a_map(path: str) -> None:
    assert parse_map_name(path) is None


# --- Reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_everything_wrong_is_said(file: Path, golden: Callable[[Path, str], None]) -> None:
    with pytest.raises(SiteError) as caught:
        load_catalog(file, "ja", f"maps/{file.name}")
    assert all(problem.where.line and problem.where.column for problem in caught.value.problems)
    golden(file.with_suffix(".txt"), f"{caught.value}\n")


@pytest.mark.parametrize("value", ["[" * 100_000, '{"a":' * 100_000, "[" * 500 + "]" * 500])
def test_deep_nesting_is_a_problem_not_a_crash(value: str) -> None:
    message = problems(b'{"a": "x",\n "b": ' + value.encode() + b"}")
    assert message.startswith("m.ja.json:2:7: ")


def test_long_entries_are_told_in_bytes() -> None:
    fits = {"k" * 65536: "あ" * 21845}
    assert loads(json.dumps(fits, ensure_ascii=False).encode(), "m") == fits
    message = problems(json.dumps({"a": "x", "k" * 65537: "あ" * 21846}, indent=1).encode())
    assert message.count("longer than 64 KB [too-long]") == 2
    assert message.startswith("m.ja.json:3:2: the key")


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"m\.ja\.json: cannot be read: No such file"):
        load_catalog(tmp_path / "m.ja.json", "ja", "m.ja.json")


def test_a_flood_of_problems_ends() -> None:
    content = json.dumps(dict.fromkeys(map(str, range(5000)), 1)).encode()
    assert problems(content).count("[not-text]") == 100


@given(st.dictionaries(text, text), st.booleans(), st.sampled_from([None, 1, 4]))
def test_what_json_wrote_is_read(entries: dict[str, str], escaped: bool, indent: int | None) -> None:
    content = json.dumps(entries, ensure_ascii=escaped, indent=indent).encode()
    catalog = read(content)
    assert list(catalog.entries.items()) == list(entries.items())
    assert dumps(catalog) == content


@given(st.binary(max_size=60) | st.text('{}[]":, \n\\u0ad8nt1', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        entries, problems = loads(content, "m"), ()
    except SiteError as error:
        entries, problems = None, error.problems
    assert all(problem.where.line for problem in problems)
    assert entries is None or entries == json.loads(content.decode().removeprefix("\ufeff"))


def test_lines_of_entries() -> None:
    content = b'{\n "a": "x", "b": "y",\n\n "c\\n":\n "z"\n}'
    assert entry_lines(read(content)) == {"a": 2, "b": 2, "c\n": 4}
    assert entry_lines(read(b"{}")) == {}
    assert entry_lines(Catalog("ja", Path("m"), {"a": "b"})) == {}


# --- Writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.stem)
def test_an_unchanged_file_keeps_its_bytes(file: Path) -> None:
    catalog = load_catalog(file, "ja", file.name)
    assert dumps(catalog) == file.read_bytes()
    assert dumps(replace(catalog, entries=dict(catalog.entries))) == file.read_bytes()


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.stem)
def test_a_changed_file_keeps_its_style(file: Path, golden: Callable[[Path, str], None]) -> None:
    catalog = load_catalog(file, "ja", file.name)
    added = {"b": "ä b", "z": "新"}
    changed = dumps(replace(catalog, entries={**catalog.entries, "a": "ほげ", **added}))
    removed = dumps(replace(catalog, entries={"c": catalog.entries["c"]}))
    assert loads(changed, "m") == {**catalog.entries, "a": "ほげ", **added}
    assert loads(removed, "m") == {"c": catalog.entries["c"]}
    golden(file.with_suffix(".txt"), "".join(f"{result.decode()!r}\n" for result in (changed, removed)))


@given(st.dictionaries(text, text), st.dictionaries(text, text), st.booleans())
def test_changes_leave_other_lines_alone(
    before: dict[str, str], after: dict[str, str], escaped: bool
) -> None:
    before = dict(sorted(before.items()))
    content = json.dumps(before, ensure_ascii=escaped, indent=1).encode()
    written = dumps(replace(read(content), entries=after))
    assert loads(written, "m") == after
    if before and after:
        assert list(loads(written, "m")) == sorted(after)


def test_a_changed_entry_is_one_line_of_diff() -> None:
    content = (FIXTURES / "style_escaped.json").read_bytes()
    catalog = read(content)
    written = dumps(replace(catalog, entries={**catalog.entries, "c": "文"}))
    different = [
        pair for pair in zip(content.splitlines(), written.splitlines(), strict=True) if pair[0] != pair[1]
    ]
    assert different == [(rb' "c": "\u4e2d \/ x",', rb' "c": "\u6587",')]


def test_a_new_map() -> None:
    catalog = Catalog("ja", Path("m.ja.json"), {"b": "文\n", "a": "<p>&#x27;</p>"})
    assert dumps(catalog).decode() == '{\n "a": "<p>&#x27;</p>",\n "b": "文\\n"\n}\n'
    assert dumps(replace(read(b"{}"), entries={"a": "x"})) == b'{\n "a": "x"\n}'
    assert dumps(replace(read(b'{"a": "x"}\n'), entries={})) == b"{}\n"


def test_a_map_may_not_be_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.ja.json"
    path.write_text(json.dumps({f"key {number}": "x" * 1000 for number in range(9000)}))
    with pytest.raises(SiteError, match="larger than 8 MB"):
        load_catalog(path, "ja", "a.ja.json")

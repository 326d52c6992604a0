import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.errors import SiteError
from site_builder.translating.attic import attic_size, dump_attic, load_attic, with_entries

FIXTURES = Path(__file__).parent / "fixtures" / "attic"
BROKEN = sorted(FIXTURES.glob("*.json"))
text = st.text(st.characters(exclude_categories=("Cs",)))
attics = st.dictionaries(text, st.lists(text, unique=True).map(tuple))


def test_there_need_not_be_one(tmp_path: Path) -> None:
    assert load_attic(tmp_path / "attic" / "ja.json", "attic") == {}


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_damaged_one_is_told(file: Path, golden: Callable[[Path, str], None]) -> None:
    with pytest.raises(SiteError) as caught:
        load_attic(file, f"attic/{file.name}")
    golden(file.with_suffix(".txt"), f"{caught.value}\n")


def test_deep_nesting_is_told(tmp_path: Path) -> None:
    (tmp_path / "ja.json").write_text('{"a":' + "[" * 100_000)
    with pytest.raises(SiteError, match="nested too deeply"):
        load_attic(tmp_path / "ja.json", "ja.json")


def test_one_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "attic").touch()
    with pytest.raises(SiteError, match=r"attic/ja\.json: cannot be read: Not a directory"):
        load_attic(tmp_path / "attic" / "ja.json", "attic/ja.json")


def test_several_translations_of_a_text_are_kept_each_once() -> None:
    attic = with_entries({"a": ("x",)}, [("a", "y"), ("a", "x"), ("b", "x"), ("c", ""), ("d", " \n")])
    assert attic == {"a": ("x", "y"), "b": ("x",)}
    assert attic_size(attic) == 3


def test_what_was_there_stays() -> None:
    before = {"a": ("x",)}
    with_entries(before, [("a", "y")])
    assert before == {"a": ("x",)}


def test_it_is_written_for_people() -> None:
    assert dump_attic({"b": ("文",), "a": ("x", "y")}).decode() == (
        '{\n "a": [\n  "x",\n  "y"\n ],\n "b": [\n  "文"\n ]\n}\n'
    )


@given(attics, st.lists(st.tuples(text, text)))
def test_what_was_written_is_read(attic: dict[str, tuple[str, ...]], entries: list[tuple[str, str]]) -> None:
    full = with_entries(attic, entries)
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(dump_attic(full))
        assert load_attic(Path(file.name), "attic") == full
    assert all(value in full[key] for key, value in entries if value.strip())

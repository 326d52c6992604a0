"""The database of what the last build knew: what is not whole is not there."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from site_builder.build.cache import Cache
from site_builder.build.state import Damaged, open_state


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def keep(cache: Cache, value: object) -> None:
    with open_state(cache) as state:
        state.keep("thing", value)
        state.commit()


def kept(cache: Cache) -> list[int] | None:
    with open_state(cache) as state:
        return state.kept("thing", list[int])


def test_what_was_committed_stays(cache: Cache) -> None:
    keep(cache, [1, 2])
    assert kept(cache) == [1, 2]


def test_what_was_not_committed_is_forgotten(cache: Cache) -> None:
    keep(cache, [1, 2])
    with open_state(cache) as state:
        state.keep("thing", [3])
    assert kept(cache) == [1, 2]


def test_what_goes_wrong_leaves_it_as_it_was(cache: Cache) -> None:
    keep(cache, [1, 2])
    with suppress(RuntimeError), open_state(cache) as state:
        state.keep("thing", [3])
        raise RuntimeError
    assert kept(cache) == [1, 2]


def test_a_value_of_another_type_is_absent(cache: Cache) -> None:
    keep(cache, "text")
    assert kept(cache) is None


def test_a_damaged_value_is_absent(cache: Cache) -> None:
    keep(cache, [1, 2])
    with sqlite3.connect(cache.folder / "known.sqlite") as connection:
        [data] = connection.execute("SELECT data FROM kept").fetchone()
        connection.execute("UPDATE kept SET data = ?", (data[:-1] + bytes([data[-1] ^ 1]),))
    connection.close()
    assert kept(cache) is None


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0 and no more"])
def test_a_file_that_is_no_database_is_replaced(cache: Cache, content: bytes) -> None:
    (cache.folder / "known.sqlite").write_bytes(content)
    assert kept(cache) is None
    keep(cache, [1])
    assert kept(cache) == [1]


def test_a_database_of_another_version_is_replaced(cache: Cache) -> None:
    keep(cache, [1])
    connection = sqlite3.connect(cache.folder / "known.sqlite")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert kept(cache) is None
    keep(cache, [2])
    assert kept(cache) == [2]


def test_damage_in_the_middle_is_told(cache: Cache) -> None:
    keep(cache, [*range(100_000)])
    file = cache.folder / "known.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    try:
        found = kept(cache)
    except Damaged:
        found = None
    assert found is None


def test_where_no_database_can_be_written_there_is_one_that_does_not_stay(cache: Cache) -> None:
    (cache.folder / "known.sqlite").mkdir()
    with open_state(cache) as state:
        state.keep("thing", [1])
        assert state.kept("thing", list[int]) == [1]
    assert kept(cache) is None


def test_only_named_rows_are_kept(cache: Cache) -> None:
    with open_state(cache) as state:
        for name in "abc":
            state.keep(name, [1])
        state.keep_only("kept", "name", ["a", "c", "d"])
        assert [name for (name,) in state.rows("SELECT name FROM kept ORDER BY name")] == ["a", "c"]

"""What the last build knew of each file and page: rows of a database, looked up one by one.

A site may have more pages than fit into memory. The database lies in the cache, and is written in one
transaction: a build that does not publish leaves it as it was. Each value is behind a digest of its own:
where one is damaged, all of it counts as absent, and the build begins anew.
"""

import os
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from site_builder.build.cache import Cache, sealed, unsealed
from site_builder.places import is_url

T = TypeVar("T")

_NAME = "known.sqlite"
_FORMAT = 2  # To be changed with the tables.
_TABLES = """
CREATE TABLE files (path BLOB PRIMARY KEY, signs BLOB, digest BLOB) WITHOUT ROWID;
CREATE TABLE readings (
  path TEXT PRIMARY KEY, made_of BLOB, brief BLOB, entry BLOB, data BLOB,
  has_problems INTEGER
);
CREATE TABLE outlines (path TEXT PRIMARY KEY, data BLOB);
CREATE TABLE marks (path TEXT PRIMARY KEY, data BLOB);
CREATE TABLE renderings (
  url TEXT PRIMARY KEY, made_of BLOB, files BLOB, looks BLOB, data BLOB, is_watched INTEGER
);
CREATE TABLE statuses (url TEXT PRIMARY KEY, data BLOB);
CREATE TABLE kept (name TEXT PRIMARY KEY, data BLOB);
"""


Damaged = sqlite3.DatabaseError
"""Raised by whatever meets a damaged database, a damaged row of it, or a disk that is full."""


class State:
    """A database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def value(self, query: str, key: str, kind: type[T]) -> T | None:
        """Return the value that a query finds by a key, if any. Raises Damaged if it is not whole."""
        content = self.content(query, key)
        return whole(content, kind) if content else None

    def content(self, query: str, key: str) -> bytes:
        """Return the bytes that a query finds by a key, or nothing."""
        row = self.row(query, key)
        return row[0] if row and isinstance(row[0], bytes) else b""

    def row(self, query: str, *values: object) -> tuple[object, ...] | None:
        """Return the first row that a query finds."""
        found: tuple[object, ...] | None = self._connection.execute(query, values).fetchone()
        return found

    def rows(self, query: str, *values: object) -> Iterator[tuple[object, ...]]:
        """Yield the rows that a query finds."""
        return self._connection.execute(query, values)

    def do(self, statement: str, *values: object) -> None:
        """Change a row or more."""
        self._connection.execute(statement, values)

    def kept(self, name: str, kind: type[T]) -> T | None:
        """Return what is kept under a name besides rows, if it is there and whole."""
        return unsealed(self.content("SELECT data FROM kept WHERE name = ?", name), kind)

    def keep(self, name: str, value: object) -> None:
        """Keep something under a name."""
        self.do("INSERT OR REPLACE INTO kept VALUES (?, ?)", name, sealed(value))

    def keep_only(self, table: str, column: str, names: Collection[str]) -> None:
        """Forget the rows of a table whose name is none of `names`, which are quick to look up."""
        rows = self.rows(f"SELECT {column} FROM {table}")  # noqa: S608 - Of ours.
        for gone in [name for (name,) in rows if name not in names]:
            self.do(f"DELETE FROM {table} WHERE {column} = ?", gone)  # noqa: S608

    def forget(self) -> None:
        """Forget everything, as another program has written it."""
        for table in ("files", "readings", "outlines", "marks", "renderings", "statuses", "kept"):
            self.do(f"DELETE FROM {table}")  # noqa: S608

    def commit(self) -> None:
        """Let what was changed stay. Where that fails, nothing was changed."""
        with suppress(sqlite3.Error):
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")


def whole(content: bytes, kind: type[T]) -> T:
    """Return the value that a row holds. Raises Damaged."""
    found = unsealed(content, kind)
    if found is None:
        raise Damaged("a row is damaged")
    return found


@contextmanager
def open_state(cache: Cache) -> Iterator[State]:
    """Open the database of a cache; what was not committed in the end is forgotten.

    Behind a URL it is fetched, and brought back.
    """
    if not is_url(cache.folder):
        with _opened(cache.folder / _NAME) as state:
            yield state
        return
    with tempfile.TemporaryDirectory(prefix="site-builder-") as folder:
        file, there = Path(folder, _NAME), cache.folder / _NAME
        with suppress(OSError):
            file.write_bytes(there.read_bytes())
        with _opened(file) as state:
            yield state
        with suppress(OSError):
            there.write_bytes(file.read_bytes())


def forget_state(cache: Cache) -> None:
    """Remove a database that is damaged."""
    with suppress(OSError):
        (cache.folder / _NAME).unlink()


@contextmanager
def _opened(file: Path) -> Iterator[State]:
    connection = _connected(file)
    try:
        yield State(connection)
    finally:
        connection.close()


def _connected(file: Path) -> sqlite3.Connection:
    """Open a database and begin a change; one that is none of ours is replaced, or else does not stay."""
    for _ in range(2):
        with suppress(sqlite3.Error):
            return _prepared(os.fspath(file))
        with suppress(OSError):
            file.unlink()
    return _prepared(":memory:")


def _prepared(place: str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, isolation_level=None)
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    # A power cut may cost it: then it is damaged, or older than the site, which is seen by its files.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    [found] = connection.execute("PRAGMA user_version").fetchone()
    if found not in {0, _FORMAT}:
        raise sqlite3.DatabaseError("of another format")
    if not found:
        for statement in _TABLES.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_FORMAT}")

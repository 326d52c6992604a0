"""What earlier builds made, kept by what it was made from: deleting it costs time and changes nothing.

A cache is a folder of files named by a digest. Each holds plain data, never code, behind a digest of
its own: what is damaged, or of another type, counts as absent.
"""

import os
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from site_builder.places import entries, is_url, telling

_SIZE = 16  # Bytes of the digest before the data.
_MARKS = {
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# Made by site-builder; may be deleted.\n",
    ".gitignore": "*\n",
}

REFUSALS = (msgspec.MsgspecError, OverflowError, RecursionError, TypeError, ValueError)
"""Raised for what cannot be spelled: a lone surrogate, a number that is too large, data of another shape."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of values by name. May travel to worker processes."""

    folder: Path

    def save(self, name: str, value: object) -> None:
        """Keep a value, of a type that says what it holds; where that fails, it is not kept."""
        place = self.folder / name
        with suppress(OSError, *REFUSALS):
            content = sealed(value)
            place.parent.mkdir(exist_ok=True)
            _write(place, content)

    def load(self, name: str, kind: type[T]) -> T | None:
        """Return what was kept under a name, if it is there and whole."""
        try:
            return unsealed((self.folder / name).read_bytes(), kind)
        except OSError:
            return None

    def sweep(self, kind: str, names: Collection[str]) -> None:
        """Forget all of a kind, which is a folder, but these."""
        with suppress(OSError):
            for entry in entries(self.folder / kind):
                if f"{kind}/{entry.name}" not in names:
                    with suppress(OSError):
                        (self.folder / kind / entry.name).unlink()


def sealed(value: object) -> bytes:
    """Spell a value, of a type that says what it holds, behind its digest. Raises TypeError or ValueError."""
    data = _encoder().encode(value)
    return _digest(data) + data


def seal(content: bytes) -> bytes:
    """Return the digest that is before a value that `sealed` has spelled."""
    return content[:_SIZE]


def value_digest(value: object) -> bytes:
    """Digest a value, the same in every process."""
    try:
        return _digest(_steady_encoder().encode(value))
    except REFUSALS:  # Then it may be another one in the next process.
        return _digest(repr(value).encode("utf-8", "surrogatepass"))


def unsealed(content: bytes, kind: type[T]) -> T | None:
    """Return the value that `sealed` has spelled, if it is whole and of the type."""
    data = memoryview(content)[_SIZE:]
    try:
        # A type can be hashed, which mypy does not know.
        return cast("T", _decoder(kind).decode(data)) if content[:_SIZE] == _digest(data) else None  # type: ignore[arg-type]
    except REFUSALS:
        return None


def _write(place: Path, content: bytes) -> None:
    """Write a file that is wholly there or not at all, as one behind a URL is anyway."""
    if is_url(place):
        place.write_bytes(content)
        return
    draft = place.with_name(f"{place.name}.{os.getpid()}-{threading.get_ident()}")
    draft.write_bytes(content)
    draft.replace(place)


@contextmanager
def opened(folder: Path | None, output: Path) -> Iterator[Cache]:
    """Open the cache of the site at `output`.

    Without a folder, or where it cannot be written, it is one that does not stay.
    """
    if folder and is_url(folder):
        with telling(folder):
            place = _prepared(folder, output)
        assert place
        yield Cache(place)
        return
    with tempfile.TemporaryDirectory(prefix="site-builder-") as passing:
        yield Cache((folder and _prepared(folder, output)) or Path(passing))


def _prepared(folder: Path, output: Path) -> Path | None:
    place = folder / blake2b(os.fsencode(str(output.resolve())), digest_size=4).hexdigest()
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, content in _MARKS.items():
            if not (folder / name).exists():
                (folder / name).write_text(content, "utf-8")
    except OSError:
        return None
    return place if is_url(place) or os.access(place, os.W_OK) else None


def _digest(data: "bytes | memoryview") -> bytes:
    return blake2b(data, digest_size=_SIZE).digest()


# What the format has no word for.


@cache
def _encoder() -> msgspec.msgpack.Encoder:
    return msgspec.msgpack.Encoder(enc_hook=_to_plain)


@cache
def _steady_encoder() -> msgspec.msgpack.Encoder:
    return msgspec.msgpack.Encoder(enc_hook=_to_plain, order="deterministic")


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind, dec_hook=_from_plain)


def _to_plain(value: object) -> object:
    match value:
        case range():
            return value.start, value.stop
        case Path():
            return os.fsencode(value)
        case _ if hasattr(value, "fs"):  # Behind a URL: `load_pages` finds it again.
            return str(value).encode()
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be kept")


def _from_plain(kind: type, value: Any) -> object:
    return range(*value) if kind is range else Path(os.fsdecode(value))

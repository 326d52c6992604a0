"""The attic of a language: translations of what no source says any more, for they may be wanted again.

One JSON object: each English text with the list of its translations, the newest last.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from site_builder.errors import Location, Problem, SiteError, reason

Attic = Mapping[str, tuple[str, ...]]


def load_attic(path: Path, shown: str) -> Attic:
    """Read an attic; one that is not there is empty. Raises SiteError if it is damaged."""
    try:
        return _read(path.read_bytes(), shown)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message, hint = f"cannot be read: {reason(error)}", "check its permissions"
        raise SiteError(Problem(Location(shown), "attic", message, hint)) from error


def _read(content: bytes, shown: str) -> Attic:
    try:
        # A number is wrong, but not too long to be read.
        text = content.decode("utf-8-sig")
        values = json.loads(text, object_pairs_hook=_once, parse_int=float)
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {content[error.start]:#04x} cannot stand here"
        line = content.count(b"\n", 0, error.start) + 1
        raise _damaged(Location(shown, line), message) from None
    except json.JSONDecodeError as error:
        raise _damaged(
            Location(shown, error.lineno, error.colno), error.msg[:1].lower() + error.msg[1:]
        ) from None
    except RecursionError:
        raise _damaged(Location(shown), "nested too deeply") from None
    except _TwiceError as error:
        raise _damaged(Location(shown), "a text stands in it twice", str(error)) from None
    if not isinstance(values, dict) or not all(map(_are_texts, values.values())):
        raise _damaged(Location(shown), "each text has a list of its translations")
    if _HALF.search(json.dumps(values, ensure_ascii=False)):
        raise _damaged(Location(shown), "half of a character, U+D800 to U+DFFF, stands in it")
    return {key: tuple(texts) for key, texts in values.items()}


_HALF = re.compile(r"[\ud800-\udfff]")


class _TwiceError(Exception):
    """A key that stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise _TwiceError(key)
        entries[key] = value
    return entries


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _damaged(where: Location, message: str, excerpt: str = "") -> SiteError:
    hint = "mend it, or take it back from your version control: it holds translations"
    return SiteError(Problem(where, "attic", f"the attic is damaged: {message}", hint, excerpt[:60]))


def with_entries(attic: Attic, entries: Iterable[tuple[str, str]]) -> Attic:
    """Put translations into the attic, each once; an empty one is none."""
    kept = dict(attic)
    for key, value in entries:
        if value.strip() and value not in kept.get(key, ()):
            kept[key] = (*kept.get(key, ()), value)
    return kept


def attic_size(attic: Attic) -> int:
    """Count the translations in an attic."""
    return sum(map(len, attic.values()))


def dump_attic(attic: Attic) -> bytes:
    """Write an attic, sorted."""
    return (json.dumps(attic, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

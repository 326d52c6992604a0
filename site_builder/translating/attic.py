"""The attic of a language: translations of what no source says any more, for they may be wanted again.

One JSON object: each English text with the list of its translations, the newest last.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from site_builder.errors import Location, Problem, SiteError

Attic = Mapping[str, tuple[str, ...]]


def load_attic(path: Path, shown: str) -> Attic:
    """Read an attic; one that is not there is empty. Raises SiteError if it is damaged."""
    try:
        values = json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_once)
    except FileNotFoundError:
        return {}
    except OSError as error:
        hint = "check its permissions"
        raise SiteError(
            Problem(Location(shown), "attic", f"cannot be read: {error.strerror}", hint)
        ) from error
    except json.JSONDecodeError as error:
        raise _damaged(Location(shown, error.lineno, error.colno), error.msg) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(Location(shown), str(error).partition("\n")[0]) from error
    if not isinstance(values, dict) or not all(map(_are_texts, values.values())):
        raise _damaged(Location(shown), "each text has a list of its translations")
    return {key: tuple(texts) for key, texts in values.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a text stands in it twice")
    json.dumps(entries, ensure_ascii=False).encode()  # Half of a surrogate pair is no text.
    return entries


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _damaged(where: Location, message: str) -> SiteError:
    hint = "mend it, or take it back from your version control: it holds translations"
    return SiteError(Problem(where, "attic", f"the attic is damaged: {message}", hint))


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

"""The rule about numbers: that both say the same ones, in digits or in words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import Entry, Pair
from site_builder.translating.check.number_words import is_said_elsewhere, said_in_english

_NUMBER = re.compile(r"\d+(?:,\d{3}(?!\d))*(?:\.\d+)*")
_UNITS = {
    "k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "trillion": 12,
    "百": 2, "千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12, "만": 4, "억": 8,
}  # fmt: skip
_SCALED = re.compile(
    r"(?<![\d.,])(\d[\d,]{0,14}+(?:\.\d{1,9}+)?)"
    r"(?:((?:[kKM]|[bB]n?)(?![\w-]))|[ -]?(thousand|million|billion|trillion)\b|\s?([百千万萬億亿兆만억]))"
)


def number(entry: Entry) -> Iterator[Finding]:
    """Find numbers that only one of the original and its translation says."""
    hint = "say the numbers of the original, in digits or in words"
    for pair in entry.pairs:
        if not any(map(str.isdigit, pair.original_text + pair.translated_text)):
            continue
        missing, extra = _differences(pair)
        if missing:
            instead = f", {_listed(extra)} instead" if extra else ""
            yield Finding("number", f"{_listed(missing)} missing{instead}{entry.quoted(pair)}", hint)
        elif extra:
            message = f"{_listed(extra)}, which the original does not say{entry.quoted(pair)}"
            yield Finding("number", message, hint)


def _listed(numbers: Sequence[str]) -> str:
    return ", ".join(numbers[:4]) + ("…" if len(numbers) > 4 else "")


def _differences(pair: Pair) -> tuple[list[str], list[str]]:
    """List the numbers that only the original says, and those that only the translation says."""
    original, translated = _plain(pair.original_text), _plain(pair.translated_text)
    readings = []
    for said in (_as_written, _scaled):
        here, there = said(original), said(translated)
        missing, extra = _without(here, there), _without(there, here)
        # Whatever separates digits: 0.1 is 0,1 elsewhere, and 10 000 is 10,000.
        if _digits(missing) == _digits(extra):
            return [], []
        said_otherwise = {number for number in set(missing) if is_said_elsewhere(number, translated)}
        missing = [number for number in missing if number not in said_otherwise]
        in_words = said_in_english(extra, original)
        extra = [number for number in extra if number not in in_words]
        readings.append((missing, extra))
    return min(readings, key=lambda reading: len(reading[0]) + len(reading[1]))


def _plain(text: str) -> str:
    """Spell digits of any script in ASCII."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def _as_written(text: str) -> list[str]:
    return [found.replace(",", "") for found in _NUMBER.findall(text)]


def _scaled(text: str) -> list[str]:
    """List the numbers, each multiplied by the unit behind it."""
    return _as_written(_SCALED.sub(_multiplied, text))


def _multiplied(found: re.Match[str]) -> str:
    unit = (found[2] or found[3] or found[4]).lower()
    value = Decimal(found[1].replace(",", "")).scaleb(_UNITS[unit])
    return f"{value.normalize():f} "


def _without(numbers: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the numbers that are not among the others, in order."""
    left = Counter(others)
    result = []
    for number in numbers:
        if left[number]:
            left[number] -= 1
        else:
            result.append(number)
    return result


def _digits(numbers: Sequence[str]) -> str:
    return "".join(numbers).replace(".", "")

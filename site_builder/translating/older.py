"""The lines of a fragment as its older versions translate them, where they stood there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

Said = tuple[str, str]
"""A line of an older version: its form, and its translation or nothing."""


def as_in_nearest(forms: Sequence[str], versions: Iterable[Sequence[Said]], enough: float) -> list[str]:
    """Translate lines as the nearest of some older versions do; empty where they say nothing.

    Nearest is what has most of the lines in order, at least `enough` of them, and is about as long. A line
    that stands elsewhere in it is translated as there. Of versions that are equally near, the most say it.
    """
    # With the usual limit on what occurs too often, for a table may have very many equal cells.
    matcher = SequenceMatcher(b=forms)
    aligned = [(_places(matcher, version), version) for version in versions]
    best = max((_nearness(forms, *one) for one in aligned), default=(0, 0))
    if best[0] < enough:
        return [""] * len(forms)
    nearest = [one for one in aligned if _nearness(forms, *one) == best]
    anywhere: dict[str, list[str]] = {}
    for form, translation in (said for _, version in nearest for said in version):
        anywhere.setdefault(form, []).append(translation)
    return [
        _most_frequent(version[places[at]][1] for places, version in nearest if at in places)
        or _most_frequent(anywhere.get(form, ()))
        for at, form in enumerate(forms)
    ]


def _places(matcher: SequenceMatcher[str], version: Sequence[Said]) -> dict[int, int]:
    """Say which line of an older version stands where one of the matcher's does."""
    matcher.set_seq1([form for form, _ in version])
    blocks = matcher.get_matching_blocks()
    return {line + more: other + more for other, line, size in blocks for more in range(size)}


def _nearness(forms: Sequence[str], places: Mapping[int, int], version: Sequence[Said]) -> tuple[int, int]:
    return len(places), -abs(len(version) - len(forms))


def _most_frequent(translations: Iterable[str]) -> str:
    found = Counter(filter(None, translations))
    return found.most_common(1)[0][0] if found else ""

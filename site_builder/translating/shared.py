"""The translation memory of a language: the lines of all its maps, found by what they say."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

from site_builder.fragment.lines import Line, carry, has_text
from site_builder.translating.older import Said, as_in_nearest
from site_builder.translating.pairs import Pair, forms_of, line_pairs

Entries = Iterable[tuple[str, str]]

MOST = 50
"""Maps that are asked what a line says, the first that have it: more of them would say the same."""

WORDLESS = "\n"
"""Stands for the lines of what has no words: no form holds a line break."""

_MOST_NEAR = 20  # A line that very many entries have tells nothing of an older version.
_MOST_ALIKE = 5  # Lines that are tried, for one of them may have no translation.


class Shared:
    """What the maps of one language say, together.

    `maps` holds the entries of each map by its name, in the order in which they are preferred; `former`
    are entries whose texts no source says any more. Of the maps that have a line, `MOST` at most are asked,
    and a page's own.
    """

    def __init__(self, maps: Mapping[str, Entries], former: Entries = ()) -> None:
        self._entries: list[tuple[str, str]] = []
        self._places = {name: self._add(entries) for name, entries in maps.items()}
        self._former = self._add(former)
        self._digest_of_former = repr(self._entries[self._former.start :]).encode()
        # Values are not looked at before they are wanted: that is most of the work.
        self._forms = [forms_of(key) for key, _ in self._entries]
        self._by_line: dict[str, list[int]] = {}
        maps_with = Counter[str]()
        for place in self._places.values():
            for form, numbers in self._lines_at(place).items():
                maps_with[form] += 1
                if maps_with[form] <= MOST:
                    self._by_line.setdefault(form, []).extend(numbers)
        for form, numbers in self._lines_at(self._former).items():
            self._by_line.setdefault(form, []).extend(numbers)
        self._own: tuple[str | None, Mapping[str, Sequence[int]]] = None, {}
        self._pairs: dict[int, tuple[Pair, ...]] = {}
        self._texts: dict[int, list[Said]] = {}
        self._common: dict[str, str | None] = {}
        self._lines: dict[range, _Lines] = {}

    def _add(self, entries: Entries) -> range:
        start = len(self._entries)
        self._entries += [entry for entry in entries if entry[1] and not entry[1].isspace()]
        return range(start, len(self._entries))

    def _lines_at(self, place: range) -> dict[str, list[int]]:
        """Return the entries that have a line, by its form; or by WORDLESS."""
        found: dict[str, list[int]] = {}
        for number in place:
            for form in dict.fromkeys(self._forms[number]) or (WORDLESS,):
                found.setdefault(form, []).append(number)
        return found

    def entries(self, own: str) -> dict[str, str]:
        """Return the entries of one map that have a translation."""
        place = self._places.get(own, range(0))
        return dict(self._entries[place.start : place.stop])

    def fragment(self, forms: Sequence[str], own: str) -> tuple[str, str] | None:
        """Return the entry of a fragment whose lines have these forms.

        The own map's comes first, then the most frequent translation, then the first.
        """
        wanted = tuple(forms)
        mine, numbers = self._saying(wanted, self._own_lines(own)), self._saying(wanted, self._by_line)
        mine = mine or self._not_former(numbers) or numbers
        if not mine:
            return None
        [(best, _)] = Counter(self._entries[number][1] for number in mine).most_common(1)
        return next(self._entries[number] for number in mine if self._entries[number][1] == best)

    def _saying(self, forms: tuple[str, ...], lines: Mapping[str, Sequence[int]]) -> list[int]:
        """List the entries with just these lines."""
        found = {number for form in forms or (WORDLESS,) for number in lines.get(form, ())}
        return sorted(number for number in found if self._forms[number] == forms)

    def near(self, forms: Sequence[str], own: str) -> list[tuple[str, str]]:
        """Translate the lines of a fragment as its older versions do, where they stood there.

        `forms` are those of all its lines with text, in order. Each line as the own map's entries say it, and
        as others do that have half of the lines; with the placeholders of its form, or empty.
        """
        lines, own_lines = self._by_line, self._own_lines(own)
        counts = Counter(
            number for form in set(forms) for number in {*lines.get(form, ()), *own_lines.get(form, ())}
        )
        place = self._places.get(own, range(0))
        mine = [number for number in counts if number in place]
        others = counts.keys() - mine
        return [
            *zip(
                as_in_nearest(forms, self._with_most(mine, counts), 1),
                as_in_nearest(forms, self._with_most(others, counts), len(forms) / 2),
                strict=True,
            )
        ]

    def _with_most(self, numbers: Collection[int], counts: Mapping[int, int]) -> list[list[Said]]:
        """Return the lines of those entries that have most of the lines that were counted."""
        most = max((counts[number] for number in numbers), default=0)
        best = [number for number in sorted(numbers) if counts[number] == most]
        return [self._said(number) for number in best[:_MOST_NEAR]]

    def about(self, forms: Iterable[str], own: str) -> Iterator[bytes]:
        """Yield all that can decide what is said of lines of these forms, besides the own map."""
        numbers = {number for form in forms for number in self._by_line.get(form, ())}
        numbers.difference_update(self._places.get(own, ()))
        yield from (part.encode() for number in sorted(numbers) for part in self._entries[number])
        # What is like a line, but not the same, is looked for among these.
        yield self._digest_of_former

    def line(self, form: str, own: str, near: str = "") -> str | None:
        """Return the translation of a line, chosen as above, with the placeholders of the form.

        Unless the own map says it, that is `near`, if there is one.
        """
        mine = self._own_lines(own).get(form)
        found = self._most_frequent(form, mine) if mine else None
        if found is None and near:
            return near
        if found is None and (numbers := self._by_line.get(form)):
            if form not in self._common:
                common = self._most_frequent(form, self._not_former(numbers))
                self._common[form] = self._most_frequent(form, numbers) if common is None else common
            found = self._common[form]
        return found

    def similar(
        self, form: str, own: str, similarity: float, said: Container[str] = frozenset()
    ) -> Pair | None:
        """Return the line that is most like `form`, of those in the own map or said by no source any more.

        None of `said` is meant: those are lines that the page has besides.
        """
        found: list[tuple[float, Pair]] = []
        for place in (self._places.get(own, range(0)), self._former):
            for score, known, number in self._lines_in(place).alike(form, similarity):
                pairs = self._pairs_of(number, known) if known not in said else []
                if pairs:
                    found.append((score, pairs[0]))
                    break
        return max(found, key=lambda one: one[0])[1] if found else None

    def _not_former(self, numbers: Iterable[int]) -> list[int]:
        return [number for number in numbers if number not in self._former]

    def _own_lines(self, own: str) -> Mapping[str, Sequence[int]]:
        """Return the entries of one map by the forms of their lines, also those that many others have."""
        if self._own[0] != own:
            self._own = own, self._lines_at(self._places.get(own, range(0)))
        return self._own[1]

    def _most_frequent(self, form: str, numbers: Iterable[int]) -> str | None:
        found = Counter(
            carried
            for number in dict.fromkeys(numbers)
            for pair in self._pairs_of(number, form)
            if (carried := _unplaced(pair)) is not None
        )
        return found.most_common(1)[0][0] if found else None

    def _pairs_of(self, number: int, form: str) -> list[Pair]:
        """Return the lines of an entry that have a form and a translation."""
        if number not in self._pairs:
            self._pairs[number] = line_pairs(*self._entries[number]) or ()
        pairs, forms = self._pairs[number], self._forms[number]
        if len(pairs) == len(forms):  # They were read already.
            return [pair for pair, own in zip(pairs, forms, strict=True) if own == form and pair.translation]
        return [pair for pair in pairs if pair.translation and pair.line.form == form]

    def _said(self, number: int) -> list[Said]:
        """Return all that an entry says, lines without words too."""
        if number not in self._texts:
            pairs = line_pairs(*self._entries[number], has_text) or ()
            self._texts[number] = [(pair.line.form, _unplaced(pair) or "") for pair in pairs]
        return self._texts[number]

    def _lines_in(self, place: range) -> "_Lines":
        if place not in self._lines:
            self._lines[place] = _Lines([(form, number) for number in place for form in self._forms[number]])
        return self._lines[place]


class _Lines:
    """The lines of a map, to be found by likeness."""

    def __init__(self, lines: Iterable[tuple[str, int]]) -> None:
        self._lines = sorted(lines, key=lambda line: len(line[0]))
        self._forms = [form for form, _ in self._lines]
        self._lengths = [len(form) for form in self._forms]

    def alike(self, form: str, similarity: float) -> Iterator[tuple[float, str, int]]:
        """Give the lines most like `form`, the best first: likeness, form, number of the entry."""
        # What is much longer or shorter cannot be alike.
        start = bisect_left(self._lengths, len(form) * similarity / (2 - similarity))
        stop = bisect_right(self._lengths, len(form) * (2 - similarity) / similarity)
        if start == stop:
            return
        from rapidfuzz.fuzz import ratio  # noqa: PLC0415 - Most builds need not import it.
        from rapidfuzz.process import extract  # noqa: PLC0415

        near = self._forms[start:stop]
        for known, score, at in extract(
            form, near, scorer=ratio, score_cutoff=100 * similarity, limit=_MOST_ALIKE
        ):
            yield score, known, self._lines[start + at][1]


def _unplaced(pair: Pair) -> str | None:
    """Return the translation of a line with the placeholders of its form."""
    line = pair.line
    return carry(pair.translation, line, _numbered(line))


def _numbered(line: Line) -> Line:
    """Return a line whose placeholders and links have the numbers of its form."""
    return Line(line.form, tuple(range(len(line.numbers))), tuple(map(str, range(len(line.targets)))))


def placed(translation: str, line: Line) -> str | None:
    """Make a translation that `Shared.line` returned that of `line`."""
    return carry(translation, _numbered(line), line)

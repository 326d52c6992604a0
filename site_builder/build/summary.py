"""What all pages of a site amount to, found in one pass: that over many pages is not for free."""

from collections.abc import Mapping
from dataclasses import dataclass

from site_builder.build.digests import Digest
from site_builder.build.pages import Written
from site_builder.errors import Problem
from site_builder.writing.search import FORMAT


@dataclass(frozen=True, slots=True)
class Summary:
    """The pages of a site, added up."""

    pages: int
    """In all languages together."""
    coverage: Mapping[str, float]
    """Share of the words that are shown in each of the other languages, 0 to 1."""
    problems: tuple[Problem, ...]
    assets: frozenset[str]
    """The files beside the sources that they show or link to."""
    said: frozenset[str]
    """The languages in which something is said."""
    listed: bytes
    """Digest of all that lists of pages tell."""
    statuses: bytes
    """Digest of how much each language has of each page."""
    versions: Mapping[str, str]
    """The version of each corpus of the search: what its texts, and their order, amount to."""


def summarize(written: Written) -> Summary:
    """Add up the pages of a site."""
    frame = written.frame
    pages = words = 0
    shown = dict.fromkeys(written.writing.inputs.languages[1:], 0.0)
    problems: list[Problem] = []
    assets, said = set[str](), set[str]()
    listed, statuses = Digest(*frame.digests.values()), Digest(*frame.digests.values())
    texts: dict[str, Digest] = {}
    for page in written.each():
        pages += len(page.coverage)
        words += page.words
        for tag in shown:
            shown[tag] += page.words * page.coverage.get(tag, 0)
        problems += page.problems
        assets.update(page.assets)
        said.update(page.indexed)
        told = repr((sorted(page.indexed), sorted(page.descriptions.items())))
        listed.add(page.url.encode(), told.encode("utf-8", "surrogatepass"), frame.entries.digest(page.url))
        statuses.add(page.statuses)
        for corpus, text in page.texts.items():
            texts.setdefault(corpus, Digest(FORMAT)).add(page.url.encode(), text)
    return Summary(
        pages,
        {tag: total / max(1, words) for tag, total in shown.items()},
        tuple(problems),
        frozenset(assets),
        frozenset(said),
        listed.value(),
        statuses.value(),
        {corpus: whole.value()[:8].hex() for corpus, whole in texts.items()},
    )

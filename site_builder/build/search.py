"""The search of a site: which of its corpora are to be indexed again, and the files of all of them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from site_builder.build.digests import digest
from site_builder.build.stage import Stage
from site_builder.build.writing import Rendering
from site_builder.writing.search import (
    CODE,
    FORMAT,
    Corpus,
    edit_shards,
    make_manifest,
    make_shards,
    page_files,
    shard_path,
    text_path,
)


@dataclass(frozen=True, slots=True)
class Indexing:
    """All that indexing a corpus needs."""

    stage: Stage
    urls: tuple[str, ...]
    """In the order of the site: their places are the numbers of the pages."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Of the corpora on disk of which only the texts of some pages have changed."""
    changed: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    """The numbers and URLs of those pages, by corpus; not where they are too many to change only them."""


def plan(
    stage: Stage,
    urls: Sequence[str],
    known: tuple[Mapping[str, Corpus], Mapping[str, Rendering]],
    renderings: Mapping[str, Rendering],
    foreign: Collection[str],
) -> Indexing:
    """Say what of each corpus has changed since it was indexed with the `known` renderings.

    That can be told only by a stage that still has what was published then.
    """
    corpora, before = known
    if list(before) != list(urls) or not stage.waits:
        return Indexing(stage, tuple(urls))
    sizes = {
        name: corpus.size
        for name, corpus in corpora.items()
        if not any(shard_path(name, number) in foreign for number in range(corpus.shards))
    }
    changed = {name: _changed(name, before, renderings, urls) for name in sizes}
    return Indexing(
        stage, tuple(urls), sizes, {name: few for name, few in changed.items() if len(few) <= _FEW}
    )


def _changed(
    corpus: str, before: Mapping[str, Rendering], now: Mapping[str, Rendering], urls: Sequence[str]
) -> list[tuple[int, str]]:
    """Return the pages whose text has changed; of many, a few."""
    changed = (
        (number, url)
        for number, url in enumerate(urls)
        if before[url].texts.get(corpus) != now[url].texts.get(corpus)
    )
    return [*islice(changed, _FEW + 1)]


def index(indexing: Indexing, corpus: str) -> int:
    """Write the shards of a corpus that are not as they were, and return the size of all."""
    stage = indexing.stage
    size, pages = indexing.sizes.get(corpus, 0), indexing.changed.get(corpus)
    if size and pages is not None:
        texts = ((number, text_path(corpus, url)) for number, url in pages)
        changed = ((number, stage.published(path), stage.read(path)) for number, path in texts)
        if edited := edit_shards(corpus, size, changed, stage.published, stage.write):
            return edited
    return make_shards(corpus, indexing.urls, stage.read, stage.write)


_FEW = 16  # Pages: of more, nearly all shards change.


def versions(renderings: Mapping[str, Rendering], urls: Sequence[str]) -> dict[str, str]:
    """Return the version of each corpus: what its texts, and their order, amount to."""
    corpora = renderings[urls[0]].texts if urls else ()
    return {corpus: _version(renderings, urls, corpus) for corpus in corpora}


def _version(renderings: Mapping[str, Rendering], urls: Sequence[str], corpus: str) -> str:
    texts = (part for url in urls for part in (url.encode(), renderings[url].texts[corpus]))
    return digest(FORMAT, *texts)[:8].hex()


def search_files(
    urls: Sequence[str], corpora: Mapping[str, Corpus], write: Callable[[str, bytes], object]
) -> Iterator[str]:
    """Write what belongs to no page and no shard; yield the path of every file of the search."""
    made: Iterable[tuple[str, bytes]] = page_files(urls)
    manifest = partial(make_manifest, pages=len(urls), code=corpora[CODE])
    manifests = (manifest(tag, prose=corpora[tag]) for tag in sorted(corpora.keys() - {CODE}))
    for path, content in (*made, *manifests):
        write(path, content)
        yield path
    for name, corpus in corpora.items():
        yield from (shard_path(name, number) for number in range(corpus.shards))
        yield from (text_path(name, url) for url in urls)

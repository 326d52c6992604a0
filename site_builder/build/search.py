"""The search of a site: which of its corpora are to be indexed again, and the files of all of them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from site_builder.build.digests import digest
from site_builder.build.publish import Stage
from site_builder.build.writing import Rendering
from site_builder.writing.search import (
    CODE,
    FORMAT,
    Corpus,
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

    def kept(
        self, known: Mapping[str, Corpus], wanted: Mapping[str, str], foreign: Collection[str]
    ) -> dict[str, Corpus]:
        """Return the corpora that are on disk in the version that is wanted, with no `foreign` shard."""
        return {
            name: corpus
            for name, corpus in known.items()
            if wanted.get(name) == corpus.version
            and not any(shard_path(name, number) in foreign for number in range(corpus.shards))
        }


def index(indexing: Indexing, corpus: str) -> int:
    """Write the shards of a corpus, and return how many they are."""
    return make_shards(corpus, indexing.urls, indexing.stage.read, indexing.stage.write)


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

"""The search of a site: which of its corpora are to be indexed again, and the files of all of them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

from site_builder.build.known import Before
from site_builder.build.pages import Job, Written, urls_digest
from site_builder.build.pool import Failure
from site_builder.build.stage import Stage
from site_builder.writing.search import (
    CODE,
    Corpus,
    edit_shards,
    make_manifest,
    make_shards,
    page_files,
    shard_count,
    shard_path,
    text_path,
)


@dataclass(frozen=True, slots=True)
class Indexing:
    """All that indexing a corpus needs."""

    stage: Stage
    lines: bytes
    """The URLs of all pages, a line each: their places are the numbers of the pages.

    Of many strings that a worker inherits, it would have to copy each that it uses.
    """
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Of the corpora on disk of which only the texts of some pages have changed."""
    changed: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    """The numbers and URLs of those pages, by corpus; not where they are too many to change only them."""

    def urls(self) -> Iterator[str]:
        """Yield the URLs of all pages."""
        return (line.decode().rstrip("\n") for line in BytesIO(self.lines))


def plan(
    stage: Stage,
    urls: Sequence[str],
    known: Mapping[str, Corpus],
    retold: Mapping[str, Collection[str] | None],
    before: Before,
) -> Indexing:
    """Say what of each corpus has changed since it was indexed: the texts of the `retold` pages.

    That can be told only by a stage that still has what was published then. `known` are the corpora that
    were indexed with the same URLs.
    """
    lines = "\n".join(urls).encode()
    if not stage.waits:
        return Indexing(stage, lines)
    sizes = {
        name: corpus.size
        for name, corpus in known.items()
        if not any(shard_path(name, number) in before.foreign for number in range(corpus.shards))
    }
    few = {
        name: found for name in sizes if (found := retold.get(name, ())) is not None and len(found) <= _FEW
    }
    changed = {name: [(number, url) for number, url in enumerate(urls) if url in few[name]] for name in few}
    return Indexing(stage, lines, sizes, changed)


def index(indexing: Indexing, corpus: str) -> int:
    """Write the shards of a corpus that are not as they were, and return the size of all."""
    stage = indexing.stage
    size, pages = indexing.sizes.get(corpus, 0), indexing.changed.get(corpus)
    if size and pages is not None:
        texts = ((number, text_path(corpus, url)) for number, url in pages)
        changed = ((number, stage.published(path), stage.read(path)) for number, path in texts)
        if edited := edit_shards(corpus, size, changed, stage.published, stage.write):
            return edited
    return make_shards(corpus, indexing.urls(), stage.read, stage.write)


_FEW = 16  # Pages: of more, nearly all shards change.


def index_texts(written: Written, wanted: Mapping[str, str], job: Job) -> dict[str, Corpus]:
    """Index what can be searched and is not as it was; `wanted` is the version of each corpus."""
    if not written.writing.site.config.search:
        return {}
    urls, known = written.urls, written.published.corpora
    is_same_order = written.published.urls == urls_digest(urls)
    indexing = plan(job.stage, urls, known if is_same_order else {}, written.retold, job.before)
    corpora = {
        name: corpus
        for name, corpus in known.items()
        if name in indexing.sizes and wanted.get(name) == corpus.version
    }
    stale = [name for name in wanted if name not in corpora]
    job.work.total += len(stale)
    for name, size in job.work.each(index, stale, indexing, str, _LONG):
        if isinstance(size, Failure):
            raise RuntimeError(f"the search could not be indexed: {size.message}")
        corpora[name] = Corpus(shard_count(size), wanted[name], size)
    return corpora


_LONG = 3600.0  # Seconds: a hundred thousand pages take some minutes.


def search_files(
    urls: Sequence[str], corpora: Mapping[str, Corpus], write: Callable[[str, bytes], object]
) -> Iterator[str]:
    """Write what belongs to no page and no shard; yield the path of every file that belongs to no page."""
    made: Iterable[tuple[str, bytes]] = page_files(urls)
    manifest = partial(make_manifest, pages=len(urls), code=corpora[CODE])
    manifests = (manifest(tag, prose=corpora[tag]) for tag in sorted(corpora.keys() - {CODE}))
    for path, content in (*made, *manifests):
        write(path, content)
        yield path
    for name, corpus in corpora.items():
        yield from (shard_path(name, number) for number in range(corpus.shards))

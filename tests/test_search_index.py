"""The index of the search, made in memory, in files and by edits: always what the plainest code makes."""

import json
from contextlib import ExitStack
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.writing.search import dealing, edit_shards, make_shards, postings, shard_count
from site_builder.writing.search.shards import terms_of
from site_builder.writing.search.terms import places, shard_of

Shards = dict[str, bytes]

LETTERS = "abcdeXYZ_019 .,-(éΣςßſﬁ…ｶﾞか゛がパ正規化，。한글\u0301\u3099\u200b\n𠮷طَبَقَة١"
texts = st.text(st.one_of(st.sampled_from(LETTERS), st.characters(codec="utf-8")), max_size=60)
words = st.lists(
    st.sampled_from(["norm", "batch", "layer_norm", "x", "正規化", "self", "a" * 70, "µ"]), max_size=12
)
said = st.one_of(texts, words.map(" ".join))


def page(title: str, heading: str, text: str) -> bytes:
    content = {"title": title, "about": "", "parts": [[0, "", heading, text]]}
    return json.dumps(content, ensure_ascii=False).encode()


pages = st.builds(page, said, said, said)


def slowly_made(corpus: str, contents: list[bytes]) -> Shards:
    """Make the shards of pages in the plainest way."""
    kinds: tuple[dict[str, dict[int, int]], ...] = ({}, {})
    for number, content in enumerate(contents):
        terms = terms_of(content)
        for lists, found in zip(kinds, (terms.words, terms.grams), strict=True):
            for term, weight in found.items():
                lists.setdefault(term, {})[number] = weight
    entries = [
        {
            term: [
                (number - before) * 4 + weights[number] for before, number in pairwise((-1, *sorted(weights)))
            ]
            for term, weights in sorted(lists.items())
        }
        for lists in kinds
    ]
    lengths = [{term: len(dumped(steps)) - 2 for term, steps in lists.items()} for lists in entries]
    size = sum((length + len(word) + 5) * max(1, len(word) - 2) for word, length in lengths[0].items())
    size += sum(length + 7 for length in lengths[1].values())
    count = shard_count(size)
    return {
        f"_site/search/{corpus}/{number}.json": b'{"words":%b,\n"grams":%b}\n'
        % tuple(
            dumped(
                {
                    term: steps
                    for term, steps in lists.items()
                    if number in {shard_of(key, count) for key in places(term)}
                }
            )
            for lists in entries
        )
        for number in range(count)
    }


def dumped(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def made(contents: list[bytes], **room: int) -> tuple[int, Shards]:
    shards: Shards = {}
    urls = [str(number) for number in range(len(contents))]
    texts = {f"_site/search/en/text/{url}.json": content for url, content in zip(urls, contents, strict=True)}
    return make_shards("en", urls, texts.__getitem__, shards.__setitem__, **room), shards


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few pages be as many as hundred thousands."""
    monkeypatch.setattr("site_builder.writing.search.shards._SHARD", 200)
    monkeypatch.setattr(postings, "_MOST_RUNS", 3)
    monkeypatch.setattr(postings, "_TOGETHER", 300)
    monkeypatch.setattr(dealing, "_TOGETHER", 2)
    monkeypatch.setattr(dealing, "_MOST_FILES", 4)
    monkeypatch.setattr(dealing, "_KNOWN", 20)


@given(st.lists(pages, max_size=8), st.sampled_from([0, 2000, 10_000]))
def test_shards_in_files_are_those_in_memory(contents: list[bytes], room: int) -> None:
    in_memory = made(contents)
    assert in_memory[1] == slowly_made("en", contents)
    assert made(contents, room=room) == in_memory


def test_what_is_too_much_for_the_memory_goes_through_files(monkeypatch: pytest.MonkeyPatch) -> None:
    spilled: list[int] = []
    open_files: list[int] = []
    write = postings.Postings.spill

    def spill(self: postings.Postings) -> None:
        spilled.append(self.room)
        write(self)
        open_files.append(len(self.runs))

    monkeypatch.setattr(postings.Postings, "spill", spill)
    contents = [page("Title", f"Heading {number}", "batch norm " * number) for number in range(20)]
    assert made(contents)[1] == slowly_made("en", contents)
    assert spilled == []
    room = 12_000
    assert made(contents, room=room)[1] == slowly_made("en", contents)
    assert len(spilled) > 2 * 3
    assert max(spilled) < 2 * room
    assert max(open_files) < 3


@given(st.lists(pages, min_size=1, max_size=5), st.data())
def test_shards_that_are_edited_are_those_made_anew(contents: list[bytes], data: st.DataObject) -> None:
    numbers = data.draw(st.sets(st.integers(0, len(contents) - 1), max_size=3))
    after = [data.draw(pages) if number in numbers else content for number, content in enumerate(contents)]
    changed = [(number, contents[number], after[number]) for number in sorted(numbers)]
    with pytest.MonkeyPatch.context() as patch:
        # Smaller ones are more, and another number of them with most edits.
        patch.setattr("site_builder.writing.search.shards._SHARD", data.draw(st.sampled_from([200, 2000])))
        size, shards = made(contents)
        anew_size, anew = made(after)
        written: Shards = {}
        edited = edit_shards("en", size, changed, shards.__getitem__, written.__setitem__)
        if shard_count(size) == shard_count(anew_size):
            assert (edited, {**shards, **written}) == (anew_size, anew)
            assert all(shards[path] != content for path, content in written.items())
        else:
            assert edited == 0


@given(st.lists(st.tuples(st.text(), st.binary(max_size=200))))
def test_records_are_read_as_they_were_written(written: list[tuple[str, bytes]]) -> None:
    with ExitStack() as files:
        records = postings.Records[str](files)
        for record in written:
            records.append(record)
        assert list(records) == written


@given(st.dictionaries(st.integers(0, 100_000), st.integers(0, 3), min_size=1))
def test_pages_are_what_was_encoded(weights: dict[int, int]) -> None:
    numbers = [page * 4 + weights[page] for page in sorted(weights)]
    assert list(postings.decoded(json.loads(f"[{postings.encoded(numbers)}]"))) == numbers

"""A page is told by the few maps that have any of its lines: they say what all maps together say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.build import Pages, build
from site_builder.build import marks as marks_module
from site_builder.build.marks import Marks, marks_said, marks_wanted, relatives
from site_builder.config import load_config
from site_builder.site import Site
from site_builder.site.memories import load_shared
from site_builder.translating import shared as shared_module
from site_builder.translating.pairs import forms_of
from site_builder.translating.shared import WORDLESS, Shared

LINES = ["One word", "Two words", "Three words", "Four", "5"]

fragments = st.lists(st.sampled_from(LINES), min_size=1, max_size=3).map(
    lambda lines: "".join(f"<p>{line}</p>" for line in lines)
)
translations = st.sampled_from(["い", "ろ", "は"])


@st.composite
def maps(draw: st.DrawFn) -> dict[str, list[tuple[str, str]]]:
    """Make the maps of a language, some of which say nothing of some lines."""

    def entry() -> tuple[str, str]:
        key = draw(fragments)
        told = draw(translations) if draw(st.booleans()) else ""
        return key, key.replace("word", told) if told else ""

    return {name: [entry() for _ in range(draw(st.integers(0, 3)))] for name in "abcdefg"}


def few(maps: Mapping[str, Sequence[tuple[str, str]]], page: str, own: str) -> Shared:
    """Return what is loaded for a page that is wanting."""
    marks = {name: Marks({"ja": marks_said(dict(entries))}) for name, entries in maps.items()}
    marks[own] = Marks(marks[own].said, marks_wanted(forms_of(page) or (WORDLESS,)))
    found = relatives({own: marks[own]}, sorted(marks.items())).get("ja", frozenset())
    return Shared({name: list(dict(maps[name]).items()) for name in sorted(found)})


@given(maps(), st.lists(fragments, min_size=1, max_size=3).map("".join), st.sampled_from("adg"))
@pytest.mark.parametrize("most", [1, 2, 50])
def test_few_maps_say_what_all_say(
    most: int, maps: dict[str, list[tuple[str, str]]], page: str, own: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (marks_module, shared_module):
            patch.setattr(module, "MOST", most)
        some, whole = (
            few(maps, page, own),
            Shared({name: list(dict(entries).items()) for name, entries in maps.items()}),
        )
        forms = forms_of(page) or (WORDLESS,)
        assert some.entries(own) == whole.entries(own)
        assert some.near(forms, own) == whole.near(forms, own)
        assert some.fragment(forms_of(page), own) == whole.fragment(forms_of(page), own)
        assert [*some.about(forms, own)] == [*whole.about(forms, own)]
        for form in forms:
            assert some.line(form, own) == whole.line(form, own)
            assert some.fragment([form], own) == whole.fragment([form], own)
            assert some.similar(f"{form}s", own, 0.5) == whole.similar(f"{form}s", own, 0.5)


def test_of_very_many_maps_the_first_say_what_a_line_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_module, "MOST", 2)
    shared = Shared(
        {
            name: [("<p>One word</p>", f"<p>{said}</p>")]
            for name, said in zip("abcd", "いろはは", strict=True)
        },
        [("<p>One word</p>", "<p>former</p>")],
    )
    assert shared.line("One word", "z") == "い"
    assert shared.line("One word", "d") == "は"  # Its own.
    assert shared.fragment(["One word"], "d") == ("<p>One word</p>", "<p>は</p>")


def test_an_edit_loads_the_maps_that_it_has_to_do_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site-builder.toml").write_text('source = "src"\n')
    for name in "abcd":
        (tmp_path / "src").mkdir(exist_ok=True)
        (tmp_path / "src" / f"{name}.md").write_text(f"# Title {name}\n\nThe words of {name}.\n")
        (tmp_path / "translations").mkdir(exist_ok=True)
        (tmp_path / "translations" / f"{name}.ja.json").write_text(
            f'{{"<h1>Title {name}</h1>\\n<p>The words of {name}. </p>\\n":'
            f' "<h1>題{name}</h1>\\n<p>{name}の言葉。</p>\\n"}}'
        )
    loaded: list[set[str]] = []

    def load(site: Site, language: str, sources: frozenset[str]) -> Shared:
        loaded.append(set(sources))
        return load_shared(site, language, sources)

    monkeypatch.setattr("site_builder.build.steps.load_shared", load)
    config, pages = load_config(tmp_path), Pages()
    build(config, pages=pages)
    assert loaded == []
    with (tmp_path / "src" / "a.md").open("a") as file:
        file.write("\nThe words of c.\n")
    build(config, pages=pages)
    assert loaded == [{"a.md", "c.md"}]
    assert "cの言葉。" in (tmp_path / "public" / "ja" / "a.html").read_text()
    text = (tmp_path / "src" / "a.md").read_text()
    (tmp_path / "src" / "a.md").write_text(text.replace("words of c", "words of nobody"))
    build(config, pages=pages)
    assert len(loaded) == 1  # Less is wanted than is at hand.

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.site.upkeep import prune, sync


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "translations").mkdir()
    return tmp_path


def config(folder: Path, **settings: object) -> Config:
    return load_config(folder, **settings)


def say(folder: Path, name: str, *paragraphs: str) -> None:
    """Write a source, each of whose sections says one paragraph; lines in one are lines of a section."""
    sections = [paragraph.replace("\n", "\n#\n# ") for paragraph in paragraphs]
    text = "".join(f"# {section}\nx = {number}\n\n" for number, section in enumerate(sections))
    (folder / "src" / name).write_text(text)


def read(folder: Path, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "translations" / name).read_text("utf-8"))
    return found


def write(folder: Path, name: str, entries: object) -> Path:
    file = folder / "translations" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(entries, ensure_ascii=False, indent=1), "utf-8")
    return file


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- What the page says --------------------------------------------------------------------------


def test_what_the_page_says_stays_byte_for_byte(folder: Path) -> None:
    say(folder, "a.py", "Some text", "It's *new*", "$x$ = 1")
    file = folder / "translations" / "a.ja.json"
    # Spelled otherwise, damaged, untranslated, without words: all of it is the translator's.
    file.write_bytes(
        b'{"<p>Some  text</p>": "<p>\\u6587",\n\n'
        b'"<p>It&#x27;s <em>new</em></p>":"<p>It&#x27;s <em>new</em></p>" ,\r\n'
        b'"<p> <span translate=no>_^_0_^_</span> = 1 </p>": "<p>x</p>"  }'
    )
    before = file.read_bytes()
    synced = sync(config(folder))
    assert file.read_bytes() == before
    assert (synced.written, synced.removed, synced.kept) == ((), (), 3)


def test_a_title_is_not_the_heading_of_the_same_words(folder: Path) -> None:
    (folder / "src" / "a.md").write_text("---\ntitle: Some text\n---\n\n# Some text\n\n# PyTorch\n")
    write(folder, "a.ja.json", {"<h1>Some text</h1>\n<h1>PyTorch</h1>\n": ""})
    sync(config(folder))
    assert read(folder, "a.ja.json") == {"<h1>Some text</h1>\n<h1>PyTorch</h1>\n": "", "Some text": ""}


def test_an_empty_one_is_filled_if_memory_has_all_of_it(folder: Path) -> None:
    say(folder, "a.py", "Some text", "Some text\nNot known", "Not known")
    entries = {
        "<p>Some text </p>\n": "",
        "<p>Some text</p>\n<p>Not known </p>\n": "",
        "<p>Not known </p>\n": " ",
    }
    write(folder, "a.ja.json", entries)
    write(folder, "b.ja.json", {"<p>Some text</p>": "<p>文</p>"})
    say(folder, "b.py", "Some text")
    synced = sync(config(folder))
    assert read(folder, "a.ja.json") == {**entries, "<p>Some text </p>\n": "<p>文</p>"}
    assert (synced.kept, synced.filled, synced.partial, synced.empty) == (1, 1, 0, 2)


def test_a_new_text_has_what_memory_knows(folder: Path) -> None:
    say(folder, "a.py", "Some text", "Some text\nNot known", "Nothing of it")
    write(folder, "b.ja.json", {"<p>Some text</p>": "<p>文</p>"})
    say(folder, "b.py", "Some text")
    synced = sync(config(folder))
    assert read(folder, "a.ja.json") == {
        "<p>Some text </p>\n": "<p>文</p>",
        "<p>Some text</p>\n<p>Not known </p>\n": "<p>文</p>\n<p>Not known </p>\n",
        "<p>Nothing of it </p>\n": "",
    }
    assert (synced.kept, synced.filled, synced.partial, synced.empty) == (1, 1, 1, 1)


def test_a_line_that_is_right_as_it_is_is_not_left_in_a_translation(folder: Path) -> None:
    """Left there, it would be taken for translated."""
    say(folder, "a.py", "Some text\nPyTorch")
    write(folder, "b.ja.json", {"<p>Some text</p>": "<p>文</p>"})
    say(folder, "b.py", "Some text")
    sync(config(folder))
    assert read(folder, "a.ja.json") == {"<p>Some text</p>\n<p>PyTorch </p>\n": ""}


def test_an_outdated_line_stays_in_english_and_outdated(folder: Path) -> None:
    old, new = "<p>Some text</p>\n<p>The mean of each </p>\n", "<p>Some text</p>\n<p>The mean of all </p>\n"
    write(folder, "a.ja.json", {old: "<p>文</p>\n<p>平均 </p>\n"})
    say(folder, "a.py", "Some text\nThe mean of all")
    sync(config(folder))
    assert read(folder, "a.ja.json") == {new: "<p>文</p>\n<p>The mean of all </p>\n"}
    assert read(folder, "attic/ja.json") == {old: ["<p>文</p>\n<p>平均 </p>\n"]}


def table(*rows: str) -> str:
    """Cells are parted by bars, the first row is the head."""
    head, *body = ("".join(f"<td>{cell}</td>" for cell in row.split("|")) for row in rows)
    rest = "".join(f"<tr>{row}</tr>" for row in body)
    return f"<table><thead><tr>{head.replace('td>', 'th>')}</tr></thead><tbody>{rest}</tbody></table>\n"


@pytest.mark.parametrize(
    ("edited", "arabic"), [("Errors of each", "أخطاء"), ("Layer norm", "تطبيع"), ("Three seeds", "بذور")]
)
def test_the_cells_of_a_table_stay_as_they_were_translated(folder: Path, edited: str, arabic: str) -> None:
    """Whichever line beside them was edited: isolates, spaces and decimals are the translator's."""
    head, *rows = ["Layer|2|8", "Layer norm|1.29 ± 0.22|58.28 ± 6.54", "Layer|1.5 %|Three seeds"]
    bars = "\n".join(f"|{row}|" for row in (head, "-|-|-", *rows))
    source = f"# Errors of each\n\n{bars}\n"
    (folder / "src" / "a.md").write_text(source.replace(edited, "Something new"))
    old = "<h1>Errors of each</h1>\n" + table(head, *rows)
    translation = "<h1>أخطاء</h1>\n" + table(
        "الطبقة|٢|٨", "تطبيع|\u20661.29 ± 0.22\u2069|58,28\u00a0±\u00a06,54", "طبقة|1,5\u00a0%|بذور"
    )
    write(folder, "a.ar.json", {old: translation})
    synced = sync(config(folder))
    new = old.replace(edited, "Something new")
    assert read(folder, "a.ar.json") == {new: translation.replace(arabic, "Something new")}
    assert (synced.partial, synced.moved) == (1, 1)
    assert sync(config(folder)).written == ()


def test_what_was_edited_into_something_known_is_whole_with_its_numbers(folder: Path) -> None:
    old, more = "<h1>Errors</h1>\n" + table("Layer|2", "Layer|8"), "<p>More of it </p>\n"
    write(
        folder, "a.ar.json", {old: "<h1>أخطاء</h1>\n" + table("الطبقة|٢", "طبقة|٨"), more: "<p>المزيد </p>\n"}
    )
    (folder / "src" / "a.md").write_text("# More of it\n\n|Layer|2|\n|-|-|\n|Layer|8|\n")
    synced = sync(config(folder))
    new = "<h1>More of it</h1>\n" + table("Layer|2", "Layer|8")
    assert read(folder, "a.ar.json") == {new: "<h1>المزيد</h1>\n" + table("الطبقة|٢", "طبقة|٨")}
    assert (synced.filled, synced.partial) == (1, 0)


# --- What no page says ---------------------------------------------------------------------------


def test_what_no_page_says_goes_to_the_attic(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    write(
        folder,
        "a.ja.json",
        {"<p>Gone</p>": "<p>無</p>", "<p>Gone too</p>": "", "<p>Some text</p>": "<p>文</p>"},
    )
    write(folder, "attic/ja.json", {"<p>Gone</p>": ["<p>去</p>"]})
    synced = sync(config(folder))
    assert read(folder, "a.ja.json") == {"<p>Some text</p>": "<p>文</p>"}
    assert read(folder, "attic/ja.json") == {"<p>Gone</p>": ["<p>去</p>", "<p>無</p>"]}
    assert synced.moved == 1


def test_it_comes_back_when_a_page_says_it_again(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    write(folder, "a.ja.json", {"<p>Gone</p>": "<p>無</p>"})
    sync(config(folder), force=True)
    say(folder, "a.py", "Gone")
    sync(config(folder), force=True)
    assert read(folder, "a.ja.json") == {"<p>Gone </p>\n": "<p>無</p>"}


def test_a_map_without_a_source_goes_to_the_attic(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    gone = write(folder, "sub/c.ja.json", {"<p>Gone</p>": "<p>無</p>", "<p>Some text</p>": ""})
    synced = sync(config(folder), force=True)
    assert synced.removed == (gone,)
    assert not gone.exists()
    assert read(folder, "attic/ja.json") == {"<p>Gone</p>": ["<p>無</p>"]}


def test_the_map_of_a_renamed_source_moves(folder: Path) -> None:
    entries = {"<p>Some text </p>\n": "<p>文</p>", "<p>More </p>\n": "<p>多</p>"}
    write(folder, "old.ja.json", entries)
    say(folder, "new.py", "Some text", "More")
    synced = sync(config(folder))
    assert read(folder, "new.ja.json") == entries
    assert [path.name for path in synced.removed] == ["old.ja.json"]
    assert not (folder / "translations" / "attic").exists()


def test_what_a_renamed_source_says_otherwise_is_outdated(folder: Path) -> None:
    """Even if its old text stands in another map, too: that one is asked for texts of its own page only."""
    write(folder, "old.ja.json", {"<p>The mean of each </p>\n": "<p>平均</p>"})
    write(folder, "b.ja.json", {"<p>The mean of each </p>\n": "<p>平均</p>"})
    say(folder, "b.py", "The mean of each")
    say(folder, "new.py", "The mean of all")
    sync(config(folder))
    assert read(folder, "attic/ja.json") == {"<p>The mean of each </p>\n": ["<p>平均</p>"]}


def test_another_translation_of_a_text_that_moved_is_kept(folder: Path) -> None:
    write(folder, "old.ja.json", {"<p>Some text </p>\n": "<p>文</p>"})
    for name in ("b", "c"):
        write(folder, f"{name}.ja.json", {"<p>Some text </p>\n": "<p>本文</p>"})
        say(folder, f"{name}.py", "Some text")
    say(folder, "new.py", "Some text")
    sync(config(folder))
    assert read(folder, "new.ja.json") == {"<p>Some text </p>\n": "<p>本文</p>"}
    assert read(folder, "attic/ja.json") == {"<p>Some text </p>\n": ["<p>文</p>"]}


def test_titles_go_there_too(folder: Path) -> None:
    (folder / "src" / "a.md").write_text("---\ntitle: New title\n---\n\nSome text\n")
    write(folder, "a.ja.json", {"Old title": "旧題"})
    sync(config(folder), force=True)
    assert read(folder, "attic/ja.json") == {"Old title": ["旧題"]}


def test_two_maps_exchange_their_texts(folder: Path) -> None:
    write(folder, "a.ja.json", {"<p>One text </p>\n": "<p>一</p>"})
    write(folder, "b.ja.json", {"<p>Another </p>\n": "<p>他</p>"})
    say(folder, "a.py", "Another")
    say(folder, "b.py", "One text")
    sync(config(folder))
    assert read(folder, "a.ja.json") == {"<p>Another </p>\n": "<p>他</p>"}
    assert read(folder, "b.ja.json") == {"<p>One text </p>\n": "<p>一</p>"}


# --- What is left alone --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.ja.json", "gone.ja.json"])
def test_a_damaged_map_is_left_alone(folder: Path, name: str) -> None:
    say(folder, "a.py", "Some text")
    say(folder, "b.py", "Some text")
    file = write(folder, name, {"<p>Gone</p>": 1})
    before = file.read_bytes()
    synced = sync(config(folder))
    assert file.read_bytes() == before
    assert [(problem.where.path, problem.code) for problem in synced.problems] == [
        (f"translations/{name}", "not-text")
    ]
    assert (folder / "translations" / "b.ja.json") in synced.written


def test_nothing_leaves_a_map_if_the_attic_is_damaged(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    for language in ("ja", "zh"):
        write(folder, f"a.{language}.json", {"<p>Gone</p>": "<p>無</p>"})
    write(folder, "attic/ja.json", ["damaged"])
    before = contents(folder / "translations")
    synced = sync(config(folder), force=True)
    assert [problem.where.path for problem in synced.problems] == ["translations/attic/ja.json"]
    assert {path for path in before if path.read_bytes() != before[path]} == {
        folder / "translations" / "a.zh.json"
    }


def test_what_a_page_that_cannot_be_read_says_is_not_gone(folder: Path) -> None:
    (folder / "src" / "a.py").write_text("import (")
    say(folder, "b.py", "Some text")
    write(folder, "a.ja.json", {"<p>Gone</p>": "<p>無</p>"})
    before = contents(folder / "translations")
    synced = sync(config(folder))
    assert [problem.where.path for problem in synced.problems] == ["src/a.py"]
    assert contents(folder / "translations").items() >= before.items()
    assert synced.moved == 0


@pytest.mark.parametrize("source", ["a.py", "sub/c.py"])
def test_what_is_out_of_sight_is_not_gone(folder: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that leads nowhere may lead to its source tomorrow, and a folder may be let be read."""
    (folder / "src" / "a.py").symlink_to(folder / "nowhere.py")
    say(folder, "b.py", "Some text")
    say(folder, "sub/c.py", "Gone")
    monkeypatch.setattr(os, "scandir", not_below(folder / "src" / "sub"))
    file = write(folder, source.replace(".py", ".ja.json"), {"<p>Gone</p>": "<p>無</p>"})
    before = file.read_bytes()
    synced = sync(config(folder))
    assert file.read_bytes() == before
    assert [problem.where.path for problem in synced.problems] == ["src/a.py", "src/sub"]
    assert (synced.moved, synced.removed) == (0, ())


def not_below(folder: Path) -> Callable[[Path], Any]:
    scandir = os.scandir

    def refusing(path: Path) -> Any:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    return refusing


def test_only_the_languages_of_the_site_are_touched(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    for language in ("ja", "zh", "fr"):
        write(folder, f"a.{language}.json", {})
    assert [path.name for path in sync(config(folder, languages=("ja", "si"))).written] == [
        "a.ja.json",
        "a.si.json",
    ]
    assert [path.name for path in sync(config(folder), ["fr"]).written] == ["a.fr.json"]
    assert [path.name for path in sync(config(folder)).written] == ["a.zh.json"]


@pytest.mark.parametrize(
    ("tag", "message"), [("de", "no map in de"), ("jp", "did you mean ja"), ("en", "source's")]
)
def test_only_a_language_with_maps_can_be_asked_for(folder: Path, tag: str, message: str) -> None:
    say(folder, "a.py", "Some text")
    write(folder, "a.ja.json", {})
    with pytest.raises(SiteError, match=message):
        sync(config(folder), ["ja", tag])


# --- Writing -------------------------------------------------------------------------------------


def changed(folder: Path) -> None:
    """Make a site where something is to be changed, made and removed."""
    say(folder, "a.py", "Some text", "New text")
    write(folder, "a.ja.json", {"<p>Gone</p>": "<p>無</p>", "<p>Some text</p>": "<p>文</p>"})
    write(folder, "old.ja.json", {"<p>Old</p>": "<p>古</p>"})


def test_doing_it_again_changes_nothing(folder: Path) -> None:
    changed(folder)
    sync(config(folder))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    again = sync(config(folder))
    assert (again.written, again.removed, again.moved, again.filled) == ((), (), 0, 0)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")} == before


def test_a_dry_run_says_what_would_change(folder: Path, golden: Callable[[Path, str], None]) -> None:
    changed(folder)
    before = contents(folder)
    dry = sync(config(folder), dry_run=True)
    assert contents(folder) == before
    golden(Path(__file__).parent / "fixtures" / "sync" / "dry_run.diff", dry.diff)
    wet = sync(config(folder))
    assert (wet.written, wet.removed, wet.moved) == (dry.written, dry.removed, dry.moved)
    assert wet.diff == ""


def test_a_diff_is_one_of_lines(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    file = write(folder, "a.ja.json", {})
    file.write_text('{"<p>Some text</p>": "\u2028", "b": "c"}', "utf-8", newline="")
    diff = sync(config(folder), dry_run=True, force=True).diff
    assert diff.split("\n")[-5:-1] == [
        '-{"<p>Some text</p>": "\u2028", "b": "c"}',
        "\\ No newline at end of file",
        '+{"<p>Some text</p>": "\u2028"}',
        "\\ No newline at end of file",
    ]


def test_a_file_that_cannot_be_written_loses_nothing(folder: Path) -> None:
    say(folder, "a.py", "Some text")
    say(folder, "sub/b.py", "Gone")
    write(folder, "a.ja.json", {"<p>Gone</p>": "<p>無</p>"})
    old = write(folder, "old.ja.json", {"<p>Old</p>": "<p>古</p>"})
    (folder / "translations" / "sub").touch()
    with pytest.raises(SiteError, match=r"translations/sub/b\.ja\.json: cannot be written: "):
        sync(config(folder))
    assert read(folder, "attic/ja.json") == {"<p>Gone</p>": ["<p>無</p>"], "<p>Old</p>": ["<p>古</p>"]}
    assert old.exists()
    assert not list((folder / "translations").rglob(".*"))


# --- Pruning -------------------------------------------------------------------------------------


def test_pruning_empties_the_attics(folder: Path) -> None:
    for language in ("ja", "zh"):
        write(folder, f"attic/{language}.json", {"a": ["x", "y"], "b": ["z"]})
    assert prune(config(folder), ["zh"]) == 3
    assert [path.name for path in (folder / "translations" / "attic").iterdir()] == ["ja.json"]
    assert prune(config(folder)) == 3
    assert not (folder / "translations" / "attic").exists()
    assert prune(config(folder)) == 0


def test_a_damaged_attic_is_not_pruned(folder: Path) -> None:
    write(folder, "attic/ja.json", {"a": ["x"]})
    write(folder, "attic/zh.json", {"a": "x"})
    with pytest.raises(SiteError, match=r"attic/zh\.json: the attic is damaged"):
        prune(config(folder))
    assert (folder / "translations" / "attic" / "ja.json").exists()


def test_the_maps_of_a_source_folder_named_attic_are_maps(folder: Path) -> None:
    (folder / "src" / "attic").mkdir()
    say(folder, "attic/ja.py", "Some text")
    file = write(folder, "attic/ja.zh.json", {})
    sync(config(folder))
    assert prune(config(folder)) == 0
    assert read(folder, "attic/ja.zh.json") == {"<p>Some text </p>\n": ""}
    assert file.exists()


def test_maps_of_another_site_are_left_alone(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "a.py").write_text("# Something else\n")
    (folder / "translations").mkdir(exist_ok=True)
    path = folder / "translations" / "a.ja.json"
    path.write_text('{"<p>The mean of each </p>\\n": "<p>平均</p>"}')
    before = path.read_bytes()
    with pytest.raises(SiteError, match="none of the translations belongs to a source in other"):
        sync(config(folder, source="other"))
    assert path.read_bytes() == before
    assert not (folder / "translations" / "attic").exists()
    assert sync(config(folder, source="other"), force=True).moved == 1

import json
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.site.exchange import export_language, import_language
from site_builder.site.maps import add_language

MAP = {"<p>A formula <span translate=no>_^_0_^_</span> </p>\n": ""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "translations").mkdir()
    (tmp_path / "src" / "a.py").write_text("# A formula $x$\nx = 1\n\n# `code` $x$\ny = 2\n")
    (tmp_path / "src" / "sub" / "b.md").write_text("---\ntitle: The title\n---\n\nText\n")
    return tmp_path


def config(folder: Path, **settings: object) -> Config:
    return load_config(folder, **settings)


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


# --- Adding a language ---------------------------------------------------------------------------


def test_adding_a_language_writes_every_missing_text(folder: Path) -> None:
    added = add_language(config(folder), "ja")
    maps = folder / "translations"
    assert set(added.files) == {maps / "a.ja.json", maps / "sub" / "b.ja.json"}
    assert added.entries == 3
    assert json.loads((maps / "a.ja.json").read_text("utf-8")) == MAP
    assert json.loads((maps / "sub" / "b.ja.json").read_text("utf-8")) == {
        "The title": "",
        "<p>Text </p>\n": "",
    }


def test_adding_a_language_again_changes_nothing(folder: Path) -> None:
    add_language(config(folder), "ja")
    before = {path: path.stat().st_mtime_ns for path in (folder / "translations").rglob("*.json")}
    assert add_language(config(folder), "ja").files == ()
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_adding_a_language_keeps_what_is_there(folder: Path) -> None:
    path = folder / "translations" / "sub" / "b.ja.json"
    path.parent.mkdir()
    # Spelled in another way than we spell it, and one that no source says.
    path.write_text('{"<p>Text</p>": "\\u6587", "<p>Gone</p>": "x"}')
    assert add_language(config(folder), "ja").entries == 2
    assert json.loads(path.read_text()) == {"<p>Text</p>": "文", "<p>Gone</p>": "x", "The title": ""}


def test_what_cannot_be_read_is_told_and_left_alone(folder: Path) -> None:
    (folder / "translations" / "sub").mkdir()
    broken = folder / "translations" / "sub" / "b.ja.json"
    broken.write_text('{"a": 1}')
    (folder / "src" / "c.py").write_text("import (")
    added = add_language(config(folder), "ja")
    assert added.files == (folder / "translations" / "a.ja.json",)
    assert [problem.where.path for problem in added.problems] == ["src/c.py", "translations/sub/b.ja.json"]
    assert broken.read_text() == '{"a": 1}'


def test_a_map_keeps_its_mode_and_stays_a_link(folder: Path) -> None:
    (folder / "elsewhere.json").write_text("{}")
    (folder / "elsewhere.json").chmod(0o600)
    link = folder / "translations" / "a.ja.json"
    link.symlink_to(folder / "elsewhere.json")
    add_language(config(folder), "ja")
    assert link.is_symlink()
    assert json.loads(link.read_text("utf-8")) == MAP
    assert (folder / "elsewhere.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("tag", "message"), [("jp", "did you mean ja"), ("en", "the source's language")])
def test_only_another_known_language_can_be_added(folder: Path, tag: str, message: str) -> None:
    with pytest.raises(SiteError, match=message):
        add_language(config(folder), tag)


def test_what_memory_has_whole_is_filled_in(folder: Path) -> None:
    (folder / "src" / "a.py").write_text("# Text\nx = 1\n\n# Text\n#\n# More of it\ny = 2\n")
    write(folder, "sub/b.ja.json", {"<p>Text</p>": "<p>文</p>"})
    added = add_language(config(folder), "ja")
    assert read(folder, "a.ja.json") == {
        "<p>Text </p>\n": "<p>文</p>",
        "<p>Text</p>\n<p>More of it </p>\n": "",
    }
    assert (added.entries, added.filled) == (3, 1)


def test_a_language_that_is_not_configured_can_be_added(folder: Path) -> None:
    write(folder, "sub/b.zh.json", {"The title": "标题"})
    add_language(config(folder, languages=("ja",)), "zh")
    assert read(folder, "sub/b.zh.json") == {"The title": "标题", "<p>Text </p>\n": ""}


def test_a_text_that_no_map_can_hold_is_told(folder: Path) -> None:
    (folder / "src" / "a.py").write_text(
        f"x = 1\n\n# Rings \x7f\ny = 2\n\n# {'long ' * 14_000}\nz = 3\n\n# Fits\n"
    )
    added = add_language(config(folder), "ja")
    assert read(folder, "a.ja.json") == {"<p>Fits </p>\n": ""}
    so = ", so no map can hold it"
    assert [str(problem).partition("\n")[0] for problem in added.problems] == [
        f"src/a.py:3: U+007F in the key: no text has this character{so} [control-character]",
        f"src/a.py:6: the key is longer than 64 KB{so} [too-long]",
    ]


# --- PO: out -------------------------------------------------------------------------------------


def exported(folder: Path) -> dict[str, Message]:
    catalog = read_po(BytesIO(export_language(config(folder), "ja")))
    return {str(message.id): message for message in catalog if message.id}


def test_everything_is_exported_with_its_place(folder: Path) -> None:
    write(folder, "sub/b.ja.json", {"The title": "題"})
    messages = exported(folder)
    assert {text: (message.string, message.fuzzy) for text, message in messages.items()} == {
        "<p>A formula <span translate=no>_^_0_^_</span> </p>": ("", False),
        "The title": ("題", False),
        "<p>Text </p>": ("", False),
    }
    assert messages["<p>Text </p>"].locations == [("sub/b.md", 1)]


def test_what_memory_knows_is_suggested(folder: Path) -> None:
    (folder / "src" / "a.py").write_text(
        "# Text\nx = 1\n\n# The mean of all\n#\n# Text\n#\n# New words\ny = 2\n\n# The title\n"
    )
    write(folder, "sub/b.ja.json", {"<p>Text</p>": "<p>文</p>", "The title": "題"})
    write(folder, "attic/ja.json", {"<p>The mean of each</p>": ["<p>平均</p>"]})
    messages = exported(folder)
    known = messages["<p>The mean of all</p>\n<p>Text</p>\n<p>New words </p>"]
    assert known.fuzzy
    assert known.string == "<p>平均</p>\n<p>文</p>\n<p>New words </p>"
    previous = '#| msgid "<p>The mean of each</p> <p>Text</p> <p>New words </p>"'
    assert previous in export_language(config(folder), "ja").decode().splitlines()
    whole = messages["<p>The title </p>"]
    assert (whole.string, whole.fuzzy) == ("<p>題 </p>", True)


def test_what_is_translated_in_part_is_fuzzy(folder: Path) -> None:
    (folder / "src" / "a.py").write_text("# Some words\n#\n# Nothing like it\nx = 1\n")
    entries = {"<p>Some words</p>\n<p>Nothing like it </p>\n": "<p>語</p>\n<p>Nothing like it </p>\n"}
    write(folder, "a.ja.json", entries)
    write(folder, "sub/b.ja.json", {"<p>A word </p>\n": "<p>A word </p>\n", "The title": "The title"})
    (folder / "src" / "sub" / "b.md").write_text("---\ntitle: The title\n---\n\nA word\n")
    before = contents(folder)
    messages = exported(folder)
    message = messages["<p>Some words</p>\n<p>Nothing like it </p>"]
    assert (message.string, message.fuzzy) == ("<p>語</p>\n<p>Nothing like it </p>", True)
    assert (messages["<p>A word </p>"].string, messages["The title"].string) == ("", "")
    import_language(config(folder), export_language(config(folder), "ja"), "ja.po")
    assert contents(folder) == before


def test_what_cannot_be_read_cannot_be_exported(folder: Path) -> None:
    write(folder, "sub/b.ja.json", {"a": 1})
    (folder / "src" / "c.py").write_text("import (")
    with pytest.raises(SiteError) as caught:
        export_language(config(folder), "ja")
    assert [problem.where.path for problem in caught.value.problems] == [
        "src/c.py",
        "translations/sub/b.ja.json",
    ]


# --- PO: in --------------------------------------------------------------------------------------


def po(entries: dict[str, str], language: str = "ja") -> bytes:
    catalog = Catalog(locale=language)
    for english, translation in entries.items():
        catalog.add(english, translation)
    output = BytesIO()
    write_po(output, catalog)
    return output.getvalue()


def test_translations_come_in(folder: Path) -> None:
    write(folder, "sub/b.ja.json", {"<p>Text</p>": "<p>古い</p>", "<p>Gone</p>": "x"})
    content = po({"<p>Text</p>": "<p>文</p>", "The title": "題", "<p>Who</p>": "<p>誰</p>"})
    imported = import_language(config(folder, languages=("ja",)), content, "ja.po")
    assert read(folder, "sub/b.ja.json") == {
        "<p>Text</p>": "<p>文</p>",
        "<p>Gone</p>": "x",
        "The title": "題",
    }
    # What it replaces, and what no page says, is kept.
    assert read(folder, "attic/ja.json") == {"<p>Text</p>": ["<p>古い</p>"], "<p>Who</p>": ["<p>誰</p>"]}
    assert imported.files == (folder / "translations" / "sub" / "b.ja.json",)
    assert (imported.language, imported.translations, imported.moved, imported.fuzzy) == ("ja", 2, 2, 0)


def test_what_was_finished_elsewhere_replaces_what_was_not(folder: Path) -> None:
    (folder / "src" / "a.py").write_text("# Some words\n#\n# Nothing like it\nx = 1\n")
    key = "<p>Some words</p>\n<p>Nothing like it </p>\n"
    write(folder, "a.ja.json", {key: "<p>語 </p>\n<p>Nothing like it </p>\n"})
    import_language(config(folder), po({key.strip(): "<p>語 </p>\n<p>多くの語 </p>"}), "ja.po")
    assert read(folder, "a.ja.json") == {key: "<p>語 </p>\n<p>多くの語 </p>\n"}


def test_maps_are_made_for_what_comes_in(folder: Path) -> None:
    imported = import_language(config(folder), po({"The title": "题"}, "zh"), "zh.po", "zh")
    assert imported.files == (folder / "translations" / "sub" / "b.zh.json",)
    assert read(folder, "sub/b.zh.json") == {"The title": "题"}


@pytest.mark.parametrize(
    ("content", "name", "broken"),
    [
        (po({"The title": "題", "<p>A formula <span translate=no>_^_0_^_</span> </p>": "<p>式</p>"}), "", ""),
        (po({"The title": "題"}), "a.ja.json", '{"a": 1}'),
        (po({"The title": "題"}), "attic/ja.json", '{"a": 1}'),
        (po({"The title": "题"}, "zh"), "", ""),
        (b"msgid", "", ""),
    ],
    ids=["placeholder", "map", "attic", "language", "no po"],
)
def test_an_import_with_errors_changes_nothing(folder: Path, content: bytes, name: str, broken: str) -> None:
    write(folder, "sub/b.ja.json", {"The title": ""})
    if name:
        write(folder, name, {}).write_text(broken)
    before = contents(folder)
    with pytest.raises(SiteError):
        import_language(config(folder), content, "ja.po")
    assert contents(folder) == before


def test_a_page_that_cannot_be_read_still_says_what_its_map_has(folder: Path) -> None:
    write(folder, "a.ja.json", {"<p>Text of old</p>": ""})
    (folder / "src" / "a.py").write_text("import (")
    imported = import_language(config(folder), po({"<p>Text of old</p>": "<p>文</p>"}), "ja.po")
    assert read(folder, "a.ja.json") == {"<p>Text of old</p>": "<p>文</p>"}
    assert [problem.where.path for problem in imported.problems] == ["src/a.py"]

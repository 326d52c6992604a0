import io
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po as babel_read_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

from site_builder.errors import SiteError
from site_builder.sanitize import LONGEST_ENTRY
from site_builder.translating.catalog import Catalog, dumps, load_catalog, parse_map_name
from site_builder.translating.entries import loads
from site_builder.translating.exchange import (
    Imported,
    SourceTexts,
    Suggestion,
    export_po,
    import_po,
    read_po,
)

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
MAPS = Path(__file__).parents[2] / "shared" / "data" / "maps"
with_maps = pytest.mark.skipif(not MAPS.is_dir(), reason="the real maps in ../shared/data are not here")
HEADER = 'msgid ""\nmsgstr ""\n"Language: ja\\n"\n\n'


def texts(source: str, *keys: str, said: dict[str, str] | None = None, **more: object) -> SourceTexts:
    """A source whose page says `keys` and whose map says `said`."""
    catalog = None
    if said is not None:
        content = json.dumps(said, indent=1, sort_keys=True).encode()
        catalog = Catalog("ja", Path(f"{source}.ja.json"), loads(content, source), content)
    return SourceTexts(source, keys, catalog, **more)  # type: ignore[arg-type]


def imported(po: str | bytes, *sources: SourceTexts) -> Imported:
    content = po if isinstance(po, bytes) else (HEADER + po).encode()
    return import_po(read_po(content, "ja.po", ["ja"]), sources)


def problems(po: str | bytes, *sources: SourceTexts) -> str:
    with pytest.raises(SiteError) as caught:
        imported(po, *sources)
    assert all(problem.where.line for problem in caught.value.problems)
    return str(caught.value)


def message(english: str, translation: str, context: str | None = None, flags: str = "") -> str:
    """Spell one message as PO."""
    start = f"{flags}\n" if flags else ""
    start += f"msgctxt {quoted(context)}\n" if context is not None else ""
    return f"{start}msgid {quoted(english)}\nmsgstr {quoted(translation)}\n\n"


def quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").replace("\r", r"\r")
    return '"' + escaped.replace("\t", r"\t") + '"'


def check_with_msgfmt(po: bytes, folder: Path) -> None:
    """What the tool that everybody has says of a file: nothing."""
    if not (msgfmt := shutil.which("msgfmt")):
        pytest.skip("msgfmt (gettext) is not here")
    (folder / "ja.po").write_bytes(po)
    command = [msgfmt, "--check", "-o", "/dev/null", str(folder / "ja.po")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


# --- Export --------------------------------------------------------------------------------------

LONG = (
    "<p>" + "Many words, so many that a line of them would be broken if anybody broke lines. " * 3 + "</p>\n"
)
SITE = (
    texts(
        "norm/__init__.py",
        "Batch norm",
        "<p>The mean <span translate=no>_^_0_^_</span> </p>\n",
        "<ul><li>One</li>\n<li>100% of {x} %(y)s</li></ul>\n",
        LONG,
        "<p>Shared.</p>\n",
        "<p>Different.</p>\n",
        said={
            "Batch norm": "バッチ正規化",
            "<p>The mean <span translate=no>_^_0_^_</span></p>": "<p>_^_0_^_ 平均</p>",
            "<ul><li>One</li>\n<li>100% of {x} %(y)s</li></ul>\n": '<ul><li>"一"\\</li>\n<li>\t</li></ul>\n',
            LONG: "",
            "<p>Shared.</p>\n": "<p>共有。</p>\n",
            "<p>Different.</p>\n": "<p>違う。</p>\n",
            "<p>No page says this.</p>\n": "<p>誰も。</p>\n",
        },
        lines={"Batch norm": 1, "<p>The mean <span translate=no>_^_0_^_</span> </p>\n": 12, LONG: 30},
        suggestions={LONG: Suggestion("<p>古い。</p>\n", LONG.replace("Many", 'A few\t\\"') + "<p>x</p>\n")},
    ),
    texts(
        "my notes.md",
        "<p>Shared.</p>\n",
        "<p>Different.</p>\n",
        "<p>New.</p>\n",
        "<p>Known elsewhere.</p>\n",
        " \n",
        said={"<p>Shared.</p>\n": "<p>共有。</p>", "<p>Different.</p>\n": "<p>異なる。</p>\n"},
        lines={"<p>Shared.</p>\n": 3},
        suggestions={
            "<p>Known elsewhere.</p>\n": Suggestion("<p>既知。</p>"),
            "<p>New.</p>\n": Suggestion(" "),
        },
    ),
    texts("new.py", "<p>New.</p>\n", "<p>Different.</p>\n", lines={"<p>New.</p>\n": 7}),
)


def test_a_language_as_po(golden: Callable[[Path, str], None], tmp_path: Path) -> None:
    po = export_po("ja", SITE, "annotated\nnn")
    golden(FIXTURES / "site.po", po.decode())
    check_with_msgfmt(po, tmp_path)


def test_babel_reads_what_was_exported() -> None:
    catalog = babel_read_po(io.BytesIO(export_po("ja", SITE, "nn")), abort_invalid=True)
    assert str(catalog.locale) == "ja"
    assert catalog["Batch norm"].string == "バッチ正規化"
    assert catalog[LONG.strip()].fuzzy
    assert catalog.get("<p>Different.</p>", "my notes.md").string == "<p>異なる。</p>"
    assert catalog["<p>Shared.</p>"].locations == [("my notes.md", 3), ("norm/__init__.py", None)]


@pytest.mark.parametrize("language", ["ja", "pt-BR", "zh-Hant-TW", "sl-rozaj", "tlh", "en-US-u-ca-gregory"])
def test_the_header_of_any_language(language: str, tmp_path: Path) -> None:
    po = export_po(language, SITE)
    check_with_msgfmt(po, tmp_path)
    assert read_po(po, "x.po", ["fr", language]).language == language


def test_line_breaks_of_any_kind_pass(tmp_path: Path) -> None:
    key = "<p>a\rb\tc\u2028d\r\ne\\n</p>\r\n"
    source = texts("a.py", key, said={key: "\n" + key.upper()})
    po = export_po("ja", [source])
    check_with_msgfmt(po, tmp_path)
    assert imported(po, source).entries == {}
    assert imported(po.replace(b"<P>", b"<P>X"), source).entries == {
        "a.py": {key: key.upper().replace("<P>", "<P>X")}
    }


def test_of_keys_that_differ_in_outer_white_space_the_first_is_exchanged() -> None:
    source = texts("a.py", "a\n", "a", said={"a": "1", "a\n": "2\n"})
    po = export_po("ja", [source])
    assert po.count(b'msgid "a"\nmsgstr "2"') == po.count(b'msgid "a"') == 1
    assert imported(po.replace(b'"2"', b'"3"'), source).entries == {"a.py": {"a": "1", "a\n": "3\n"}}


def test_a_paragraph_is_not_translated_by_a_title() -> None:
    po = export_po("ja", [texts("a.py", "<p>Title</p>\n", said={"Title": "題"})])
    assert b'msgid "<p>Title</p>"\nmsgstr ""' in po


# --- There and back ------------------------------------------------------------------------------


def test_what_comes_back_unchanged_changes_nothing() -> None:
    assert imported(export_po("ja", SITE), *SITE) == Imported({}, {}, fuzzy=2)


KEYS = (
    "T",
    "T\n",
    "<p>a</p>\n",
    "<p>a</p>",
    " <p>a </p>\n",
    "<p>b&#x27; %d</p>\n",
    "<p>b' %d</p>\n",
    "",
    "\n",
)
VALUES = ("", " ", "甲", "乙\n", "\n丙 ", "<p>丁</p>\n", '"\\n\u2028')
pages = st.lists(
    st.builds(
        lambda keys, said, suggested: (tuple(keys), said, suggested),
        st.lists(st.sampled_from(KEYS), unique=True),
        st.none() | st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES)),
        st.dictionaries(
            st.sampled_from(KEYS), st.builds(Suggestion, st.sampled_from(VALUES), st.sampled_from(KEYS))
        ),
    ),
    max_size=4,
)


def site(
    given_pages: Sequence[tuple[tuple[str, ...], dict[str, str] | None, dict[str, Suggestion]]],
) -> list[SourceTexts]:
    return [
        texts(f"{number}.py", *keys, said=said, suggestions=suggested)
        for number, (keys, said, suggested) in enumerate(given_pages)
    ]


@given(pages.map(site))
def test_any_maps_come_back_as_they_were(sources: list[SourceTexts]) -> None:
    po = export_po("ja", sources)
    assert export_po("ja", sources) == po
    result = imported(po, *sources)
    assert (result.entries, result.unknown) == ({}, {})


@given(pages.map(site), st.data())
def test_edits_arrive_where_they_were_made_and_nowhere_else(
    sources: list[SourceTexts], data: st.DataObject
) -> None:
    messages = read_po(export_po("ja", sources), "ja.po", ["ja"]).messages
    edited = data.draw(st.sets(st.sampled_from(messages))) if messages else set()
    new = {found: f"新 {number}" for number, found in enumerate(messages) if found in edited}
    po = "".join(
        message(
            m.english, new.get(m, m.translation), m.context, "#, fuzzy" if m.fuzzy and m not in new else ""
        )
        for m in messages
    )
    result = imported(po, *sources)
    assert result.unknown == {}
    arrived = set()
    for source in sources:
        entries = result.entries.get(source.source, source.entries)
        assert source.entries.keys() <= entries.keys()
        changed = {key for key in entries if entries[key] != source.entries.get(key)}
        for key in changed:
            [made] = [m for m in new if m.english == key.strip() and m.context in {None, source.source}]
            assert entries[key] == key.replace(made.english, new[made])
            arrived.add(made)
    assert arrived == edited
    again = [replace(s, catalog=updated(s, result), suggestions={}) for s in sources]
    assert set(new.values()) <= {m.translation for m in read_po(export_po("ja", again), "", ["ja"]).messages}


def updated(source: SourceTexts, result: Imported) -> Catalog | None:
    entries = result.entries.get(source.source)
    if entries is None:
        return source.catalog
    return replace(source.catalog or Catalog("ja", Path(source.source), {}), entries=entries)


@cache
def real_sites() -> tuple[SourceTexts, ...]:
    """Each real map, as if its page still said every key of it."""
    found = []
    for file in sorted(MAPS.rglob("*.ja.json")):
        stem, _ = parse_map_name(file.relative_to(MAPS).as_posix()) or ("", "")
        catalog = load_catalog(file, "ja", file.name)
        found.append(SourceTexts(f"{stem}.py", tuple(catalog.entries), catalog))
    return tuple(found)


@with_maps
def test_all_real_maps_as_one_file(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    sources = real_sites()
    assert len(sources) == 242
    po = export_po("ja", sources, "real maps")
    check_with_msgfmt(po, tmp_path)
    result = imported(po, *sources)
    assert (result.entries, result.unknown) == ({}, {})
    record_property("messages of the real maps", len(read_po(po, "", ["ja"]).messages))
    assert len(babel_read_po(io.BytesIO(po), abort_invalid=True)) > 4000


@with_maps
def test_real_maps_are_filled_again_from_what_was_exported() -> None:
    """Every map emptied, then filled by its PO: each text is back, and bytes that did not change stay."""
    sources = real_sites()
    po = export_po("ja", sources)
    emptied = [replace(s, catalog=Catalog("ja", s.catalog.path, {})) for s in sources if s.catalog]
    result = imported(po, *emptied)
    for source in sources:
        assert source.catalog
        entries = result.entries.get(source.source, {})
        assert {key: value.strip() for key, value in entries.items()} == {
            key: value.strip() for key, value in source.entries.items() if key.strip() and value.strip()
        }
        assert dumps(replace(source.catalog, entries={**entries, **source.entries})) == source.catalog.content


# --- Import --------------------------------------------------------------------------------------


def test_a_new_translation_ends_as_its_key_does() -> None:
    source = texts("a.py", "<p>a</p>\n", "b", "\n<p>c</p> \n\n", said={"b": "old", "gone": "z"})
    po = message("<p>a</p>", "\n<p>1</p>\n\n") + message("b", "2") + message("<p>c</p>", "<p>3</p>")
    assert imported(po, source).entries == {
        "a.py": {"b": "2", "gone": "z", "<p>a</p>\n": "<p>1</p>\n", "\n<p>c</p> \n\n": "\n<p>3</p> \n\n"}
    }


def test_only_the_edited_line_of_a_map_changes() -> None:
    content = b'{\n "<p>a</p>\\n": "<p>\\u3042</p>",\n "<p>b</p>\\n": "<p>\\u3044</p>"\n}'
    catalog = Catalog("ja", Path("a.ja.json"), loads(content, "a"), content)
    source = SourceTexts("a.py", tuple(catalog.entries), catalog)
    po = export_po("ja", [source]).replace("い".encode(), "う".encode())
    changed = replace(catalog, entries=imported(po, source).entries["a.py"])
    assert dumps(changed) == content.replace(rb"<p>\u3044</p>", rb"<p>\u3046</p>\n")


def test_fuzzy_and_empty_ones_are_not_taken() -> None:
    source = texts("a.py", "a", "b", "c", said={"a": "A", "b": "B"})
    po = (
        message("a", "X", flags="#, no-wrap, fuzzy")
        + message("b", "\n")
        + message("c", "Y", flags="#, fuzzy")
    )
    assert imported(po, source) == Imported({}, {}, fuzzy=2)


def test_what_no_page_says_is_handed_back() -> None:
    source = texts("a.py", "a", "b", said={"a": "A", "stale": "S"})
    po = (
        message("a", "A2", "a.py")
        + message("a", "A3", "moved.py")
        + message("a", "A4")
        + message("new", "N")
        + message("new", "M", "b.py")
        + message("stale", "S2")
        + message("x", "X", flags="#, fuzzy")
        + '#, fuzzy\n#~| msgid "older"\n#~ msgid "y"\n#~ msgstr "Y"\n\n'
        + '#~ msgid "old"\n#~ msgstr ""\n#~ "O\\n"\n#~ "P"\n\n#~ msgid "old"\n#~ msgstr "Q"\n\n'
        + '#~ msgid "b"\n#~ msgstr "B"\n\n#~ msgid "a"\n#~ msgstr "A"\n\n#~ msgid "stale"\n#~ msgstr "S\\n"\n'
    )
    assert imported(po, source) == Imported(
        {"a.py": {"a": "A2", "stale": "S"}},
        {"a": ("A3", "A4"), "new": ("N", "M"), "stale": ("S2",), "old": ("O\nP", "Q"), "b": ("B",)},
        fuzzy=2,
    )


def test_what_other_tools_write() -> None:
    """Byte order mark, CRLF, comments of any kind, texts over several lines, another spelling of the tag."""
    po = (FIXTURES / "other_tool.po").read_text(encoding="utf-8")
    source = texts("a.py", "<p>One two</p>\n", "b")
    content = b"\xef\xbb\xbf" + po.replace("\n", "\r\n").encode()
    assert imported(content, source).entries == {"a.py": {"<p>One two</p>\n": "<p>一\n二</p>\n", "b": '"\\'}}


@pytest.mark.parametrize(
    ("name", "languages", "found"),
    [
        ("ja", ["zh", "ja"], "ja"),
        ("JA", ["ja"], "ja"),
        ("ja_JP", ["ja"], "ja"),
        ("zh_CN", ["ja", "zh", "zh-Hant"], "zh"),
        ("zh_Hans", ["zh-CN", "zh", "zh-Hans"], "zh-Hans"),
        ("zh_TW", ["zh"], None),
        ("zh_TW", ["zh", "zh-Hant"], "zh-Hant"),
        ("pt", ["pt-BR"], "pt-BR"),
        ("pt_PT", ["pt", "pt-BR"], None),
        ("pt_BR", ["pt", "pt-BR"], "pt-BR"),
        ("ja", [], None),
    ],
)
def test_the_language_of_a_file(name: str, languages: list[str], found: str | None) -> None:
    content = HEADER.replace(": ja", f": {name}").encode()
    if found:
        assert read_po(content, "x.po", languages).language == found
    else:
        with pytest.raises(SiteError, match=f"its language {name} is not "):
            read_po(content, "x.po", languages)


# --- What is wrong -------------------------------------------------------------------------------

BROKEN = sorted((FIXTURES / "broken").glob("*.po"))


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_everything_wrong_is_said(file: Path, golden: Callable[[Path, str], None]) -> None:
    zero, one = (f"<span translate=no>_^_{number}_^_</span>" for number in (0, 1))
    damaged = f"<p>Damaged {zero}</p>\n"
    keys = (
        "Title",
        f"<p>Scale {zero} by {one}</p>\n",
        damaged,
        f"<p>Fuzzy {zero}</p>",
        f"<p>Mean {zero}</p>",
    )
    sources = [texts("a.py", *keys, said={damaged: "<p>壊れた</p>\n"}), texts("b.py", *keys[3:])]
    with pytest.raises(SiteError) as caught:
        import_po(read_po(file.read_bytes(), f"po/{file.name}", ["ja", "zh"]), sources)
    assert all(problem.where.line for problem in caught.value.problems)
    golden(file.with_suffix(".txt"), f"{caught.value}\n")


def test_long_texts_are_told_in_bytes() -> None:
    source = texts("a.py", "a", "b")
    fits = "あ" * (LONGEST_ENTRY // 3)
    assert imported(message("a", fits), source).entries["a.py"]["a"] == fits
    told = problems(message("a", fits + "い") + message("b" * (LONGEST_ENTRY + 1), "x"), source)
    assert told.count("longer than 64 KB [too-long]") == 2
    assert "ja.po:8: the English is longer" in told


def test_a_flood_of_problems_ends() -> None:
    assert problems("rubbish\n" * 5000).count("[po]") == 20
    assert problems("".join(message(str(n % 2), "x") for n in range(500))).count("[duplicate-message]") == 20
    keys = [f"{n} _^_0_^_" for n in range(500)]
    many = "".join(message(key, "x") for key in keys)
    assert problems(many, texts("a.py", *keys)).count("[placeholder]") == 20


LINES = (
    'msgid ""', 'msgstr ""', '"Language: ja\\n"', 'msgid "a"', 'msgstr "b"', 'msgctxt "c"', '"d"', "",
    "#, fuzzy", "#: x", "#: \u2068x", '#| msgid "e"', '#~ msgid "f"', '#~ msgstr "g"', '#~| msgid "h"',
    '#~ "i"', "#~", "#", '"', "msgid", "msgstr", 'msgid_plural "j"', 'msgstr[0] "k"', 'msgstr[x] "k"',
    "\ufeff", "\x85", 'msgid  "{" ',
    '"POT-Creation-Date: x\\n"', '"Content-Type: text/plain; charset=x\\n"', '"Plural-Forms: nplurals=x\\n"',
)  # fmt: skip


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=4), max_size=12), st.booleans())
@example(["", 'msgid "a"', 'msgstr "b"', "#, fuzzy", '"d"'], True)
@settings(max_examples=300)
def test_any_lines_are_read_or_refused(lines: list[str], headed: bool) -> None:
    content = (HEADER * headed + "\n".join(lines)).encode("utf-8", "surrogatepass")
    try:
        imported(content, texts("a.py", "a", "f", said={"a": "x"}))
        wrong = ()
    except SiteError as error:
        wrong = error.problems
    assert all(problem.where.line for problem in wrong)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with pytest.raises(SiteError):
        imported(content)

import re
import subprocess
import sys
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from site_builder.language import (
    Language,
    find_language,
    format_share,
    gettext_for,
    nearest_tag,
    read_words,
)

LOCALES = {
    file.name.removesuffix(".po"): file for file in files("site_builder").joinpath("locales").iterdir()
}
THEME = Path(str(files("site_builder.templates")))
WRITING = Path(str(files("site_builder"))) / "writing"


def words_of_the_theme():
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True)
    for template in THEME.rglob("*.html"):
        for _, _, message in environment.extract_translations(template.read_text()):
            yield message
        yield from re.findall(r'say\([\w.]+, "(.*?)"\)', template.read_text())
    for module in WRITING.glob("*.py"):
        yield from re.findall(r'gettext_for\(.*?\)\("(.*?)"\)', module.read_text())


def test_a_tag_keeps_its_spelling():
    assert find_language("zh") == Language("zh", "Chinese", "中文", "ltr")
    assert find_language("pt-BR") == Language("pt-BR", "Portuguese (Brazil)", "Português (Brasil)", "ltr")
    assert find_language("pt-br").tag == "pt-br"
    assert find_language("ja-JP").tag == "ja-JP"


@pytest.mark.parametrize("tag", ["ar", "he", "fa", "ur", "ckb", "yi", "dv", "pa-PK", "az-Arab", "ug"])
def test_right_to_left(tag):
    assert find_language(tag).direction == "rtl"


@pytest.mark.parametrize("tag", ["en", "ja", "si", "hi", "ru", "pa", "az", "ku-Latn", "tlh"])
def test_left_to_right(tag):
    assert find_language(tag).direction == "ltr"


@pytest.mark.parametrize(
    "tag", ["gsw-CH", "sr-Latn", "zh-Hant-TW", "es-419", "de-1996", "en-JP", "ja-x-mine"]
)
def test_every_part_of_a_tag_may_be_there(tag):
    assert find_language(tag).tag == tag


@pytest.mark.parametrize(
    ("tag", "nearest"),
    [
        ("jp", "ja"),
        ("cn", "zh"),
        ("gr", "el"),
        ("ja_JP", "ja-JP"),
        ("zh-Latx", "zh"),
        ("en-XQ", "en"),
        ("japanese", "ja"),
        ("Portugese", "pt"),
        ("ja-", "ja"),
        ("und", "nd"),
        ("", ""),
        ("..", ""),
        ("qqqq", ""),
    ],
)
def test_an_unknown_tag_has_a_nearest_one(tag, nearest):
    assert find_language(tag) is None
    assert nearest_tag(tag) == nearest


def test_a_known_tag_is_its_own_nearest():
    assert nearest_tag("pt-BR") == "pt-BR"


def test_the_theme_speaks_each_language():
    assert gettext_for("ja")("Skip to content") == "本文へ移動"
    assert gettext_for("en")("Skip to content") == "Skip to content"
    assert gettext_for("tlh")("Skip to content") == "Skip to content"
    assert gettext_for("ja")("Not one of our strings") == "Not one of our strings"


@pytest.mark.parametrize(
    ("tag", "same"),
    [
        ("pt-BR", "pt"),
        ("DE-at", "de"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hans-CN", "zh"),
        ("iw", "he"),
        ("ja-JP", "ja"),
    ],
)
def test_a_variety_falls_back_to_what_is_written_alike(tag, same):
    assert gettext_for(tag)("Language") == gettext_for(same)("Language") != "Language"


def test_a_variety_in_another_script_falls_back_to_english():
    assert gettext_for("hi-Latn")("Language") == "Language"


def as_babel_reads(file):
    catalog = read_po(file, ignore_obsolete=True, abort_invalid=True)
    return {entry.id: entry.string for entry in catalog if entry.id and entry.string}


@pytest.mark.parametrize("name", sorted(LOCALES))
def test_our_catalogs_are_read_as_babel_reads_them(name):
    with LOCALES[name].open("rb") as file:
        assert read_words(LOCALES[name].read_text("utf-8")) == as_babel_reads(file)


TEXTS = st.lists(
    st.sampled_from(
        ["a", "é", "日", " ", '"', "\\", "\n", "\t", "n", "#", "msgid", "msgstr", "a longer text "]
    ),
    max_size=12,
).map("".join)


@given(st.dictionaries(TEXTS.filter(bool), TEXTS), st.sets(TEXTS.filter(bool)))
def test_any_catalog_is_read_as_babel_reads_it(words, obsolete):
    catalog, file = Catalog(), BytesIO()
    for text, translation in words.items():
        catalog.add(text, translation, auto_comments=["msgid"], flags=["fuzzy"] if len(text) % 2 else [])
    for text in obsolete - words.keys():
        catalog.obsolete[text] = Catalog().add(text, "gone")
    write_po(file, catalog, width=20)
    assert read_words(file.getvalue().decode()) == as_babel_reads(BytesIO(file.getvalue()))


@pytest.mark.parametrize("name", sorted(LOCALES))
def test_a_catalog_says_what_the_theme_says(name):
    with LOCALES[name].open("rb") as file:
        catalog = {entry.id: entry.string for entry in read_po(file, abort_invalid=True) if entry.id}
    assert catalog.keys() == set(words_of_the_theme())
    for message, words in catalog.items():
        assert words
        assert words != message
        # It is put into attributes and text as it is.
        assert not re.search(r'[<>&"]', words)
        assert re.findall(r"%\(?\w*\)?s?", words) == re.findall(r"%\(?\w*\)?s?", message)


@pytest.mark.parametrize("name", sorted(LOCALES))
def test_a_catalog_is_named_by_a_language(name):
    assert find_language(name)


@pytest.mark.parametrize(
    ("tag", "share", "text"),
    [
        ("ja", 0.82, "82%"),
        ("fr", 0.82, "82\xa0%"),
        ("tr", 0.82, "%82"),
        ("en", 0.29, "29%"),
        ("en", 0.999, "99%"),
        ("en", 1, "100%"),
        ("tlh", 0, "0%"),
    ],
)
def test_a_share_is_written_as_its_language_does_and_never_rounded_up(tag, share, text):
    assert format_share(tag, share) == text


def test_babel_waits_until_it_is_needed():
    code = "import sys, site_builder.language; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

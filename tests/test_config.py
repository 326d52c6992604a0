"""`[tool.site-builder]`: what a configuration means, and how a wrong one is told."""

import pickle
from pathlib import Path

import pytest

from site_builder.config import Config, Repository, load_config
from site_builder.errors import SiteError

WRONG = sorted((Path(__file__).parent / "fixtures" / "config").glob("*.toml"))
"""A wrong configuration each; the lines after `#= ` are what is said of it."""

FULL = """
[project]
name = "example"

[tool.site-builder]
source = "lib"
translations = "maps"
output = "../site"
language = "en-GB"
languages = ["ja", "pt-BR"]
title = "Layers"
base_url = "https://example.org:8080/docs//"
include = ["**/*.py"]
exclude = ["vendor/"]
templates = "ours"
static = "./ours"
footer = "© The authors"
remote_images = "load"
number_equations = true
outdated = "translation"
similarity = 1
markdown = false
cname = "docs.example.org"
colab = "https://example.org/colab/{path}"
analytics = { src = "https://example.org/count.js", site-id = "7" }

[tool.site-builder.macros]
R = '\\mathbb{R}'

[tool.site-builder.glossary.ja]
"batch normalization" = "バッチ正規化"
"learning rate" = ["学習率", "ラーニングレート"]

[tool.site-builder.glossary.si]

[tool.site-builder.repository]
view = "https://example.org/?file={path}#L{line}"
edit = "https://example.org/edit/{path}"
home = "https://example.org/us/it"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work" / "ours").mkdir(parents=True)
    return tmp_path / "work"


def problems_of(folder: Path, **overrides: object) -> str:
    with pytest.raises(SiteError) as error:
        load_config(folder, **overrides)
    return str(error.value)


def test_defaults_suit_a_folder_with_src_and_translations(folder: Path) -> None:
    config = load_config(folder)
    assert config == Config(
        root=folder,
        source=folder / "src",
        translations=folder / "translations",
        output=folder / "public",
        title="src",
    )


def test_every_key_is_read(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(FULL, "utf-8")
    assert load_config(folder) == Config(
        root=folder,
        source=folder / "lib",
        translations=folder / "maps",
        output=folder.parent / "site",
        language="en-GB",
        languages=("ja", "pt-BR"),
        title="Layers",
        base_url="https://example.org:8080/docs",
        repository=Repository(
            view="https://example.org/?file={path}#L{line}",
            edit="https://example.org/edit/{path}",
            home="https://example.org/us/it",
        ),
        include=("**/*.py",),
        exclude=("vendor/",),
        templates=folder / "ours",
        static=folder / "ours",
        footer="© The authors",
        macros={"R": r"\mathbb{R}"},
        remote_images="load",
        number_equations=True,
        outdated="translation",
        similarity=1.0,
        markdown=False,
        cname="docs.example.org",
        colab="https://example.org/colab/{path}",
        analytics={"src": "https://example.org/count.js", "site-id": "7"},
        glossary={
            "ja": {"batch normalization": ("バッチ正規化",), "learning rate": ("学習率", "ラーニングレート")},
            "si": {},
        },
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_site_builder_toml_holds_the_keys_at_its_top(folder: Path, newline: str) -> None:
    text = newline.join(['title = "Layers"', "", "[languages.ja]", "[languages.zh]", ""])
    (folder / "site-builder.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    config = load_config(folder)
    assert (config.title, config.languages) == ("Layers", ("ja", "zh"))


def test_a_language_can_say_where_its_translation_comes_from(folder: Path) -> None:
    (folder / "site-builder.toml").write_text(
        '[languages.ja]\nprovenance = "machine"\n[languages.si]\n[languages.zh]\nprovenance = "reviewed"\n'
    )
    config = load_config(folder)
    assert config.languages == ("ja", "si", "zh")
    assert config.provenance == {"ja": "machine", "zh": "reviewed"}
    fewer = load_config(folder, languages=("zh",))
    assert fewer.languages == ("zh",)
    assert fewer.provenance == config.provenance


def test_the_command_line_wins(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(FULL, "utf-8")
    config = load_config(folder, source=Path("other"), output=None, languages=("zh",), title="")
    assert config.source == folder / "other"
    assert config.output == folder.parent / "site"
    assert config.languages == ("zh",)
    assert config.title == "other"


def test_only_pyproject_counts_that_has_our_table(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.other]\ntitle = 1\n")
    assert load_config(folder).title == "src"


def test_two_configurations_are_one_too_many(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("\n[tool.site-builder]\n")
    (folder / "site-builder.toml").write_text("")
    assert problems_of(folder).startswith("pyproject.toml:2: ")


@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_wrong_configuration(file: Path, folder: Path) -> None:
    text = file.read_text("utf-8")
    name = "pyproject.toml" if "tool" in text else "site-builder.toml"
    (folder / name).write_text(text, "utf-8")
    expected = [line[3:] for line in text.splitlines() if line.startswith("#= ")]
    assert problems_of(folder) == "\n".join(expected)


def test_a_wrong_key_is_found_in_crlf_too(folder: Path) -> None:
    (folder / "site-builder.toml").write_bytes(b"title = 'x'\r\n\r\nsorce = 'x'\r\n")
    assert problems_of(folder).startswith("site-builder.toml:3: sorce ")


def test_not_utf_8(folder: Path) -> None:
    (folder / "site-builder.toml").write_bytes(b"title = 'x'\n\n# \xff\n")
    assert problems_of(folder).startswith("site-builder.toml:3: the file is not UTF-8")


def test_nested_too_deeply(folder: Path) -> None:
    (folder / "site-builder.toml").write_text("include = " + "[" * 5000 + "]" * 5000)
    assert "nested" in problems_of(folder)


def test_a_folder_in_place_of_the_file(folder: Path) -> None:
    (folder / "site-builder.toml").mkdir()
    assert problems_of(folder).startswith("site-builder.toml: the file cannot be read")


def test_a_wrong_option_names_the_command_line(folder: Path) -> None:
    (folder / "site-builder.toml").write_text("languages = ['zh']\n")
    assert problems_of(folder, languages=("ja", "../x")).startswith("command line: languages holds '../x'")
    assert problems_of(folder, languages=("ja", "JA")).startswith("command line: ja and JA are the same")
    assert problems_of(folder, source="src", output="src").startswith(
        "command line: the output folder src is or"
    )


def test_an_option_that_is_none_of_ours_is_a_bug(folder: Path) -> None:
    with pytest.raises(TypeError, match="'sources'"):
        load_config(folder, sources="src")


def test_an_output_behind_a_link_is_seen_through(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "public").symlink_to("src")
    assert "is or holds the source" in problems_of(folder)


def test_an_output_inside_the_source_is_fine(folder: Path) -> None:
    assert load_config(folder, source=".", translations=".").output == folder / "public"


def test_paths_are_shown_as_one_would_type_them(folder: Path) -> None:
    config = load_config(folder)
    assert config.shown(folder / "src" / "x.py") == "src/x.py"
    assert config.shown(folder.parent / "x.py") == (folder.parent / "x.py").as_posix()


def test_a_configuration_travels_to_workers(folder: Path) -> None:
    config = load_config(folder)
    assert pickle.loads(pickle.dumps(config)) == config

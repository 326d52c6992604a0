from pathlib import Path

import pytest

from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.site import open_site
from site_builder.site.found_maps import Maps, json_files
from site_builder.site.pages import read_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "translations").mkdir()
    (tmp_path / "src" / "a.py").write_text("# A formula $x$\nx = 1\n\n# `code` $x$\ny = 2\n")
    (tmp_path / "src" / "sub" / "b.md").write_text("---\ntitle: The title\n---\n\nText\n")
    return tmp_path


def config(folder: Path, **settings: object) -> Config:
    return load_config(folder, **settings)


def test_maps_are_found_by_source_and_language(folder: Path) -> None:
    for name in ("a.ja.json", "a.pt-BR.json"):
        (folder / "translations" / name).write_text("{}")
    site = open_site(config(folder))
    assert site.languages == ("ja", "pt-BR")
    assert site.maps["a.py", "ja"] == folder / "translations" / "a.ja.json"
    assert not site.problems


def test_maps_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = "x.ja.json x.y.ja.json x.y.zh.json x.zh.json x/y.ja.json .h/a-b.ja.json d.json/c.txt"
    for name in names.split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "x")
    found = list(json_files(tmp_path))
    assert [tmp_path / path for path in found] == sorted(tmp_path.rglob("*.json"))
    assert len(found) == 7
    assert not list(json_files(tmp_path / "missing"))


def test_maps_are_paths_by_source_and_language(tmp_path: Path) -> None:
    maps = Maps(tmp_path, {"x.y.py": ("zh",), "x.py": ("zh", "es"), "x.md": ("ja",)})
    assert list(maps.items()) == [
        (("x.y.py", "zh"), tmp_path / "x.y.zh.json"),
        (("x.py", "zh"), tmp_path / "x.zh.json"),
        (("x.py", "es"), tmp_path / "x.es.json"),
        (("x.md", "ja"), tmp_path / "x.ja.json"),
    ]
    assert len(maps) == 4
    assert ("x.py", "ja") not in maps
    assert maps.get(("x.md", "es")) is None
    assert list(maps.within(("ja", "es"))) == [("x.py", "es"), ("x.md", "ja")]


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("aa.ja.json", "orphan", "the nearest source is a.py"),
        ("entirely-different.ja.json", "orphan", "delete it, or bring its source back"),
        ("a.jp.json", "language", "did you mean ja?"),
        ("a.json", "language", ""),
    ],
)
def test_a_map_that_is_not_read_is_warned_of(folder: Path, name: str, code: str, hint: str) -> None:
    (folder / "translations" / name).write_text("{}")
    [problem] = open_site(config(folder)).problems
    assert (problem.where.path, problem.code, problem.severity) == (f"translations/{name}", code, "warning")
    assert problem.hint.startswith(hint)


def test_tags_that_differ_only_in_case_stop(folder: Path) -> None:
    (folder / "translations" / "a.pt-BR.json").write_text("{}")
    (folder / "translations" / "sub").mkdir()
    (folder / "translations" / "sub" / "b.pt-br.json").write_text("{}")
    with pytest.raises(SiteError, match="pt-BR and pt-br differ only in case"):
        open_site(config(folder))


def test_a_map_in_the_language_of_the_source_stops(folder: Path) -> None:
    (folder / "translations" / "a.en.json").write_text("{}")
    with pytest.raises(SiteError, match="en is the source's language"):
        open_site(config(folder))


def test_a_folder_named_like_a_language_stops(folder: Path) -> None:
    (folder / "src" / "ja").mkdir()
    (folder / "src" / "ja" / "c.py").touch()
    (folder / "translations" / "a.ja.json").write_text("{}")
    with pytest.raises(SiteError, match=r"ja is where the pages in ja will be"):
        open_site(config(folder))


def test_an_invalid_macro_stops(folder: Path) -> None:
    (folder / "site-builder.toml").write_text('[macros]\nx = "\\\\undefined"\n')
    with pytest.raises(SiteError, match="macro"):
        open_site(config(folder))


@pytest.mark.parametrize(
    ("name", "title"), [("__init__.py", "src"), ("a.cu", "a.cu"), ("sub/__init__.py", "sub")]
)
def test_a_page_without_a_heading_has_a_name(folder: Path, name: str, title: str) -> None:
    (folder / "src" / name).write_text("")
    [source] = [source for source in open_site(config(folder)).sources if source.path == name]
    page, _ = read_source(config(folder, title="src"), source, b"")
    assert page
    assert page.title == title

"""Whole sites, built as a user would, compared with what is expected of them."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from contract import HTML, check_site, of_class, outline, parse, text

from site_builder.build import build
from site_builder.config import load_config

SITES = Path(__file__).parent / "sites"
ROOT = Path(__file__).parents[1]
SEED = ROOT.parent / "shared" / "data" / "seed"

Golden = Callable[[Path, str], None]


def copied(name: str, to: Path) -> Path:
    return Path(shutil.copytree(SITES / name, to / name, ignore=shutil.ignore_patterns("expected")))


@pytest.mark.parametrize("jobs", [1, 2])
def test_basic_site(tmp_path: Path, golden: Golden, jobs: int) -> None:
    folder = copied("basic", tmp_path)
    report = build(load_config(folder), jobs=jobs)
    output, expected = folder / "public", SITES / "basic" / "expected"
    files = sorted(path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file())
    shown = [file for file in files if not file.startswith("_site/search/")]
    golden(expected / "files.txt", "\n".join(shown) + "\n")
    golden(expected / "problems.txt", "\n".join(map(str, report.problems)) + "\n")
    golden(expected / "sitemap.xml", (output / "sitemap.xml").read_text("utf-8"))
    for page in ("index", "norm", "guide/start", "kernels/add.cu", "ja/index", "ja/norm", "ar/norm"):
        name = page.replace("/", "-") + ".txt"
        golden(expected / name, outline((output / f"{page}.html").read_text("utf-8")))


def test_contract_of_the_basic_site(tmp_path: Path) -> None:
    folder = copied("basic", tmp_path)
    # The one link that leads nowhere is there on purpose.
    home = folder / "src" / "__init__.py"
    home.write_text(home.read_text().replace(" and [nothing](missing.py)", ""))
    report = build(load_config(folder))
    assert report.problems == ()
    check_site(folder / "public", "https://example.org/docs")


def test_bad_input_costs_only_itself(tmp_path: Path, golden: Golden) -> None:
    folder = copied("broken", tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = build(load_config(folder))
    golden(SITES / "broken" / "expected" / "problems.txt", "\n".join(map(str, report.problems)) + "\n")
    pages = {path.name for path in (folder / "public").glob("*.html")}
    assert pages == {"good.html", "index.html", "404.html"}
    assert {path: path.read_bytes() for path in before} == before


def test_strict_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    folder = copied("broken", tmp_path)
    report = build(load_config(folder), strict=True)
    assert report.problems
    assert report.changed == ()
    assert not (folder / "public" / "good.html").exists()


@pytest.mark.skipif(not SEED.is_dir(), reason="the shared test data is not there")
def test_seed_is_all_japanese(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "translations").mkdir()
    shutil.copy(SEED / "readme.md", tmp_path / "src")
    shutil.copy(SEED / "readme.ja.json", tmp_path / "translations")
    report = build(load_config(tmp_path))
    assert report.problems == ()
    assert report.coverage == {"ja": 1.0}
    check_site(tmp_path / "public")
    english, japanese = (
        (tmp_path / "public" / page).read_text("utf-8") for page in ("readme.html", "ja/readme.html")
    )
    assert external_links(english) <= external_links(japanese)
    assert "グループ正規化" in japanese
    # English stands only where a reader asks for it.
    shown = re.sub(r'<details class="sb-original".*?</details>', "", japanese, flags=re.DOTALL)
    assert "Batch Normalization" in japanese
    assert "Batch Normalization" not in shown


def external_links(html: str) -> set[str]:
    hrefs = {element.get("href", "") for element in parse(html).iter()}
    return {href for href in hrefs if href.startswith("https://")}


def test_our_own_site(tmp_path: Path) -> None:
    report = build(load_config(ROOT, output=str(tmp_path / "public")))
    assert report.problems == ()
    assert all(coverage == 1.0 for coverage in report.coverage.values())
    check_site(tmp_path / "public")


def test_an_ordinary_package_has_a_home_with_its_pages(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text('"""A package. See [one](one.py)."""\nfrom package.one import x\n')
    for name in ("one", "two"):
        (package / f"{name}.py").write_text("x = 1\n")
    build(load_config(tmp_path, source="package"))
    home = parse((tmp_path / "public" / "index.html").read_text("utf-8"))
    assert [text(heading) for heading in home.iter(f"{HTML}h1")] == ["package"]
    [listed] = of_class(home, "sb-children")
    assert [link.get("href") for link in listed.iter(f"{HTML}a")] == ["two.html"]

"""A site whose source goes on while its translations stay behind: what readers and translators are told."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from contract import HTML, check_site, of_class, parse, text

from site_builder.build import Pages, build
from site_builder.build.checking import find_problems
from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.site import open_site
from site_builder.site.status import measure

NORM = "# The norm\n\nThe norm divides by `x`.\n\n- One item of a list\n- Another item of the list\n"
NORM_KEY = (
    "<h1>The norm</h1>\n<p>The norm divides by <span translate=no>_^_0_^_</span>. </p>\n"
    "<ul><li>One item of a list</li>\n<li>Another item of the list </li></ul>\n"
)
NORM_VALUE = (
    "<h1>ノルム</h1>\n<p>ノルムは<span translate=no>_^_0_^_</span>で割る。</p>\n"
    "<ul><li>リストの項目</li>\n<li>リストの別の項目</li></ul>\n"
)
SETTINGS = 'base_url = "https://example.org"\n'
MapWriter = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One page in Japanese, one in English only."""
    (tmp_path / "src").mkdir()
    (tmp_path / "translations").mkdir()
    (tmp_path / "site-builder.toml").write_text(SETTINGS)
    (tmp_path / "src" / "norm.md").write_text(NORM)
    (tmp_path / "src" / "other.md").write_text("# Something else\n\nNobody has translated this.\n")
    write_map(tmp_path, "norm", {NORM_KEY: NORM_VALUE})
    return tmp_path


def write_map(folder: Path, name: str, entries: dict[str, object]) -> None:
    path = (
        folder / "translations" / f"{name}.json"
        if "/" in name
        else folder / "translations" / f"{name}.ja.json"
    )
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(entries, ensure_ascii=False))


def config(folder: Path, **settings: object) -> Config:
    return load_config(folder, **settings)


def page(folder: Path, path: str, **settings: object) -> str:
    build(config(folder, **settings))
    check_site(folder / "public", "https://example.org")
    return (folder / "public" / path).read_text("utf-8")


def english(html: str) -> list[str]:
    """List what is shown in English, without what a reader has to open."""
    document = parse(re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL))
    main = next(document.iter(f"{HTML}main"))
    marked = [
        *of_class(main, "sb-untranslated"),
        *of_class(main, "sb-missing"),
        *of_class(main, "sb-outdated"),
    ]
    for element in marked:
        for label in of_class(element, "sb-state"):
            label.text = ""
    return [" ".join(text(element).split()) for element in marked if element.get("lang") == "en"]


def reword(folder: Path, old: str, new: str) -> None:
    source = folder / "src" / "norm.md"
    assert old in source.read_text()
    source.write_text(source.read_text().replace(old, new))


def test_one_changed_word_leaves_one_block_in_english(folder: Path) -> None:
    assert english(page(folder, "ja/norm.html")) == []
    reword(folder, "divides by", "is divided by")
    shown = page(folder, "ja/norm.html")
    assert english(shown) == ["The norm is divided by x."]
    assert all(word in shown for word in ("ノルム", "リストの項目", "リストの別の項目"))
    reword(folder, "is divided by", "divides by")
    assert english(page(folder, "ja/norm.html")) == []


def test_an_item_of_a_list_is_marked_by_itself(folder: Path) -> None:
    reword(folder, "One item of a list", "Something new and very different")
    shown = page(folder, "ja/norm.html")
    assert english(shown) == ["Something new and very different"]
    assert "リストの別の項目" in shown


def test_an_outdated_translation_is_shown_if_configured(folder: Path) -> None:
    reword(folder, "divides by", "is divided by")
    shown = page(folder, "ja/norm.html", outdated="translation")
    assert english(shown) == []
    [outdated] = of_class(parse(shown), "sb-outdated")
    assert "ノルムはxで割る。" in text(outdated)
    [earlier] = of_class(parse(shown), "sb-earlier")
    assert "The norm divides by x." in text(earlier)


def test_what_lost_its_formula_is_never_shown(folder: Path) -> None:
    reword(folder, "divides by `x`", "divides by all")
    shown = page(folder, "ja/norm.html", outdated="translation")
    assert english(shown) == ["The norm divides by all."]


def test_the_original_of_a_translated_section_is_at_hand_without_ids(folder: Path) -> None:
    document = parse(page(folder, "ja/norm.html"))
    [original] = of_class(document, "sb-original")
    assert "The norm divides by x." in text(original)
    assert [element.get("lang") for element in original if element.get("lang")] == ["en"]
    assert not [element for element in original.iter() if element.get("id")]
    assert of_class(parse(page(folder, "ja/other.html")), "sb-original") == []
    assert of_class(parse(page(folder, "norm.html")), "sb-original") == []


def test_a_text_of_another_map_is_known(folder: Path) -> None:
    (folder / "src" / "other.md").write_text("# Something else\n\nThe norm divides by `y`.\n")
    shown = page(folder, "ja/other.html")
    assert english(shown) == ["Something else"]
    assert "ノルムはyで割る。" in text(parse(shown))


@pytest.mark.parametrize("place", ["renamed", "attic/ja"])
def test_a_text_that_no_source_says_is_still_known(folder: Path, place: str) -> None:
    (folder / "translations" / "norm.ja.json").unlink()
    write_map(folder, place, {NORM_KEY: [NORM_VALUE] if "/" in place else NORM_VALUE})
    assert english(page(folder, "ja/norm.html", languages=("ja",))) == []
    reword(folder, "divides by", "is divided by")
    [gap] = [
        gap
        for status in measure(open_site(config(folder, languages=("ja",))))[0]
        for gap in status.gaps
        if "norm.md" in status.source
    ]
    assert gap.gap.state == "outdated"
    assert gap.gap.old_text == "The norm divides by x."


def test_an_attic_is_no_map(folder: Path) -> None:
    write_map(folder, "attic/ja", {"<p>x</p>": ["y"]})
    site = open_site(config(folder))
    assert site.problems == ()
    assert set(site.maps) == {("norm.md", "ja")}


@pytest.mark.parametrize(
    "content", ["{", '{"a": "b"}', '{"a": [1]}', '{"a": [], "a": []}', '{"\\ud800": []}']
)
def test_a_damaged_attic_is_told(folder: Path, content: str) -> None:
    write_map(folder, "attic/ja", {})
    (folder / "translations" / "attic" / "ja.json").write_text(content)
    [problem] = build(config(folder)).problems
    assert (problem.where.path, problem.code) == ("translations/attic/ja.json", "attic")


def test_a_page_with_nothing_translated_is_not_to_be_found(folder: Path) -> None:
    untranslated, source = page(folder, "ja/other.html"), page(folder, "other.html")
    assert '<meta name="robots" content="noindex">' in untranslated
    # Two answers to one question: who says noindex names no other page in its stead.
    assert "canonical" not in untranslated
    assert "hreflang" not in re.sub(r"<header.*</header>", "", untranslated + source, flags=re.DOTALL)
    sitemap = (folder / "public" / "sitemap.xml").read_text()
    assert "https://example.org/ja/norm.html" in sitemap
    assert "ja/other.html" not in sitemap
    translated = page(folder, "ja/norm.html")
    assert "noindex" not in translated
    assert '<link rel="alternate" hreflang="en" href="https://example.org/norm.html">' in translated


def test_an_index_that_was_made_is_as_translated_as_its_pages(folder: Path) -> None:
    (folder / "src" / "sub").mkdir()
    (folder / "src" / "sub" / "more.md").write_text("# More\n\nOf what nobody has translated.\n")
    assert "noindex" not in page(folder, "ja/index.html")
    assert "noindex" in page(folder, "ja/sub/index.html")
    listed = next(
        link for link in parse(page(folder, "ja/index.html")).iter(f"{HTML}a") if text(link) == "sub"
    )
    assert (listed.get("lang"), listed.get("dir")) == ("en", "ltr")


def test_a_map_whose_source_goes_is_followed(folder: Path) -> None:
    (folder / "src" / "other.md").write_text("# Something else\n\nThe norm is divided by `y`.\n")
    pages = Pages()
    build(config(folder), pages=pages)
    source = (folder / "src" / "norm.md").rename(folder / "norm.md")
    for back in (False, True):
        if back:
            source.rename(folder / "src" / "norm.md")
        build(config(folder), pages=pages)
        build(config(folder, output="fresh"))
        shown, fresh = ((folder / name / "ja" / "other.html").read_text() for name in ("public", "fresh"))
        assert shown == fresh


def test_a_build_that_changes_nothing_reads_no_map(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reword(folder, "divides by", "is divided by")
    pages = Pages()
    build(config(folder), pages=pages)
    monkeypatch.setattr("site_builder.build.reading.load_memory", None)
    monkeypatch.setattr("site_builder.build.steps.load_shared", None)
    assert build(config(folder), pages=pages).changed == ()


def test_a_line_of_the_page_is_no_older_form_of_another(folder: Path) -> None:
    (folder / "src" / "norm.md").write_text(
        "Increase the learning rate slowly.\n\nDecrease the learning rate slowly.\n"
    )
    write_map(
        folder, "norm", {"<p>Increase the learning rate slowly.</p>\n": "<p>学習率をゆっくり上げる。</p>\n"}
    )
    [status] = [status for status in measure(open_site(config(folder)))[0] if status.source == "norm.md"]
    assert [gap.gap.state for gap in status.gaps] == ["missing"]


def test_an_unknown_code_is_told(folder: Path) -> None:
    with pytest.raises(SiteError, match="did you mean placeholder"):
        find_problems(config(folder), only=["placeholders"])


def test_a_folder_of_maps_that_is_not_there_is_told(folder: Path) -> None:
    [problem] = build(config(folder, translations="translatoins")).problems
    assert problem.code == "missing-folder"


def test_a_map_that_another_page_relies_on_is_followed(folder: Path) -> None:
    (folder / "src" / "other.md").write_text("# Something else\n\nThe norm divides by `y`.\n")
    pages = Pages()
    build(config(folder), pages=pages)
    assert build(config(folder), pages=pages).changed == ()
    write_map(folder, "norm", {NORM_KEY: NORM_VALUE.replace("割る", "割られる")})
    changed = build(config(folder), pages=pages).changed
    assert {path for path in changed if path.endswith(".html")} == {"ja/norm.html", "ja/other.html"}
    write_map(folder, "attic/ja", {"<h1>Something else</h1>\n": ["<h1>別のもの</h1>\n"]})
    changed = {*build(config(folder), pages=pages).changed}
    assert changed >= {"ja/other.html", "ja/index.html", "_site/status.html"}


def test_every_worker_knows_the_same(folder: Path) -> None:
    reword(folder, "divides by", "is divided by")
    trees = []
    for jobs in (1, 2):
        build(config(folder, output=f"public{jobs}"), jobs=jobs)
        public = folder / f"public{jobs}"
        trees.append({path.relative_to(public): path.read_bytes() for path in public.rglob("*.html")})
    assert trees[0] == trees[1]


def test_the_status_page_leads_to_the_place_in_the_map(folder: Path) -> None:
    reword(folder, "divides by", "is divided by")
    with (folder / "site-builder.toml").open("a") as settings:
        settings.write('repository = { edit = "https://code.example/edit/{path}#L{line}" }\n')
    status = parse(page(folder, "_site/status.html"))
    links = {link.get("href", "") for link in status.iter(f"{HTML}a")}
    assert "https://code.example/edit/translations/norm.ja.json#L1" in links
    assert "The norm is divided by x." in text(status)
    assert "ノルムはxで割る。" in text(status)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "site_builder", *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_status_says_how_many_words_each_language_has(folder: Path) -> None:
    reword(folder, "divides by", "is divided by")
    done = command(folder, "status", "--format", "json")
    norm, other = json.loads(done.stdout)
    assert (norm["source"], norm["words"]) == ("norm.md", {"current": 12, "outdated": 5, "missing": 0})
    assert (other["source"], other["words"]) == ("other.md", {"current": 0, "outdated": 0, "missing": 6})
    assert [gap["old_translation"] for gap in norm["gaps"]] == ["ノルムはxで割る。"]
    assert done.returncode == 0
    table = command(folder, "status")
    assert re.search(r"ja 52% +12 +5 +6", table.stdout)


@pytest.mark.parametrize(("least", "code"), [("52", 0), ("53", 1)])
def test_status_can_fail(folder: Path, least: str, code: int) -> None:
    reword(folder, "divides by", "is divided by")
    done = command(folder, "status", "--fail-under", least)
    assert done.returncode == code
    assert ("less than 53% is translated: ja" in done.stderr) == bool(code)


def test_check_finds_what_is_wrong_with_maps_and_sources(folder: Path) -> None:
    (folder / "src" / "other.md").write_text("[nowhere](missing.md)\n")
    write_map(
        folder, "norm", {NORM_KEY: NORM_VALUE.replace("_^_0_^_", "_^_7_^_"), "<p>Gone </p>": "<p>去る</p>"}
    )
    write_map(folder, "unknown", {})
    problems = {(problem.code, problem.where.path) for problem in find_problems(config(folder))}
    assert problems == {
        ("placeholder", "translations/norm.ja.json"),
        ("stale", "translations/norm.ja.json"),
        ("orphan", "translations/unknown.ja.json"),
        ("link", "src/other.md"),
    }
    assert {problem.code for problem in find_problems(config(folder), only=["stale"])} == {"stale"}
    assert not (folder / "public").exists()


def test_check_has_formats_for_programs(folder: Path) -> None:
    write_map(folder, "norm", {NORM_KEY: NORM_VALUE.replace("_^_0_^_", "_^_7_^_")})
    done = command(folder, "check", "--format", "json")
    problems = json.loads(done.stdout)
    assert {(problem["code"], problem["path"], problem["line"]) for problem in problems} == {
        ("placeholder", "translations/norm.ja.json", 1)
    }
    assert done.returncode == 1
    annotations = command(folder, "check", "--format", "github").stdout.splitlines()
    assert len(annotations) == len(problems)
    assert all(
        re.match(r"::error file=translations/norm\.ja\.json,line=1,.*title=placeholder::", one)
        for one in annotations
    )
    fine = command(folder, "check", "--only", "stale")
    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "", "none\n")

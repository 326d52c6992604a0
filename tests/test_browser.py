"""What a reader does, in a real browser, on a site that a real server serves."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import CHROMIUM, QUIETLY
from playwright.sync_api import Browser, Page, expect

from site_builder.build import build
from site_builder.config import load_config

ROOT = Path(__file__).parents[1]
BASIC = Path(__file__).parent / "sites" / "basic"

OpenPage = Callable[..., Page]
pytestmark = pytest.mark.browser


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """Serve the site of a folder as a user would, on a free port; yield its address."""
    command = [sys.executable, "-m", "site_builder", "serve", "--port", "0", *options]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as server:
        try:
            said = ""
            while not (address := re.search(r"http://\S+", said)):
                line = server.stderr.readline()
                assert line, f"the server ended: {said}"
                said += line
            yield address[0].rstrip("/")
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "basic"
    shutil.copytree(BASIC, folder, ignore=shutil.ignore_patterns("expected"))
    (folder / "own").mkdir()
    settings = (folder / "site-builder.toml").read_text()
    (folder / "site-builder.toml").write_text(f'templates = "own"\n{settings}')
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


def test_switching_language_stays_on_the_section(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/norm.html#Norm", width=1000)
    page.click(".sb-languages summary")
    page.click(".sb-languages a[hreflang=ja]")
    page.wait_for_url("**/ja/norm.html#Norm")
    assert page.locator("#Norm > h2").inner_text() == "Normクラス"
    assert page.locator("html").get_attribute("lang") == "ja"


def test_links_lead_from_page_to_page_in_one_language(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/ja/index.html")
    page.click("text=手引き")
    page.wait_for_url("**/ja/guide/start.html#first-steps")
    page.click(".docs a:has-text('home')")
    page.wait_for_url("**/ja/index.html")
    assert page.locator("img[alt='A square']").first.evaluate("image => image.naturalWidth") == 20


def test_the_theme_can_be_switched(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/norm.html", color_scheme="light")
    ink = "getComputedStyle(document.body).color"
    light = page.evaluate(ink)
    page.click(".sb-theme")
    assert page.evaluate(ink) != light
    page.reload()
    assert page.evaluate(ink) != light


def test_the_page_can_be_read_without_javascript(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/ar/norm.html", java_script_enabled=False)
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.click(".sb-languages summary")
    page.click(".sb-languages a[hreflang=en]")
    page.wait_for_url("**/norm.html")
    assert page.locator("math").first.is_visible()
    assert not page.locator(".sb-theme").is_visible()


def test_an_edit_of_a_source_a_map_or_a_template_is_shown(
    folder: Path, address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/ja/norm.html")
    source, map_ = folder / "src" / "norm.py", folder / "translations" / "norm.ja.json"

    source.write_text(source.read_text().replace("return math.sqrt(total)", "return total**0.5"))
    expect(page.locator("#section-4 .code")).to_contain_text("total**0.5")

    map_.write_text(map_.read_text().replace("ベクトルのノルム", "ベクトルの長さ"))
    expect(page.locator("h1").first).to_have_text("ベクトルの長さ")

    theme = '{% extends "theme/page.html" %}\n{% block title %}OURS{% endblock %}\n'
    (folder / "own" / "page.html").write_text(theme)
    expect(page).to_have_title("OURS")
    (folder / "own" / "page.html").unlink()
    expect(page).not_to_have_title("OURS")


def test_a_problem_is_shown_over_the_page_until_it_is_mended(
    folder: Path, address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/norm.html")
    source = folder / "src" / "norm.py"
    good = source.read_text()
    source.write_text(good + "\n# $\\nonsense$\nDONE = False\n")
    expect(page.get_by_role("alert")).to_contain_text("src/norm.py")
    source.write_text(good + "\nDONE = True\n")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".code").last).to_contain_text("DONE = True")


@pytest.fixture(scope="module")
def our_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("ours") / "public"
    build(load_config(ROOT, output=str(output)))
    return output


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_of_our_site_overflows(our_site: Path, open_page: OpenPage, width: int) -> None:
    # The 404 page links from the server's root.
    pages = sorted(path for path in our_site.rglob("*.html") if path.name != "404.html")
    page = open_page(pages[0].as_uri(), width=width)
    for path in pages:
        page.goto(path.as_uri())
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess == 0, path
        assert page.locator(".sb-formula-error").count() == 0
        # One that cannot be decoded raises; what is far below is not loaded unless it is asked for.
        shown = "[...document.images].filter(image => image.checkVisibility())"
        page.evaluate(f"Promise.all({shown}.map(image => (image.loading = 'eager', image.decode())))")


def test_text_twice_as_large_breaks_nothing(our_site: Path, browser: Browser) -> None:
    large = [*QUIETLY.split(), "--blink-settings=defaultFontSize=32"]
    with browser.browser_type.launch(executable_path=CHROMIUM, args=large) as larger:
        page = larger.new_page()
        for width in (1280, 640, 390):
            page.set_viewport_size({"width": width, "height": 800})
            for name in ("index", "ja/normalization/group_norm/index", "ar/normalization/group_norm/index"):
                page.goto((our_site / f"{name}.html").as_uri())
                assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                assert page.locator(".sb-theme").bounding_box()["x"] >= 0, (name, width)
                assert page.locator(".sb-theme svg").bounding_box()["width"] == 32


def test_on_paper_no_line_is_cut_off(our_site: Path, open_page: OpenPage) -> None:
    page = open_page((our_site / "experiments" / "batch_size.html").as_uri(), width=680)
    page.emulate_media(media="print")
    cut = "all => all.filter(it => it.getBoundingClientRect().right > innerWidth).length"
    assert page.locator("pre, pre > code").evaluate_all(cut) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 680


def test_the_names_of_rows_have_room_beside_numbers(our_site: Path, open_page: OpenPage) -> None:
    page = open_page((our_site / "es" / "experiments" / "batch_size.html").as_uri(), width=320)
    name = page.locator("td", has_text="Norm. por grupos").first
    assert name.bounding_box()["height"] < 3 * 22


def test_the_link_of_a_section_stands_beside_its_prose(our_site: Path, open_page: OpenPage) -> None:
    for name in ("es", "ar"):
        page = open_page((our_site / name / "normalization/group_norm/index.html").as_uri(), width=390)
        link, prose = page.locator(".sb-anchor").first.bounding_box(), page.locator("h1").first.bounding_box()
        assert link["x"] >= prose["x"] + prose["width"] or link["x"] + link["width"] <= prose["x"]


def test_the_label_of_the_first_block_keeps_off_the_line_above(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/ar/norm.html")
    page.evaluate("document.body.classList.remove('sb-untouched')")
    label, above = page.locator(".sb-state").first.bounding_box(), page.locator(".sb-meta > *").last
    assert label["y"] - 8 >= above.bounding_box()["y"] + above.bounding_box()["height"]

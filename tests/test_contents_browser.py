"""The table of contents in a browser: over the page, beside it, and without JavaScript."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from site_builder.build import build
from site_builder.config import load_config

ROOT = Path(__file__).parents[1]

OpenPage = Callable[..., Page]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    output = tmp_path_factory.mktemp("site") / "public"
    build(load_config(ROOT, output=str(output)))
    return (output / "normalization" / "group_norm" / "index.html").as_uri()


def test_it_leads_to_a_heading_and_closes(page_url: str, open_page: OpenPage) -> None:
    page = open_page(page_url, width=1000)
    panel = page.locator(".sb-panel")
    expect(panel).to_be_hidden()
    page.click(".sb-contents summary")
    panel.get_by_role("link", name="Why the mean comes first").click()
    expect(panel).to_be_hidden()
    assert page.url.endswith("#why-the-mean-comes-first")
    expect(page.locator("#why-the-mean-comes-first")).to_be_in_viewport()


def test_it_closes_by_escape_and_by_a_click_elsewhere(page_url: str, open_page: OpenPage) -> None:
    page = open_page(page_url, width=1000)
    page.focus(".sb-contents summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".sb-panel")).to_be_hidden()
    expect(page.locator(".sb-contents summary")).to_be_focused()
    page.click(".sb-contents summary")
    page.mouse.click(900, 600)
    expect(page.locator(".sb-panel")).to_be_hidden()


def test_it_follows_the_scroll(page_url: str, open_page: OpenPage) -> None:
    page = open_page(page_url, width=1400)
    page.click(".sb-contents summary")
    current = page.locator(".sb-headings [aria-current]")
    for name in ("forward", "The layer"):
        page.locator(
            f"#{'GroupNorm.forward' if name == 'forward' else 'the-layer'}".replace(".", "\\.")
        ).evaluate("place => scrollTo(0, place.getBoundingClientRect().top + scrollY - 100)")
        expect(current).to_have_text(name)


def test_on_a_wide_window_it_stays_beside_the_page(page_url: str, open_page: OpenPage) -> None:
    page = open_page(page_url, width=1400)
    prose = page.locator("#section-0 > .docs")
    assert prose.bounding_box()["x"] == 0
    page.click(".sb-contents summary")
    panel = page.locator(".sb-panel").bounding_box()
    after = prose.bounding_box()
    assert after["x"] == panel["width"] == panel["x"] + panel["width"]
    page.locator(".sb-panel").get_by_role("link", name="Batch normalization").click()
    expect(page.locator("h1")).to_have_text("Batch normalization")
    expect(page.locator(".sb-panel")).to_be_visible()
    shift = page.evaluate(
        "new Promise(done => new PerformanceObserver(list => done(list.getEntries().length))"
        ".observe({type: 'layout-shift', buffered: true}) || setTimeout(done, 500, 0))"
    )
    assert shift == 0


def test_it_opens_without_javascript(page_url: str, open_page: OpenPage) -> None:
    page = open_page(page_url, width=390, java_script_enabled=False)
    page.click(".sb-contents summary")
    links = page.locator(".sb-panel a")
    expect(links.filter(has_text="Layer normalization")).to_be_visible()
    page.click(".sb-contents summary")
    expect(links.first).to_be_hidden()

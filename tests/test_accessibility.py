"""axe-core finds nothing on any kind of page, in any script, width or theme."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from site_builder.build import build
from site_builder.config import load_config

BASIC = Path(__file__).parent / "sites" / "basic"
KINDS = {"home": "index", "pairs": "norm", "prose": "guide/start", "generated index": "kernels/index"}
PAGES = [f"{folder}{kind}.html" for folder in ("", "ar/", "ja/") for kind in KINDS.values()]
OWN_PAGES = ["_site/status.html", "404.html"]

pytestmark = pytest.mark.browser


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a small site with every kind of page; return its address."""
    folder = tmp_path_factory.mktemp("basic") / "public"
    build(replace(load_config(BASIC, output=str(folder)), base_url=""))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", [*PAGES, *OWN_PAGES])
def test_axe_finds_nothing(address: str, open_page: Callable[..., Page], path: str) -> None:
    page = open_page(f"{address}/{path}")
    page.evaluate(Axe().axe_script)
    # What is folded away is looked at too, but for what would lie over the page.
    page.locator("main details").evaluate_all("all => all.forEach(details => details.open = true)")
    found = set()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for width in (1440, 768, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            found |= {(theme, width, *violation) for violation in violations(page, RULES[theme])}
    assert found == set()


# A theme changes nothing but colours.
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


def test_dialogs_and_highlights_are_accessible(address: str, open_page: Callable[..., Page]) -> None:
    for theme in ("light", "dark"):
        for folder in ("", "ar/", "ja/"):
            page = open_page(f"{address}/{folder}norm.html", width=390, color_scheme=theme)
            page.evaluate(Axe().axe_script)
            page.keyboard.press("/")
            page.get_by_role("combobox").fill("norm")
            page.get_by_role("option").first.wait_for()
            assert not set(violations(page, RULES["light"]))
            page.keyboard.press("Escape")
            page.locator("main mi").first.click()
            # The rest steps back on purpose: it is not to be read now.
            assert not set(violations(page, {"rules": {"color-contrast": {"enabled": False}}}))
            assert not set(violations(page, RULES["dark"], ".sb-lit, .sb-notices"))
            page.goto(f"{address}/{folder}guide/start.html")
            page.evaluate(Axe().axe_script)
            page.locator("main img").first.click()
            page.locator(".sb-enlarged[open]").wait_for()
            assert not set(violations(page, RULES["light"]))


def violations(page: Page, rules: dict[str, Any], within: str = ":root") -> Iterator[tuple[str, str]]:
    """Run axe; yield each rule that is broken, with where."""
    options = {"resultTypes": ["violations"], "preload": False, **rules}
    run = "([within, options]) => axe.run([...document.querySelectorAll(within)], options)"
    result = page.evaluate(run, [within, options])
    for violation in result["violations"]:
        for node in violation["nodes"]:
            if not is_formula_as_header(violation["id"], node["html"]):
                yield violation["id"], f"{node['target']} {node['html'][:200]}"


def is_formula_as_header(rule: str, html: str) -> bool:
    """Whether axe finds a table header empty that is a formula: it does not read MathML, browsers do."""
    return rule == "empty-table-header" and "<math" in html


def test_an_open_menu_and_table_of_contents_are_accessible(
    address: str, open_page: Callable[..., Page]
) -> None:
    for path in ("norm.html", "ar/norm.html"):
        page = open_page(f"{address}/{path}")
        page.evaluate(Axe().axe_script)
        for menu in (".sb-languages", ".sb-contents"):
            page.locator(menu).evaluate("details => details.open = true")
            assert not set(violations(page, RULES["light"]))

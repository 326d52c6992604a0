"""The whole site of this repository in a browser: under a strict policy, without scripts, from files."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from site_builder.build import build
from site_builder.config import load_config

ROOT = Path(__file__).parents[1]
POLICY = "default-src 'self'"

OpenPage = Callable[..., Page]
pytestmark = pytest.mark.browser


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site below a folder of its host, as on GitHub Pages."""
    host = tmp_path_factory.mktemp("host")
    config = load_config(ROOT, output=str(host / "nn"))
    build(replace(config, base_url="http://127.0.0.1/nn"))
    return host / "nn"


@pytest.fixture(scope="module")
def address(output: Path) -> Iterator[str]:
    handler = functools.partial(Handler, directory=output.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/nn"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def pages(output: Path) -> list[str]:
    found = sorted(path.relative_to(output).as_posix() for path in output.rglob("*.html"))
    assert {"404.html", "_site/status.html", "ja/index.html"} <= set(found)
    return found


@pytest.fixture(scope="module")
def some_pages(pages: list[str]) -> list[str]:
    """Every page from left to right and from right to left: the other languages differ in words alone."""
    return [path for path in pages if path.partition("/")[0] not in {"es", "ja", "si", "zh"}]


@dataclass
class Watch:
    """What a browser complains of, and what it asks for."""

    context: BrowserContext
    complaints: list[str]
    requests: list[str]

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.complaints.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", self._failed)
        page.on("response", lambda got: got.status < 400 or self.complaints.append(f"{got.status} {got.url}"))
        return page

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was loading.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")


@pytest.fixture
def watch(browser: Browser) -> Iterator[Callable[..., Watch]]:
    contexts: list[BrowserContext] = []

    def watch(**options: object) -> Watch:
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        return Watch(contexts[-1], [], [])

    yield watch
    for context in contexts:
        context.close()


VIOLATIONS = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def test_every_page_of_the_site_works_under_a_strict_policy(
    watch: Callable[..., Watch], address: str, pages: list[str]
) -> None:
    seen = watch()
    seen.context.add_init_script(VIOLATIONS)
    page = seen.page()
    for path in pages:
        page.goto(f"{address}/{path}")
        assert page.evaluate("window.violations") == [], path
        # The theme has run, and what is data has not.
        assert page.evaluate("document.styleSheets.length") >= 4
    assert seen.complaints == []
    assert all(url.startswith(f"{address}/") for url in seen.requests)


def test_the_test_sees_what_a_policy_blocks(watch: Callable[..., Watch], address: str, output: Path) -> None:
    bad = output / "bad.html"
    bad.write_text(
        '<!doctype html><p style="color: red"><img src="http://127.0.0.1:9/x.png"><script>1</script>'
    )
    try:
        seen = watch()
        seen.context.add_init_script(VIOLATIONS)
        page = seen.page()
        page.goto(f"{address}/bad.html")
        assert len(page.evaluate("window.violations")) == 3
        assert len(seen.complaints) >= 3
    finally:
        bad.unlink()


def test_every_page_reads_without_scripts(
    watch: Callable[..., Watch], address: str, some_pages: list[str]
) -> None:
    seen = watch(java_script_enabled=False)
    page = seen.page()
    for path in some_pages:
        page.goto(f"{address}/{path}")
        assert page.locator("main").is_visible()
        assert page.locator(".sb-prefer:visible").count() == 0
    assert seen.complaints == []
    assert all(url.startswith(f"{address}/") for url in seen.requests)


def test_every_page_reads_from_files(
    watch: Callable[..., Watch], output: Path, some_pages: list[str]
) -> None:
    seen = watch()
    page = seen.page()
    # The 404 page links from the server's root: only a server shows it.
    for path in (path for path in some_pages if path != "404.html"):
        page.goto((output / path).as_uri())
        assert page.locator("main").is_visible()
    assert seen.complaints == []
    assert all(url.startswith(output.as_uri()) for url in seen.requests)


def test_the_manifest_is_one(watch: Callable[..., Watch], address: str) -> None:
    seen = watch()
    page = seen.page()
    page.goto(f"{address}/ja/normalization/index.html")
    session = seen.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["url"] == f"{address}/_site/manifest.webmanifest"
    assert told["errors"] == []
    assert told["manifest"]["startUrl"] == f"{address}/"
    assert seen.complaints == []


# The reader's language


@pytest.mark.parametrize(
    ("preferred", "path", "shown"),
    [
        (["ja-JP", "en"], "index.html", "ja"),
        (["ja", "en"], "ja/index.html", ""),
        (["en-GB", "ja"], "index.html", ""),
        (["en-US"], "ja/index.html", "en"),
        (["ko", "de"], "index.html", ""),
        (["ko", "es-MX", "ja"], "index.html", "es"),
        (["zh-TW", "ja"], "index.html", "ja"),
        (["zh-CN", "ja"], "index.html", "zh"),
        (["zh-Hans-SG"], "index.html", "zh"),
        (["ja"], "normalization/index.html", ""),
        (["not a tag", "ja"], "index.html", "ja"),
        ([], "index.html", ""),
    ],
    ids=str,
)
def test_who_prefers_another_language_is_told_in_it(
    watch: Callable[..., Watch], address: str, preferred: list[str], path: str, shown: str
) -> None:
    seen = watch()
    seen.context.add_init_script(
        f"Object.defineProperty(navigator, 'languages', {{ get: () => {preferred} }})"
    )
    page = seen.page()
    page.goto(f"{address}/{path}")
    assert page.url == f"{address}/{path}", "nobody is sent anywhere"
    lines = page.locator(".sb-prefer:visible")
    assert lines.evaluate_all("lines => lines.map(line => line.lang)") == ([shown] if shown else [])
    assert seen.complaints == []


def test_the_line_leads_to_the_language_and_can_be_dismissed(
    watch: Callable[..., Watch], address: str
) -> None:
    seen = watch(locale="ja-JP")
    page = seen.page()
    page.goto(f"{address}/index.html")
    line = page.locator(".sb-prefer:visible")
    assert "お使いの言語" in line.inner_text()
    line.locator("a").click()
    page.wait_for_url(f"{address}/ja/index.html")
    assert page.evaluate("Object.keys(localStorage)") == []
    page.goto(f"{address}/index.html")
    line.get_by_role("button", name="閉じる").focus()
    page.keyboard.press("Enter")
    assert line.count() == 0
    page.reload()
    assert line.count() == 0
    assert page.evaluate("Object.keys(localStorage)") == ["sb-prefer"]


@pytest.mark.parametrize("width", [320, 1440])
def test_the_line_moves_nothing(watch: Callable[..., Watch], address: str, width: int) -> None:
    seen = watch(locale="ja-JP", viewport={"width": width, "height": 640})
    page = seen.page()
    page.goto(f"{address}/index.html")
    line = page.locator(".sb-prefer:visible")
    assert line.evaluate("line => getComputedStyle(line).position") == "fixed"
    top = "document.querySelector('main').getBoundingClientRect().top"
    before = page.evaluate(top)
    box = line.bounding_box()
    assert box
    assert box["x"] == 0
    assert box["width"] == width
    assert box["y"] + box["height"] == 640
    line.locator("button").click()
    assert page.evaluate(top) == before


def test_the_frame_of_the_browser_follows_the_theme(watch: Callable[..., Watch], address: str) -> None:
    seen = watch(color_scheme="light")
    page = seen.page()
    page.goto(f"{address}/index.html")
    colour = """[...document.querySelectorAll("meta[name=theme-color]")]
        .find((meta) => matchMedia(meta.media).matches).content"""
    assert page.evaluate(colour) == "#fdfcf9"
    page.click(".sb-theme")
    assert page.evaluate(colour) == "#16181d"
    page.click(".sb-theme")
    assert page.evaluate(colour) == "#fdfcf9"


# On paper


def test_a_page_prints_prose_then_code_without_the_frame(watch: Callable[..., Watch], address: str) -> None:
    seen = watch(color_scheme="dark")
    page = seen.page()
    page.goto(f"{address}/ja/normalization/group_norm/index.html")
    page.emulate_media(media="print")
    for chrome in (".sb-bar", ".sb-notebook", ".sb-foot nav", ".sb-anchor", ".sb-original > summary"):
        assert page.locator(f"{chrome}:visible").count() == 0, chrome
    below = """sections => sections.filter(section => {
        const [docs, code] = [...section.children].map(part => part.getBoundingClientRect());
        return code.height && code.top < docs.bottom - 1;
    }).length"""
    assert page.locator("main > .section").evaluate_all(below) == 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    link = page.locator(".docs a[href^='https://arxiv.org/abs/1803']").first
    assert "arxiv.org" in link.evaluate("link => getComputedStyle(link, '::after').content")

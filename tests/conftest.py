import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
QUIETLY = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync"""
# The first example pays for imports, and other work may share the machine.
# What a change must pass is the same for every run; at home, each looks further.
settings.register_profile("untimed", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="rewrite expected results; review the diff"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a result with the file that holds the expected one, or rewrite that file if asked to."""

    def compare(file: Path, result: str) -> None:
        if request.config.getoption("--update-goldens"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(result, encoding="utf-8", newline="\n")
        assert result == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, not longer than a module: an event loop runs with it. Without Chromium, tests are
    skipped, or fail if REQUIRE_BROWSER is set.
    """
    if CHROMIUM is None:
        missing = pytest.fail if "REQUIRE_BROWSER" in os.environ else pytest.skip
        missing("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY.split())
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in a window of a given width; what the browser complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(address: str, width: int = 1440, **options: object) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for opened in contexts:
        opened.close()
    assert not complaints

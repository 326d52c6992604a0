"""The search dialog, as a reader uses it, under a strict policy; nothing may be complained of."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from searching import served

from site_builder.build import build
from site_builder.config import load_config

SITE = Path(__file__).parent / "sites" / "search"
OpenPage = Callable[..., Page]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(SITE, tmp_path_factory.mktemp("site") / "search"))
    for number in range(30):
        (folder / "src" / f"many{number:02}.md").write_text(f"# Number {number}\n\nOf very-many pages.\n")
    assert build(load_config(folder)).problems == ()
    return folder / "public"


@pytest.fixture(scope="module")
def address(public: Path) -> Iterator[str]:
    with served(public) as address:
        yield address


def ask(page: Page, query: str) -> None:
    page.keyboard.press("/")
    page.get_by_role("combobox").fill(query)
    expect(page.locator(".sb-search-status")).not_to_be_empty()


def status(page: Page) -> str:
    return page.locator(".sb-search-status").inner_text()


def test_by_keyboard_alone(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html")
    page.locator(".docs a").last.focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("num features")
    # The answer to the whole of it, however slowly it was typed.
    expect(page.locator("mark", has_text="features").first).to_be_visible()
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".sb-search-status")).to_have_text("Pages found: 1")
    group = page.get_by_role("listbox", name="Search results").get_by_role("group", name="The layer")
    assert group.get_by_role("option").count() >= 2
    chosen = (
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent"
    )
    first = page.evaluate(chosen)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(chosen) != first
    page.keyboard.press("ArrowUp")
    assert page.evaluate(chosen) == first
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    expect(page.locator(".docs a").last).to_be_focused()
    # It is all still there; Enter goes to the definition.
    page.keyboard.press("/")
    expect(box).to_have_value("num features")
    page.keyboard.press("Enter")
    page.wait_for_url("**/layer.html#BatchNorm2d.__init__")
    assert page.locator("[id='BatchNorm2d.__init__']").evaluate("it => it.matches(':target')")


def test_enter_waits_for_what_was_typed_last(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/layer.html")
    page.keyboard.press("/")
    page.keyboard.type("words")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/index\.html$"))


def test_a_slash_that_is_typed_is_a_slash(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    page.locator("main input").press("/")
    assert page.locator("main input").input_value() == "/"
    expect(page.get_by_role("combobox")).not_to_be_visible()


def test_what_was_found_is_marked_and_leads_to_its_heading(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/layer.html")
    ask(page, "httpserver tex")
    [title] = page.locator(".sb-found-page").all_inner_texts()
    assert title.startswith("Words to look for")
    part = page.get_by_role("option").first
    assert part.locator("mark").all_inner_texts() == ["HTTPServer", "TeX"]
    assert part.inner_text().startswith("A heading of its own")
    part.click()
    page.wait_for_url("**/index.html#a-heading-of-its-own")


def test_the_mark_is_on_the_letters_as_they_are_written(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html")
    ask(page, "grosse fine angstrom X2 ½")
    assert page.locator("mark:not(code *)").all_inner_texts() == ["Größe", "ﬁne", "Ångström", "x₂", "½"]


def test_code_is_quoted_by_the_line(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html")
    ask(page, "running_mean")
    quote = page.locator("code.sb-quote")
    assert quote.inner_text() == "self.running_mean = [0.0] * num_features # not a comment of its own"
    assert quote.get_attribute("dir") == "ltr"


def test_in_japanese(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/ja/index.html")
    ask(page, "正規化")
    assert status(page) == "見つかったページ: 1"
    assert page.locator("mark").first.inner_text() == "正規化"
    page.get_by_role("combobox").fill("はんかく")
    expect(page.locator(".sb-search-status")).to_have_text("見つかりませんでした")
    page.get_by_role("combobox").fill("ハンカク")
    expect(page.locator("mark").first).to_have_text("ﾊﾝｶｸ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ja/index.html#words-to-look-for")


def test_enter_that_ends_a_composition_opens_nothing(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/ja/index.html")
    ask(page, "正規化")
    press = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})"
    assert page.get_by_role("combobox").evaluate(f"box => box.dispatchEvent({press})")
    expect(page.get_by_role("combobox")).to_be_visible()


def test_in_arabic(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/ar/index.html", width=390)
    page.click(".sb-search")
    page.get_by_role("combobox").fill("متوسط")
    expect(page.locator("mark").first).to_have_text("مُتوسّط")
    quote = page.locator(".sb-quote").first
    assert quote.evaluate("it => getComputedStyle(it).direction") == "rtl"
    rule = page.locator(".sb-found-part").first
    assert rule.evaluate("it => getComputedStyle(it).borderRightWidth") == "2px"


def test_more_pages_come_as_they_are_reached(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html")
    ask(page, "very-many")
    # As many as there is room for, and some more.
    expect(page.locator(".sb-search-status")).to_have_text(re.compile(r"Pages found: 1\d\+"))
    for _ in range(70):
        page.keyboard.press("ArrowDown")
        page.evaluate("new Promise(requestAnimationFrame)")
    expect(page.locator(".sb-search-status")).to_have_text("Pages found: 30")
    expect(page.locator(".sb-found")).to_have_count(30)


def test_nothing_but_the_index_is_fetched_and_that_only_when_asked(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.removeprefix(address)))
    page.reload()
    assert not any("/search/" in url or "search-index" in url for url in fetched)
    fetched.clear()
    ask(page, "httpserver")
    kinds = {re.sub(r"\?.*|\d+\.json.*", "", url) for url in fetched if "search" in url}
    texts = {f"/_site/search/{corpus}/text/index.html.json" for corpus in ("en", "code")}
    index = {f"/_site/search/{name}" for name in ("en.json", "en/", "code/", "pages/")}
    assert kinds == {"/_site/search-index.js", *index, *texts}


@pytest.mark.parametrize("width", [320, 390])
def test_the_header_of_a_phone_has_room(address: str, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{address}/ja/layer.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator(".sb-bar").bounding_box()["height"] == 52
    boxes = [page.locator(f".sb-tools > {tool}").bounding_box() for tool in (".sb-search", ".sb-theme")]
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
    ask(page, "正規化")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_there_is_no_button_without_scripts(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html", java_script_enabled=False)
    assert not page.is_visible(".sb-search")
    assert not page.is_visible(".sb-search-dialog")


def test_from_a_folder_it_says_what_it_needs(public: Path, open_page: OpenPage) -> None:
    page = open_page((public / "ja" / "index.html").as_uri())
    page.keyboard.press("/")
    expect(page.locator(".sb-search-status")).to_contain_text("検索にはWebサーバーが必要です")


def test_the_page_that_is_not_there_can_be_searched_from(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/404.html")
    ask(page, "httpserver")
    page.keyboard.press("Enter")
    page.wait_for_url("**/index.html#a-heading-of-its-own")

"""What the theme's scripts do for a reader of real sites, served under a strict policy."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from site_builder.build import build
from site_builder.config import load_config

ROOT = Path(__file__).parents[1]
REACTIONS = Path(__file__).parent / "fixtures" / "reactions"
GROUP_NORM = "normalization/group_norm/index.html"

OpenPage = Callable[..., Page]
pytestmark = pytest.mark.browser


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites: our own, and one of every case."""
    folder = tmp_path_factory.mktemp("public")
    build(load_config(ROOT, output=str(folder / "ours"), languages=("ar",)))
    build(load_config(REACTIONS, output=str(folder / "cases")))
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cases(served: str, open_page: OpenPage) -> Page:
    return open_page(f"{served}/cases/attention.html", permissions=["clipboard-read", "clipboard-write"])


def lit(page: Page) -> list[str]:
    return page.locator(".sb-lit").evaluate_all("all => all.map(lit => lit.textContent)")


def name_in_code(page: Page, name: str, number: int = 0) -> tuple[float, float]:
    """Return the middle of a name in the boxes of code: it may have no element of its own."""
    find = """(boxes, [name, number]) => {
        const found = boxes.flatMap((box) => {
            const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT), ranges = [];
            while (texts.nextNode()) {
                for (const {index} of texts.currentNode.data.matchAll(new RegExp(`\\\\b${name}\\\\b`, "g"))) {
                    const range = new Range();
                    range.setStart(texts.currentNode, index);
                    range.setEnd(texts.currentNode, index + name.length);
                    ranges.push(range);
                }
            }
            return ranges;
        });
        found[number].startContainer.parentElement.scrollIntoView({block: "center"});
        const box = found[number].getBoundingClientRect();
        return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
    }"""
    x, y = page.locator(".code pre").evaluate_all(find, [name, number])
    return x, y


def symbol(page: Page, text: str) -> Locator:
    return page.locator(f"math :is(mi, mtext):text-is('{text}')").first


# Occurrences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("γ", ["γ", "gamma", "gamma"]),
        ("ϵ", ["ϵ", "eps", *["eps"] * 7]),
        ("β", ["β", "1", "beta1", "beta1", "beta1"]),
        ("x", ["xˆ", "x_hat", "x_hat"]),
        ("d", ["d", "model", *["d_model"] * 6]),
        ("k", ["k"]),
        ("𝐖", ["𝐖", "W"]),
        ("ℝ", ["ℝ"]),
        ("R", ["R", "R", "R"]),
    ],
)
def test_a_symbol_lights_up_in_formulas_and_code(cases: Page, text: str, expected: list[str]) -> None:
    symbol(cases, text).click()
    assert lit(cases) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gamma", ["γ", "gamma", "gamma"]),
        ("x", ["x", "x", "x", "x", "x", "x"]),
        ("x_bar", ["x¯", "x_bar", "x_bar"]),
        ("attend", ["attend", "attend", "attend"]),
        ("W", ["𝐖", "W"]),
    ],
)
def test_a_name_lights_up_in_code_and_formulas(cases: Page, name: str, expected: list[str]) -> None:
    cases.mouse.click(*name_in_code(cases, name))
    assert lit(cases) == expected
    expect(cases.get_by_role("status")).to_contain_text(name)


def test_the_rest_steps_back_until_the_end(cases: Page) -> None:
    before = cases.locator("main").inner_html()
    colours = """elements => [...new Set(elements
        .filter(it => [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
        .filter(it => !it.closest(".sb-lit, .sb-notices, .sb-copy"))
        .map(it => getComputedStyle(it).color))]"""
    assert len(cases.locator("main *").evaluate_all(colours)) > 5
    symbol(cases, "γ").click()
    assert len(cases.locator("main *").evaluate_all(colours)) == 1
    ink = cases.locator("h1").evaluate("it => getComputedStyle(it).color")
    assert "0.45" in ink
    assert cases.locator("mark.sb-lit").first.evaluate("it => getComputedStyle(it).color") != ink
    expect(cases.get_by_role("status")).to_have_text("\u2068γ\u2069 · Occurrences: 3")
    cases.keyboard.press("Escape")
    expect(cases.get_by_role("status")).to_be_empty()
    assert cases.locator("main").inner_html().replace(' class=""', "") == before
    symbol(cases, "γ").click()
    assert lit(cases)
    cases.locator("h1").click()
    assert not lit(cases)
    symbol(cases, "x").click()
    colour = "it => getComputedStyle(it).color"
    letter, accented = (cases.locator(it).evaluate(colour) for it in (".sb-lit > mi", "mover.sb-lit"))
    assert letter == accented != ink


def test_what_is_no_name_lights_nothing(cases: Page) -> None:
    # In a string, in a remark, a keyword, beside a line.
    for name, number in (("string", 0), ("remark", 0), ("return", 0)):
        cases.mouse.click(*name_in_code(cases, name, number))
        assert not lit(cases)
    x, y = name_in_code(cases, "x_hat")
    cases.mouse.click(x, y)
    assert lit(cases)
    cases.mouse.click(1400, y)
    assert not lit(cases)


def test_a_selection_is_not_disturbed(cases: Page) -> None:
    cases.mouse.move(*name_in_code(cases, "gamma"))
    cases.mouse.down()
    cases.mouse.move(*name_in_code(cases, "eps"), steps=5)
    cases.mouse.up()
    assert not lit(cases)
    assert "beta1" in cases.evaluate("getSelection().toString()")


def test_a_link_is_followed_and_with_the_alt_key_is_a_name(cases: Page) -> None:
    name = cases.locator(".sb-ref:has-text('attend')").first
    # Of itself, the browser would download what the link leads to.
    cases.evaluate("addEventListener('click', event => { prevented = event.defaultPrevented; })")
    for link in (name, cases.locator("main a > code")):
        link.click(modifiers=["Alt"])
        assert link.inner_text() in lit(cases)
        assert cases.evaluate("prevented")
        cases.keyboard.press("Escape")
    name.click()
    cases.wait_for_url("**/attention.html#attend")
    assert not lit(cases)


def test_names_light_up_by_the_keyboard(cases: Page) -> None:
    status = cases.get_by_role("status")
    box = cases.locator(".code > pre").first
    keys = cases.get_by_text("Enter in code, or → on #")
    assert not keys.is_visible()
    box.focus()
    cases.keyboard.press("Tab")
    cases.keyboard.press("Shift+Tab")
    assert keys.is_visible()
    expect(box).to_have_accessible_description(keys.inner_text())
    cases.keyboard.press("ArrowRight")
    assert not lit(cases)
    cases.keyboard.press("Enter")
    expect(status).to_have_text("\u2068R\u2069 · Occurrences: 3")
    for key, name in (
        ("Right", "range"),
        ("Right", "print"),
        ("Left", "range"),
        ("Left", "R"),
        ("Left", "x_bar"),
    ):
        cases.keyboard.press(f"Arrow{key}")
        expect(status).to_contain_text(f"\u2068{name}\u2069")
    expect(box).to_be_focused()
    cases.keyboard.press("Escape")
    assert not lit(cases)


def test_symbols_of_prose_light_up_by_the_keyboard(served: str, open_page: OpenPage) -> None:
    page = open_page(f"{served}/cases/other.html")
    page.locator(".sb-anchor").focus()
    page.keyboard.press("ArrowRight")
    assert lit(page) == ["μ"]
    page.keyboard.press("Enter")
    page.wait_for_url("**/other.html#section-0")


def test_what_lights_up_comes_into_sight(served: str, open_page: OpenPage) -> None:
    page = open_page(f"{served}/cases/attention.html", width=400)
    box = page.locator("pre:has-text('return eps')")
    box.focus()
    page.keyboard.press("Enter")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert page.locator("pre:focus .sb-lit").all_inner_texts() == ["R"]
    assert page.locator("pre:focus .sb-lit").bounding_box()["x"] < 400
    assert box.evaluate("it => it.scrollLeft") > 200
    page.keyboard.press("Enter")
    numbers = page.locator("pre:focus .lineno").bounding_box()
    assert page.locator("pre:focus .sb-lit").first.bounding_box()["x"] >= numbers["x"] + numbers["width"]


# Pairs


def test_the_pair_under_the_pointer_or_focus_is_marked(cases: Page) -> None:
    marked = """() => [...document.querySelectorAll(".section")]
        .filter(it => getComputedStyle(it, "::before").content !== "none")
        .filter(it => getComputedStyle(it, "::before").backgroundColor !== "rgba(0, 0, 0, 0)")
        .map(it => it.id)"""
    outer, inner = "section-1", cases.locator(".section .section pre").first
    assert cases.evaluate(marked) == []
    inner.hover()
    assert cases.evaluate(marked) == [outer]
    cases.mouse.move(1, 1)
    inner.focus()
    assert cases.evaluate(marked) == [outer]


def test_the_focus_of_code_is_seen_on_all_sides_and_moves_nothing(cases: Page) -> None:
    """Neither the numbers of the lines nor what fades lies over it."""
    cases.set_viewport_size({"width": 390, "height": 800})
    cases.keyboard.press("Tab")  # The focus is shown to who uses the keyboard.
    pre = cases.locator(".code pre").first
    place = """pre => [...pre.querySelectorAll(".line, .lineno"), pre.parentElement]
        .map(it => it.getBoundingClientRect()).map(box => [box.left, box.top])"""
    pre.scroll_into_view_if_needed()
    before = pre.evaluate(place)
    pre.focus()
    assert pre.evaluate(place) == before
    box = pre.bounding_box()
    cases.evaluate("""() => {
        const sample = document.createElement("div");
        sample.id = "sample";
        document.body.append(sample);
        const style = new CSSStyleSheet();
        style.replaceSync(`#sample { position: fixed; inset: 0 auto auto 0; z-index: 9;
            inline-size: 40px; block-size: 40px; background: var(--accent) }`);
        document.adoptedStyleSheets.push(style);
    }""")
    for x, y in ((box["x"], box["y"] + 5), (box["x"] + box["width"] - 2, box["y"] + 5)):
        ring = cases.screenshot(clip={"x": x, "y": y, "width": 2, "height": 8})
        assert ring == cases.screenshot(clip={"x": 10, "y": 10, "width": 2, "height": 8})
    for y in (box["y"], box["y"] + box["height"] - 2):
        ring = cases.screenshot(clip={"x": box["x"] + 5, "y": y, "width": 8, "height": 2})
        assert ring == cases.screenshot(clip={"x": 10, "y": 10, "width": 8, "height": 2})


def test_a_long_path_in_results_breaks_behind_a_slash(served: str, open_page: OpenPage) -> None:
    page = open_page(f"{served}/ours/index.html", width=320)
    page.keyboard.press("/")
    page.get_by_role("combobox").fill("cifar")
    path = page.locator(".sb-found-path", has_text="group_norm/experiment.py").first
    expect(path).to_have_text("normalization/group_norm/experiment.py")
    ends = """path => {
        const range = document.createRange(), tops = [];
        const texts = document.createTreeWalker(path, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            for (let at = 0; at < texts.currentNode.length; at += 1) {
                range.setStart(texts.currentNode, at);
                range.setEnd(texts.currentNode, at + 1);
                tops.push([range.getBoundingClientRect().bottom, texts.currentNode.data[at]]);
            }
        }
        const isLast = ([top], at) => at + 1 < tops.length && tops[at + 1][0] > top + 9;
        return tops.filter(isLast).map(([, end]) => end);
    }"""
    assert path.evaluate(ends) == ["/"]


# Images


def test_an_image_has_its_place_before_it_is_there(served: str, open_page: OpenPage) -> None:
    address = f"{served}/cases/attention.html"
    page = open_page(address)
    shown = "images => images.map(image => image.getBoundingClientRect()).map(box => [box.width, box.height])"
    images = page.locator("main img")
    there = images.evaluate_all(shown)
    assert there
    page.route("**/*.svg", lambda route: None if "square" in route.request.url else route.continue_())
    page.goto(address, wait_until="domcontentloaded")
    assert (
        images.evaluate_all("images => images.some(image => image.complete && image.naturalWidth)") is False
    )
    assert images.evaluate_all(shown) == there


def test_an_image_can_be_enlarged(cases: Page) -> None:
    image = cases.get_by_role("button", name="A square")
    dialog = cases.get_by_role("dialog", name="A square")
    small = image.bounding_box()
    image.click()
    assert dialog.get_by_role("img", name="A square").bounding_box()["height"] > 10 * small["height"]
    dialog.click(position={"x": 300, "y": 300})
    expect(dialog).to_have_count(0)
    for key in ("Enter", " "):
        image.press(key)
        expect(dialog.get_by_role("button", name="Close")).to_be_focused()
        cases.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(image).to_be_focused()
    image.press("Enter")
    cases.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def test_an_image_in_a_link_is_a_link(cases: Page) -> None:
    assert cases.get_by_role("button", name="A linked square").count() == 0
    cases.get_by_alt_text("A linked square").click()
    cases.wait_for_url("**/other.html")


# Copies


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_code_is_copied_without_line_numbers(cases: Page) -> None:
    box = cases.locator(".code:has(> pre:has-text('x_bar ='))")
    button = box.get_by_role("button", name="Copy")
    assert button.evaluate("it => getComputedStyle(it).opacity") == "0"
    box.locator("pre").hover()
    assert button.evaluate("it => getComputedStyle(it).opacity") == "1"
    button.click()
    expect(cases.get_by_role("status")).to_have_text("Copied")
    lines = (REACTIONS / "src/attention.py").read_text().split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("    y = "))
    assert copied(cases) == "\n".join(lines[first : first + 2]) + "\n"
    expect(cases.get_by_role("status")).to_be_empty()


def test_of_a_session_what_was_typed_is_copied(cases: Page) -> None:
    for text, typed in (
        (">>> d_model", "d_model = 4\nfor i in range(d_model):\n    print(i)\n"),
        ("four", "python attention.py\n"),
    ):
        listing = cases.locator(f".sb-listing:has-text('{text}')")
        listing.locator("pre").focus()
        cases.keyboard.press("Tab")
        button = listing.get_by_role("button", name="Copy")
        expect(button).to_be_focused()
        cases.evaluate("navigator.clipboard.writeText('')")
        cases.keyboard.press("Enter")
        expect(cases.get_by_role("status")).to_have_text("Copied")
        assert copied(cases) == typed


def test_formulas_are_copied_as_tex(cases: Page) -> None:
    cases.evaluate("getSelection().selectAllChildren(document.querySelector('.docs'))")
    cases.keyboard.press("Control+c")
    text = copied(cases)
    assert "The width $d_{model}$ is one of many, $d_k$ another. $\\hat{x}_i = \\gamma x_i" in text
    assert "\n$$\\bar{x} = \\frac{1}{R} \\sum_{i} x_i$$\n" in text
    assert "Copy" not in text
    html = cases.evaluate(
        "async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()"
    )
    assert "<math" in html
    assert cases.locator(".sb-copied").count() == 0


def test_a_part_of_a_formula_is_copied_as_all_of_it(cases: Page) -> None:
    symbol(cases, "γ").evaluate("it => getSelection().selectAllChildren(it)")
    cases.keyboard.press("Control+c")
    assert copied(cases) == "$\\hat{x}_i = \\gamma x_i + \\beta_1 \\epsilon$"


def test_text_without_formulas_is_copied_as_it_is(cases: Page) -> None:
    cases.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    cases.keyboard.press("Control+c")
    assert copied(cases).strip() == "Attention"


def test_an_environment_is_copied_as_it_is(served: str, open_page: OpenPage) -> None:
    page = open_page(f"{served}/ours/{GROUP_NORM}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("math mtable").first.evaluate("it => getSelection().selectAllChildren(it)")
    page.keyboard.press("Control+c")
    assert copied(page).startswith("\\begin{align}\n\\mu_i &= \\frac{1}{m}")


# The address


def scrolled(page: Page, scroll: Callable[[], None]) -> str:
    """Return the fragment of the address after a scroll; the page has a clock of its own."""
    page.evaluate(
        """() => {
            delete document.body.dataset.scrolled;
            addEventListener("scrollend", () => { document.body.dataset.scrolled = ""; }, {once: true});
        }"""
    )
    scroll()
    expect(page.locator("body")).to_have_attribute("data-scrolled", "")
    page.clock.run_for(300)
    return str(page.evaluate("location.hash"))


def test_the_address_follows_the_reader(served: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", width=1000)
    page.clock.install()
    page.goto(f"{served}/ours/{GROUP_NORM}")
    entries = page.evaluate("history.length")
    bring = "document.getElementById('GroupNorm.forward').scrollIntoView()"
    assert scrolled(page, lambda: page.evaluate(bring)) == ""
    page.mouse.move(100, 300)
    assert scrolled(page, lambda: page.mouse.wheel(0, 40)) == "#GroupNorm.forward"
    assert scrolled(page, lambda: page.keyboard.press("Home")) == ""
    assert page.url.endswith("index.html")
    assert page.evaluate("history.length") == entries


def test_the_address_stays_where_the_reader_jumps(served: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", width=1000)
    page.clock.install()
    page.goto(f"{served}/ours/{GROUP_NORM}")
    page.mouse.move(100, 300)
    assert scrolled(page, lambda: page.mouse.wheel(0, 900)) != ""
    page.evaluate("document.querySelector('.sb-contents').open = true")
    entries = page.evaluate("history.length")
    jump = page.locator(".sb-headings a[href='#why-the-mean-comes-first']")
    assert scrolled(page, jump.click) == "#why-the-mean-comes-first"
    assert page.evaluate("history.length") == entries + 1
    assert scrolled(page, lambda: page.evaluate("scrollBy(0, -900)")) == "#why-the-mean-comes-first"


# Other readers


def test_all_of_it_works_from_right_to_left(served: str, open_page: OpenPage) -> None:
    page = open_page(
        f"{served}/ours/ar/{GROUP_NORM}",
        permissions=["clipboard-read", "clipboard-write"],
        color_scheme="dark",
    )
    page.locator("math mi:text-is('γ')").first.click()
    assert set(lit(page)) == {"γ", "gamma"}
    expect(page.get_by_role("status")).to_contain_text("مرات الورود: 7")
    box = page.locator(".code:has(> pre)").first
    box.locator("pre").hover()
    button = box.get_by_role("button", name="نسخ")
    # Code begins at the left.
    assert button.bounding_box()["x"] > box.bounding_box()["x"] + box.bounding_box()["width"] / 2
    button.click()
    assert copied(page) == "import torch\nfrom torch import nn\n"
    page.get_by_role("button", name="What shares one mean").first.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="إغلاق")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_scripts_nothing_promises_what_it_cannot_do(served: str, open_page: OpenPage) -> None:
    page = open_page(f"{served}/cases/attention.html", java_script_enabled=False)
    assert page.locator(".sb-copy, .sb-enlarged, [role=button]").count() == 0
    assert not page.locator("#sb-keys").is_visible()
    page.locator("pre").first.focus()
    assert not page.locator("#sb-keys").is_visible()
    page.locator("math mi").first.click()
    assert not lit(page)


def test_scripts_move_nothing(served: str, open_page: OpenPage) -> None:
    places = """elements => elements.map(it => {
        const {x, y, width, height} = it.getBoundingClientRect();
        return [it.localName, x, y, width, height].map(it => +it.toFixed?.(1) || it).join();
    })"""
    pages = [
        open_page(f"{served}/ours/{GROUP_NORM}", width=390, java_script_enabled=has) for has in (True, False)
    ]
    first, second = (
        page.locator(".section :is(pre, p, h2, math, img)").evaluate_all(places) for page in pages
    )
    assert len(first) > 50
    assert first == second


def test_a_page_read_from_disk_reacts_too(folder: Path, open_page: OpenPage) -> None:
    page = open_page((folder / "ours" / GROUP_NORM).as_uri())
    symbol(page, "γ").click()
    assert len(lit(page)) == 7
    page.mouse.wheel(0, 3000)
    page.wait_for_url("**/index.html#*")
    page.keyboard.press("Home")
    page.wait_for_url("**/index.html")


def test_lights_are_seen_in_forced_colours_and_with_more_contrast(served: str, open_page: OpenPage) -> None:
    address = f"{served}/cases/attention.html"
    ground = "it => getComputedStyle(it).backgroundColor"
    page = open_page(address, forced_colors="active")
    symbol(page, "γ").click()
    assert page.locator("mark.sb-lit").first.evaluate(ground) != page.locator(".code code").first.evaluate(
        ground
    )
    page = open_page(address, contrast="more")
    ink = page.locator("h1").evaluate("it => getComputedStyle(it).color")
    symbol(page, "γ").click()
    assert page.locator("h1").evaluate("it => getComputedStyle(it).color") == ink

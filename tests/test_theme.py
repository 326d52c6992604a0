import functools
import gzip
import http.server
import re
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from pygments.token import STANDARD_TYPES, Comment, Generic, Keyword, Literal
from rendering import ARABIC, CODE, ENGLISH, JAPANESE, SECTIONS, STATIC, THEME, config, context

from site_builder.errors import Location
from site_builder.model import Block, Gap, GapPlace, PageStatus
from site_builder.writing.context import Link, SectionContext
from site_builder.writing.render import make_environment, render_page, static_files
from site_builder.writing.setting import set_prose
from site_builder.writing.status import STATUS_PAGE, render_status

COMMENT = "x + " * 120


def colours(more=False):
    """The variables of the theme that are colours: light, dark. Some have more contrast if a reader asks."""
    usual, _, higher = (STATIC / "theme.css").read_text().partition("@media (prefers-contrast: more)")
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", usual + higher * more)
    return {name: pair for name, *pair in found}


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("more", [False, True], ids=["", "more"])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme, more):
    palette = {name: pair[theme] for name, pair in colours(more).items()}
    low = [
        (name, ground, round(contrast(palette[name], palette[ground]), 2))
        for name in palette.keys() - {"paper", "rule", "accent-soft", "code-ground"}
        for ground in ("paper", "code-ground")
        if contrast(palette[name], palette[ground])
        < (4.5 if name in {"code-comment", "code-number"} and not more else 7)
    ]
    assert not low
    assert contrast(palette["ink"], palette["accent-soft"]) >= 7
    assert len(palette) >= 15


def test_only_the_theme_sheet_names_colours():
    for sheet in ("layout.css", "content.css", "status.css", "syntax.css"):
        rules = (STATIC / sheet).read_text().partition("@media print")[0]
        assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", rules)


def test_every_kind_of_token_has_its_colour():
    named = set(re.findall(r"\.(\w+)", (STATIC / "syntax.css").read_text()))
    coloured = (Keyword, Comment, Literal, Generic)
    plain = {"ltr", "g", "esc", "w"}
    missing = {
        name
        for kind, name in STANDARD_TYPES.items()
        if any(kind in family for family in coloured) and name not in named | plain
    }
    assert not missing


def test_every_class_that_is_styled_is_made_somewhere():
    sheets = "".join((STATIC / sheet).read_text() for sheet in ("layout.css", "content.css", "status.css"))
    styled = set(re.findall(r"\.(sb-[\w-]+)", sheets))
    sources = [*THEME.rglob("*.html"), *STATIC.glob("*.js"), *Path(str(files("site_builder"))).rglob("*.py")]
    made = set(re.findall(r"sb-[\w-]+", "".join(source.read_text() for source in sources)))
    assert styled <= made


def test_sheets_use_only_variables_that_there_are():
    sheets = "".join(sheet.read_text() for sheet in STATIC.glob("*.css"))
    assert set(re.findall(r"var\((--[\w-]+)", sheets)) <= set(re.findall(r"(--[\w-]+):", sheets))


def test_the_theme_is_light():
    # What looks things up is fetched when a reader first searches.
    parts = {*STATIC.glob("*.css"), *STATIC.glob("*.js")} - {STATIC / "search-index.js"}
    assert len(gzip.compress(b"".join(part.read_bytes() for part in parts))) < 20 * 1024


# In a browser


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *_):
        pass


def wide_section(number):
    prose = f"<p>{'Prose. ' * 40}</p><p>{'Wide' * 60}</p><p><math><mi>{'x' * 90}</mi></math></p>"
    table = f"<table><tr>{'<td>wide</td>' * 40}</tr></table>"
    code = CODE.replace("A:", f"A:  # {COMMENT}")
    return SectionContext(number, f"f{number}", (Block(set_prose(prose + table), "current"),), code)


def untranslated_section(number):
    """Return a section in every state that a translation can be in."""
    label = '<span class="sb-state">No</span>'
    line = f'<span class="sb-missing" lang="en" dir="ltr">{label} {"Line. " * 40}</span>'
    prose = f"<p>{'Prose. ' * 40}</p><p>{'Wide' * 60}</p>"
    lines = f"<ul><li>{line}</li></ul><table><tr>{f'<td>{line}</td>' * 9}</tr></table>"
    docs = (
        Block(prose, "outdated", prose),
        Block(prose, "missing"),
        Block(set_prose(lines), "current"),
    )
    return SectionContext(number, "", docs, CODE, original=f"<h1>{'Wide' * 60}</h1>{prose}")


def status_page():
    gaps = tuple(
        GapPlace(
            Gap("", state, "Wide" * 60, 9, "Wide" * 60, "Wide" * 60), Location(f"maps/{'wide' * 60}.json", 3)
        )
        for state in ("missing", "outdated")
    )
    words = {"current": 123456, "outdated": 123456, "missing": 123456}
    pages = [
        PageStatus(f"{'wide' * 60}.py", "Wide" * 60, "a.html", tag, words, gaps, 12345, "maps/a.json")
        for tag in ("ja", "ar")
    ]
    return render_status(make_environment(config()), config(), pages)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Serve three pages that say the same, and the status page, under a strict policy; return the address."""
    folder = tmp_path_factory.mktemp("site")
    sections = (
        *SECTIONS,
        *(wide_section(number) for number in range(3, 12)),
        *(untranslated_section(number) for number in range(12, 15)),
    )
    links = {
        "root": "",
        "home_href": "en.html",
        "previous": Link("Before", "en.html"),
        "next": Link("After", "en.html"),
    }
    environment = make_environment(config())
    for language in (ENGLISH, JAPANESE, ARABIC):
        html = render_page(environment, context(language, sections=sections, **links))
        (folder / f"{language.tag}.html").write_text(html, encoding="utf-8")
    for name, content in static_files(config()).items():
        (folder / "_site").mkdir(exist_ok=True)
        (folder / "_site" / name).write_bytes(content)
    (folder / STATUS_PAGE).write_text(status_page(), encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_the_language_menu_stays_on_the_section(site, open_page):
    page = open_page(f"{site}/en.html")
    page.locator("#section-6").evaluate("section => scrollTo(0, section.offsetTop)")
    scrolled = page.evaluate("scrollY")
    page.click(".sb-languages summary")
    assert page.evaluate("scrollY") == scrolled
    page.click(".sb-languages a[hreflang=ja]")
    page.wait_for_url("**/ja.html#section-6")
    page.goto(f"{site}/en.html#f5")
    page.click(".sb-languages summary")
    page.click(".sb-languages a[hreflang=ar]")
    page.wait_for_url("**/ar.html#f5")
    page.goto(f"{site}/en.html")
    page.click(".sb-languages summary")
    page.keyboard.press("Escape")
    assert not page.is_visible(".sb-languages ul")
    page.click(".sb-languages summary")
    page.click(".sb-languages a[hreflang=ja]")
    page.wait_for_url("**/ja.html")


@pytest.mark.browser
def test_the_theme_that_was_chosen_is_remembered(site, open_page):
    page = open_page(f"{site}/en.html", color_scheme="light")
    ink = "getComputedStyle(document.body).color"
    light = page.evaluate(ink)
    page.click(".sb-theme")
    dark = page.evaluate(ink)
    assert dark != light
    page.goto(f"{site}/ja.html")
    assert page.evaluate(ink) == dark
    page.click(".sb-theme")
    assert page.evaluate(ink) == light


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("name", ["en", "ar", "_site/status"])
def test_nothing_but_code_formulas_and_tables_scrolls_sideways(site, open_page, name, width):
    page = open_page(f"{site}/{name}.html", width)
    page.locator("main details").evaluate_all("all => all.forEach(details => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    sticking_out = """elements => elements.filter(element => {
        const box = element.getBoundingClientRect();
        const isOut = box.right > innerWidth + 1 || box.left < -1;
        return isOut && !element.parentElement.closest("pre, math, .sb-table");
    }).map(element => element.outerHTML.slice(0, 80))"""
    assert page.locator("main *").evaluate_all(sticking_out) == []
    assert name == "_site/status" or page.locator("pre, math, .sb-table").evaluate_all(
        "elements => elements.some(element => element.scrollWidth > element.clientWidth)"
    )


@pytest.mark.browser
def test_a_page_reads_without_scripts(site, open_page):
    page = open_page(f"{site}/ja.html", java_script_enabled=False)
    assert not page.is_visible(".sb-theme")
    page.click(".sb-languages summary")
    assert page.is_visible(".sb-languages a[hreflang=en]")


@pytest.mark.browser
def test_an_original_opens_without_scripts_in_its_own_direction(site, open_page):
    page = open_page(f"{site}/ar.html", java_script_enabled=False)
    original = page.locator("#section-12 .sb-original > div")
    assert not original.is_visible()
    page.click("#section-12 .sb-original > summary")
    assert original.is_visible()
    assert original.evaluate("it => getComputedStyle(it).direction") == "ltr"


@pytest.mark.browser
@pytest.mark.parametrize("name", ["ja", "ar"])
def test_a_label_stands_over_nothing(site, open_page, name):
    page = open_page(f"{site}/{name}.html", 390)
    overlaps = """labels => labels.filter(label => {
        const box = label.getBoundingClientRect();
        const before = label.parentElement.previousElementSibling;
        return !before.matches(".sb-anchor") && before.getBoundingClientRect().bottom > box.top + 1;
    }).length"""
    assert page.locator(".sb-state").count() == 3 * (2 + 10)
    assert page.locator(".docs > div > .sb-state").evaluate_all(overlaps) == 0


@pytest.mark.browser
def test_line_numbers_are_not_copied(site, open_page):
    page = open_page(f"{site}/en.html")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#section-3 .code'))")
    assert page.evaluate("getSelection().toString()").strip() == f"class A:  # {COMMENT}".strip()


@pytest.mark.browser
def test_a_pairs_first_lines_are_level(site, open_page):
    page = open_page(f"{site}/en.html")
    baseline = """selector => {
        const marker = document.createElement("span");
        marker.style.setProperty("display", "inline-block");
        document.querySelector(selector).prepend(marker);
        return marker.getBoundingClientRect().bottom;
    }"""
    prose, code = (page.evaluate(baseline, f"#section-4 {part}") for part in ("p", ".line"))
    assert abs(prose - code) < 1.5


STICKING = """<!doctype html><html lang=en>
<link rel=stylesheet href=theme.css><link rel=stylesheet href=layout.css>
<body class=sb-pairs><header class=sb-bar></header><main>
<div class=section><div class=docs>Short</div><div class=code>{code}</div></div>
<div class=section><div class=docs>{prose}</div><div class=code id=short>Short</div></div></main>"""


@pytest.mark.browser
def test_the_shorter_of_prose_and_code_stays_beside_the_longer(tmp_path, open_page):
    for name in ("theme.css", "layout.css"):
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    long = "<p>Long</p>" * 60
    (tmp_path / "page.html").write_text(STICKING.format(code=long, prose=long))
    page = open_page((tmp_path / "page.html").as_uri())
    prose, code = page.locator(".docs").first, page.locator("#short")
    page.mouse.wheel(0, 1000)
    page.wait_for_function("scrollY > 900")
    assert 0 < prose.bounding_box()["y"] < 100
    code.evaluate("it => scrollTo(0, it.parentElement.offsetTop + 800)")
    assert 0 < code.bounding_box()["y"] < 100
    page.set_viewport_size({"width": 600, "height": 800})
    page.evaluate("scrollTo(0, 1000)")
    assert prose.bounding_box()["y"] < 0

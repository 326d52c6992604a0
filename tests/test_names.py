"""Names in code that link to their definitions."""

import importlib
import posixpath
import re
import subprocess
import sys
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from cases import balanced
from hypothesis import given
from hypothesis import strategies as st
from truth import Truth

from site_builder.build import Pages, build
from site_builder.config import load_config
from site_builder.model import Page
from site_builder.reading.discover import survey
from site_builder.reading.highlight import highlight
from site_builder.reading.names import shortened
from site_builder.reading.names.places import place
from site_builder.reading.text import decode
from site_builder.site.pages import load_page
from site_builder.writing.references import Index, link_code, make_index

LIBRARY = Path(sysconfig.get_path("stdlib"))


class Link(NamedTuple):
    line: int
    column: int
    name: str
    url: str
    fragment: str
    about: str


def read(folder: Path, root: Path) -> tuple[Index, dict[Path, Page]]:
    """Read a folder as a build does."""
    config = load_config(root, source=folder)
    sources = survey(config).sources
    pages = {source.file: page for source in sources if (page := load_page(config, source)[0])}
    return make_index(pages.values(), sources[0].package), pages


_LINE = re.compile(r'<span class="line"><span class="lineno">(\d+)</span>(.*?)\n</span>')
_LINK = re.compile(r'<a class="sb-ref" href="([^"]*)"(?: title="([^"]*)")?>([^<]*)</a>')


def links(index: Index, page: Page) -> Iterator[Link]:
    """Yield the links in the code of a page, as its HTML has them."""
    for section in link_code(page, index.references(page)).sections:
        assert balanced(section.code)
        for number, html in _LINE.findall(section.code):
            for link in _LINK.finditer(html):
                before = unescape(re.sub("<[^<>]*>", "", html[: link.start()]))
                way, _, fragment = unescape(link[1]).partition("#")
                url = (
                    posixpath.normpath(posixpath.join(posixpath.dirname(page.url), way)) if way else page.url
                )
                yield Link(int(number), len(before), link[3], url, fragment, unescape(link[2] or ""))


# --- Small packages ---------------------------------------------------------------------------------


FIXTURES = Path(__file__).parent / "fixtures" / "names"
CASES = sorted(folder for folder in FIXTURES.iterdir() if folder.is_dir())


def shown(folder: Path, root: Path) -> str:
    """List all lines of code that link, with what in them links where."""
    index, pages = read(folder, root)
    lines = []
    for file, page in pages.items():
        lines.append(f"{page.source}")
        text = decode(file.read_bytes(), python=True).split("\n")
        previous = 0
        for link in links(index, page):
            if link.line != previous:
                lines.append(f"  {link.line}: {text[link.line - 1].strip()}")
                previous = link.line
            where = f"{link.url}#{link.fragment}" if link.fragment else link.url
            lines.append(f"    {link.column + 1} {link.name} -> {where}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_golden(folder: Path, golden, tmp_path) -> None:
    golden(FIXTURES / f"{folder.name}.txt", shown(folder, tmp_path))


@pytest.mark.parametrize("folder", [*CASES, LIBRARY / "json"], ids=lambda folder: folder.name)
def test_without_its_links_a_page_is_as_it_was(folder: Path, tmp_path) -> None:
    index, pages = read(folder, tmp_path)
    for page in pages.values():
        linked = link_code(page, index.references(page))
        for before, after in zip(page.sections, linked.sections, strict=True):
            assert re.sub('<a class="sb-ref"[^<>]*>|</a>', "", after.code) == before.code


def test_a_source_folder_that_is_a_package_has_the_same_links(tmp_path) -> None:
    _, outside = read(FIXTURES / "imports", tmp_path)
    _, inside = read(FIXTURES / "imports" / "shop", tmp_path)
    assert {file: page.names.targets for file, page in inside.items()} == {
        file: page.names.targets for file, page in outside.items()
    }


@given(st.lists(st.sampled_from(["a", "self", "é", " ", "<", "&", '"x"', "@", "(", ")", "'&lt;'", "#", "."])))
def test_names_are_found_in_the_html_of_a_line(parts: list[str]) -> None:
    line = "".join(parts)
    [html] = highlight([line], "python")
    uses = [(word.start(), word[0], 0) for word in re.finditer(r"\w+", line)]
    placed = [(start, end) for start, end, _ in place(html, uses, 0)]
    assert [html[start:end] for start, end in placed] == [name for _, name, _ in uses]
    assert [len(unescape(re.sub("<[^<>]*>", "", html[:start]))) for start, _ in placed] == [
        column for column, _, _ in uses
    ]


def test_what_a_link_says(tmp_path) -> None:
    index, pages = read(FIXTURES / "imports", tmp_path)
    page = pages[FIXTURES / "imports" / "shop" / "bike.py"]
    said = {link.name: link.about for link in links(index, page) if link.line in {1, 4, 20}}
    assert said == {
        "shop": "The shop",
        "shop.parts.wheel": "A wheel",
        "Wheel": "A wheel\nIt has n spokes, and turns.",
        "turn": "Wheel.turn\nGo round once.",
        "Product": "",
        "parts": "",
        "prices": "",
        "Spoke": "",
        "first": "A wheel",
        "W": "A wheel\nIt has n spokes, and turns.",
    }


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("", ""),
        ("One. Two.", "One."),
        ("Version 1.2 of e.g. this. End", "Version 1.2 of e.g. this."),
        ("長い文。次", "長い文。"),
        ("word " * 40, "word " * 24 + "…"),
        ("長" * 200, "長" * 120 + " …"),
    ],
)
def test_a_summary_is_a_sentence_at_most(text: str, summary: str) -> None:
    assert shortened(text) == summary


# --- Hostile code -----------------------------------------------------------------------------------


def test_star_imports_in_circles_end(tmp_path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    for number in range(30):
        stars = "".join(f"from .m{other} import *\n" for other in range(30) if other != number)
        (source / f"m{number}.py").write_text(f"{stars}name.attribute\n")
    index, pages = read(source, tmp_path)
    assert {link.name[:2] for page in pages.values() for link in links(index, page)} == {".m"}


DEEP = """
from pathlib import Path
from site_builder.reading.discover import Source
from site_builder.reading.names import parsed, read_code

def read(text):
    text = f"def f(): ...\\n{text}\\n"
    tree = parsed(text)
    return tree and read_code(tree, text, Source("a.py", "a.html", Path("a.py")))

assert read("f").targets
chain = "if f:\\n f\\n" + "elif f:\\n f\\n" * 5000
for text in ("-" * 100_000 + "1", "f" + "()" * 50_000, "f" + ".f" * 100_000, chain):
    read(text)
"""


def test_deep_code_costs_its_links_at_most() -> None:
    subprocess.run([sys.executable, "-c", DEEP], check=True)


# --- Builds -----------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Path:
    shop = tmp_path / "src" / "shop"
    shop.mkdir(parents=True)
    (shop / "__init__.py").write_text("")
    (shop / "wheel.py").write_text('"""# Wheels"""\ndef turn():\n    """Go round."""\n\ndef stop(): ...\n')
    (shop / "bike.py").write_text('"""# Bikes"""\nfrom .wheel import turn\nturn()\n')
    (shop / "brake.py").write_text('"""# Brakes"""\nfrom .wheel import stop\nstop()\n')
    (shop / "bell.py").write_text('"""# Bells"""\nx = 1\n')
    return tmp_path


EDITS = [
    ("the text of something else", "...", "pass", set()),
    ("its place", '"""# Wheels"""\n', '"""# Wheels"""\nx = 1\n', set()),
    ("its text", "Go round", "Turn round", {"bike"}),
    ("its name", "def turn", "def turned", {"bike"}),
    ("its only definition", "def stop", "def turn(): ...\ndef stop", {"bike"}),
    ("its id", "Go round", '<a id="stop"></a>Go round', {"brake"}),
]


@pytest.mark.parametrize(
    ("old", "new", "pages"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS]
)
def test_a_page_is_written_again_if_what_it_links_to_changes(site, old, new, pages) -> None:
    known = Pages()
    build(load_config(site), pages=known)
    wheel = site / "src" / "shop" / "wheel.py"
    wheel.write_text(wheel.read_text().replace(old, new))
    report = build(load_config(site), pages=known)
    written = {file for file in report.changed if file.startswith("shop/") and file.endswith(".html")}
    assert written == {"shop/wheel.html", *(f"shop/{page}.html" for page in pages)}
    build(load_config(site, output="clean"))
    for file in report.changed:
        assert (site / "public" / file).read_bytes() == (site / "clean" / file).read_bytes()


def test_a_source_folder_that_becomes_a_package_is_read_again(site) -> None:
    (site / "src" / "main.py").write_text("import shop.wheel\nimport src.shop.bell\n")
    known = Pages()
    for _ in range(2):
        build(load_config(site), pages=known)
        build(load_config(site, output="clean"))
        pages = [(site / output / "main.html").read_text() for output in ("public", "clean")]
        assert pages[0] == pages[1]
        (site / "src" / "__init__.py").write_text("")
    assert _LINK.findall(pages[0]) == [("shop/bell.html", "Bells", "src.shop.bell")]


@pytest.mark.browser
def test_the_keyboard_shows_what_a_link_says_without_javascript(site, open_page) -> None:
    build(load_config(site))
    page = open_page((site / "public/shop/bike.html").as_uri(), java_script_enabled=False)
    link = page.locator(".sb-ref", has_text="turn").last
    note = "element => getComputedStyle(element, '::before').content"
    assert link.evaluate(note) == "none"
    while not link.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
    assert "Go round." in link.evaluate(note)
    page.keyboard.press("Enter")
    page.wait_for_url("**/shop/wheel.html#turn")


# --- Against Python itself --------------------------------------------------------------------------


PACKAGES = ["json", "asyncio", "concurrent", "importlib", "email"]


def check_truth(folder: Path, root: Path) -> Counter[str]:
    """Compare each link of a package with what Python makes of the name."""
    index, pages = read(folder, root)
    modules = {page.url: name for name, page in index.pages.items()}
    count: Counter[str] = Counter()
    for file, page in pages.items():
        found = list(links(index, page))
        text = decode(file.read_bytes(), python=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                truth = Truth(importlib.import_module(page.names.module), text)
        except (ImportError, AttributeError):  # A module of another system.
            count["of modules that cannot be imported"] += len(found)
            continue
        lines = text.split("\n")
        for link in found:
            module = modules[link.url]
            names = {one.fragment: name for name, one in index.pages[module].names.definitions.items()}
            said = (module, names[link.fragment] if link.fragment else "")
            column = len(lines[link.line - 1][: link.column].encode())
            try:
                verdict = "right" if truth.allows(link.line, column, link.name, said) else "wrong"
            except LookupError:
                verdict = "not told"
            count[verdict] += 1
            if verdict != "right":
                print(f"{verdict}: {file}:{link.line}:{link.column + 1} {link.name} to {':'.join(said)}")
    return count


@pytest.mark.parametrize("package", PACKAGES)
def test_links_in_the_standard_library_lead_where_python_says(package, tmp_path, record_property) -> None:
    count = check_truth(LIBRARY / package, tmp_path)
    record_property(f"links in {package}", dict(count))
    assert not count["wrong"]

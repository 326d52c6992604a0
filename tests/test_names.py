"""Names in code that link to their definitions."""

import importlib
import posixpath
import re
import shutil
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from cases import balanced
from truth import Truth

from site_builder.config import load_config
from site_builder.model import Page
from site_builder.reading.discover import survey
from site_builder.reading.text import decode
from site_builder.site import load_page
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
                url = posixpath.normpath(posixpath.join(posixpath.dirname(page.url), way)) if way else page.url
                yield Link(int(number), len(before), link[3], url, fragment, unescape(link[2] or ""))


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

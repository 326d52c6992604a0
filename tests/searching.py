"""A site that can be searched, and what its pages hold, found out without the code that indexes them."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
from playwright.sync_api import Page

from site_builder.writing.search.terms import normalize

_HTML = "{http://www.w3.org/1999/xhtml}"
_INLINE = {"a", "b", "bdi", "code", "em", "i", "span", "strong", "sub", "sup", "del", "kbd", "small"}
_NOT_SEARCHED = {"sb-state", "lineno", "sb-anchor", "sb-notices", "sb-empty"}

FIND = """async ([language, queries]) => {
  const { makeSearch } = await import("/_site/search-index.js");
  const ask = makeSearch(new URL("/", location.href), language);
  const answers = [];
  for (const query of queries) {
    const results = await ask(query);
    const urls = [];
    for (let pages; (pages = await results.next(50)).length;) urls.push(...pages.map(({ url }) => url));
    if (results.total !== undefined && results.total !== urls.length) throw new Error(`miscounted: ${query}`);
    answers.push(urls.sort());
  }
  return answers;
}"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder under a strict policy; yield its address."""
    handler = functools.partial(_Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def find(page: Page, language: str, queries: list[str]) -> list[list[str]]:
    """Return the URLs of the pages that the script of the theme finds for each query."""
    answers: list[list[str]] = page.evaluate(FIND, [language, queries])
    return answers


def texts_of(folder: Path, language: str = "", languages: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return the lines of each page's prose and code, by its URL without the language."""
    root = folder / language
    skipped = {"404.html", *(() if language else languages)}
    pages = {path.relative_to(root).as_posix(): path for path in root.rglob("*.html")}
    return {
        url: _lines(path)
        for url, path in sorted(pages.items())
        if url.partition("/")[0] not in {*skipped, "_site"}
    }


def _lines(path: Path) -> list[str]:
    main = next(html5lib.parse(path.read_text("utf-8")).iter(f"{_HTML}main"))
    lines = (" ".join(normalize(line).split()) for line in "".join(_text(main)).split("\n"))
    return [line for line in lines if line]


def _text(element: Element) -> Iterator[str]:
    name, classes = str(element.tag).removeprefix(_HTML), set(element.get("class", "").split())
    if "data-nosearch" in element.attrib or _NOT_SEARCHED & classes:
        return
    if "math" in name:
        yield "…"
        return
    edge = "" if name in _INLINE else "\n"
    yield edge
    yield element.text or ""
    for child in element:
        # Of the line under the header, only the path of the source is about the page.
        if "sb-meta" not in classes or child.get("class", "").startswith("sb-path"):
            yield from _text(child)
            yield child.tail or ""
    yield edge

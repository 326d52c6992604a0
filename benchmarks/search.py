"""Search a site for what its pages say, and say what was found, what was fetched and what the index costs.

Run it with `python benchmarks/search.py [SOURCE]`, on this repository's site without SOURCE. With `--maps`,
each text of the source is given a translation at random from a folder of real maps, in each of their
languages; with `--pages`, only so many sources are taken.

What a page says is taken from its HTML here, by other code than that of the index. Queries are drawn from
that: two to six letters where there are no spaces between words, else words. The theme's own script looks
them up in Chromium, each as a first query of a reader: what it fetches is added up as gzip leaves it.
"""

import argparse
import functools
import gzip
import html
import http.server
import json
import random
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from build import measure
from playwright.sync_api import Page, sync_playwright

from site_builder.config import load_config
from site_builder.reading.discover import survey
from site_builder.site import open_site
from site_builder.site.pages import load_page
from site_builder.translating.catalog import map_path
from site_builder.translating.memory import translatable
from site_builder.writing.search.terms import RULES, normalize

ROOT = Path(__file__).parents[1]
UNSPACED = ("ja", "zh", "ko", "th")
QUERIES = 200

ASK = """async ([language, query]) => {
  const { makeSearch } = await import("/_site/search-index.js");
  const fetched = [];
  const original = window.fetch;
  window.fetch = (url, ...rest) => { fetched.push(new URL(url).pathname); return original(url, ...rest); };
  // A reader's first query, and what the dialog shows first of its results.
  await (await makeSearch(new URL("/", location.href), language)(query)).next(5);
  window.fetch = original;
  // All results, by a search that remembers what it fetched for other queries.
  window.searches ??= {};
  window.searches[language] ??= makeSearch(new URL("/", location.href), language);
  const results = await window.searches[language](query);
  const urls = [];
  for (let pages; (pages = await results.next(50)).length;) urls.push(...pages.map(({ url }) => url));
  return [urls, [...new Set(fetched)]];
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("--maps", type=Path, help="a folder of maps")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3, help="builds with and without the index")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        source = arguments.source or copy_ours(work)
        if arguments.source:
            source = take(arguments.source.resolve(), work / "src", arguments.pages)
            add_maps(work, source, arguments.maps)
        cost(work, source, arguments.runs)
        output = work / "public"
        build_into(work, source, output)
        recall(output)


def copy_ours(work: Path) -> Path:
    """Lay this repository's sources and maps where the others would be."""
    shutil.copytree(ROOT / "translations", work / "maps")
    return Path(shutil.copytree(ROOT / "src" / "annotated_nn", work / "src"))


def take(source: Path, to: Path, count: int) -> Path:
    """Copy the first sources of a folder."""
    for found in survey(load_config(source.parent, source=source)).sources[:count]:
        place = to / found.path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found.file, place)
    return to


def add_maps(work: Path, source: Path, maps: Path | None) -> None:
    """Give each text of each source a translation that some text has."""
    texts: dict[str, list[str]] = {}
    for path in sorted(maps.rglob("*.json")) if maps else ():
        values = json.loads(path.read_text("utf-8")).values()
        texts.setdefault(path.suffixes[-2][1:], []).extend(
            re.sub(r"_\^_\d+_\^_", "", value) for value in values
        )
    site, chance = open_site(load_config(work, source=source)), random.Random(1)
    for found in site.sources:
        page, _ = load_page(site.config, found)
        for tag, values in texts.items():
            path = work / "maps" / map_path(found.path, tag)
            path.parent.mkdir(parents=True, exist_ok=True)
            said = {key: chance.choice(values) for key in (translatable(page) if page else ())}
            path.write_text(json.dumps(said), "utf-8")


def configure(work: Path, *, search: bool) -> None:
    """Write a configuration."""
    (work / "site-builder.toml").write_text(f"search = {str(search).lower()}\n")


def cost(work: Path, source: Path, runs: int) -> None:
    """Print what builds cost with the index and without, in turn."""
    shares = []
    for _ in range(runs):
        spent = {}
        for search in (True, False):
            configure(work, search=search)
            spent[search] = measure(work, source, 1)
        shares.append((1 - spent[False]["cpu"] / spent[True]["cpu"], spent[True]))
    pages, cpu = shares[0][1]["pages"], median(run["cpu"] for _, run in shares)
    share = median(share for share, _ in shares)
    print(f"{pages:.0f} pages, {cpu:.1f} s of CPU; the index is {share:.0%} of that, median of {runs} runs")
    configure(work, search=True)


def build_into(work: Path, source: Path, output: Path) -> None:
    """Build a site, to be searched."""
    from site_builder.build import build  # noqa: PLC0415

    build(load_config(work, source=source, translations=work / "maps", output=output), jobs=1)
    sizes = [path.stat().st_size for path in (output / "_site" / "search").rglob("*.json")]
    print(f"{len(sizes)} files of the search, {sum(sizes) / 1e6:.1f} MB")


def recall(output: Path) -> None:
    """Draw queries in each language and look them up."""
    languages = [path.stem for path in sorted((output / "_site" / "search").glob("*.json"))]
    with served(output) as address, sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}/404.html")
        for tag in languages:
            folder = output / tag if (output / tag).is_dir() else output
            texts = {
                path.relative_to(folder).as_posix(): said(path.read_text("utf-8"))
                for path in sorted(folder.rglob("*.html"))
                if path.relative_to(folder).parts[0] not in {"404.html", "_site", *languages}
            }
            report(page, output, tag, texts)
        browser.close()


def said(page: str) -> str:
    """Return what a page says, normalized: no formulas, line numbers, labels or older texts."""
    main = page[page.index("<main") : page.index("</main>")]
    for hidden in (
        r"<details[^>]*data-nosearch>.*?</details>",
        r'<(span|a) class="(?:lineno|sb-state|sb-anchor)"[^>]*>.*?</\1>',
        r'<p class="sb-empty">.*?</p>',
        r'<div class="sb-notices">.*?</div>',
        r"<math.*?</math>",
    ):
        main = re.sub(hidden, "\n", main, flags=re.DOTALL)
    # Of the line under the header, only the path of the source is about the page.
    main = re.sub(
        r'<div class="sb-meta">(.*?class="sb-path[^>]*>.*?</span>)?.*?</div>', r"\1\n", main, flags=re.DOTALL
    )
    inline = re.sub(r"</?(?:a|b|bdi|code|del|em|i|s|small|span|strong|sub|sup)(?=[\s>])[^>]*>", "", main)
    return normalize(html.unescape(re.sub(r"<[^>]*>", "\n", inline)))


def draw(texts: dict[str, str], tag: str) -> list[str]:
    """Draw what readers might look for."""
    chance, pages, queries = random.Random(7), list(texts.values()), set[str]()
    unspaced = tag in UNSPACED
    pattern = re.compile(f"{RULES['unspaced']}{{2,}}" if unspaced else r"[^\W_]{2,}")
    while len(queries) < QUERIES:
        runs = pattern.findall(chance.choice(pages))
        if runs:
            run = chance.choice(runs)
            start = chance.randrange(len(run) - 1) if unspaced else 0
            queries.add(run[start : start + chance.randint(2, 6)] if unspaced else run)
    return sorted(queries)


def report(page: Page, output: Path, tag: str, texts: dict[str, str]) -> None:
    """Look queries up in a language, and print how well that went."""
    wanted = found = false = 0
    sizes = []
    for query in draw(texts, tag):
        urls, fetched = page.evaluate(ASK, [tag, query])
        expected = {url for url, text in texts.items() if query in text}
        wanted, found, false = (
            wanted + len(expected),
            found + len(expected & {*urls}),
            false + len({*urls} - expected),
        )
        sizes.append(
            sum(map(functools.partial(zipped, output), fetched)) + zipped(output, "/_site/search-index.js")
        )
    print(
        f"{tag}: {len(texts)} pages, {QUERIES} queries: {found} of {wanted} found, {false} more; first query "
        f"{median(sizes) / 1000:.0f} KB (median), {sorted(sizes)[int(0.95 * QUERIES)] / 1000:.0f} KB (95%), "
        f"{max(sizes) / 1000:.0f} KB (most)"
    )
    if found < wanted:
        sys.exit("something was not found")


@functools.cache
def zipped(output: Path, url: str) -> int:
    """Return how many bytes a file takes over the wire."""
    return len(gzip.compress((output / url.lstrip("/")).read_bytes(), 6))


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a site under a strict policy; yield its address."""
    handler = functools.partial(_Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


if __name__ == "__main__":
    main()

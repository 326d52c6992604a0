"""What a site tells search engines, other sites and programs."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest
from contract import HTML, parse, text
from rendering import ARABIC, JAPANESE, config, context

from site_builder.build import build
from site_builder.config import Config, load_config
from site_builder.errors import SiteError
from site_builder.language import format_number, territory_locale
from site_builder.model import Block, LocalizedPage, Page, Text
from site_builder.writing.context import Link, SectionContext
from site_builder.writing.llms import Listed, Part, make_llms
from site_builder.writing.metadata import describe
from site_builder.writing.render import make_environment, render_page
from site_builder.writing.sitemap import make_sitemaps
from site_builder.writing.twin import make_twin

BASIC = Path(__file__).parent / "sites" / "basic"
BASE = "https://example.org/docs"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def site_of(folder: Path, **settings: object) -> Config:
    (folder / "public").mkdir()
    shutil.copytree(BASIC, folder / "basic", ignore=shutil.ignore_patterns("expected"))
    return replace(load_config(folder / "basic", output=folder / "public"), **settings)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("web")
    (folder / "own").mkdir()
    (folder / "own" / "card.png").write_bytes(b"PNG")
    (folder / "own" / "count.js").write_text("// Counts.\n")
    config = site_of(
        folder,
        static=folder / "own",
        analytics={"src": "count.js", "site-id": 'a"b'},
        cname="example.org",
        colab="https://colab.example/{path}",
    )
    build(config)
    return config


@pytest.fixture(scope="module")
def pages(site: Config) -> Mapping[str, Element]:
    """Every page by its path below the output."""
    files = sorted(site.output.rglob("*.html"))
    return {file.relative_to(site.output).as_posix(): parse(file.read_text("utf-8")) for file in files}


def address(path: str) -> str:
    folder, _, name = path.rpartition("/")
    shown = path if name != "index.html" else f"{folder}/".lstrip("/")
    return f"{BASE}/{shown}"


def metas(page: Element, name: str = "name") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in page.iter(f"{HTML}meta"):
        if meta.get(name):
            found.setdefault(meta.get(name, ""), []).append(meta.get("content", ""))
    return found


def links(page: Element, rel: str) -> list[Element]:
    return [link for link in page.iter(f"{HTML}link") if link.get("rel") == rel]


def is_indexed(page: Element) -> bool:
    return "robots" not in metas(page)


def versions(page: Element) -> dict[str, str]:
    found = [link for link in links(page, "alternate") if link.get("hreflang")]
    assert len({link.get("hreflang") for link in found}) == len(found)
    return {link.get("hreflang", ""): link.get("href", "") for link in found}


def article(page: Element) -> dict[str, object]:
    [script] = [s for s in page.iter(f"{HTML}script") if s.get("type") == "application/ld+json"]
    return dict(json.loads(text(script)))


# The head of a page


def test_the_site_has_pages_of_every_kind(pages: Mapping[str, Element]) -> None:
    assert {"index.html", "ja/norm.html", "404.html", "_site/status.html"} <= pages.keys()
    assert not is_indexed(pages["ar/norm.html"])


def test_each_page_names_itself_or_is_left_out(pages: Mapping[str, Element]) -> None:
    for path, page in pages.items():
        canonical = [link.get("href") for link in links(page, "canonical")]
        assert canonical == ([address(path)] if is_indexed(page) else []), path


def test_versions_name_each_other_and_nothing_that_is_left_out(pages: Mapping[str, Element]) -> None:
    by_address = {address(path): page for path, page in pages.items()}
    seen = 0
    for path, page in pages.items():
        found = versions(page)
        if not is_indexed(page):
            assert not found, path
            continue
        assert found.pop("x-default", None) == found.get("en"), path
        assert not found or found[page.get("lang", "")] == address(path)
        for tag, url in found.items():
            other = by_address[url]
            assert other.get("lang") == tag
            assert is_indexed(other)
            assert versions(other) == versions(page)
            seen += 1
    assert seen >= 8


def test_a_page_in_one_language_names_no_versions(tmp_path: Path) -> None:
    config = site_of(tmp_path, languages=())
    shutil.rmtree(config.translations)
    build(config)
    head = (config.output / "norm.html").read_text("utf-8")
    assert "hreflang" not in head
    assert "x-default" not in (config.output / "sitemap.xml").read_text("utf-8")


def test_other_sites_can_show_a_page(pages: Mapping[str, Element]) -> None:
    graph = metas(pages["ja/norm.html"], "property")
    assert graph["og:type"] == ["article"]
    assert graph["og:title"] == ["ベクトルのノルム"]
    assert graph["og:url"] == [f"{BASE}/ja/norm.html"]
    assert (graph["og:locale"], graph["og:locale:alternate"]) == (["ja_JP"], ["en_US"])
    assert graph["og:site_name"] == ["Basic"]
    assert graph["og:description"] == metas(pages["ja/norm.html"])["description"]
    [image] = graph["og:image"]
    assert re.fullmatch(rf"{BASE}/_site/card\.png\?h=[0-9a-f]{{8}}", image)
    assert metas(pages["index.html"], "property")["og:type"] == ["website"]
    for path in ("404.html", "_site/status.html", "ar/norm.html"):
        assert not metas(pages[path], "property"), path


def test_an_article_is_described_as_one(pages: Mapping[str, Element]) -> None:
    told = article(pages["ja/norm.html"])
    assert told["@type"] == "TechArticle"
    assert (told["headline"], told["inLanguage"]) == ("ベクトルのノルム", "ja")
    assert told["url"] == f"{BASE}/ja/norm.html"
    assert told["translationOfWork"] == {"@type": "TechArticle", "@id": f"{BASE}/norm.html"}
    assert told["isPartOf"] == {"@type": "WebSite", "name": "Basic", "url": f"{BASE}/"}
    assert "translationOfWork" not in article(pages["norm.html"])
    for path, page in pages.items():
        scripts = [script for script in page.iter(f"{HTML}script") if script.get("type")]
        assert len(scripts) <= is_indexed(page), path


def test_no_title_ends_the_script_that_tells_it() -> None:
    evil = "</script><script>alert(1)</script><!--"
    html = render_page(make_environment(config()), context(title=evil, site=config(title=evil)))
    assert html.count("</script>") == html.count("<script")
    assert article(parse(html))["headline"] == evil


def described(*blocks: Block, summary: str = "", state: str = "current", said: str = "") -> str:
    page = Page("a.py", "a.html", "A", said or summary, ())
    return describe(
        LocalizedPage(page, "ja", Text("A", "current"), Text(summary, state), (blocks,), 1.0)  # type: ignore[arg-type]
    )


PROSE = Block(
    "<h1>Title</h1><p><img src='a.png' alt='x'></p><p>One <code>a&lt;b</code> &amp; two.</p>", "current"
)


def test_a_summary_describes_a_page_and_else_its_first_paragraph() -> None:
    assert described(PROSE, summary="Short") == "Short"
    assert described(PROSE) == "One a<b & two."
    assert described(Block("<h1>Title</h1>", "current")) == ""
    math = '<p>Of <math alttext="\\mu"><mi>μ</mi><annotation>\\mu</annotation></math>.</p>'
    assert described(Block(math, "current")) == "Of μ."


def test_what_is_in_the_pages_language_describes_it() -> None:
    english, japanese = Block("<p>English</p>", "missing"), Block("<p>日本語</p>", "current")
    assert described(english, japanese) == "日本語"
    assert described(english, japanese, summary="Short", state="missing") == "日本語"
    assert described(english, summary="Short", state="missing") == "Short"
    assert described(Block("<p>古い</p>", "outdated", "<p>Old</p>")) == "古い"
    in_part = Block(
        '<li><p><span class="sb-missing" lang="en">English</span></p></li><p>日本語</p>', "current"
    )
    assert described(in_part) == "日本語"


@pytest.mark.parametrize("sentence", ["word " * 100, "これは、文です。" * 50, "x" * 400, "क्या " * 90])
def test_a_long_description_is_cut_at_a_word(sentence: str) -> None:
    cut = described(Block(f"<p>{sentence}</p>", "current"))
    assert 100 < len(cut) <= 160
    assert cut.endswith("…")
    kept = cut.removesuffix("…")
    assert sentence.startswith(kept)
    assert sentence.startswith("x") or sentence[len(kept)] in " 、。"


def test_the_frame_of_the_browser_has_the_colour_of_the_paper(tmp_path: Path) -> None:
    def colours(css: str) -> list[str]:
        (tmp_path / "theme.css").write_text(css)
        own = config(static=tmp_path)
        return metas(parse(render_page(make_environment(own), context(site=own)))).get("theme-color", [])

    assert colours(":root { --paper: light-dark(#fff, black); }") == ["#fff", "black"]
    assert colours(":root { --paper: white; }") == []


# What is configured


def test_a_script_that_counts_stands_on_every_page(pages: Mapping[str, Element]) -> None:
    for path, page in pages.items():
        [script] = [s for s in page.iter(f"{HTML}script") if "count.js" in s.get("src", "")]
        assert script.get("data-site-id") == 'a"b', path
        assert "defer" in script.attrib


def test_a_script_of_another_host_is_asked_for_only_if_configured() -> None:
    own = config(analytics={"src": "https://example.org/x.js", "domain": "d"})
    html = render_page(make_environment(own), context(site=own))
    assert '<script defer src="https://example.org/x.js" data-domain="d"></script>' in html
    assert "https://" not in render_page(make_environment(config()), context()).replace(
        "https://schema.org", ""
    )


def test_a_host_of_its_own_is_written_down(site: Config) -> None:
    assert (site.output / "CNAME").read_text() == "example.org\n"


def test_the_notebook_of_a_page_opens_in_colab(site: Config, pages: Mapping[str, Element]) -> None:
    assert (site.output / "ja" / "norm.ipynb").is_file()
    hrefs = [link.get("href") for link in pages["ja/norm.html"].iter(f"{HTML}a")]
    assert "https://colab.example/ja/norm.ipynb" in hrefs
    assert not [link for link in pages["404.html"].iter(f"{HTML}a") if "colab" in link.get("href", "")]


def test_without_notebooks_nothing_opens_in_colab(tmp_path: Path) -> None:
    own = site_of(tmp_path, notebooks=False, colab="https://colab.example/{path}")
    build(own)
    assert "colab.example" not in (own.output / "norm.html").read_text("utf-8")


def test_the_repository_is_a_plain_link() -> None:
    own = config()
    own = replace(own, repository=replace(own.repository, home="https://example.org/me/it"))
    html = render_page(make_environment(own), context(JAPANESE, site=own))
    assert '<a href="https://example.org/me/it">リポジトリ</a>' in html


def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "site-builder.toml").write_text('\nanalytics = { src = "none.js" }\n')
    with pytest.raises(SiteError, match=r"site-builder\.toml:2: analytics\.src names none\.js"):
        load_config(tmp_path)


# Sitemaps


def locations(content: bytes) -> list[str]:
    return [loc.text or "" for loc in fromstring(content).iter(f"{MAPS}loc")]


def test_the_sitemap_says_of_a_page_what_its_head_says(site: Config, pages: Mapping[str, Element]) -> None:
    tree = fromstring((site.output / "sitemap.xml").read_bytes())
    listed = {
        url.findtext(f"{MAPS}loc"): {
            link.get("hreflang"): link.get("href") for link in url.iter(f"{XHTML}link")
        }
        for url in tree
    }
    assert listed == {address(path): versions(page) for path, page in pages.items() if is_indexed(page)}
    assert f"Sitemap: {BASE}/sitemap.xml" in (site.output / "robots.txt").read_text()


def addresses(count: int) -> Iterator[dict[str, str]]:
    return ({tag: f"{BASE}/{tag}/{number}.html" for tag in ("en", "ja")} for number in range(count))


@pytest.mark.parametrize(
    ("limits", "parts"),
    [({}, 1), ({"most": 20}, 1), ({"most": 19}, 2), ({"most": 3}, 7), ({"largest": 1500}, 5)],
    ids=str,
)
def test_a_sitemap_that_is_too_large_is_split(limits: dict[str, int], parts: int) -> None:
    files = dict(make_sitemaps(addresses(10), BASE, "en", **limits))
    everything = [url for page in addresses(10) for url in page.values()]
    index = files.pop("sitemap.xml")
    if parts == 1:
        assert locations(index) == everything
        return
    assert locations(index) == [f"{BASE}/{name}" for name in files]
    assert list(files) == [f"sitemap-{number}.xml" for number in range(1, parts + 1)]
    assert [url for content in files.values() for url in locations(content)] == everything
    for content in files.values():
        assert len(locations(content)) <= limits.get("most", 20)
        assert len(content) <= limits.get("largest", 10**6)
        assert content.count(b'hreflang="x-default"') == len(locations(content))


def test_the_parts_of_a_large_sitemap_are_not_all_held() -> None:
    made: list[int] = []

    def endless() -> Iterator[dict[str, str]]:
        for number in range(10**9):
            made.append(number)
            yield {"en": f"{BASE}/{number}.html"}

    name, _ = next(make_sitemaps(endless(), BASE, "en", most=10))
    assert name == "sitemap-1.xml"
    assert len(made) < 40


# The manifest


def test_the_manifest_fits_wherever_the_site_lies(site: Config, pages: Mapping[str, Element]) -> None:
    file = site.output / "_site" / "manifest.webmanifest"
    told = json.loads(file.read_text("utf-8"))
    assert (told["name"], told["lang"], told["dir"]) == ("Basic", "en", "ltr")
    assert urljoin(f"{BASE}/_site/manifest.webmanifest", told["start_url"]) == f"{BASE}/"
    assert told["background_color"] == told["theme_color"] == "#fdfcf9"
    for icon in told["icons"]:
        assert (file.parent / urlsplit(icon["src"]).path).is_file()
    for path, page in pages.items():
        [link] = links(page, "manifest")
        where = urljoin(f"{BASE}/{path}", link.get("href", ""))
        assert where == f"{BASE}/_site/manifest.webmanifest" or path == "404.html"


def test_a_manifest_of_the_sites_own_stays(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "manifest.webmanifest").write_text("{}")
    own = site_of(tmp_path, static=tmp_path / "own")
    build(own)
    assert (own.output / "_site" / "manifest.webmanifest").read_text() == "{}"


# llms.txt and the twins


def markdown_links(content: str) -> list[str]:
    return re.findall(r"(?<!\\)\]\(([^\s()]+)", re.sub(r"```.*?```", "", content, flags=re.DOTALL))


@pytest.mark.parametrize("base", [BASE, ""])
def test_llms_txt_leads_to_the_markdown_of_every_page(tmp_path: Path, base: str) -> None:
    own = site_of(tmp_path, base_url=base)
    build(own)
    for folder in ("", "ja/"):
        content = (own.output / folder / "llms.txt").read_text("utf-8")
        assert re.match(r"# Basic\n\n> .+\n\n## ", content)
        found = [link.removeprefix(f"{base}/{folder}") if base else link for link in markdown_links(content)]
        here = [link for link in found if "llms.txt" not in link]
        html = {path for path in (own.output / folder).rglob("*.html") if is_indexed(parse(path.read_text()))}
        if not folder:
            html = {path for path in html if not path.is_relative_to(own.output / "ja")}
            html = {path for path in html if not path.is_relative_to(own.output / "ar")}
        assert {(own.output / folder / unquote(link)) for link in here} == {
            path.with_suffix(".md") for path in html
        }
    # The Arabic pages say nothing in Arabic, but for one.
    assert "日本語" in (own.output / "llms.txt").read_text("utf-8")
    assert "## 他の言語" in (own.output / "ja" / "llms.txt").read_text("utf-8")


def test_what_llms_txt_says_is_no_markup() -> None:
    part = Part("A *b*", [Listed("[x](y)", "a (1).md", "One\n> two")])
    made = make_llms("ja", "# T", "_s_", [part], [Listed("English", "../llms.txt")])
    assert made == (
        "# # T\n\n> \\_s\\_\n\n## A \\*b\\*\n\n- [\\[x\\](y)](<a (1).md>): One > two\n\n"
        "## 他の言語\n\n- [English](../llms.txt)\n"
    )


def test_every_page_has_a_twin_whose_links_lead_somewhere(site: Config, pages: Mapping[str, Element]) -> None:
    for path, page in pages.items():
        twins = [
            link.get("href", "") for link in links(page, "alternate") if link.get("type") == "text/markdown"
        ]
        if path in {"404.html", "_site/status.html"}:
            assert not twins
            continue
        [href] = twins
        file = (site.output / path).parent / unquote(href)
        content = file.read_text("utf-8")
        assert re.match(r"# " if is_indexed(page) else r"\*.+\*\n\n# ", content)
        for target in map(urlsplit, markdown_links(content)):
            if not target.scheme and target.path and target.path != "missing.py":
                assert (file.parent / unquote(target.path)).is_file(), (path, target)
                assert not target.path.endswith(".html")


def test_a_site_may_do_without_twins(tmp_path: Path) -> None:
    own = site_of(tmp_path, markdown=False)
    build(own)
    assert not list(own.output.rglob("*.md"))
    assert "text/markdown" not in (own.output / "norm.html").read_text("utf-8")
    assert f"{BASE}/norm.html" in (own.output / "llms.txt").read_text("utf-8")


CODE = (
    '<span class="line"><span class="lineno">7</span><span class="k">if</span> a &lt; b:\n</span>'
    '<span class="line"><span class="lineno">8</span>    go()\n</span>'
)


def test_a_twin_is_prose_and_fenced_code_section_by_section() -> None:
    more = SectionContext(1, "f.g", (), CODE.replace("go()", "``` stop"))
    first = SectionContext(
        0,
        "",
        (Block("<h1>One</h1>\n<p>See <a href='#x'>it</a>.</p>".replace("'", '"'), "current"),),
        CODE,
        more=(more,),
    )
    last = SectionContext(2, "", (Block("<p>Two <em>x</em></p>", "current"),), "")
    assert make_twin(context(sections=(first, last)), "python", ()) == (
        "# One\n\nSee [it](#x).\n\n```python\nif a < b:\n    go()\n```\n\n"
        "````python\nif a < b:\n    ``` stop\n````\n\nTwo *x*\n"
    )


def test_a_twin_tells_what_is_not_translated() -> None:
    docs = (
        Block("<p>一</p>", "current"),
        Block("<p>Two</p>", "missing"),
        Block("<p>古い</p>", "outdated", "<p>Old</p>"),
    )
    section = SectionContext(0, "", docs, "")
    made = make_twin(context(JAPANESE, title="題", sections=(section,)), "python", ())
    assert (
        made
        == "# 題\n\nIn <short>\n\n一\n\n*未翻訳*\n\nTwo\n\n*翻訳が古くなっています*\n\n古い\n".replace(
            "<", "\\<"
        )
    )
    nothing = section._replace(docs=docs[1:2] * 3)
    assert make_twin(context(ARABIC, sections=(nothing,)), "python", ()).count("لم يُترجم بعد") == 1


def test_links_of_a_twin_lead_to_twins_of_pages_alone() -> None:
    hrefs = ("b.html#x", "../index.html", "data.html", "https://x.org/b.html", "c%20d.html", "#y", "../a.svg")
    docs = Block("<p>" + " ".join(f'<a href="{href}">x</a>' for href in hrefs) + "</p>", "current")
    children = (Link("B", "b.html", summary="Of *b*"),)
    page = context(sections=(SectionContext(0, "", (docs,), ""),), children=children)
    made = make_twin(page, "python", {"a/b.html", "index.html", "a/c d.html"})
    assert markdown_links(made) == [
        "b.md#x", "../index.md", "data.html", "https://x.org/b.html", "c%20d.md", "#y", "../a.svg", "b.md"
    ]  # fmt: skip
    assert made.endswith("- [B](b.md): Of \\*b\\*\n")


def test_a_twin_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "src" / "x.md").mkdir(parents=True)
    (tmp_path / "src" / "x.py").write_text('"""# X"""\n')
    (tmp_path / "src" / "x.md" / "y.py").write_text('"""# Y"""\n')
    with pytest.raises(SiteError, match="collision"):
        build(load_config(tmp_path))


# Numbers


@pytest.mark.parametrize(
    ("tag", "written"),
    [("en", "1,234,567"), ("de", "1.234.567"), ("ru", "1\xa0234\xa0567"), ("tlh", "1,234,567")],
)
def test_a_number_is_written_as_its_language_does(tag: str, written: str) -> None:
    assert format_number(tag, 1234567) == written


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("ja", "ja_JP"),
        ("zh", "zh_CN"),
        ("zh-Hant", "zh_TW"),
        ("pt-PT", "pt_PT"),
        ("es-419", "es_419"),
        ("tlh", "tlh"),
    ],
)
def test_a_language_has_a_territory(tag: str, locale: str) -> None:
    assert territory_locale(tag) == locale


# The line that tells of the reader's language


def test_each_other_language_has_its_line_on_the_front_page(pages: Mapping[str, Element]) -> None:
    def lines(path: str) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                lang=it.get("lang"), dir=it.get("dir"), hidden="hidden" in it.attrib, said=text(it)
            )
            for it in pages[path].iter(f"{HTML}aside")
            if it.get("class") == "sb-prefer"
        ]

    [japanese] = [line for line in lines("index.html") if line.lang == "ja"]
    assert (japanese.dir, japanese.hidden) == ("ltr", True)
    assert "このサイトはお使いの言語で読めます：" in japanese.said
    assert next(line.lang for line in lines("ja/index.html")) == "en"
    assert lines("norm.html") == []
    assert lines("404.html") == []
    # Nothing leads to a page that says nothing in the language.
    for path in ("index.html", "ja/index.html"):
        for line in lines(path):
            home = pages[f"{line.lang}/index.html" if line.lang != "en" else "index.html"]
            assert is_indexed(home)

"""Prose as Markdown: read again, it is the same prose."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from cases import replayed
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder.config import load_config
from site_builder.model import Block, LocalizedPage
from site_builder.reading.formula import make_converter
from site_builder.reading.markup import Markup
from site_builder.sanitize import sanitize
from site_builder.site import Site, open_site
from site_builder.site.memories import load_memory
from site_builder.site.pages import load_page
from site_builder.translating.assemble import block
from site_builder.translating.join import in_source_language, localize
from site_builder.writing.markdown import markdown, prose
from site_builder.writing.markdown.blocks import write_blocks
from site_builder.writing.markdown.inline import Style
from site_builder.writing.markdown.plain import write_plain
from site_builder.writing.markdown.tree import parse

ROOT = Path(__file__).parents[1]
FIXTURES = Path(__file__).parent / "fixtures"
MAPS = ROOT.parent / "shared" / "data" / "maps"
MARKUP = Markup(make_converter({}))


def html_of(text: str) -> str:
    fragment = MARKUP.render(text).fragment
    return block(fragment, fragment.html).html


# --- There and back -----------------------------------------------------------------------------


_NOT_SAID = re.compile(
    r""" (?:id|loading|translate)="[^"]*"|(?<=error") title="[^"]*"|<a></a>|</?span>"""
    r"""|<span class="sb-(?:invisible|missing|outdated)"[^>]*>"""
)
_EDGE = re.compile(
    r"\s*(</?(?:p|[uod]l|li|h[1-6]|d[dt]|div|blockquote|table|t(?:head|body|foot|[rdh])|caption|pre|hr|details"
    r"|summary|br)(?:\s[^<>]*)?>)\s*"
)


def said(html: str) -> str:
    """Reduce HTML to what Markdown says: no ids, no white space beside blocks."""
    parts = re.split(r"(<pre.*?</pre>)", html, flags=re.DOTALL)
    parts[::2] = [_EDGE.sub(r"\1", " ".join(_NOT_SAID.sub("", part).split())) for part in parts[::2]]
    return "".join(parts).replace("<p></p>", "")


MOVED = Style(lambda href: f"moved/{href}", lambda src: f"data:{src}" if "x" in src else src)


def check_plain(html: str) -> bool:
    """What needs no tree is written as it would be with one; return whether it needed none."""
    for style in (Style(), MOVED):
        plain = write_plain(html, style)
        assert plain in (None, write_blocks(parse(html), style))
    return plain is not None


def check(html: str) -> None:
    """A page's HTML, to Markdown and back, is the same; and so is its Markdown."""
    check_plain(html)
    text = markdown(html)
    again = html_of(text)
    assert said(again) == said(html), text
    assert markdown(again) == text


@pytest.fixture(scope="module")
def our_site() -> tuple[Site, list[LocalizedPage]]:
    site = open_site(load_config(ROOT))
    pages = [page for source in site.sources if (page := load_page(site.config, source)[0])]
    return site, [in_source_language(page, site.config.language) for page in pages]


def blocks_of(site: Site, pages: list[LocalizedPage], tag: str) -> Iterator[Block]:
    for original in pages:
        memory, _ = load_memory(site, original.page.source, tag)
        translated = localize(original, tag, replace(memory, is_complete=True))
        for blocks in (original if tag == "en" else translated).sections:
            yield from blocks


@pytest.mark.parametrize("tag", ["en", "ja", "zh", "es", "ar", "si"])
def test_our_own_site_and_back(our_site: tuple[Site, list[LocalizedPage]], tag: str) -> None:
    blocks = list(blocks_of(*our_site, tag))
    assert len(blocks) > 50
    for one in blocks:
        check(one.html)
    assert sum(check_plain(one.html) for one in blocks) > 0.9 * len(blocks)


# HTML outside of any paragraph gets one.
@pytest.mark.parametrize("name", ["blocks", "code", "environments", "formulas", "links"])
def test_the_cases_of_the_reader_and_back(name: str) -> None:
    checked = []

    def show(given: str) -> str:
        html = html_of(given)
        if "sb-badge" not in html:
            check(html)
            checked.append(html)
        return ""

    replayed(FIXTURES / "markup" / f"{name}.txt", show)
    assert len(checked) > 3


TOKENS = st.sampled_from([
    "a", "b_c", "7", " ", " ", "\n", "\n", "\n\n", "\n\n", "* ", "- ", "1. ", "12) ", "> ", "# ", "## ",
    "```\n", "~~~", "*", "**", "_", "__", "~~", "`", "``", "$", "$$", "\\", "[", "]", "](u)", "(", ")", "!",
    "|", "\n|-|:-:|\n", "---\n", "=", "&amp;", "&lt;", "&", "\\begin{align}", "\\end{align}", "x^2",
    "\\frac{1}{2}", "  ", "    ", "語", "。", "「", "é", "\\*", "\\$", "\\[", "**「語」**", "k<br>", ":", "#",
    "+ ",
])  # fmt: skip


@given(st.lists(TOKENS, max_size=24).map("".join))
def test_any_markdown_and_back(text: str) -> None:
    check(html_of(text))


PIECES = st.sampled_from([
    "a", "b", "a", "b", " ", " ", " ", " ", "\n", "\xa0", "7", "²", "*", "_", "#", "- ", "1. ", "!", "[", ">",
    "|", "=", "~", "語", "。", "\\", "$", "`", "&amp;", "&lt;", "&#55;", "&#42;", "&#33;", "&#32;",
    "<em>a</em>", "<em>語</em>", "<em>a*</em>", "<strong>b</strong>", "<strong>a_ b</strong>",
    '<a href="x">y `</a>',
    '<a href="https://x.org/y">https://x.org/y</a>',
    '<a href="y" title="t  u"><code translate="no">c</code></a>',
    '<img src="x" alt="a *b*">', '<img src="a b  c" alt="" width="5">',
    '<code translate="no">a &lt; b</code>',
    '<code translate="no">`</code>', '<code translate="no">  </code>',
    '<math alttext="x&lt;y"><mi>x</mi></math>',
    '<math alttext="a  b"><mi>a</mi></math>', '<math alttext="a" display="block"><mi>a</mi></math>',
    '<math alttext="\\begin{x}a\\end{x}" display="block"><mi>a</mi></math>',
    '<math alttext="\\begin{x}\na\n\\end{x}" display="block"><mi>a</mi></math>',
])  # fmt: skip
WORDS = st.lists(PIECES, max_size=6).map("".join)
LISTING = (
    '<div class="sb-listing"><pre tabindex="0"><code class="language-c">'
    '<span class="k">if</span>\n\na\n</code></pre></div>'
)
TABLE = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>"
ITEMS = st.builds(
    "<li>{}</li>".format,
    st.one_of(
        WORDS, st.builds("<p>{}</p>{}<p>{}</p>".format, WORDS, st.sampled_from(["\n", LISTING]), WORDS)
    ),
)
LINES = st.one_of(
    st.builds("<p>{}</p>".format, WORDS),
    st.builds('<h2 id="a">{}</h2>'.format, WORDS),
    st.builds("<ul>{}</ul>".format, st.lists(ITEMS, min_size=1, max_size=3).map("\n".join)),
    st.builds("<ol>{}</ol>".format, st.lists(ITEMS, min_size=1, max_size=3).map("\n".join)),
    st.sampled_from([LISTING, TABLE]),
)
OTHERS = st.sampled_from([
    "<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>", "<em>", "</em>", '<a href="x">', "</a>", "<br>",
    "<table>", "</table>", "<blockquote>", "</blockquote>", '<p id="<em>x</em>">', '<p id="a<p>">', "&lt;i>",
    "\0", "\1", "\2", "\3",
])  # fmt: skip


@settings(max_examples=1000)
@given(st.lists(LINES, max_size=3).map("\n".join))
def test_lines_that_need_no_tree(html: str) -> None:
    check_plain(html)


@settings(max_examples=500)
@given(st.lists(st.one_of(PIECES, OTHERS, LINES), max_size=8).map("".join))
def test_anything_that_may_look_as_if_it_needed_no_tree(html: str) -> None:
    check_plain(html)


# --- Whatever someone wrote ---------------------------------------------------------------------


def words(html: str) -> str:
    """Reduce HTML to its letters and numbers, those of its code and formulas too."""
    return "".join(filter(str.isalnum, unescape(re.sub(r"<[^<>]*>", "", html))))


def check_nothing_is_lost(html: str) -> None:
    check_plain(html)
    text = markdown(html)
    # A summary may stand last and is shown first.
    assert sorted(words(html_of(text))) == sorted(words(html)), text


TAGS = st.sampled_from([
    "<p>", "</p>", "<ul>", "<ol start=5>", "<li>", "</li>", "</ul>", "</ol>", "<table>", "<tr>", "<td>",
    "<th>", "<thead>", "<tbody>", "<tfoot>", "</thead>", "</table>", "<caption>", "<td colspan=2>", "<dl>",
    "<dt>", "<dd>", "<details>", "<summary>", "</details>", "<blockquote>", "</blockquote>", "<pre>",
    "</pre>", "<code>", "</code>", "<em>", "</em>", "<b>", "</b>", "<strong>", "</strong>", '<a href="x">',
    "</a>", "<br>", "<hr>", "<h2>", "</h2>", '<div dir="rtl">', "<div>", "</div>", '<span lang="ja">',
    "</span>", "<kbd>", "</kbd>", "one", "two ", " three", "*", "- ", "1. ", "語", "$", "`", "|",
    "&lt;i&gt;", "\n", "\\",
])  # fmt: skip


@given(st.lists(TAGS, max_size=30).map("".join))
def test_nothing_of_any_html_is_lost(html: str) -> None:
    check_nothing_is_lost(sanitize(html))


@pytest.mark.skipif(not MAPS.is_dir(), reason="the shared test data is not there")
def test_nothing_of_real_maps_is_lost() -> None:
    files = sorted(MAPS.rglob("*.json"))[::20]
    for file in files:
        for value in re.findall(r'": "(<.*)",?\n', file.read_text("utf-8")):
            check_nothing_is_lost(sanitize(value.replace(r"\"", '"').replace(r"\n", "\n")))


def test_what_nests_without_end_is_said_too() -> None:
    depth = 1000
    for name in ("div", "blockquote", "em", "ul><li"):
        closing = "></".join(reversed(name.split("><")))
        html = f"<{name}>" * depth + "word" + f"</{closing}>" * depth
        assert "word" in markdown(html)


def test_formulas_keep_their_tex() -> None:
    tex = r"""a' < \text{"}"""
    html = html_of(f"A ${tex}$ b")
    assert r"""<math alttext="a' &lt; \text{&quot;}">""" in html
    assert markdown(html) == f"A ${tex}$ b"


# --- As it is written ---------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((FIXTURES / "markdown").glob("*.txt")), ids=lambda file: file.name)
def test_golden(file: Path, golden) -> None:
    golden(file, replayed(file, lambda given: markdown(given.removesuffix("\n"))))


def test_links_and_images_lead_where_they_are_told_to() -> None:
    html = '<p><a href="a.html">a</a> <img src="b.svg" alt="b"> <img src="c.png" alt="c" width="5"></p>'
    text = markdown(html, link=lambda href: f"https://x.org/{href}", image=lambda src: f"attachment:{src}")
    assert text == (
        '[a](https://x.org/a.html) ![b](attachment:b.svg) <img src="attachment:c.png" alt="c" width="5">'
    )


def test_the_state_of_a_block_is_said_above_it() -> None:
    blocks = [Block("<p>一</p>", "current"), Block("<p>Two</p>", "missing"), Block("", "missing")]
    assert prose(blocks, {"missing": "未翻訳"}) == "一\n\n*未翻訳*\n\nTwo"
    assert prose(blocks, {}) == "一\n\nTwo"

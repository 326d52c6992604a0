import re
from collections.abc import Callable, Mapping
from pathlib import Path

import html5lib
import pytest
from cases import balanced, replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.fragment import own_anchors
from site_builder.fragment.wording import word_count
from site_builder.language import find_language
from site_builder.model import Fragment, LocalizedPage, Page, Protected, Section
from site_builder.reading.formula import make_converter
from site_builder.reading.markup import Markup
from site_builder.sanitize import sanitize
from site_builder.translating.assemble import assemble
from site_builder.translating.join import in_source_language, localize, originals
from site_builder.translating.memory import Memory, Recalled, Recollection
from site_builder.translating.shared import Shared

FIXTURES = Path(__file__).parent / "fixtures" / "assemble"
MARKUP = Markup(make_converter({}))
PIECES = (
    Protected("`x`", "<code>x</code>"),
    Protected("$y$", "<var>y</var>"),
    Protected("```z```", "<pre>z</pre>", block=True),
    Protected("![i](i)", "i", href="https://i"),
)


def fragment_of(html: str) -> Fragment:
    return Fragment(html, PIECES, tuple(own_anchors(html)))


def page_of(*fragments: Fragment, title: str = "", summary: str = "") -> Page:
    sections = tuple(Section("", range(1, 2), docs, "", word_count(docs.html)) for docs in fragments)
    meta = {name: text for name, text in (("title", title), ("summary", summary)) if text}
    return Page("a.py", "a.html", title, summary, sections, meta)


def told(html: str | Fragment, entries: Mapping[str, str], source="en", **options: bool) -> LocalizedPage:
    fragment = fragment_of(html) if isinstance(html, str) else html
    return localize(in_source_language(page_of(fragment), source), "ja", Memory(entries), **options)


# --- Goldens: Markdown or HTML, what is known of it, what is shown --------------------------------------


def shown(case: str) -> str:
    """Lines of the source's HTML, or of Markdown below `markdown`; below `---` lines `key => value`.

    `{0}` is short for a placeholder. An option `outdated` below `---` shows old translations.
    """
    text, _, known = case.partition("---\n")
    entries = dict(map(entry, (line for line in known.splitlines() if " => " in line)))
    if text.startswith("markdown\n"):
        fragment = MARKUP.render(text.removeprefix("markdown\n")).fragment
    else:
        fragment = fragment_of(spanned(text.rstrip("\n")))
    page = told(fragment, entries, "ar" if "arabic\n" in known else "en", show_outdated="outdated\n" in known)
    lines = []
    for block in page.sections[0]:
        lines += [f"{block.state}:", *(f"  {line}" for line in block.html.splitlines() if line.strip())]
        lines += [f"  was: {line}" for line in block.source.splitlines()]
    lines += [f"gap: {gap.state}, {gap.words} words, {gap.text!r}{_old(gap)}" for gap in page.gaps]
    words = ", ".join(f"{count} {state}" for state, count in page.words.items())
    return "\n".join(
        [*lines, f"words: {words or 'none'}", f"translated: {'yes' if page.translated else 'no'}"]
    )


def _old(gap) -> str:
    return f", was {gap.old_text!r}, {gap.old_translation!r}" if gap.old_text else ""


def entry(line: str) -> tuple[str, str]:
    key, _, value = spanned(line).partition(" => ")
    return key, value


def spanned(html: str) -> str:
    return re.sub(r"\{(\d)\}", r"<span translate=no>_^_\1_^_</span>", html)


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.stem)
def test_assembled(file: Path, golden: Callable[[Path, str], None]) -> None:
    golden(file, replayed(file, shown))


# --- What is too odd ------------------------------------------------------------------------------------


ODD = [
    "<table><tr><td>the cell</td></tr>the text</table><p>other words</p>",
    "<p>the text</p><script>the cell</script>",
    "<ul>the text<table>the cell</ul><li>other words",
]


@pytest.mark.parametrize("html", ODD)
def test_html_that_a_parser_takes_otherwise_stays_in_the_sources_language(html: str) -> None:
    page = told(html, {"<p>the cell</p>": "<p>セル</p>", "<p>the text</p>": "<p>文</p>"})
    [blocks] = page.sections
    for block in blocks:
        texts = re.split(r"<[^<>]*>", block.html)
        assert "文" not in texts or "the text" in html
    shown = "".join(block.html for block in blocks)
    original = sanitize(html)
    assert [text for text in re.split(r"<[^<>]*>", translate(original)) if text.strip()] in (
        [text for text in re.split(r"<[^<>]*>", shown) if text.strip()],
        [text for text in re.split(r"<[^<>]*>", translate(shown)) if text.strip()],
    )


def translate(html: str) -> str:
    return html.replace("the cell", "セル").replace("the text", "文")


def test_lines_that_are_not_those_of_the_fragment_are_refused() -> None:
    english = find_language("en")
    assert english
    fragment = Fragment("<p>One word</p><p>Two words</p>")
    swapped = [Recalled("Two words", "current", "二"), Recalled("One word", "current", "一")]
    assert assemble(fragment, Recollection(None, swapped), english, show_outdated=False) is None
    assert assemble(fragment, Recollection(None, swapped[:1]), english, show_outdated=False) is None
    [block] = assemble(fragment, Recollection(None, swapped[::-1]), english, show_outdated=False) or ()
    assert block.html == "<p>一</p><p>二</p>"


# --- Pages ----------------------------------------------------------------------------------------------


def localized(*html: str, entries: Mapping[str, str], **texts: str) -> LocalizedPage:
    page = page_of(*map(fragment_of, html), **texts)
    return localize(in_source_language(page, "en"), "ja", Memory(entries))


def test_a_page_of_which_nothing_is_translated_says_so() -> None:
    page = localized("<p>Some words</p>", "<p>42</p>", "<p>_^_0_^_</p>", entries={}, title="A title")
    assert (page.translated, page.coverage) == (False, 0.0)
    assert [(gap.text, gap.state) for gap in page.gaps] == [("A title", "missing"), ("Some words", "missing")]
    assert page.words == {"missing": 2}


def test_a_page_that_shows_old_translations_is_translated() -> None:
    entries = {"<p>Some words of old</p>": "<p>古語</p>"}
    assert told("<p>Some words of odd</p>", entries, show_outdated=True).translated
    assert not told("<p>Some words of odd</p>", entries).translated


@pytest.mark.parametrize("text", ["title", "summary"])
def test_a_page_of_which_only_a_text_is_translated_is_translated(text: str) -> None:
    page = localized("<p>Some words</p>", entries={"A text": "文"}, **{text: "A text"})
    assert page.translated
    assert [(gap.key, gap.state, gap.words) for gap in page.gaps] == [("<p>Some words</p>", "missing", 2)]


def test_an_entry_for_no_text_translates_nothing() -> None:
    page = localized("<p>Some words</p>", entries={"": "悪"}, title="A title")
    assert (page.summary.text, page.translated) == ("", False)


def test_titles_that_are_missing_are_gaps() -> None:
    page = localized("<p>Some words</p>", entries={"<p>Some words</p>": "<p>言葉</p>"}, title="A title")
    assert [(gap.key, gap.state, gap.text, gap.words) for gap in page.gaps] == [
        ("A title", "missing", "A title", 2)
    ]
    assert page.coverage == 1.0


def test_what_was_outdated_before_is_said_of_titles_too() -> None:
    page = localized("<p>Some words</p>", entries={"A title of it": "題"}, title="A title of its")
    assert page.title.state == "outdated"
    assert page.title.text == "A title of its"


def test_words_are_those_of_the_lines() -> None:
    html = "<h1>A title</h1><p>Some words</p><ul><li>An item</li><li>More items here</li></ul>"
    page = localized(html, entries={"<p>A title</p>": "<p>題</p>", "<p>An item</p>": "<p>項</p>"})
    assert page.words == {"current": 4, "missing": 5}
    assert page.coverage == 4 / 9


def test_the_original_of_a_section_is_there_if_it_is_told_otherwise() -> None:
    html = '<h1><a id="t"></a>A title</h1><p>Some words</p>'
    page = page_of(*map(fragment_of, (html, "<p>Other words</p>")))
    source = in_source_language(page, "en")
    translated = localize(source, "ja", Memory({"<p>Some words</p>": "<p>言葉</p>"}))
    assert originals(source, translated) == ("<h1>A title</h1><p>Some words</p>", "")


# --- Hostile values -------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">押</a>',
    '<a href="x" onclick="alert(1)">押</a>',
    "<svg onload=alert(1)><style>*{}</style></svg>",
    "<span class=sb-missing lang=en id=sb-main style=color:red>偽</span>",
    '<em class="sb-outdated">偽</em>',
    "</span></p></li></ul></div><p>外",
    "<em><strong><small>開",
    "<a href=x>開",
    "_^_0_^_ _^_1_^_ _^_99_^_",
    "_^<wbr>_1_^_ &#95;^_1_^_ _%5e_1_%5e_",
    '<a href="_^_1_^_">穴</a>',
    "<!-- <p> --> <![CDATA[ x ]]> <?x ?>",
    "<textarea><plaintext><title></p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<table><tr><td>表</table>",
    "<p>段<p>落",
    "\u202e\u0007\ufdd00\ufdd1",
]
AROUND = (
    "<h2><a id='top'></a>A title</h2><p>Some {0} words</p><ul><li>An {1} item</li><li>New text</li></ul>{2}"
)


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("show_outdated", [False, True])
def test_nothing_escapes_by_way_of_a_line(evil: str, show_outdated: bool) -> None:
    entries = dict(
        map(
            entry,
            (
                f"<h2>A title</h2> => <h2>{evil}</h2>",
                f"<p>Some {{0}} words</p> => <p>{{0}}{evil}</p>",
                f"<p>An {{0}} item or so</p> => <p>{evil}{{0}}</p>",
                f"A title => {evil}",
            ),
        )
    )
    page = told(spanned(AROUND), entries, show_outdated=show_outdated)
    html = "".join(block.html + block.source for block in page.sections[0])
    shown = "".join(block.html for block in page.sections[0])
    assert balanced(html)
    assert not re.search(r"<[^<>]*\son\w+=|javascript:|<(?:script|img|svg|style|math|textarea|title)\b", html)
    assert html.count('id="') == 1
    assert not re.search(r'<(?!span class="sb-(?:missing|outdated)"[ >])[^<>]*\sclass=', html)
    assert re.search('<li>(?:<span class="sb-missing" lang="en" dir="ltr">)?New text<', shown)
    for piece in PIECES[:3]:
        assert shown.count(piece.html) == 1
    # Only a line that is not translated says that it is not.
    marks = re.findall(r'<span class="sb-missing"[^<>]*>(.*?)</span>', shown)
    assert set(marks) <= {"New text", "A title", f"Some {PIECES[0].html} words", f"An {PIECES[1].html} item"}


# --- Whatever is known ----------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["one word", "two words", "so it goes", "never known", "it&#x27;s a &lt; b", "PyTorch", "42", "—", ""]
)
# fmt: off
WRAPPED = st.sampled_from([
    "{}", "<em>{}</em>", 'see <a href="x">{}</a>', "{} <a id='i'></a>", "{} _^_P_^_", "_^_P_^_ {} _^_P_^_",
    "1. {} 2. some more", "<em>1. {} 2. some more</em>", "<br>{}",
])
# fmt: on
LINES = st.tuples(WRAPPED, WORDS).map(lambda parts: parts[0].format(parts[1]))
ITEMS = st.lists(LINES, min_size=1, max_size=3)
BLOCKS = st.one_of(
    LINES.map("<p>{}</p>\n".format),
    LINES.map("<h2>{}</h2>\n".format),
    ITEMS.map(lambda items: "<ul>" + "\n".join(f"<li>{item}</li>" for item in items) + "</ul>\n"),
    ITEMS.map(
        lambda items: "<ol><li>x y<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul></li></ol>"
    ),
    ITEMS.map(lambda items: "<table><tr>" + "".join(f"<td>{item}</td>" for item in items) + "</tr></table>"),
    LINES.map("<blockquote><p>{}</p></blockquote>".format),
    LINES.map("<em>\n<p>{}</p>\n</em>\n".format),
    LINES.map("<div>{}</div>\n".format),
    LINES.map("\n{}\n".format),
    st.sampled_from(["_^_P_^_\n", "<hr>", "<a id='i'></a>\n", "<p>_^_P_^_</p>"]),
)
FRAGMENTS = st.lists(BLOCKS, min_size=1, max_size=6).map("".join)


def numbered(html: str) -> str:
    """Give placeholders and ids their numbers."""
    first, *rest = html.split("_^_P_^_")
    html = first + "".join(f"<span translate=no>_^_{at}_^_</span>{part}" for at, part in enumerate(rest))
    first, *rest = html.split("id='i'")
    return first + "".join(f"id='i{at}'{part}" for at, part in enumerate(rest))


def japanese(html: str) -> str:
    for english, text in TRANSLATIONS.items():
        html = html.replace(english, text)
    return html


TRANSLATIONS = {
    "one word": "一語",
    "so it goes": "然り",
    "two words": "二語",
    "some more": "更に",
    "see": "見",
    "x y": "乂",
}
JAPANESE = re.compile("[一然二更見乂]")
IN_ENGLISH = re.compile(r'<span class="sb-(?:missing|outdated)" lang="en" dir="ltr">(.*?)</span>', re.DOTALL)


@given(FRAGMENTS, st.lists(FRAGMENTS, max_size=4), st.booleans())
def test_the_assembly_is_sound(html: str, known: list[str], show_outdated: bool) -> None:
    """Well-formed, each id once, each piece, and each line in the language that its state says."""
    key = numbered(html)
    count = key.count("<span translate")
    protected = tuple(
        Protected(f"`{n}`", f"<pre>P{n}.</pre>" if n % 3 == 2 else f"<code>P{n}.</code>", block=n % 3 == 2)
        for n in range(count)
    )
    fragment = Fragment(key, protected, tuple(own_anchors(key)))
    texts = [numbered(text.replace("never known", "one word")) for text in known]
    maps = {str(at): [(text, japanese(text))] for at, text in enumerate(texts)}
    memory = Memory(dict(maps.get("0", [])), Shared(maps), "0")
    page = localize(in_source_language(page_of(fragment), "en"), "ja", memory, show_outdated=show_outdated)
    [blocks] = page.sections
    for block in blocks:
        assert balanced(block.html), block.html
        parser = html5lib.HTMLParser()
        parser.parseFragment(re.sub("</?pre>", "", block.html))
        assert [error for _, error, _ in parser.errors if "char" not in error] == [], block.html
    shown = "".join(block.html for block in blocks)
    assert sorted(re.findall(r'id="(\w+)"', shown)) == sorted(re.findall(r"id='(\w+)'", key))
    for piece in protected:
        assert shown.count(piece.html) == 1
    assert sum(page.words.values()) <= word_count(key)
    assert (page.words.get("current", 0) == 0) or page.translated
    for block in blocks:
        html = block.html
        if block.state == "current" or block.source:
            assert not any(map(JAPANESE.search, IN_ENGLISH.findall(html)))
            assert "never known" not in IN_ENGLISH.sub("", html)
        else:
            assert not JAPANESE.search(html)

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from unittest import mock

import pytest
from cases import balanced, replayed
from hypothesis import example, given
from hypothesis import strategies as st

from site_builder.fragment import bare, placeholders
from site_builder.fragment.filling import fill
from site_builder.fragment.wording import normal_form, plain_text
from site_builder.reading.formula import make_converter
from site_builder.reading.markup import MAX_BYTES, MAX_NESTING, Markup, _parser, _parser_for
from site_builder.reading.protect import protect, restore
from site_builder.reading.rendered import Rendered
from site_builder.sanitize import sanitize

FIXTURES = Path(__file__).parent / "fixtures" / "markup"
SHARED = Path(__file__).parents[2] / "shared" / "data"
MARKUP = Markup(make_converter({}))


# --- Goldens: `pytest --update-goldens` rewrites them ---------------------------------------------


def shown(text: str) -> str:
    return "\n".join(lines(MARKUP.render(text)))


def lines(rendered: Rendered) -> Iterator[str]:
    yield rendered.fragment.html.rstrip("\n")
    for number, piece in enumerate(rendered.fragment.protected):
        kind = "block " * piece.block + f"link to {piece.href} " * bool(piece.href)
        yield f"{number}: {kind}{piece.source!r} -> {piece.html!r}"
    for heading in rendered.headings:
        yield f"heading: {heading.block} {heading.text}"
    for anchor in rendered.fragment.anchors:
        yield f"anchor: {anchor[0]} {anchor[1]}"
    for complaint in rendered.complaints:
        yield f"complaint: {complaint.line} {complaint.code}: {complaint.message} in {complaint.excerpt!r}"


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file: Path, golden) -> None:
    golden(file, replayed(file, shown))


# --- The keys of real maps --------------------------------------------------------------------------


def real_keys() -> dict[str, Path]:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    return {
        key: file
        for file in sorted((SHARED / "maps").rglob("*.json"))
        for key in json.loads(file.read_bytes())
        if key.startswith("<")
    }


def test_the_seed_renders_to_its_key() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    key = next(iter(json.loads((SHARED / "seed" / "readme.ja.json").read_bytes())))
    assert MARKUP.render((SHARED / "seed" / "readme.md").read_text(encoding="utf-8")).fragment.html == key


def markdown_of(key: str) -> str:
    """Write Markdown that says what `key` says: placeholders become code, between blocks environments."""
    output, links, in_block = [], [], 0
    for part in re.split(r"(<span translate=no>_\^_\d+_\^_</span>|<[^<>]*>)", key):
        tag = re.fullmatch(r"<(/?)(\w+)( .*)?>", part)
        if number := placeholders(part):
            output.append(f"`{number[0]}`" if in_block else "\n\n\\begin{x}\\end{x}\n\n")
        elif tag is None:
            text = re.sub(r"([\\*_\[\]#~<>`$]|^\s*[-+=]|(?<=\d)[.)] )", escaped, unescape(part))
            output.append(text if in_block else "")
        else:
            closing, name, attributes = tag.groups()
            in_block += (-1 if closing else 1) * (name in {"p", "li"} or name[0] == "h")
            if name == "a" and not closing:
                href = re.fullmatch(r' href="(.*)"', attributes)
                links.append(f"](<{unescape(href[1])}>)" if href else "</a>")
                output.append("[" if href else part)
            else:
                output.append(links.pop() if name == "a" else spelled(name, closing))
    return "".join(output)


def escaped(found: re.Match[str]) -> str:
    return re.sub(r"(\S)", r"\\\1", found[0])


def spelled(name: str, closing: str) -> str:
    match name:
        case "p" | "ul":
            return "\n\n"
        case "h1" | "h2" | "h3" | "h4":
            return "\n\n" if closing else f"\n\n{'#' * int(name[1])} "
        case "li":
            return "" if closing else "\n* "
        case "em" | "strong":
            return "*" if name == "em" else "**"
    return f"<{closing}{name}>"


def test_keys_are_found_when_their_words_are_written_in_markdown() -> None:
    keys = real_keys()
    missed = 0
    for key in keys:
        fragment = MARKUP.render(markdown_of(key)).fragment
        assert placeholders(fragment.html) == placeholders(key) == list(range(len(fragment.protected)))
        missed += normal_form(fragment.html) != normal_form(key)
    # Two say what no Markdown says: `<em> a </em>`.
    assert missed <= 2


# --- What holds for every text ----------------------------------------------------------------------

# fmt: off
SNIPPETS = st.sampled_from([
    "`", "``", "$", "$$", "\\", "*", "_", "[", "](u)", "![", "<", ">", "<b>", "</b>", "<a id='x'>", "<div>",
    "\n", "\n\n", "\n* ", "\n> ", "\n1. ", "    ", "\n```\n", "| ", "\n|-|-|\n", "# ", "x", "1", " ", "é",
    "<!--", "-->", "\\begin{a}", "\\end{a}", "_^_0_^_", "_^", "_", "\ufdd0", "0\ufdd1", "&", "&#95;",
    "</div>", "<img src=x>",
])
# fmt: on
TEXTS = st.lists(SNIPPETS, max_size=40).map("".join)


@given(TEXTS)
@example("<div>_^_^_0_^_")
def test_every_text_becomes_a_sound_fragment(text: str) -> None:
    fragment = MARKUP.render(text).fragment
    assert placeholders(fragment.html) == list(range(len(fragment.protected)))
    assert fragment.html.count("_^_") == 2 * len(fragment.protected)
    assert not re.search("[\ufdd0\ufdd1]", fragment.html)
    assert normal_form(normal_form(fragment.html)) == normal_form(fragment.html)
    filled = fill(sanitize(bare(fragment.html)), fragment.protected, fragment.anchors)
    assert balanced(filled)
    assert filled.count("_^_") == sum(piece.html.count("_^_") for piece in fragment.protected)


@given(TEXTS)
def test_nothing_is_lost_in_protecting(text: str) -> None:
    plain = re.sub("[\ufdd0\ufdd1]", "\ufffd", text)
    marked, pieces = protect(text)
    assert restore(marked, pieces) == plain
    for piece in pieces:
        assert plain.split("\n")[piece.line].count(piece.source.split("\n")[0])


@given(st.text(st.sampled_from("xyz é語'\"&<>{}.,;!?()"), max_size=80))
def test_no_word_is_lost(text: str) -> None:
    text = " ".join(["x", *text.split()])
    assert plain_text(MARKUP.render(text).fragment.html).split() == text.split()


# --- Limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n\n" + "".join(f"{'  ' * depth}* x{depth}\n" for depth in range(51)), 52, "nested more than 50"),
        ("$a\nb$\n\n" + "> " * 102 + "deep", 3, "nested more than 50"),
        ("deep " * (MAX_BYTES // 5 + 1), 0, "more than 256 KB"),
        ("deep " + "[" * 501, 0, "more than 500 `[`"),
        ("deep " + "<b>" * 201, 0, "elements nested more than 200 deep"),
        ("*a " * 300 + "deep" + " a*" * 300, 0, "elements nested more than 200 deep"),
    ],
)
def test_what_exceeds_a_limit_is_shown_with_a_complaint(text: str, line: int, message: str) -> None:
    rendered = MARKUP.render(text)
    assert [(complaint.line, complaint.code) for complaint in rendered.complaints] == [(line, "limit")]
    assert message in rendered.complaints[0].message
    assert "deep" in rendered.fragment.html or "x50" in rendered.fragment.html


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{'  ' * depth}* x{depth}\n" for depth in range(MAX_NESTING)),
        "> " * MAX_NESTING + "x49",
        "x49 " * (MAX_BYTES // 4),
        "x49" + "[" * 500,
        "x49 " + "[a](b) " * 5000,
    ],
    ids=["lists", "quotes", "length", "brackets", "links"],
)
def test_what_is_within_the_limits_is_rendered(text: str) -> None:
    rendered = MARKUP.render(text)
    assert rendered.complaints == ()
    assert "x49" in rendered.fragment.html


def test_hostile_texts_take_no_more_time_than_their_length() -> None:
    """What is quadratic takes minutes here."""
    done = subprocess.run(
        [sys.executable, FIXTURES / "hostile.py"], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == 61


@given(
    st.text(
        st.sampled_from("ab 1.,:;-+=#'\"(){}[]*_!?$^/@%é日\u00a0\n") | st.characters(codec="utf-8"),
        max_size=40,
    )
)
@example("A $x$ and `y` here \n")
@example(r"\begin{align}x\end{align}")
@example("a - b\n")
@example("a  \nb")
@example("# a\n\n* b_c \n* d[0]\n  e\n\nf\n")
@example("* a\n\n- b")
@example("* a\n\n* b")
@example("a\n  b \nc\n \nd")
def test_plain_prose_is_what_markdown_makes_of_it(text: str) -> None:
    check_plain(text)


LINES = [
    "a b",
    "a $x$ ",
    "c\u00a0",
    "d  ",
    "  e",
    "    f",
    "",
    " ",
    "- g",
    "1. h",
    "===",
    "$y$",
    "\u00a0i",
    "j:",
    "# k_l ",
    "####### m",
    "- n[0]: o",
    "* p_",
    "* q",
    "[r](s)",
]


@given(st.lists(st.sampled_from(LINES), max_size=6).map("\n".join))
def test_plain_lines_are_what_markdown_makes_of_them(text: str) -> None:
    check_plain(text)


def check_plain(text: str) -> None:
    fast = MARKUP.render(text)
    with mock.patch("site_builder.reading.plain._PROSE", re.compile(r"(?!)")):
        assert fast == MARKUP.render(text)


PIECES = (
    """# ## - + * 1. 2) > ``` ~~~ === --- -- ___ *** | |-|-| :-: [a]: [a] <b> <!-- --> a b: = ~ ` \\ &amp;"""
)


@given(
    st.lists(
        st.sampled_from([*PIECES.split(), " ", "    ", "\t", "\n", "\n", "\n  ", "\n\n"]), max_size=24
    ).map("".join)
)
@example("|a|b|\n|-|-|\n|c|d|")
@example("a\n---")
@example("> a\n> ===\n")
def test_a_parser_without_what_a_text_cannot_have_finds_the_same(text: str) -> None:
    assert _parser_for(text).parse(text) == _parser(()).parse(text)

from pathlib import Path

import pytest
from cases import replayed
from hypothesis import given
from hypothesis import strategies as st

from site_builder.reading.discover import Source
from site_builder.reading.formula import make_converter
from site_builder.reading.markup import Markup
from site_builder.reading.page import dotted_name, read_page
from site_builder.reading.text import SourceError, decode, split_front_matter

FIXTURES = Path(__file__).parent / "fixtures" / "reading"
MARKUP = Markup(make_converter({}))


def read(content: bytes, kind: str = "python"):
    return read_page(content, Source("a/b.py", "a/b.html", Path("b.py"), kind), "src/a/b.py", MARKUP)


# --- Pages ------------------------------------------------------------------------------------------


def shown(text: str, kind: str) -> str:
    page, problems = read(text.encode(), kind)
    lines = list(map(str, problems))
    if page:
        lines += [f"title: {page.title}", f"summary: {page.summary}", f"meta: {dict(page.meta)}"]
    for section in page.sections if page else ():
        html = section.docs.html.strip("\n").replace("\n", "\n    ")
        lines += [f"{section.lines.start}-{section.lines.stop - 1} {section.anchor}".rstrip(), f"    {html}"]
        lines += [f"    #{name} on block {block}" for block, name in section.docs.anchors]
        lines += [f"    | {line}" for line in section.code.splitlines() if line != "</span>"]
    return "\n".join(lines)


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file: Path, golden) -> None:
    kind = {"py": "python"}.get(name := file.suffixes[0][1:], name)
    golden(file, replayed(file, lambda text: shown(text, kind)))


def ids(page) -> list[str]:
    named = [section.anchor for section in page.sections if section.anchor]
    return named + [name for section in page.sections for _, name in section.docs.anchors]


NAMES = st.sampled_from(
    ["a", "A", "a-1", "section", "Section 1", "section-2", "sb-", "heading-a", "!", "f", "é"]
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["# # {}\n\n", '# <a id="{}"></a>\n\n', "def {}(): x\n"]), NAMES),
        max_size=12,
    )
)
def test_ids_are_unique(parts: list[tuple[str, str]]) -> None:
    text = "".join(part.format(name) for part, name in parts if "def" not in part or name.isidentifier())
    page, problems = read(text.encode())
    assert problems == ()
    assert len(ids(page)) == len(set(ids(page)))
    assert not [name for name in ids(page) if name.startswith("sb-") or name in {"section-1", "section-2"}]


def test_many_headings_of_one_name() -> None:
    page, _ = read(b"# a\n\n" * 5000, "markdown")
    assert ids(page)[-1] == "a-4999"


@given(
    st.binary(max_size=60)
    | st.text(st.sampled_from("#\"' \n-:=x>$`\\(){}\0\ufeff\u2028\f"), max_size=60).map(str.encode)
)
def test_whatever_a_file_holds_is_a_page_or_a_problem(content: bytes) -> None:
    for kind in ("python", "markdown", "cuda"):
        page, problems = read(content, kind)
        assert page or problems
        assert all(
            problem.where.line <= content.count(b"\n") + content.count(b"\r") + 1 for problem in problems
        )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("x.py", "x"),
        ("a/b/__init__.py", "a.b"),
        ("a/b__init__.py", "a.b__init__"),
        ("README.md", "README"),
        ("docs/Guide.MD", "docs.Guide"),
        ("k/scale.cu", "k.scale.cu"),
        ("__init__.py", "__init__.py"),
    ],
)
def test_dotted_names(path: str, name: str) -> None:
    assert dotted_name(path) == name


# --- Bytes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"a\r\nb\rc\n\r\n", "a\nb\nc\n\n"),
        ("# é".encode(), "# é"),
        (b"# -*- coding: latin-1 -*-\n# \xe9", "# -*- coding: latin-1 -*-\n# é"),
        (
            b"#!/bin/sh\n# vim: set fileencoding=iso-8859-1 :\n# \xe9",
            "#!/bin/sh\n# vim: set fileencoding=iso-8859-1 :\n# é",
        ),
        (b"# coding=UTF_8-unix\r\n# \xc3\xa9", "# coding=UTF_8-unix\n# é"),
        (b"\n# coding: Latin_1\n# \xe9", "\n# coding: Latin_1\n# é"),
        (b"\xef\xbb\xbf# coding: latin-1\n# \xc3\xa9", "# coding: latin-1\n# é"),
        ("x = 1\n# coding: klingon é".encode(), "x = 1\n# coding: klingon é"),
        ("\n\n# coding: klingon é".encode(), "\n\n# coding: klingon é"),
    ],
)
def test_decoding(content: bytes, text: str) -> None:
    assert decode(content, python=True) == text


@pytest.mark.parametrize(
    ("content", "line", "column", "message"),
    [
        (b"a\nb\xe9", 2, 2, "byte 0xe9 is not UTF-8"),
        ("é = b'".encode() + b"\xff", 1, 7, "byte 0xff is not UTF-8"),
        (b"# coding: ascii\r\n\r\n \xc3\xa9", 3, 2, "byte 0xc3 is not ASCII"),
        ("é\r\né\0".encode(), 2, 2, "a NUL character"),
        ("x = 1".encode("utf-16"), 1, 1, "byte 0xff is not UTF-8"),
        (b"# coding: cp1252", 1, 11, "source encoding 'cp1252' is not supported"),
        (b"#\n#  coding= nope-unix", 2, 12, "source encoding 'nope-unix' is not supported"),
    ],
)
def test_places_of_wrong_bytes(content: bytes, line: int, column: int, message: str) -> None:
    with pytest.raises(SourceError) as raised:
        decode(content, python=True)
    assert (raised.value.line, raised.value.column, raised.value.message) == (line, column, message)


def test_only_python_has_cookies() -> None:
    assert decode(b"# coding: klingon", python=False) == "# coding: klingon"


# --- Front matter ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prose", "meta", "rest"),
    [
        ("---\ntitle: x\n---\ntext", {"title": "x"}, "\n\n\ntext"),
        ("\n  \n--- \ntitle: 'y'\nn: 1\n---", {"title": "y", "n": 1}, "\n\n\n\n\n"),
        ("---\n---\ntext", {}, "\n\ntext"),
        ("---\n# nothing\n---\ntext\n---\nmore", {}, "\n\n\ntext\n---\nmore"),
        ("---\ntitle: 2024-01-01\nsummary: ~\n---\n", {"title": "2024-01-01", "summary": None}, "\n\n\n\n"),
        ("---\ntitle: yes\nsummary: 1_000\n---\n", {"title": "yes", "summary": "1_000"}, "\n\n\n\n"),
        ("----\ntitle: x\n----\n", {}, "----\ntitle: x\n----\n"),
        ("text\n---\ntitle: x\n---\n", {}, "text\n---\ntitle: x\n---\n"),
        ("---\ntext", {}, "---\ntext"),
        ("", {}, ""),
    ],
)
def test_front_matter(prose: str, meta: dict[str, object], rest: str) -> None:
    assert split_front_matter(prose) == (meta, rest)


@pytest.mark.parametrize(
    "yaml",
    [
        "a: [" * 3000,
        "- " * 5000,
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "a: !!bool perhaps",
        "a: !!int ''",
        "a: 2024-99-99",
        "a: \x07",
        "a: b: c",
        "'",
        "%YAML 9.9",
        "a: !!float x",
        "a\n...\nb",
        "? {a: b}\n: c",
        "just text",
        "1",
    ],
)
def test_front_matter_that_is_none(yaml: str) -> None:
    with pytest.raises(SourceError) as raised:
        split_front_matter(f"\n---\n{yaml}\n---\n")
    assert raised.value.code == "front-matter"
    assert 3 <= raised.value.line <= 4 + yaml.count("\n")
    assert "front matter" in raised.value.message

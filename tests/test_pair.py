import ast
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.reading.names import parsed
from site_builder.reading.pair import Pair, PairError, pair_comments, pair_python
from site_builder.reading.pair.tiling import split_lines

FIXTURES = Path(__file__).parent / "fixtures" / "pair"
LANGUAGES = [
    "bash",
    "c",
    "cpp",
    "cuda",
    "go",
    "haskell",
    "javascript",
    "julia",
    "lua",
    "nim",
    "ocaml",
    "rust",
    "sql",
]


# --- Goldens: `pytest --update-goldens` rewrites them -------------------------------------------


def shown(pairs: Sequence[Pair], lines: Sequence[str]) -> Iterator[str]:
    """Spell pairs for people: `#` marks prose, `|` code, `¬` prose that does not end its last line."""
    for pair in pairs:
        yield f"[{pair.lines.start}-{pair.lines.stop - 1}] {pair.name}".rstrip()
        prose = pair.prose.removesuffix("\n").split("\n") if pair.prose else []
        for number, line in enumerate(prose, pair.prose_line):
            yield f"{number:3} # {line}".rstrip() + (
                "" if line is not prose[-1] or pair.prose.endswith("\n") else "¬"
            )
        for number in pair.code:
            yield f"{number:3} | {lines[number - 1]}".rstrip()


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file, golden):
    """Each case is `title / . / input / . / expected / .`; the file's name ends with the language."""
    lexer = file.suffixes[-2].removeprefix(".") if len(file.suffixes) > 1 else "python"
    *parts, _ = re.split(r"^\.\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cases = []
    for title, source in zip(parts[::3], parts[1::3], strict=True):
        pairs = pair_python(source) if lexer == "python" else pair_comments(source, lexer)
        check(source, pairs, PYTHON_MARKS if lexer == "python" else OTHER_MARKS)
        expected = "\n".join([*shown(pairs, split_lines(source)), ""])
        cases.append(f"{title}.\n{source}.\n{expected}.\n")
    golden(file, "".join(cases))


# --- What holds for every source ------------------------------------------------------------------

Marks = tuple[re.Pattern[str], re.Pattern[str]]
PYTHON_MARKS: Marks = (
    re.compile(r"(#:?|[rRuU]?['\"]{1,3})? ?"),
    re.compile(r" ?\\?(['\"]{0,3} ?(#\s?(type:|noqa|pylint:|fmt:|ruff:|pragma:|%%|!).*)?)", re.IGNORECASE),
)
OTHER_MARKS: Marks = (re.compile(r"\W*(=begin)?"), re.compile(r"\W*(=end)?"))


def says(line: str, text: str, marks: Marks) -> bool:
    """Whether `line` is `text` between marks, white space aside."""
    line, text = (" ".join(item.split()) for item in (line, text))
    return any(
        line.startswith(text, at)
        and marks[0].fullmatch(line, 0, at)
        and marks[1].fullmatch(line, at + len(text))
        for at in range(len(line) + 1)
    )


def check(source: str, pairs: Sequence[Pair], marks: Marks = PYTHON_MARKS) -> None:
    """Every line once, in order; whatever shows is prose at its own line number, or code, never both."""
    lines = split_lines(source)
    assert [number for pair in pairs for number in pair.lines] == list(range(1, len(lines) + 1))
    for pair in pairs:
        assert bool(pair.prose) == bool(pair.prose_line)
        assert pair.prose or pair.code or len(pairs) == 1
        assert pair.prose == pair.prose.lstrip("\n")
        assert not re.search(r"\n\s*\n\Z", pair.prose)
        prose = {n: text for n, text in enumerate(pair.prose.split("\n"), pair.prose_line) if text.strip()}
        assert set(prose) | set(pair.code) <= set(pair.lines)
        assert not set(prose) & set(pair.code)
        assert list(pair.code) == list(range(pair.code[0], pair.code[-1] + 1) if pair.code else ())
        assert all(lines[number - 1].strip() for number in pair.code[:1] + pair.code[-1:])
        for number in set(pair.lines) - set(pair.code):
            assert says(lines[number - 1], prose.get(number, ""), marks), lines[number - 1]


def definitions(tree: ast.Module) -> Iterator[tuple[int, str, ast.stmt]]:
    """Yield where each definition begins, its qualified name, and the definition."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield min([node.lineno, *(item.lineno for item in node.decorator_list)]), scope + node.name, node
            scope += f"{node.name}."
        waiting += [(child, scope) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def is_plain(docstring: ast.expr, lines: Sequence[str]) -> bool:
    """Whether the string is one literal, alone on its lines, and says what is written."""
    first, last = lines[docstring.lineno - 1], lines[docstring.end_lineno - 1]
    text = "\n".join([*lines[docstring.lineno - 1 : docstring.end_lineno]]).strip()
    alone = not (first[: docstring.col_offset] + last.encode()[docstring.end_col_offset :].decode()).strip()
    return alone and bool(re.fullmatch(r"""([rRuU]?)(\"""|'''|"|')((?!\2)[^\\])*\2""", text))


def check_definitions(source: str, pairs: Sequence[Pair]) -> None:
    """Python's own parser finds the same definitions at the same places, and the same documentation."""
    lines = split_lines(source)
    found = sorted(definitions(ast.parse("\n".join([*lines, ""]))), key=lambda item: item[0])
    named = {pair.code[0]: pair for pair in pairs if pair.name}
    assert [(line, name) for line, name, _ in found] == [(line, pair.name) for line, pair in named.items()]
    for line, _, node in found:
        statement = node.body[0]
        if ast.get_docstring(node, clean=False) and is_plain(statement.value, lines):
            assert named[line].code[-1] < statement.lineno
            assert " ".join(named[line].prose.split()).endswith(" ".join(ast.get_docstring(node).split()))


def check_valid(source: str, pairs: Sequence[Pair]) -> None:
    """What Python's parser accepts has the same pairs without its tokens."""
    if parsed(source):
        assert pair_python(source, is_valid=True) == pairs


def corpus() -> list[Path]:
    """List the standard library and the installed packages."""
    folders = {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")}
    files = {file for folder in folders for file in folder.rglob("*.py")}
    return sorted(file for file in files if "site-packages" not in file.parts or sys.prefix in str(file))


def check_file(file: Path) -> int:
    """Count the file's pairs, all of them checked; 0 if it does not tokenize."""
    try:
        source = file.read_bytes().decode()
        pairs = pair_python(source)
    except (UnicodeDecodeError, PairError):
        return 0
    check(source, pairs)
    check_valid(source, pairs)
    # Some of what tokenizes is too new, too old or too deep for the parser.
    with warnings.catch_warnings(), suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        warnings.simplefilter("ignore")
        check_definitions(source, pairs)
    return len(pairs)


def test_every_line_of_real_code_once_and_in_order():
    files = corpus()
    sample = [file for file in files[:: len(files) // 80] if file.stat().st_size < 100_000]
    assert sum(check_file(file) > 0 for file in sample) > len(sample) / 2


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """A block of statements, comments, strings and blank lines; without its indentation."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        piece = draw(st.sampled_from(PIECES))
        if piece.endswith(":"):
            body = draw(blocks(depth + 1)) if depth < 3 else ["pass"]
            lines += [*piece.split("\n"), *(f"    {line}" if line else "" for line in body)]
        else:
            lines += piece.split("\n")
    return [*lines, "pass"]


PIECES = (
    *("", "\f", "# One", "#", "#two", "# -----", "# noqa", "# type: int", "#!", "## $x$", "#  "),
    *(
        '"""One."""',
        "'two'",
        'r"""\n\\nu\n"""',
        'u"""\\\nx"""',
        '"""\n\n\tOne\n\n      two\n\n"""',
        '""',
        "f'{x}'",
        "b'x'",
    ),
    *('"a" "b"', '"x"; y', '"""One."""  # noqa', '"x"  # why', "('x')", '"a" \\\n "b"', "x; 'y'"),
    *(
        "x = 1",
        "x: int",
        "x = 1  # why",
        "x, = y = [\n# One\n2,\n\n#\n]",
        "print(\n)",
        "x = \\\n1",
        "if x: y; 'z'",
        "del x",
    ),
    *(
        "def f():",
        "async def g(\n# a\nx,  # b\n):",
        "class A:",
        "class B(  # why\n\nA\n):",
        "if x:",
        "while x: # One\n  x\nif y:",
    ),
    *(
        "@d\ndef f(): 'x'",
        "@d(\n# One\n)\n# two\n\n@e\nclass A:",
        "# three\ndef f(): pass",
        "# three\n@d\ndef h():",
    ),
    *(
        "with x:",
        "for x in y:",
        "match x:\n    case 1:\n        # One\n        pass\nif x:",
        'x = """\n# no\n\n"""',
    ),
)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])


@given(blocks(), ENDINGS, st.booleans())
def test_statements_in_any_order(lines, ending, ended):
    source = ending.join(lines) + (ending if ended else "")
    pairs = pair_python(source)
    check(source, pairs)
    check_valid(source, pairs)
    check_definitions(source, pairs)


@given(st.lists(st.tuples(st.sampled_from(["", " ", "    ", "\t"]), st.sampled_from(PIECES), ENDINGS)))
def test_lines_in_any_order_tile_or_raise(parts):
    tile_or_raise("".join(map("".join, parts)))


@given(st.text())
def test_any_text_tiles_or_raises(source):
    tile_or_raise(source)


def check_place(error: PairError, lines: Sequence[str]) -> None:
    assert 0 <= error.line <= len(lines)
    assert 0 <= error.column <= len(lines[error.line - 1]) + 1
    assert error.message


def tile_or_raise(source: str) -> None:
    try:
        pairs = pair_python(source)
    except PairError as error:
        check_place(error, split_lines(source))
    else:
        check(source, pairs)
        check_valid(source, pairs)


INSERTED = st.sampled_from(
    [
        *("#", "# a\n", "\n", "\\\n", '"', '"""', "'", "'''", "(", ")", "[", "]", "{", "}", " ", "    "),
        *("\t", "\f", "\v", "\xa0", "\u00b7", "\u00e9", "def f():\n", "class A:", "async ", "@d\n", ";", "="),
        *("if x: pass\n", "x = 1\n'x'\n", 'f"', 'rb"', "u'", 'f"{x}"', "f'{a[\"b\"]}'", 'f"{a["b"]}"'),
        *('f"{x!r:>{w}}" ', "f'''{\nx # c\n}'''", 'f"{{}}"'),
    ]
)
EDITS = st.lists(st.tuples(st.integers(0), INSERTED, st.integers(0, 3)), max_size=4)


@pytest.fixture(scope="module")
def real_lines() -> list[str]:
    files = [file for file in corpus()[::97] if file.stat().st_size < 50_000]
    texts = (file.read_bytes().decode(errors="replace") for file in files)
    return [line for text in texts for line in split_lines(text)]


@given(st.integers(0), st.integers(1, 40), EDITS)
def test_edits_of_real_code_tile_or_raise(real_lines, start, length, edits):
    start %= len(real_lines)
    source = dedent("\n".join(real_lines[start : start + length]))
    for at, text, cut in edits:
        start = at % (len(source) + 1)
        source = source[:start] + text + source[start + cut :]
    tile_or_raise(source)


VALID = """
@d  # a
async def f(x=(
# One
1,
)):
\t'''Two\\
'''
\tx = f'{x!r}' \\
''
# Three
"""


def test_valid_code_needs_no_tokens(monkeypatch):
    monkeypatch.delattr("tokenize.generate_tokens")
    pairs = pair_python(VALID, is_valid=True)
    assert [pair.prose for pair in pairs] == ["Two\\\n", "", "Three\n"]
    with pytest.raises(AttributeError):
        pair_python(f"{VALID}x = 1 + \\\n1 \\\n# Four\n", is_valid=True)


COMMENTS = st.sampled_from(
    [
        *(
            "// one",
            "//",
            "/// two",
            "/* x */",
            "/*",
            " * y",
            "*/",
            "# z",
            "-- a",
            "{-",
            "-}",
            "(*",
            "*)",
            "--[[",
        ),
        *("]]", "#=", "=#", "=begin", "=end", "!d", "#!", "/*--*/", "/**/", "/* */ x", "x // y", "int x;"),
        *("", "  ", "'", '"', "#if 0", "#endif", "\\"),
    ]
)


@given(st.lists(COMMENTS | st.text()), ENDINGS, st.sampled_from(LANGUAGES))
def test_comments_in_any_order_tile(lines, ending, language):
    source = ending.join(lines)
    check(source, pair_comments(source, language), OTHER_MARKS)


# --- Edges ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [pair_python, lambda source: pair_comments(source, "c")])
def test_nothing_to_show(pair):
    assert pair("") == ()
    assert pair("\ufeff") == ()
    assert pair("\n \n\f\n") == (Pair("", range(1, 4), "", 0, ()),)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_and_byte_order_mark_change_nothing(ending, mark):
    source = '# One\n# two\nx = """\n"""\n\f\ndef f():\n    """\n    Doc.\n    """\n'
    assert pair_python(mark + source.replace("\n", ending)) == pair_python(source)


def test_only_line_endings_end_a_line():
    (pair,) = pair_python('"""a\x0bb\x1cc\x85d\u2028e"""\nx = 1\n')
    assert (pair.prose, pair.code) == ("a\x0bb\x1cc\x85d\u2028e", (2,))


def test_tabs_are_dedented():
    (pair, _) = pair_python('def f():\n\t"""One\n\ttwo\n\t\tthree"""\n\tpass\n')
    assert pair.prose == "One\ntwo\n        three"


def test_no_newline_at_the_end():
    assert pair_python("x = 1\n# One")[-1] == Pair("", range(2, 3), "One\n", 2, ())
    assert pair_comments("x;\n// One", "c")[-1] == Pair("", range(2, 3), "One\n", 2, ())


def test_deep_nesting():
    depth = 90
    source = "".join(f"{' ' * level}def f{level}():\n" for level in range(depth)) + " " * depth + "pass\n"
    assert pair_python(source)[-1].name == ".".join(f"f{level}" for level in range(depth))
    assert pair_python("x" + "(" * 150 + "\n# One\n" + ")" * 150)[-1].prose == "One\n"
    tile_or_raise("(" * 50_000 + ")" * 50_000)
    tile_or_raise("".join(f"{' ' * level}if x:\n" for level in range(500)) + " " * 500 + "x\n")


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("x = 1\ny = '''abc\n", 2, 5, "this string is never closed"),
        ("x = 1\ny = 'abc\nz\n", 2, 5, "this string is never closed"),
        ("y = 'abc\\\nz\n", 1, 5, "this string is never closed"),
        ("x = [1, (2,\ny\n", 1, 9, "'(' is never closed"),
        ("if x:\n    y\n  z\n", 3, 3, "this indentation matches that of no line above"),
        ("x = 1 + \\\n", 1, 0, "the last statement is not finished"),
    ],
)
def test_what_does_not_tokenize(source, line, column, message):
    with pytest.raises(PairError) as caught:
        pair_python(source)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


@pytest.mark.parametrize("source", ["x = 1\0", "x = \\ y", "\0", "x = \ud800\0"])
def test_what_no_version_of_python_reads(source):
    with pytest.raises(PairError):
        pair_python(source)


@pytest.mark.parametrize("source", ["!ls\n# One\n", "a ? b\n# One\n", "cost = 5 €\n# One\n"])
def test_stray_signs_are_code(source):
    assert [pair.prose for pair in pair_python(source)] == ["", "One\n"]

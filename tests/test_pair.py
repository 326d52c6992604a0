import ast
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.reading.pair import Pair, PairError, pair_comments, pair_python
from site_builder.reading.tiling import split_lines

FIXTURES = Path(__file__).parent / "fixtures" / "pair"
LANGUAGES = ["bash", "c", "cpp", "cuda", "go", "haskell", "javascript", "julia", "lua", "nim", "ocaml", "rust", "sql"]


# --- Goldens: `pytest --update-goldens` rewrites them -------------------------------------------


def shown(pairs: Sequence[Pair], lines: Sequence[str]) -> Iterator[str]:
    """Spell pairs for people: `#` marks prose, `|` code, `¬` prose that does not end its last line."""
    for pair in pairs:
        yield f"[{pair.lines.start}-{pair.lines.stop - 1}] {pair.name}".rstrip()
        prose = pair.prose.removesuffix("\n").split("\n") if pair.prose else []
        for number, line in enumerate(prose, pair.prose_line):
            yield f"{number:3} # {line}".rstrip() + ("" if line is not prose[-1] or pair.prose.endswith("\n") else "¬")
        for number in pair.code:
            yield f"{number:3} | {lines[number - 1]}".rstrip()


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file, golden):
    """Each case is `title / . / input / . / expected / .`; the file's name ends with the language."""
    lexer = file.suffixes[-2].removeprefix(".") if len(file.suffixes) > 1 else "python"
    cases = []
    for case in re.finditer(r"(.+)\n\.\n(.*?)^\.\n.*?^\.\n", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        title, source = case[1].strip(), case[2]
        pairs = pair_python(source) if lexer == "python" else pair_comments(source, lexer)
        check(source, pairs)
        expected = "\n".join([*shown(pairs, split_lines(source)), ""])
        cases.append(f"{title}\n.\n{source}.\n{expected}.\n")
    golden(file, "\n".join(cases))


# --- What holds for every source ------------------------------------------------------------------

TOOL_COMMENT = r"#\s*(?:type:|noqa|pylint:|fmt:|ruff:|pragma:|%%|!).*"
PYTHON_MARKS = (r"\s*(?:#|[rRuU]?['\"]{1,3})?\s*", rf"\s*\\?['\"]{{0,3}}\s*(?:{TOOL_COMMENT})?")
OTHER_MARKS = (r"[^\w\n]*(?:=begin)?", r"[^\w\n]*(?:=end)?")


def check(source: str, pairs: Sequence[Pair], marks: tuple[str, str] = PYTHON_MARKS) -> None:
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
            text = r"\s+".join(map(re.escape, prose.get(number, "").split()))
            assert re.fullmatch(f"{marks[0]}{text}{marks[1]}", lines[number - 1].rstrip()), lines[number - 1]


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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check_definitions(source, pairs)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return len(pairs)


def test_every_line_of_real_code_once_and_in_order():
    sample = [file for file in corpus()[::23] if file.stat().st_size < 100_000]
    assert sum(check_file(file) > 0 for file in islice(sample, 150)) > 100

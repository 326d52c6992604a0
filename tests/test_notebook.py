"""Pages as notebooks: their code is the source's, and it runs."""

import ast
import base64
import json
import shutil
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from cases import replayed
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient

from site_builder.build import Pages, build
from site_builder.build.notebooks import LARGEST_IMAGE
from site_builder.config import load_config
from site_builder.model import Page
from site_builder.reading.discover import Source
from site_builder.reading.formula import make_converter
from site_builder.reading.markup import Markup
from site_builder.reading.page import read_page
from site_builder.translating.assemble import block
from site_builder.writing.markdown import markdown
from site_builder.writing.notebook.outline import outline
from site_builder.writing.notebook.source import (
    _MARGIN,
    _filled,
    _filled_with_signs,
    code_source,
    listing_source,
)

ROOT = Path(__file__).parents[1]
SITES = Path(__file__).parent / "sites"
FIXTURES = Path(__file__).parent / "fixtures" / "notebook"
MARKUP = Markup(make_converter({}))


def read(content: bytes, name: str = "x.py", kind: str = "python") -> Page:
    page, _ = read_page(content, Source(name, "x.html", Path(name), kind), name, MARKUP)
    assert page
    return page


def cells_of(page: Page, kind: str = "python") -> Iterator[tuple[str, str, str]]:
    """Yield each cell of a page: what it is, its id, and what it says."""

    def say(number: int) -> str:
        docs = page.sections[number].docs
        return markdown(block(docs, docs.html).html)

    for cell in outline(page, kind):
        if cell.kind == "code":
            yield "code", cell.identifier, code_source(cell, say)
        elif cell.kind == "listing":
            yield "listing", cell.identifier, listing_source(cell, say, kind)
        else:
            yield "prose", cell.identifier, "\n".join(say(part.section) for part in cell.prose)


# --- The code is that of the source -------------------------------------------------------------


class _Bare(ast.NodeTransformer):
    """Takes out what a notebook says in another place: strings that only say something, and `pass`."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, [one for one in body if not _is_said(one)])
        return node


def _is_said(node: ast.AST) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass) or (is_text and isinstance(node.value.value, str))


def _is_main(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If) and "__name__" in ast.dump(node.test) and "__main__" in ast.dump(node.test)
    )


def shape(source: str) -> str:
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not _is_main(node)]
    return ast.dump(_Bare().visit(tree))


def check_code(content: bytes) -> None:
    page = read(content)
    code = [source for kind, _, source in cells_of(page) if kind == "code"]
    for source in code:
        ast.parse(source)
    assert shape("\n".join(code)) == shape(content.decode("utf-8-sig"))


FOLDERS = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
LIBRARY = [
    path for folder in FOLDERS for path in sorted(folder.glob("*.py")) + sorted(folder.glob("*/[a-m]*.py"))
]


def test_the_code_of_the_library_is_kept() -> None:
    checked = 0
    for path in LIBRARY[::40]:
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            if len(content) < 60_000 and b"coding" not in content[:200]:
                check_code(content)
                checked += 1
    assert checked > 12


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: path.parent.name)
def test_the_code_of_our_own_site_is_kept(path: Path) -> None:
    check_code(path.read_bytes())


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.txt")), ids=lambda file: file.name)
def test_golden(file: Path, golden) -> None:
    kind = file.suffixes[0].removeprefix(".")

    def show(given: str) -> str:
        if kind == "python":
            check_code(given.encode())
        cells = cells_of(read(given.encode(), kind=kind), kind)
        return "".join(f"[{what} {name}]\n{source}\n" for what, name, source in cells)

    golden(file, replayed(file, show))


def test_invisible_characters_stay_in_the_code() -> None:
    [(_, _, source)] = cells_of(read('x = "a\u202eb"  # [U+202E]\n'.encode()))
    assert source == 'x = "a\u202eb"  # [U+202E]'


WORDS = st.lists(
    st.text("ab.-é語、", min_size=1, max_size=3).flatmap(
        lambda word: st.integers(1, 40).map(lambda times: word * times)
    ),
    max_size=30,
)


@given(st.sampled_from(["", " ", "   ", "- ", "   12. ", "> "]), WORDS, st.sampled_from([" ", " ", "  "]))
def test_long_lines_of_any_letters_are_broken_in_the_same_way(
    margin: str, words: list[str], gap: str
) -> None:
    line = f"{margin}a{gap}{gap.join(words)}"
    indentation = " " * len(_MARGIN.match(line)[0])
    assert list(_filled(line)) == list(_filled_with_signs(line, indentation))


# --- The notebooks of a site --------------------------------------------------------------------


def notebooks_of(output: Path) -> dict[str, nbformat.NotebookNode]:
    files = sorted(output.rglob("*.ipynb"))
    return {path.relative_to(output).as_posix(): nbformat.read(path, 4) for path in files}


@pytest.fixture(scope="module")
def our_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("site") / "public"
    build(load_config(ROOT, output=str(output)))
    return output


def test_every_page_has_a_valid_notebook_beside_it(our_site: Path) -> None:
    notebooks = notebooks_of(our_site)
    pages = {path.relative_to(our_site).as_posix() for path in our_site.rglob("*.html")}
    pages -= {"404.html", "_site/status.html"}
    assert set(notebooks) == {f"{page.removesuffix('.html')}.ipynb" for page in pages}
    for path, notebook in notebooks.items():
        nbformat.validate(notebook, relax_add_props=False)
        assert notebook.metadata.language == (path.split("/")[0] if path.split("/")[0] in LANGUAGES else "en")
        assert notebook.metadata.title
        assert any(
            cell.source.removeprefix('<div dir="rtl">\n\n').startswith("# ") for cell in notebook.cells[:2]
        )
        assert not any(cell.get("outputs") for cell in notebook.cells)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                compile(cell.source, path, "exec")
    links = [page for page in pages if " download>" in (our_site / page).read_text("utf-8")]
    assert sorted(links) == sorted(pages)


LANGUAGES = ("ja", "zh", "es", "ar", "si")


def test_a_notebook_says_what_its_page_says(our_site: Path) -> None:
    notebook = notebooks_of(our_site)["ja/normalization/group_norm/index.ipynb"]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert text.startswith("# グループ正規化")
    assert r"$i = (i_N, i_C, i_H, i_W)$" in text
    assert "\\begin{align}\n\\mu_i &= " in text
    assert "class GroupNorm(nn.Module):\n    def __init__(" in text
    [image] = [cell for cell in notebook.cells if "data:image/svg+xml" in cell.source]
    drawing = ROOT / "src" / "annotated_nn" / "normalization" / "axes.svg"
    assert base64.b64encode(drawing.read_bytes()).decode() in image.source


def test_the_notebook_of_group_norm_runs(
    our_site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    notebooks = notebooks_of(our_site)
    notebook = notebooks["normalization/group_norm/index.ipynb"]
    japanese = notebooks["ja/normalization/group_norm/index.ipynb"]
    used = "tuple(GroupNorm(3, 6)(torch.randn(2, 6, 4, 4)).shape)"
    # One after the other, for the minutes that it takes to start with torch.
    forget = nbformat.v4.new_code_cell("del GroupNorm, nn, torch")
    cells = [nbformat.v4.new_code_cell(used), forget, *japanese.cells, nbformat.v4.new_code_cell(used)]
    for number, cell in enumerate(cells):
        notebook.cells.append({**cell, "id": f"more-{number}"})
    notebook = nbformat.from_dict(notebook)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    results = [cell.outputs[0].data["text/plain"] for cell in notebook.cells if cell.get("source") == used]
    assert results == ["(2, 6, 4, 4)"] * 2
    assert "グループ" in "".join(cell.source for cell in japanese.cells if cell.cell_type == "code")


# --- A small site -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site with a raster image, an Arabic page, and one of the site's own links."""
    folder = tmp_path / "site"
    (folder / "src" / "guide").mkdir(parents=True)
    (folder / "translations").mkdir()
    (folder / "src" / "norm.py").write_text(
        '"""\n# Norm\n\n![Dot](dot.png) and [a guide](guide/start.md#next), [here](#norm).\n\nMore.\n"""\n'
        "x = 1\n\n\ndef f():\n    # ![Dot](dot.png)\n    return x\n"
    )
    (folder / "src" / "guide" / "start.md").write_text(
        "# Start\n\n## Next\n\n[back](../norm.py) [x](https://x.org)\n"
    )
    (folder / "src" / "dot.png").write_bytes(b"\x89PNG")
    (folder / "translations" / "norm.ar.json").write_text(
        json.dumps({"<p>More. </p>\n": "<p>المزيد. </p>\n"}, ensure_ascii=False), encoding="utf-8"
    )
    (folder / "site-builder.toml").write_text('base_url = "https://example.org/docs"\n')
    return folder


def sources(folder: Path, path: str) -> list[str]:
    return [cell.source for cell in nbformat.read(folder / "public" / path, 4).cells]


def test_links_are_absolute_where_the_site_has_an_address(folder: Path) -> None:
    build(load_config(folder))
    prose, _, code = sources(folder, "norm.ipynb")
    at = "https://example.org/docs"
    assert f"[a guide]({at}/guide/start.html#next), [here]({at}/norm.html#norm)" in prose
    assert f"# ![Dot]({at}/dot.png)" in code
    assert f"[back]({at}/ar/norm.html) [x](https://x.org)" in sources(folder, "ar/guide/start.ipynb")[-1]


def test_links_are_relative_where_it_has_none(folder: Path) -> None:
    (folder / "site-builder.toml").unlink()
    build(load_config(folder))
    prose, _, code = sources(folder, "ar/norm.ipynb")
    assert "[a guide](guide/start.html#next), [here](norm.html#norm)" in prose
    assert "# ![Dot](../dot.png)" in code


def test_what_is_not_translated_says_so_and_has_its_direction(folder: Path) -> None:
    build(load_config(folder))
    prose, *_ = sources(folder, "ar/norm.ipynb")
    assert prose.startswith('<div dir="rtl">\n\n*لم يُترجم بعد*\n\n')
    assert prose.endswith("\n\nالمزيد.\n\n</div>")
    state, prose = sources(folder, "ar/guide/start.ipynb")
    assert (state, prose[:7]) == ("*لم يُترجم بعد*", "# Start")


def test_code_in_prose_from_right_to_left_keeps_its_direction(folder: Path) -> None:
    (folder / "src" / "code.md").write_text("# Code\n\n    x = 1\n")
    key = "<h1>{}</h1>\n<span translate=no>_^_0_^_</span>"
    said = {key.format("Code"): key.format("شيفرة")}
    (folder / "translations" / "code.ar.json").write_text(json.dumps(said), encoding="utf-8")
    build(load_config(folder))
    listing = '<div dir="ltr">\n\n```\nx = 1\n```\n\n</div>'
    assert sources(folder, "ar/code.ipynb") == [f'<div dir="rtl">\n\n# شيفرة\n\n{listing}\n\n</div>']


def test_an_image_travels_with_the_notebook_and_is_kept_current(folder: Path) -> None:
    pages = Pages()
    build(load_config(folder), pages=pages)
    first = nbformat.read(folder / "public" / "norm.ipynb", 4).cells[0]
    assert "![Dot](attachment:dot.png)" in first.source
    assert first.attachments == {"dot.png": {"image/png": base64.b64encode(b"\x89PNG").decode()}}
    (folder / "src" / "dot.png").write_bytes(b"\x89PNG2")
    assert build(load_config(folder), pages=pages).changed == ("ar/norm.ipynb", "dot.png", "norm.ipynb")
    assert build(load_config(folder), pages=pages).changed == ()


def test_a_large_image_is_linked(folder: Path) -> None:
    (folder / "src" / "dot.png").write_bytes(bytes(LARGEST_IMAGE + 1))
    build(load_config(folder))
    assert "![Dot](https://example.org/docs/dot.png)" in sources(folder, "norm.ipynb")[0]


def test_an_index_that_we_made_lists_its_pages(folder: Path) -> None:
    build(load_config(folder))
    title, contents = sources(folder, "guide/index.ipynb")
    assert title == "# guide"
    assert contents == "- [Start](https://example.org/docs/guide/start.html)"


def test_the_same_site_has_the_same_notebooks_in_the_format_of_jupyter(folder: Path) -> None:
    build(load_config(folder), jobs=2)
    first = {path: path.read_bytes() for path in folder.rglob("*.ipynb")}
    shutil.rmtree(folder / "public")
    report = build(load_config(folder))
    assert first == {path: path.read_bytes() for path in folder.rglob("*.ipynb")}
    assert report.pages == len(first) == 8
    for path, content in first.items():
        assert nbformat.writes(nbformat.read(path, 4)) + "\n" == content.decode()


def test_a_site_can_do_without(folder: Path) -> None:
    build(load_config(folder))
    (folder / "site-builder.toml").write_text("notebooks = false\n")
    build(load_config(folder))
    assert not list(folder.rglob("*.ipynb"))
    assert "ipynb" not in (folder / "public" / "norm.html").read_text("utf-8")

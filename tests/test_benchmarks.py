"""The tools that measure: what they make, what they count, and what they say of it."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def tool(monkeypatch):
    """Import one of the benchmarks' modules."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Make a tree of 8 pages in two languages."""
    return made(tmp_path_factory.mktemp("made") / "tree")


def made(folder, seed=1):
    arguments = ["--pages", "8", "--languages", "ja", "--seed", str(seed)]
    subprocess.run([sys.executable, FOLDER / "make_tree.py", folder, *arguments], check=True)
    return folder


def test_a_tree_holds_sources_and_a_full_map_of_each_in_each_language(tree, tool):
    sources = sorted(file.name for file in (tree / "src").rglob("*.*"))
    assert sources == ["page_0.py", "page_1.py", "page_2.py", "page_3.py"]
    maps = sorted(file.name for file in (tree / "maps").rglob("*.json"))
    assert maps == ["page_0.ja.json", "page_1.ja.json", "page_2.ja.json", "page_3.ja.json"]
    command = [sys.executable, "-m", "site_builder", "build", "--jobs", "1"]
    told = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True)
    assert "ja 100%" in told.stdout + told.stderr
    work_done = tool("work_done")
    english = work_done.count(work_done.pages_of(tree, tree / "public"))
    both = work_done.count(work_done.pages_of(tree, tree / "public", ["ja"]))
    assert english.pages == 4
    assert english.formulas > 10
    assert english.lines > 100
    assert both == english + english


def test_the_same_seed_makes_the_same_tree_and_another_another(tree, tmp_path, tool):
    def content(folder):
        files = [file for part in ("src", "maps") for file in sorted((folder / part).rglob("*.*"))]
        return {file.relative_to(folder): file.read_bytes() for file in files}

    assert content(made(tmp_path / "again")) == content(tree)
    assert tool("make_tree").digest(tmp_path / "again") == tool("make_tree").digest(tree)
    assert content(made(tmp_path / "other", seed=2)) != content(tree)


def test_a_folder_that_holds_something_is_left_alone(tmp_path, tool):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(SystemExit, match="not empty"):
        tool("make_tree").make_tree(tmp_path, 8, ["ja"])
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_the_preset_has_222_python_and_38_markdown_sources(tool):
    make_tree = tool("make_tree")
    pages, languages = make_tree.PRESETS["annotated"]
    plan = make_tree.Plan(pages // (1 + len(languages)), 1)
    suffixes = [plan.path(at).rpartition(".")[2] for at in range(plan.sources)]
    assert (suffixes.count("py"), suffixes.count("md")) == (222, 38)


def test_files_that_come_again_define_other_names(tool):
    make_tree = tool("make_tree")
    plan, again = make_tree.Plan(10_000, 1), len(make_tree.candidates(1))
    at = next(at for at in range(again) if plan.path(at + again).endswith(".py") and plan.model(at).names)
    name = plan.model(at).names[0]
    assert re.search(rf"\b{name}_1\b", "\n".join(plan.lines(at + again)))
    assert not re.search(rf"\b{name}\b", "\n".join(plan.lines(at + again)))


@pytest.mark.parametrize("language", ["ja", "zh", "es"])
def test_a_translation_keeps_all_but_the_words(language, tool):
    translated = tool("prose").translated
    html = '<p>Scale by <span translate=no>_^_0_^_</span> &amp; <a href="page_1.py">shift it</a>.</p>'
    said = translated(html, language)
    kept = re.compile(r"<[^>]*>|_\^_\d+_\^_|&amp;")
    assert kept.findall(said) == kept.findall(html)
    assert "Scale" not in said
    assert "shift" not in said
    markdown = "See `x_y`, $a_b$ and [this page](page_1.py):\n\n```python\nreturn None\n```\n"
    said = translated(markdown, language, markdown=True)
    assert all(part in said for part in ("`x_y`", "$a_b$", "](page_1.py)", "```python\nreturn None\n```"))
    assert "this" not in said


def test_the_same_work_is_counted_in_the_pages_of_each_tool(tool):
    count_page, work = tool("work_done").count_page, tool("work_done").Work
    ours = '<math>x</math><span class="lineno">1</span><span class="lineno">2</span>'
    original = '<details class="sb-original"><div><math>x</math></div></details>'
    hugo = '<math xmlns="m">x</math><span class="ln">1</span><span class="ln">2</span>'
    pycco = "<td class=code><div class='code'><div class=\"highlight\"><pre>a\nb\n</pre></div></div>"
    assert count_page(ours + original) == count_page(hugo) == work(1, 1, 2)
    assert count_page(pycco) == work(1, 0, 2)


def test_other_work_is_told(tool):
    differences, work = tool("compare").differences, tool("work_done").Work
    equal = {
        "site-builder, 1 job": work(4, 9, 9),
        "Hugo": work(4, 9, 9),
        "pycco, English only": work(1, 0, 3),
    }
    assert not differences(equal)
    (told,) = differences({**equal, "Hugo": work(4, 8, 9)})
    assert told.startswith("Hugo")


def test_edits_can_be_taken_back(tree, tool):
    edits = tool("tools").our_edits(tree, ("ja",))

    def content():
        files = [file for file in sorted(tree.rglob("*")) if file.is_file() and "public" not in file.parts]
        return {file.relative_to(tree): file.read_bytes() for file in files}

    before = content()
    for name, edit in edits.items():
        edit(7)
        changed = [file for file, text in content().items() if text != before[file]]
        assert [file.parts[0] for file in changed] == [
            {"source": "src", "map": "maps"}.get(name, "templates")
        ]
        edit(0)
        assert content() == before
    edits["map"](7)
    (path,) = (tree / "maps").rglob(f"{tool('tools').edited_source(tree).stem}.*")
    json.loads(path.read_text())
    edits["map"](0)


def test_the_cost_of_a_command_is_that_of_its_children_and_orphans_too(tmp_path, tool):
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    orphan = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}])"
    for code in (busy, child, orphan):
        script = "import sys, subprocess; " + f"subprocess.run([sys.executable, '-c', {code!r}])"
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"from measuring import run; print(run({[sys.executable, '-c', script]}, '.').cpu)",
            ],
            cwd=FOLDER,
            check=True,
            capture_output=True,
            text=True,
        )
        assert float(done.stdout) > 0.3


def test_a_command_that_fails_says_why(tmp_path, tool):
    with pytest.raises(SystemExit, match="no such thing"):
        tool("measuring").run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)


def test_ratios_are_medians_of_those_of_each_round(tool):
    compare, cost = tool("compare"), tool("measuring").Cost
    theirs, ours = [cost(2, 1), cost(9, 1), cost(8, 1)], [cost(1, 1), cost(3, 1), cost(2, 1)]
    assert compare.ratio(theirs, ours, "wall") == "3.00"
    assert compare.cost_cell(theirs) == "8.00 / 1.00"


def test_a_table_is_put_between_its_markers(tool):
    put_between = tool("compare").put_between
    text = "a\n<!-- x -->\n\nold\n\n<!-- /x -->\nb\n"
    assert put_between(text, "x", "new") == "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n"
    with pytest.raises(ValueError, match="y"):
        put_between(text, "y", "new")


def test_the_readme_has_the_markers(tool):
    readme = (FOLDER / "README.md").read_text()
    for name in ("compare", "scale"):
        assert "once more" in tool("compare").put_between(readme, name, "once more")


def test_the_drawing_places_each_size(tool):
    scale, cost = tool("scale"), tool("measuring").Cost
    built = [
        scale.Built(1000, cost(3, 4), cost(1, 1), 100),
        scale.Built(10_000, cost(30, 44), cost(1, 1), 110),
    ]
    drawing = ElementTree.fromstring(scale.drawn(built))
    texts = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1,000", "10,000", "4.0", "4.4", "100", "110"} <= {*texts}
    assert scale.as_row(built[1], built[0])[-1] == "1.10, 1.10"

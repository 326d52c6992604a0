import json
from importlib.resources import files

import pytest
from serving import SCRIPT, serving, write

SETTINGS = '[tool.site-builder]\ntemplates = "ours"\nlanguages = ["ja"]\n'
SOURCE = '"""\n# A page\n\nFirst words.\n"""\n\nx = 1\n'
PAGES = {"a.html", "ja/a.html", "b.html"}


@pytest.fixture
def root(tmp_path):
    sources = {
        "pyproject.toml": SETTINGS,
        "src/a.py": SOURCE,
        "src/b.py": SOURCE.replace("First", "Other"),
        "translations/a.ja.json": "{}",
        "ours/page.html": files("site_builder.templates").joinpath("page.html").read_text(),
    }
    write(tmp_path, sources)
    return tmp_path


def test_every_kind_of_edit_reaches_the_pages_that_it_concerns(root):
    script = SCRIPT.with_name("real_site.py")
    with serving(root, script=script) as server, server.events(server.version("/a.html")) as news:
        news()

        def changed(pages):
            """Wait until all of these are told, those first that are shown before the rest."""
            told = set()
            while told != pages:
                told |= PAGES & set(news()[2])
                assert told <= pages

        write(root, {"src/a.py": SOURCE.replace("First", "Second")})
        changed({"a.html", "ja/a.html"})
        assert "Second words." in server.get("/a.html")[2]

        catalog = {"<h1>A page</h1>\n<p>Second words. </p>\n": "<h1>頁</h1>\n<p>二番目の言葉。</p>\n"}
        write(root, {"translations/a.ja.json": json.dumps(catalog)})
        # The originals tell now that there is a translation: both pages have that heading.
        changed(PAGES)
        assert "二番目の言葉。" in server.get("/ja/a.html")[2]

        template = (root / "ours" / "page.html").read_text()
        write(
            root, {"ours/page.html": template.replace("{% block main %}", "{% block main %}<!-- edited -->")}
        )
        changed(PAGES)
        assert "<!-- edited -->" in server.get("/ja/a.html")[2]

        write(root, {"pyproject.toml": f'{SETTINGS}title = "Another title"\n'})
        changed(PAGES)
        assert "Another title" in server.get("/b.html")[2]

        write(root, {"src/a.py": 'x = """\n'})
        while not (problems := news()[0]):
            pass
        assert problems[0]["where"].startswith("src/a.py")
        assert server.get("/b.html")[0] == 200
    assert (root / "stderr.log").read_text() == ""

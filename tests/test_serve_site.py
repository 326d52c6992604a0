import json
import shutil
from pathlib import Path

import pytest
from serving import SCRIPT, serving, write

import site_builder.templates

SETTINGS = '[tool.site-builder]\ntemplates = "ours"\nlanguages = ["ja"]\n'
SOURCE = '"""\n# A page\n\nFirst words.\n"""\n\nx = 1\n'


@pytest.fixture
def root(tmp_path):
    files = {
        "pyproject.toml": SETTINGS,
        "src/a.py": SOURCE,
        "src/b.py": SOURCE.replace("First", "Other"),
        "translations/a.ja.json": "{}",
    }
    write(tmp_path, files)
    (tmp_path / "ours").mkdir()
    ours = Path(next(iter(site_builder.templates.__path__)))
    shutil.copy(ours / "page.html", tmp_path / "ours")
    return tmp_path


def test_every_kind_of_edit_reaches_the_pages_that_it_concerns(root):
    script = SCRIPT.with_name("real_site.py")
    with serving(root, script=script) as server, server.events(server.version("/a.html")) as news:
        news()

        def changed():
            while not (paths := news()[2]):
                pass
            return {path for path in paths if path.endswith("/a.html") or path in ("a.html", "b.html")}

        write(root, {"src/a.py": SOURCE.replace("First", "Second")})
        assert changed() == {"a.html", "ja/a.html"}
        assert "Second words." in server.get("/a.html")[2]

        catalog = {"<p>Second words.</p>\n": "<p>二番目の言葉。</p>\n"}
        write(root, {"translations/a.ja.json": json.dumps(catalog)})
        assert changed() == {"ja/a.html"}
        assert "二番目の言葉。" in server.get("/ja/a.html")[2]

        page = root / "ours" / "page.html"
        page.write_text(
            page.read_text().replace("</article>", "<!-- edited --></article>", 1) + "{# edited #}"
        )
        write(root, {"pyproject.toml": f'{SETTINGS}title = "Another title"\n'})
        assert {"a.html", "ja/a.html", "b.html"} <= changed()
        assert "Another title" in server.get("/b.html")[2]
        assert server.get("/nothing")[0] == 404

        write(root, {"src/a.py": 'x = """\n'})
        while not (problems := news()[0]):
            pass
        assert problems[0]["where"].startswith("src/a.py")
        assert server.get("/b.html")[0] == 200
    assert (root / "stderr.log").read_text() == ""

"""Edited pages that a server shows before it looks at anything else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cache import site, tree

from site_builder.build import Pages, build
from site_builder.build.preview import edits_of, preview
from site_builder.config import load_config
from site_builder.site import open_site


class Server:
    """What a server's process that builds does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = Pages()
        self.build()

    def build(self) -> None:
        config = load_config(self.folder)
        build(config, cache=config.cache, pages=self.pages, shown=lambda _: None)

    def preview(self, *touched: str) -> list[str]:
        """Preview the files, and return which pages are shown."""
        config, shown = load_config(self.folder), list[str]()
        assert self.pages.recent
        assert config.cache
        files = [(self.folder / name).resolve() for name in touched]
        preview(config, self.pages.recent, files, config.cache, shown.extend)
        return sorted(path for path in shown if path.endswith(".html"))

    def page(self, path: str) -> str:
        return (self.folder / "public" / path).read_text("utf-8")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    folder = site(tmp_path)
    (folder / "src/one.py").write_text('"""# One"""\n\nx = 1\n')
    (folder / "translations/one.ja.json").write_text('{"<h1>One</h1>\\n": "<h1>一</h1>\\n"}', "utf-8")
    return Server(folder)


def edit(server: Server, name: str, old: str, new: str) -> None:
    file = server.folder / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def clean(server: Server) -> dict[str, bytes]:
    output = server.folder.parent / "clean"
    build(load_config(server.folder, output=str(output)))
    return tree(output)


def test_an_edited_page_is_shown_as_the_build_will_write_it(server: Server) -> None:
    edit(server, "src/one.py", "x = 1", "x = 2")
    before = tree(server.folder / "public")
    assert server.preview("src/one.py") == ["ja/one.html", "one.html"]
    shown, expected = tree(server.folder / "public"), clean(server)
    changed = {path for path in shown if shown[path] != before[path]}
    assert {"one.html", "ja/one.html"} <= changed
    assert all(shown[path] == expected[path] for path in changed)
    server.build()
    assert tree(server.folder / "public") == expected


def test_the_search_is_not_indexed_anew(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(server, "src/one.py", "x = 1", "x = 2\nanother = 3")
    assert server.preview("src/one.py")
    with monkeypatch.context() as patched:
        patched.delattr("site_builder.build.search.make_shards")
        server.build()
    assert tree(server.folder / "public") == clean(server)


def test_what_other_maps_may_say_waits(server: Server) -> None:
    edit(server, "src/norm.py", "# Norm of a vector", "# The norm of a vector")
    assert server.preview("src/norm.py") == ["norm.html"]
    assert "The norm of a vector" in server.page("norm.html")


def test_an_edited_map_is_shown_in_its_language(server: Server) -> None:
    edit(server, "translations/norm.ja.json", "ベクトルのノルム", "ベクトルの長さ")
    assert "ja/norm.html" in server.preview("translations/norm.ja.json")
    assert "ベクトルの長さ" in server.page("ja/norm.html")


def test_an_edited_map_is_shown_if_it_does_not_say_all(server: Server) -> None:
    file = server.folder / "translations/norm.ja.json"
    entries = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(dict([*entries.items()][:1])), "utf-8")
    assert "ja/norm.html" in server.preview("translations/norm.ja.json")
    server.build()
    assert tree(server.folder / "public") == clean(server)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "src/norm.py").unlink(),
        lambda folder: (folder / "src/norm.py").write_bytes(b"\xff"),
        lambda folder: (folder / "site-builder.toml").write_text("title = 'Other'"),
        lambda folder: (folder / "public/.site-builder/manifest.json").unlink(),
    ],
    ids=["gone", "no text", "another configuration", "no site of ours"],
)
def test_what_goes_wrong_is_left_to_the_build(server: Server, change: Callable[[Path], object]) -> None:
    edit(server, "src/norm.py", "import math", "import math\n\nOTHER = math.pi")
    change(server.folder)
    before = tree(server.folder / "public")
    assert server.preview("src/norm.py") == []
    assert tree(server.folder / "public") == before


def test_only_sources_and_maps_are_shown_before_all_is_looked_at(server: Server) -> None:
    edit(server, "src/norm.py", "import math", "import math\n\nOTHER = math.pi")
    for other in ("src/guide/square.svg", "site-builder.toml", "src/new.py", "translations/new.ja.json"):
        assert not server.preview("src/norm.py", other)
    assert server.preview("src/norm.py") == ["norm.html"]
    assert server.preview("src/norm.py") == []  # It is as it was.


def test_whose_pages_change_with_a_file(server: Server) -> None:
    found, folder = open_site(load_config(server.folder)), server.folder.resolve()
    edits = edits_of(found, [folder / "src/norm.py", folder / "translations/norm.ja.json"])
    assert {source.path: languages for source, languages in edits.items()} == {"norm.py": {"ja"}}
    assert edits_of(found, [folder / "src/norm.py", folder / "elsewhere.py"]) == {}
    assert edits_of(found, [folder / "translations/norm.es.json"]) == {}

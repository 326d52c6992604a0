from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.serve.app import host_headers, with_live
from site_builder.serve.files import BadPathError, content_type, find_file, segments

ROOT = Path(__file__).parent / "fixtures" / "serve"


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (b"/", ("",)),
        (b"/a", ("a",)),
        (b"/a/b.html", ("a", "b.html")),
        (b"/a/", ("a", "")),
        (b"/%61%2Ehtml", ("a.html",)),
        (b"/%252e%252e/x", ("%2e%2e", "x")),
        ("/名".encode(), ("名",)),
    ],
)
def test_a_path_is_decoded_once(path, names):
    assert segments(path) == names


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(["/", ".", "..", "%2e", "%5c", "\\", "a", "%c0%ae"]))
    .map("".join)
    .map(str.encode)
)
def test_no_path_leaves_the_site(raw):
    try:
        names = segments(b"/" + raw)
    except BadPathError:
        return
    assert ".." not in PurePosixPath(*names).parts
    assert not any({"/", "\\", "\0"} & set(name) for name in names)
    assert "" not in names[:-1]
    file = find_file(ROOT, names)
    assert file is None or file.is_relative_to(ROOT)


def test_the_index_of_a_folder_is_looked_for_in_folders_only(tmp_path):
    (tmp_path / "a.html").write_text("a")
    assert find_file(tmp_path, ("a.html",)) == tmp_path / "a.html"
    assert find_file(tmp_path, ("a.html", "")) is None
    assert find_file(tmp_path, ("",)) is None
    assert find_file(tmp_path / "missing", ("a.html",)) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("A.HTML", "text/html; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.json", "application/json; charset=utf-8"),
        ("a.ipynb", "application/json; charset=utf-8"),
        ("sitemap.xml", "application/xml; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.py", "text/x-python; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a", "application/octet-stream"),
    ],
)
def test_content_types(name, kind):
    assert content_type(Path(name)) == kind


def test_hosts():
    assert host_headers("127.0.0.1", 8000) == {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}
    assert host_headers("Box.local", 8000) - host_headers("::1", 8000) == {"box.local:8000"}
    assert "[fe80::1]:8000" in host_headers("fe80::1", 8000)
    assert {"localhost", "localhost:80"} <= host_headers("127.0.0.1", 80)


def test_the_script_stands_at_the_end_of_the_last_body():
    page = with_live(b"<body><code>&lt;/body></code><!-- </body> --></BODY></html>", 'a"<b>.html', "v-1")
    assert page.endswith(b"</script></BODY></html>")
    assert b'data-page="a&quot;&lt;b&gt;.html" data-version="v-1"' in page
    assert with_live(b"<p>no body", "", "v").startswith(b"<p>no body<link")

import os
import socket
from functools import partial
from pathlib import Path

import pytest
from serving import PATIENCE, serving, write

FIXTURES = Path(__file__).parent / "fixtures" / "serve"
SITE = {
    "folder/index.html": "<!doctype html><title>folder</title><p>the folder",
    "ja/404.html": "<!doctype html><title>ない</title><p>ありません",
    "404.html": "<!doctype html><title>no</title><p>no such page of ours",
    "static/style.css": "p { color: red }",
    "static/mark.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "名前.html": "<!doctype html><title>name</title><p>a name",
    "#.txt": "sharp",
    ".nojekyll": "",
    ".hidden/page.html": "hidden",
    "folder/.hidden.html": "hidden",
    ".site-builder/manifest.json": "{}",
}


def cases(name):
    return [line for line in (FIXTURES / name).read_text().splitlines() if line]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    write(root, {"src/a.txt": "hello", "secret.txt": "SECRET", "outside/secret.txt": "SECRET"})
    write(root / "public", SITE)
    public = root / "public"
    (public / "outside.txt").symlink_to(root / "secret.txt")
    (public / "outside").symlink_to(root / "outside")
    (public / "inside").symlink_to(public / ".site-builder")
    (public / ".link.html").symlink_to("a.html")
    (public / "loop").symlink_to("loop")
    (public / "empty").mkdir()
    os.mkfifo(public / "pipe")
    with serving(root) as running:
        yield running


@pytest.mark.parametrize("path", cases("bad_paths.txt"))
def test_a_path_that_no_link_has_is_refused(server, path):
    status, headers, body = server.get(path)
    assert status == 400
    assert "SECRET" not in body
    assert "Location" not in headers


@pytest.mark.parametrize("path", [*cases("missing_paths.txt"), "/" + "x" * 300, "/" + "x/" * 3000])
def test_what_is_not_of_the_site_is_not_there(server, path):
    status, headers, body = server.get(path)
    assert status == 404
    assert "SECRET" not in body
    assert "Location" not in headers


def test_raw_bytes_are_no_server_error(server):
    host = f"Host: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode()
    for path in (b"/\x00", b"/\xff\xfe", b"/a b", b"/\xc0\xae", b""):
        assert server.send(b"GET " + path + b" HTTP/1.1\r\n" + host)[0] == 400
    assert server.send(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + host)[0] in (400, 404)


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/a.html", "text/html; charset=utf-8", "<p>hello"),
        ("/a.html?x=//evil&y=..", "text/html; charset=utf-8", "<p>hello"),
        ("/folder/", "text/html; charset=utf-8", "the folder"),
        ("/folder/index.html", "text/html; charset=utf-8", "the folder"),
        ("/static/style.css", "text/css; charset=utf-8", "p {"),
        ("/static/mark.svg", "image/svg+xml; charset=utf-8", "<svg"),
        ("/%E5%90%8D%E5%89%8D.html", "text/html; charset=utf-8", "a name"),
        ("/%23.txt", "text/plain; charset=utf-8", "sharp"),
        ("/-/live.js", "text/javascript; charset=utf-8", "EventSource"),
        ("/-/live.css", "text/css; charset=utf-8", ".sb-live"),
    ],
)
def test_files_of_the_site_are_served(server, path, kind, text):
    status, headers, body = server.get(path)
    assert (status, headers["Content-Type"]) == (200, kind)
    assert text in body


def test_reloading_is_put_into_pages_and_not_into_the_site(server):
    body = server.get("/a.html")[2]
    assert body.count('<script src="/-/live.js"') == 1
    assert body.index("/-/live.js") < body.index("</body>")
    assert 'data-page="a.html"' in body
    assert "/-/live" not in server.get("/static/style.css")[2]


def test_a_folder_without_its_slash_leads_to_it_on_the_same_host(server):
    status, headers, _ = server.get("/folder?x=1")
    assert (status, headers["Location"]) == (307, "/folder/")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/nothing.html", "no such page of ours"),
        ("/folder/deeper/nothing/", "no such page of ours"),
        ("/ja/nothing.html", "ありません"),
        ("/ja/deeper/nothing.html", "ありません"),
    ],
)
def test_a_missing_page_shows_the_nearest_404_page(server, path, text):
    status, _, body = server.get(path)
    assert status == 404
    assert text in body
    assert "/-/live.js" in body


@pytest.mark.parametrize(
    "path", ["/a.html", "/nothing", "/folder", "/../x", "/-/live.js", "/static/style.css"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_every_answer_carries_the_security_headers(server, path, method):
    _, headers, _ = server.get(path, method)
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "img-src": "'self' data:",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert "Server" not in headers


@pytest.mark.parametrize("path", ["/a.html", "/-/events", "/-/live.js", "/nothing", "/../x"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.2:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}.evil.example",
        "127.0.0.1:{port}@evil.example",
        "0.0.0.0:{port}",
        "[::]:{port}",
        "2130706433:{port}",
        "localhost.:{port}",
        "",
    ],
)
def test_another_host_is_refused(server, path, host):
    request = f"GET {path} HTTP/1.1\r\nHost: {host.format(port=server.port)}\r\nConnection: close\r\n\r\n"
    status, _, body = server.send(request.encode())
    assert status == 421
    assert "hello" not in body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_this_host_is_served(server, host):
    assert server.get("/a.html", host=host.format(port=server.port))[0] == 200


def test_no_host_or_two_are_refused(server):
    good = f"Host: 127.0.0.1:{server.port}\r\n"
    for head in ("GET /a.html HTTP/1.1\r\n", f"GET /a.html HTTP/1.1\r\n{good}Host: evil.example\r\n"):
        assert server.send(f"{head}Connection: close\r\n\r\n".encode())[0] == 400
    assert server.send(b"GET /a.html HTTP/1.0\r\n\r\n")[0] == 421
    forwarded = ["X-Forwarded-Host: 127.0.0.1", "Forwarded: host=127.0.0.1"]
    assert server.get("/a.html", host="evil.example", headers=forwarded)[0] == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "get"])
@pytest.mark.parametrize("path", ["/a.html", "/-/events"])
def test_only_reading_is_allowed(server, method, path):
    status, headers, _ = server.get(path, method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/a.html", "/folder/", "/nothing", "/-/live.js"])
def test_head_says_what_get_would_send(server, path):
    status, headers, body = server.get(path)
    head_status, head_headers, nothing = server.get(path, "HEAD")
    assert (head_status, nothing) == (status, "")
    assert head_headers["Content-Length"] == headers["Content-Length"] == str(len(body.encode()))


def test_head_of_the_events_ends(server):
    request = f"HEAD /-/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(partial(connection.recv, 4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-type: text/event-stream; charset=utf-8\r\n" in answer

"""The server's answers: the files of the site, with live reload put into its pages.

It reads the site for people on this machine. Any web page can make a browser send requests here, so
a request must name this server as its host, and no other site may read, frame or embed an answer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from site_builder.serve.events import Events
from site_builder.serve.files import (
    BadPathError,
    content_type,
    find_file,
    is_folder,
    not_found_page,
    segments,
)

_LIVE = "-"
"""The folder of the server's own files: `/-/live.js`."""
_LIVE_FILES = ("live.css", "live.js")
_WAITING = "The site is not built yet. This page reloads when it is."
_MISSING = "There is no such page."
_POLICY = (
    "default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; img-src 'self' data:"
)


@dataclass(frozen=True, slots=True)
class Site:
    """What is being served."""

    folder: Path
    remote_images: bool = False
    """Whether its pages load images from other hosts."""


def host_headers(host: str, port: int) -> frozenset[str]:
    """List what a request to this server may call it."""
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host.lower()}
    default = names if port == 80 else set()  # Browsers leave it out.
    return frozenset({f"{name}:{port}" for name in names} | default)


@dataclass(frozen=True, slots=True)
class App:
    """The ASGI application."""

    hosts: frozenset[str]
    events: Events
    site: Callable[[], Site | None]
    """None until the site has been built: until then no file is served, whatever the folder holds."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        site = self.site()
        response = await self._answer(Request(scope), site)
        remote = " https: http:" if site and site.remote_images else ""
        response.headers["Content-Security-Policy"] = _POLICY + remote
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, request: Request, site: Site | None) -> Response:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "To use another name, start with --host NAME.")
        if request.method not in ("GET", "HEAD"):
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        try:
            names = segments(request.scope["raw_path"])
        except BadPathError:
            return _refusal(HTTPStatus.BAD_REQUEST)
        if names[0] == _LIVE:
            return self._own(request, names[1:])
        if site is None:
            return self._notice(_WAITING, HTTPStatus.SERVICE_UNAVAILABLE)
        # Reading waits for the disk; other requests need not.
        return await asyncio.to_thread(self._file, site.folder, names)

    def _own(self, request: Request, names: tuple[str, ...]) -> Response:
        if len(names) == 1 and names[0] in _LIVE_FILES:
            file = files("site_builder.serve").joinpath(names[0])
            return Response(file.read_bytes(), headers={"Content-Type": content_type(Path(names[0]))})
        if names != ("events",):
            return _refusal(HTTPStatus.NOT_FOUND)
        headers = {"Content-Type": "text/event-stream; charset=utf-8"}
        if request.method == "HEAD":
            return Response(headers=headers)
        since = request.headers.get("last-event-id") or request.query_params.get("since")
        return StreamingResponse(self.events.stream(since or self.events.version), headers=headers)

    def _file(self, root: Path, names: tuple[str, ...]) -> Response:
        if file := find_file(root, names):
            return self._sent(root, file, HTTPStatus.OK)
        if names[-1] and is_folder(root, names):
            # No name is empty, so that this never begins with `//`: the address stays on this host.
            return RedirectResponse(f"/{'/'.join(map(quote, names))}/")
        if page := not_found_page(root, names):
            return self._sent(root, page, HTTPStatus.NOT_FOUND)
        return self._notice(_MISSING, HTTPStatus.NOT_FOUND)

    def _sent(self, root: Path, file: Path, status: HTTPStatus) -> Response:
        # Taken first: a build that ends meanwhile reloads the page once too often, never too seldom.
        version = self.events.version
        try:
            content = file.read_bytes()
        except OSError:  # Removed by a build, or not readable.
            return self._notice(_MISSING, HTTPStatus.NOT_FOUND)
        kind = content_type(file)
        if kind.startswith("text/html"):
            content = with_live(content, file.relative_to(root.resolve()).as_posix(), version)
        return Response(content, status, headers={"Content-Type": kind})

    def _notice(self, text: str, status: HTTPStatus) -> Response:
        page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{text}</title><p>{text}</p>'
        return Response(with_live(page.encode(), "", self.events.version), status, media_type="text/html")


def with_live(html: bytes, page: str, version: str) -> bytes:
    """Put live reload into an HTML page, the last thing in its body."""
    tags = (
        f'<link rel="stylesheet" href="/{_LIVE}/live.css">'
        f'<script src="/{_LIVE}/live.js" type="module" data-page="{escape(page)}"'
        f' data-version="{version}"></script>'
    ).encode()
    end = html.lower().rfind(b"</body>")
    return html + tags if end < 0 else html[:end] + tags + html[end:]


def _refusal(status: HTTPStatus, more: str = "", headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{status.phrase}. {more}".strip(), status, headers)

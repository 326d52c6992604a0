"""`site-builder serve`: the site on this machine, built again whenever something changes.

`watch` tells when, `builder` builds in a process of its own, `events` tells the open pages, `app`
answers requests.
"""

import asyncio
import contextlib
import signal
import socket
import webbrowser
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError
from site_builder.reading.discover import require_source
from site_builder.serve.app import App, Site, host_headers
from site_builder.serve.builder import Build, Builder, ConfigLoader, Outcome, build_site
from site_builder.serve.events import Events
from site_builder.serve.watch import changes, watched

if TYPE_CHECKING:
    from site_builder.build import Report

OnReport = Callable[["Report | SiteError"], None]
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    config_loader: ConfigLoader,
    *,
    host: str,
    port: int,
    open_browser: bool,
    jobs: int,
    announce: Callable[[str], None],
    on_report: OnReport,
    build: Build = build_site,
) -> int:
    """Serve the site and keep it up to date until interrupted; return the exit code.

    `config_loader` and `build` run in another process too: functions at the top of a module, or
    `functools.partial` of one. `announce` gets what the user should know of the server, `on_report`
    how each build ended. Port 0 takes any free one. Call it in the main thread.

    Raises SiteError if the configuration cannot be read at first or names no source, or if the
    address cannot be used.
    """
    config = config_loader()
    require_source(config)
    with _listening(host, port) as listener, Builder(config_loader, build, jobs) as builder:
        session = _Session(config, builder, on_report)
        number = listener.getsockname()[1]
        url = f"http://{_in_url(host)}:{number}/"

        async def begun() -> None:
            announce(f"Serving {url} (Ctrl-C stops)")
            if host not in _LOOPBACK:
                announce("Everyone who can reach this machine can read the site.")
            if open_browser:
                await asyncio.to_thread(webbrowser.open, url)

        app = App(host_headers(host, number), session.events, lambda: session.site)
        return asyncio.run(_run(session, app, listener, begun))


class _Session:
    """The site being served: built when watching begins, and after every change."""

    def __init__(self, config: Config, builder: Builder, on_report: OnReport) -> None:
        self.events = Events()
        self.site: Site | None = None
        self._config = config
        self._builder = builder
        self._on_report = on_report
        self._succeeded = False
        self._changed = asyncio.Event()
        self._touched: frozenset[Path] = frozenset()

    async def watch(self) -> None:
        """Notice changes. Those that come while a build runs make one more build."""
        async for touched in changes(lambda: watched(self._config)):
            self._touched |= touched
            self._changed.set()

    async def keep_built(self, begun: Callable[[], Awaitable[None]]) -> None:
        """Build after each change; after the first build, `begun`."""
        first, loop = True, asyncio.get_running_loop()

        def shown(changed: tuple[str, ...]) -> None:
            loop.call_soon_threadsafe(self.events.show, changed)

        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                touched, self._touched = self._touched, frozenset()
                self._builder.start()
                self._take(await asyncio.to_thread(self._builder.build, shown, touched))
                if first:
                    await begun()
                first = False
        finally:
            # The thread that waits for the build ends with it; the event loop waits for the thread.
            self._builder.stop()

    def _take(self, outcome: Outcome) -> None:
        self._config = outcome.config or self._config
        changed: tuple[str, ...] | None = ()
        if outcome.report:
            site = Site(self._config.output, self._config.remote_images == "load")
            # A build that died may have published some of its pages.
            changed = outcome.report.changed if self._succeeded and site == self.site else None
            self.site = site
        self._succeeded = outcome.report is not None
        self.events.publish(changed, outcome.problems)
        self._on_report(outcome.report or SiteError(*outcome.problems))


class _Server(uvicorn.Server):
    """Leaves signals to us: on its own it would wait for the event streams, which have no end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _run(
    session: _Session, app: App, listener: socket.socket, begun: Callable[[], Awaitable[None]]
) -> int:
    server = _Server(
        uvicorn.Config(
            app,
            # Strict about what a request may look like, whatever else is installed.
            http="h11",
            ws="none",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="error",
            timeout_graceful_shutdown=2,
        )
    )

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True
        session.events.close()

    work = server.serve(sockets=[listener]), session.watch(), session.keep_built(begun)
    with _on_signal(stop) as received:
        tasks = [asyncio.create_task(part) for part in work]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    return 130 if signal.SIGINT in received else 0


@contextlib.contextmanager
def _on_signal(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Call `stop` in the event loop on SIGINT and SIGTERM; yields the signals received."""
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def receive(number: int, _: FrameType | None) -> None:
        received.append(number)
        loop.call_soon_threadsafe(stop)

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        if not 0 <= port <= 65535:  # The system would take the remainder.
            raise OverflowError(f"{port} is no port")
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address, family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = str(error.strerror if isinstance(error, OSError) else error).partition(" (")[0]
        hint = "choose another with --port, or any free one with --port 0; --host names this machine"
        where = Location(f"{_in_url(host)}:{port}")
        raise SiteError(Problem(where, "address", f"cannot serve here: {reason}", hint)) from error
    with listener:
        yield listener


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - Every address: the user's own browser takes this one.
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host

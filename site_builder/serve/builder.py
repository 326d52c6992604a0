"""The process that builds: whatever a page does to it, the server goes on."""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from site_builder.config import Config
from site_builder.errors import Location, Problem, SiteError

if TYPE_CHECKING:
    # The server starts faster without all that a build needs.
    from site_builder.build import Pages, Report

ConfigLoader = Callable[[], Config]
_PATIENCE = 120.0
_GRACE = 3.0
"""Seconds that an interrupted build has to tidy up."""


class Build(Protocol):
    """What builds a site: `site_builder.build.build`."""

    def __call__(
        self,
        config: Config,
        *,
        jobs: int,
        pages: "Pages",
        touched: Collection[Path],
        progress: Callable[[str, int, int], None],
        shown: Callable[[Collection[str]], None],
    ) -> "Report":
        """Build the site, of which these files were seen to change, or raise SiteError."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended."""

    config: Config | None
    """What was built; None if it could not be read."""
    report: "Report | None"
    """None if there is no new site."""
    problems: tuple[Problem, ...]


class Builder:
    """A process of its own that builds when asked, and is replaced when it dies.

    It is started afresh, not forked, so that it holds none of the server's sockets: `load` and
    `build` must be importable. It leads a process group, which ends with it and with the server.
    """

    def __init__(self, load: ConfigLoader, build: Build, jobs: int, patience: float = _PATIENCE) -> None:
        self._work = (load, build, jobs)
        self.patience = patience
        """Seconds without a sign of progress after which a build has failed."""
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process unless it runs. Call it in the main thread."""
        if self._process and self._process.is_alive():
            return
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve_builds, args=(theirs, *self._work), name="build")
        # Until it leads its own group, Ctrl-C on the terminal would reach it too: it inherits this.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
            theirs.close()

    def build(
        self,
        shown: Callable[[tuple[str, ...]], None] = lambda _: None,
        touched: Collection[Path] = frozenset(),
    ) -> Outcome:
        """Build the site, of which the files `touched` were seen to change, and wait for it.

        `shown` is told of the files of the site that are ready before the rest.
        """
        assert self._process
        assert self._connection
        try:
            self._connection.send(touched)
            return self._outcome(self._process, self._connection, shown)
        except TimeoutError:
            self._end(self._process)
            message = f"the build said nothing for {self.patience:.0f} seconds and was stopped"
        except (EOFError, OSError):
            self._end(self._process, grace=_GRACE)
            message = f"the build ended unexpectedly ({_ending(self._process.exitcode)})"
        hint = "the terminal may say more; the next change starts it again"
        return Outcome(None, None, (Problem(Location("build"), "crash", message, hint),))

    def _outcome(
        self, process: SpawnProcess, connection: Connection, shown: Callable[[tuple[str, ...]], None]
    ) -> Outcome:
        while True:
            deadline = time.monotonic() + self.patience
            while not connection.poll(0.1):
                # A worker that survives it may hold the pipe open: its end alone tells.
                if not process.is_alive() and not connection.poll():
                    raise EOFError
                if time.monotonic() > deadline:
                    raise TimeoutError
            message = connection.recv()
            if isinstance(message, Outcome):
                return message
            if message:
                shown(message)

    def stop(self) -> None:
        """Interrupt the build and end the process, with all that it started."""
        if self._process:
            _signal_group(self._process, signal.SIGINT)
            self._end(self._process, grace=_GRACE)

    def _end(self, process: SpawnProcess, grace: float = 0.0) -> None:
        deadline = time.monotonic() + grace
        # `join` would wait for its workers too.
        while process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        _signal_group(process, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        process.join()


def _signal_group(process: SpawnProcess, number: signal.Signals) -> None:
    assert process.pid
    try:
        os.killpg(process.pid, number)
    except (AttributeError, PermissionError, ProcessLookupError):  # It leads no group yet, or it is gone.
        process.kill()


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


# In the other process.


def build_site(
    config: Config,
    *,
    jobs: int,
    pages: "Pages",
    touched: Collection[Path],
    progress: Callable[[str, int, int], None],
    shown: Callable[[Collection[str]], None],
) -> "Report":
    """Build as every other command does, but for showing what is ready before the rest."""
    from site_builder.build import build  # noqa: PLC0415

    if pages.recent and touched:
        from site_builder.build.preview import preview  # noqa: PLC0415

        preview(config, pages.recent, touched, config.cache or pages.folder, shown)
    return build(config, jobs=jobs, cache=config.cache, pages=pages, progress=progress, shown=shown)


def _serve_builds(connection: Connection, load: ConfigLoader, build: Build, jobs: int) -> None:
    """Build whenever asked, until the connection ends. A bug ends the process, with its traceback."""
    from site_builder.build import Pages  # noqa: PLC0415

    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(50_000)  # As in any command that builds.
    built_of, pages = None, Pages()
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        if hasattr(os, "setsid"):
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)
        while True:
            touched = connection.recv()
            try:
                config = load()
            except SiteError as error:
                connection.send(Outcome(None, None, error.problems))
                continue
            if config != built_of:
                built_of, pages = config, Pages()
            made = partial(build, config, jobs=jobs, pages=pages, touched=touched)
            connection.send(_attempt(config, made, connection))


def _attempt(config: Config, build: Callable[..., "Report"], connection: Connection) -> Outcome:
    def shown(paths: Collection[str]) -> None:
        connection.send(tuple(paths))

    try:
        report = build(progress=lambda *_: connection.send(None), shown=shown)
    except SiteError as error:
        return Outcome(config, None, error.problems)
    return Outcome(config, report, report.problems)


def _end_with_parent() -> None:
    """End this process and its workers when the server is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    assert parent
    wait([parent.sentinel])
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)

"""How long an editor waits: from a saved source to the page on disk, and to the browser's being told."""

import http.client
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from measuring import ENVIRONMENT
from peers import hugo
from tools import Tool

_PATIENCE = 600.0
_PAUSE = 1.0
"""Seconds between edits, that what one began has come to rest before the next."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds after a source was saved."""

    on_disk: float
    told: float | None
    """Until the browser is told to reload; None where that was not measured."""


def ours_live(tool: Tool, edits: int) -> list[Wait]:
    """Edit the source of a page while site-builder serves."""
    command = [sys.executable, "-u", "-m", "site_builder", "serve", "--port", "0"]
    tool.clean()
    with _serving(command, tool.folder, r"Serving http://[\d.]+:(\d+)/") as port:
        return [wait_for(tool, number, int(port)) for number in range(1, edits + 1)]


def hugo_live(tool: Tool, edits: int) -> list[Wait]:
    """Edit a page's content while Hugo serves."""
    command = [hugo(), "server", "--bind", "127.0.0.1", "--port", "0", "--cacheDir", tool.folder / "cache"]
    tool.clean()
    with _serving(command, tool.folder, r"Web Server is available at \S*:(\d+)/"):
        return [wait_for(tool, number, None) for number in range(1, edits + 1)]


@contextmanager
def _serving(command: list[str | Path], folder: Path, announced: str) -> Iterator[str]:
    pipe, everything = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=pipe, stderr=everything) as process:
        try:
            assert process.stdout
            yield _port(process.stdout, announced)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def _port(said: IO[bytes], announced: str) -> str:
    """Read what a server says until it says where it is; then read on, that it can say more."""
    text = ""
    for line in said:
        text += line.decode(errors="replace")
        if found := re.search(announced, text):
            threading.Thread(target=_drain, args=(said,), daemon=True).start()
            return found[1]
    raise SystemExit(f"the server ended\n{text[-2000:]}")


def _drain(said: IO[bytes]) -> None:
    with suppress(ValueError):  # It was closed.
        for _ in said:
            pass


def wait_for(tool: Tool, number: int, port: int | None) -> Wait:
    """Edit the source; look until its page says so, and until the events of `port` tell of it."""
    page = tool.edited
    time.sleep(_PAUSE)
    told: list[float] = []
    path = f'"{page.relative_to(tool.made[0]).as_posix()}"'  # Not that of another language.
    listener = threading.Thread(target=_listen, args=(port, path, told), daemon=True)
    if port:
        listener.start()
        time.sleep(0.2)  # Until it is connected.
    started = time.perf_counter()
    tool.edits["source"](number)
    while not _says(page, f"edit {number}."):
        time.sleep(0.001)
        if time.perf_counter() - started > _PATIENCE:
            raise SystemExit(f"{page} was not made again")
    on_disk = time.perf_counter() - started
    if port:
        listener.join(_PATIENCE)
    return Wait(on_disk, told[0] - started if told else None)


def _says(page: Path, text: str) -> bool:
    try:
        return text in page.read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def _listen(port: int, name: str, told: list[float]) -> None:
    """Wait, as a page does, for the event that names a file; then note the time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    connection.request("GET", "/-/events")
    with connection.getresponse() as answer:
        for line in answer:
            if line.startswith(b"data:") and name.encode() in line:
                told.append(time.perf_counter())
                return

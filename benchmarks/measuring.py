"""What a command costs with all its processes: seconds of the clock and the processors, and memory."""

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost."""

    wall: float
    cpu: float
    """User and system, of all processes that it started."""


def run(command: Sequence[str | Path], folder: Path) -> Cost:
    """Run a command to its end. Raises SystemExit with what it said if it fails."""
    with _started(command, folder) as process:
        return _finished(process, time.perf_counter())


def watched(command: Sequence[str | Path], folder: Path, interval: float = 0.01) -> tuple[Cost, float]:
    """Run a command to its end; return also the highest memory (PSS) of all its processes together, in MB.

    To look costs time: `run` says what the command costs when nobody does.
    """
    with _started(command, folder) as process:
        started, watch = time.perf_counter(), _Watch(process.pid, interval)
        watch.start()
        cost = _finished(process, started)
        watch.ended.set()
        watch.join()
    return cost, watch.highest / 1e6


ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Of the commands: what is installed has its bytecode beside it, whatever the shell says."""


def _started(command: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    _adopt_orphans()
    return subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _finished(process: subprocess.Popen[bytes], started: float) -> Cost:
    assert process.stdout
    said = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall, process.returncode = time.perf_counter() - started, os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}\n{said[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime + _orphans())


class _Watch(threading.Thread):
    """Looks how much memory a process and its children take, until it is told that they have ended."""

    def __init__(self, pid: int, interval: float) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.highest = 0
        self._pid, self._interval = pid, interval

    def run(self) -> None:
        while not self.ended.wait(self._interval):
            self.highest = max(self.highest, _memory(self._pid))


def _memory(pid: int) -> int:
    total = 0
    for process in _family(pid):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:  # It has just ended.
            continue
    return total


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _adopt_orphans() -> None:
    """Become the parent of processes whose own has ended, so that what they cost is told here."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _orphans() -> float:
    """Wait for the orphans of a command that has ended; return their CPU seconds."""
    total, until = 0.0, time.monotonic() + 5
    while time.monotonic() < until:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            break
        total += usage.ru_utime + usage.ru_stime if pid else 0
        if not pid:
            time.sleep(0.01)
    return total

"""What a worker of a cluster does: chunks of tasks, one at a time."""

import ctypes
import os
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from site_builder.build.worker import Failure, Outcome, TimeUp, Work, attempt, packed, too_long

_TURN = threading.Lock()
"""Held by whoever works: a worker may have several threads, and a page needs all of Python anyway."""


def work_off(work: Work, chunk: bytes) -> bytes:
    """Do the tasks of a chunk, pickled pairs of index and task, and return their outcomes, pickled too."""
    with _TURN:
        return packed([_attempt_in_time(work, index, task) for index, task in pickle.loads(chunk)])  # noqa: S301


def _attempt_in_time(work: Work, index: int, task: object) -> Outcome[Any]:
    try:
        with _limited(work.seconds):
            return attempt(work, index, task)
    except TimeUp:  # It struck between two lines of ours.
        return Outcome(index, failure=Failure("timeout", too_long(work.seconds)))


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TimeUp in this thread when time is up; end the process if that does not help."""
    watch = _Watch(threading.get_ident(), seconds)
    thread = threading.Thread(target=watch.follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.end()
        thread.join()


class _Watch:
    """Follows one task in another thread: signals reach the main thread alone, where no task runs."""

    def __init__(self, thread: int, seconds: float) -> None:
        self._thread, self._seconds = thread, seconds
        self._done, self._striking = threading.Event(), threading.Lock()

    def follow(self) -> None:
        """Wait for the end of the task, or for that of its time."""
        if self._done.wait(self._seconds):
            return
        patience = self._seconds / 2 + 0.5
        while patience > 0:
            # It strikes again each second: a destructor could swallow it.
            self._strike(TimeUp)
            if self._done.wait(min(patience, 1.0)):
                return
            patience -= 1.0
        os._exit(1)

    def end(self) -> None:
        """Say that the task is done; from here on nothing strikes."""
        with self._striking:
            self._done.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), None)

    def _strike(self, error: type[BaseException]) -> None:
        with self._striking:
            if not self._done.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(error)
                )

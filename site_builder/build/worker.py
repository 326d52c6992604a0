"""One task at a time: called, timed, and whatever becomes of it told.

`attempt` is all that one process needs; `serve` is what a worker process does with it.
"""

import gc
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, Generic, Literal, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task has no result."""

    kind: Literal["raised", "died", "timeout"]
    message: str
    """One line, plain text."""
    traceback: str = ""
    """Where in the task it happened, if known."""
    error: BaseException | None = None
    """What was raised, with the worker's traceback as a note, if it can be passed between processes."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What became of one task."""

    index: int
    """The task's place among the tasks, from 0."""
    result: R | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with every task."""

    function: Callable[[Any, Any], Any]
    shared: Any
    """The function's first argument, the same for each task."""
    seconds: float
    """How long a task may take."""


class TimeUp(BaseException):
    """Raised where a task is when its time is up. Not an Exception, so that no task swallows it."""


def attempt(work: Work, index: int, task: object) -> Outcome[Any]:
    """Call the function for one task; only Ctrl-C is raised."""
    has_timer = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, _time_is_up) if has_timer else None
    try:
        try:
            if has_timer:
                # It strikes again each second: a destructor could swallow it.
                signal.setitimer(signal.ITIMER_REAL, work.seconds, 1.0)
            return Outcome(index, work.function(work.shared, task))
        finally:
            if has_timer:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        raise
    except TimeUp:
        return Outcome(index, failure=Failure("timeout", too_long(work.seconds), traceback.format_exc()))
    except BaseException as error:  # Extensions panic with worse than Exception.
        return Outcome(index, failure=_failure(error))
    finally:
        if has_timer:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _time_is_up(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp


def _failure(error: BaseException) -> Failure:
    trace = "".join(traceback.format_exception(error))
    return Failure("raised", f"{type(error).__name__}: {error}".partition("\n")[0], trace, error)


def too_long(seconds: float) -> str:
    """Say why a task was stopped."""
    return f"took over {seconds:g} seconds and was stopped"


def serve(connection: "Connection[Any, Any]", work: Work) -> None:
    """Do what comes through `connection` until nothing does, reporting (seconds, outcomes) each time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: the parent decides.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow_parent, daemon=True).start()
    gc.freeze()  # What was inherited stays shared: collecting it would copy it.
    with suppress(EOFError, OSError):
        connection.send((0.0, b""))
        while tasks := connection.recv():
            began = time.monotonic()
            outcomes = packed([attempt(work, index, task) for index, task in tasks])
            connection.send((time.monotonic() - began, outcomes))


def _follow_parent() -> None:
    """End when the parent does, in the middle of a task if need be."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # The timer is the main thread's.
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)


def packed(outcomes: Iterable[Outcome[Any]]) -> bytes:
    """Pickle outcomes; one that cannot be is a failed one."""
    known = [_portable(outcome) for outcome in outcomes]
    try:
        return pickle.dumps(known)
    except Exception:
        return pickle.dumps([_sendable(outcome) for outcome in known])


def _sendable(outcome: Outcome[Any]) -> Outcome[Any]:
    try:
        pickle.dumps(outcome)
    except Exception as error:
        return _portable(Outcome(outcome.index, failure=_failure(error)))
    return outcome


def _portable(outcome: Outcome[Any]) -> Outcome[Any]:
    """Leave out an exception that would not survive the way to the parent."""
    failure = outcome.failure
    if not failure or not failure.error:
        return outcome
    failure.error.add_note(f"In a worker process:\n{failure.traceback}")
    try:
        pickle.loads(pickle.dumps(failure.error))  # noqa: S301
    except Exception:
        return replace(outcome, failure=replace(failure, error=None))
    return outcome

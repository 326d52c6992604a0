"""Workers: many tasks over several processes, where a task that crashes or hangs costs only itself.

Each worker has a pipe of its own and is given a few tasks at a time, more where tasks are short. When
a worker dies, the tasks that it had not reported are given out again one by one, so that the one that
kills a worker is known for certain.
"""

import multiprocessing
import pickle
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from site_builder.build.worker import Failure, Outcome, Work, attempt, serve, too_long

__all__ = ["Failure", "Outcome", "run"]

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_SHORT, _LONG = 0.05, 0.2  # Seconds that a chunk of tasks should take at least and at most.
_LARGEST = 256  # Tasks in a chunk.
_LIFE = 1000  # Tasks of a worker. As time goes by it shares less and less memory with its parent.

_Numbered = tuple[int, Any]


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: "Connection[Any, Any]"
    ready: bool = False
    tasks: list[_Numbered] = field(default_factory=list)
    """What it was given and has not reported."""
    size: int = 1
    """How many tasks it gets next."""
    done: int = 0
    """How many it has reported."""
    deadline: float = float("inf")


def run(
    function: Callable[[S, T], R], tasks: Iterable[T], jobs: int, seconds: float = 10.0, *, shared: S
) -> Iterator[Outcome[R]]:
    """Call `function(shared, task)` for each task in up to `jobs` processes; yield outcomes as they come.

    Tasks are taken as they are needed. One that raises, takes more than `seconds` or kills its worker
    is a failed outcome, and all others are done; a task may run twice if one given out with it kills
    the worker. `shared` goes to each worker once. Nothing is left running when the iterator is closed
    or Ctrl-C is pressed.

    With one job everything runs in this process, without any of the cost: then a task that dies
    takes the process with it, and the time limit holds in the main thread only, where the system
    has timers.
    """
    numbered = enumerate(tasks)
    work = Work(function, shared, seconds)
    if jobs > 1:
        return _over_processes(work, numbered, jobs)
    return (attempt(work, index, task) for index, task in numbered)


def _over_processes(work: Work, tasks: Iterator[_Numbered], jobs: int) -> Iterator[Outcome[Any]]:
    workers: list[_Worker] = []
    again: deque[_Numbered] = deque()
    outcomes: list[Outcome[Any]] = []
    try:
        while True:
            _give_out(work, tasks, again, workers, jobs)  # First, so that they work while the caller does.
            yield from outcomes
            busy = [worker for worker in workers if worker.tasks]
            if not busy:
                break
            outcomes = [outcome for worker in _reporting(busy) for outcome in _collect(worker, again, work)]
            workers = [worker for worker in workers if not worker.connection.closed]
        _dismiss(workers)
    finally:
        for worker in workers:
            _stop(worker)


def _give_out(
    work: Work, tasks: Iterator[_Numbered], again: deque[_Numbered], workers: list[_Worker], jobs: int
) -> None:
    for worker in [worker for worker in workers if worker.done >= _LIFE and not worker.tasks]:
        workers.remove(worker)
        _dismiss([worker])
        _stop(worker)
    idle = [worker for worker in workers if not worker.tasks]
    while idle or len(workers) < jobs:
        size = idle[0].size if idle else 1
        chunk = [again.popleft()] if again else list(islice(tasks, size))
        if not chunk:
            return
        if idle:
            worker = idle.pop(0)
        else:
            workers.append(worker := _start(work))
        worker.tasks = chunk
        worker.deadline = _deadline(work) if worker.ready else float("inf")
        with suppress(OSError):  # It died while it was idle, which shows when its report is read.
            worker.connection.send(chunk)


def _deadline(work: Work) -> float:
    """Say when a worker is to be killed: it was to stop by itself before."""
    return time.monotonic() + 1.5 * work.seconds + 0.5


def _reporting(busy: Sequence[_Worker]) -> list[_Worker]:
    """Wait for reports, deaths and missed deadlines."""
    first = min(worker.deadline for worker in busy)
    timeout = None if first == float("inf") else max(0.0, first - time.monotonic())
    ready = wait([worker.connection for worker in busy], timeout)
    now = time.monotonic()
    return [worker for worker in busy if worker.connection in ready or worker.deadline <= now]


def _collect(worker: _Worker, again: deque[_Numbered], work: Work) -> list[Outcome[Any]]:
    """Take a worker's report, or find out which task it died of."""
    try:
        late = not worker.connection.poll()
        taken, outcomes = (0.0, b"") if late else worker.connection.recv()
    except (EOFError, OSError):
        return _bury(worker, again, None)
    if late:
        return _bury(worker, again, Failure("timeout", too_long(work.seconds)))
    if not worker.ready:
        worker.ready, worker.deadline = True, _deadline(work)
        return []
    if taken < _SHORT:
        worker.size = min(2 * worker.size, _LARGEST)
    elif taken > _LONG:
        worker.size = max(worker.size // 2, 1)
    worker.done += len(worker.tasks)
    worker.tasks = []
    return list(pickle.loads(outcomes))  # noqa: S301 - From our own workers.


def _bury(worker: _Worker, again: deque[_Numbered], failure: Failure | None) -> list[Outcome[Any]]:
    if failure:
        worker.process.kill()
    worker.process.join(1.0)
    code = worker.process.exitcode or 0
    _stop(worker)
    if not worker.ready:
        raise RuntimeError(f"a worker could not start ({_ending(code)})")
    if len(worker.tasks) > 1:
        again.extend(worker.tasks)
        return []
    return [
        Outcome(index, failure=failure or Failure("died", f"its worker died ({_ending(code)})"))
        for index, _ in worker.tasks
    ]


def _ending(code: int) -> str:
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


def _start(work: Work) -> _Worker:
    ours, theirs = multiprocessing.Pipe()
    process = _context(work).Process(target=serve, args=(theirs, work), daemon=True)  # type: ignore[attr-defined]
    with interrupts_held():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _context(work: Work) -> BaseContext:
    """Choose how processes start: by fork, unless a thread could be holding a lock just then."""
    methods = multiprocessing.get_all_start_methods()
    if "fork" in methods and sys.platform != "darwin" and _has_one_thread():
        return multiprocessing.get_context("fork")
    if "forkserver" not in methods:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", getattr(work.function, "__module__", "__main__")])
    return context


def _has_one_thread() -> bool:
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1  # Also those that Python did not start.
    except OSError:
        return threading.active_count() == 1


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C from a new worker until it ignores it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _dismiss(workers: Iterable[_Worker]) -> None:
    for worker in workers:
        with suppress(OSError):
            worker.connection.send(None)
    for worker in workers:
        worker.process.join(1.0)


def _stop(worker: _Worker) -> None:
    if not worker.connection.closed:
        worker.connection.close()
        worker.process.kill()
        worker.process.join()
        worker.process.close()

"""One step of a build on a cluster: its tasks given out, and what becomes of each.

Workers get a few tasks at a time. When one dies, the tasks that it had may be innocent: they are done again
alone, with nothing else under way, so that the one that kills workers is known for certain.
"""

import pickle
import time
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from distributed import CancelledError, Client, Future
from distributed.scheduler import KilledWorker

from site_builder.build.cluster.joining import refused
from site_builder.build.cluster.member import work_off
from site_builder.build.worker import Failure, Outcome, Work, too_long

_LARGEST = 32  # Tasks in a chunk.
_AHEAD = 2  # Chunks that a worker has: one to do, one to go on with.
_PATIENCE = 30.0  # Seconds that a cluster may be without any worker.

_Numbered = tuple[int, Any]


def outcomes(client: Client, work: Work, tasks: Iterator[_Numbered]) -> Iterator[Outcome[Any]]:
    """Do all tasks; yield what becomes of each. Raises SiteError if the cluster goes, or all its workers."""
    try:
        yield from _outcomes(client, work, tasks)
    except OSError as error:
        hint = "see what its scheduler and its workers say, then build again"
        raise refused("the cluster", "is gone, or has no workers any more", hint) from error


def _outcomes(client: Client, work: Work, tasks: Iterator[_Numbered]) -> Iterator[Outcome[Any]]:
    workers = max(1, len(client.nthreads()))
    step, size = _Step(client, work), 1
    while True:
        while len(step.flying) < workers * _AHEAD and (chunk := list(islice(tasks, size))):
            step.submit(chunk)
        if not step.flying:
            break
        yield from step.landed()
        size = min(size + 1, _LARGEST)  # The first are small, so that few tasks are for all workers.
    while step.suspects:
        step.submit([step.suspects.popleft()])
        yield from step.landed(alone=True)


@dataclass(slots=True)
class _Step:
    client: Client
    work: Work
    flying: dict[Hashable, tuple[Future[Any], list[_Numbered], float]] = field(default_factory=dict)
    """By key: what was given out, and when."""
    suspects: deque[_Numbered] = field(default_factory=deque)
    """The tasks whose worker died."""
    _ended: "SimpleQueue[Hashable]" = field(default_factory=SimpleQueue)
    _shared: Future[Any] | None = None

    def submit(self, chunk: list[_Numbered]) -> None:
        """Give out a chunk of tasks."""
        future = self.client.submit(work_off, self._scattered(), pickle.dumps(chunk), pure=False)
        self.flying[future.key] = future, chunk, time.monotonic()
        future.add_done_callback(lambda done: self._ended.put(done.key))

    def _scattered(self) -> Future[Any]:
        """Give every worker what all tasks share, once; again if the workers that had it have died."""
        if self._shared is None or self._shared.status != "finished":
            self.client.wait_for_workers(1, timeout=_PATIENCE)
            [self._shared] = self.client.scatter([self.work], broadcast=True, hash=False)
        return self._shared

    def landed(self, *, alone: bool = False) -> Iterator[Outcome[Any]]:
        """Wait for a chunk to end, and yield its outcomes."""
        future, chunk, began = self.flying.pop(self._next())
        try:
            # It is made again if the worker that had it has died since.
            found = future.result(timeout=len(chunk) * self.work.seconds + _PATIENCE)
        except (KilledWorker, CancelledError, TimeoutError):
            if alone:
                yield Outcome(chunk[0][0], failure=self._failure(time.monotonic() - began))
            else:
                self.suspects.extend(chunk)
        else:
            yield from pickle.loads(found)  # noqa: S301 - From our own workers.

    def _next(self) -> Hashable:
        while True:
            try:
                return self._ended.get(timeout=_PATIENCE)
            except Empty:
                self.client.wait_for_workers(1, timeout=_PATIENCE)

    def _failure(self, taken: float) -> Failure:
        if taken > 1.5 * self.work.seconds:  # A worker that cannot stop a task ends itself after that.
            return Failure("timeout", too_long(self.work.seconds))
        return Failure("died", "its worker died")

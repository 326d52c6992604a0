"""The tasks of a build over the workers of a Dask cluster, on this machine or on many.

Pages do not pass through here: a worker reads sources, keeps pages in the cache and writes the site itself.
`joining` starts or joins the cluster, `step` follows the tasks of one step, `member` is what a worker does.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain
from types import TracebackType
from typing import Self, TypeVar

from distributed import Client

from site_builder.build.cluster.joining import joined, require_safe, started
from site_builder.build.cluster.step import outcomes
from site_builder.build.worker import Outcome, Work

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


class Cluster:
    """An executor whose processes start with the first task and end with the context."""

    is_here = False

    def __init__(self, jobs: int, scheduler: str = "") -> None:
        if scheduler:
            require_safe(scheduler)
        self._jobs, self._scheduler = jobs, scheduler
        self._open = ExitStack()
        self._client: Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def map(
        self, function: Callable[[S, T], R], tasks: Iterable[T], *, shared: S, seconds: float
    ) -> Iterator[Outcome[R]]:
        """Call `function(shared, task)` for each task; yield outcomes as they come.

        Raises SiteError if the cluster cannot be reached, or has lost all its workers.
        """
        numbered = enumerate(tasks)
        first = next(numbered, None)
        if first is None:
            return
        if not self._client:
            cluster = joined(self._scheduler) if self._scheduler else started(self._jobs)
            self._client = self._open.enter_context(cluster)
        yield from outcomes(self._client, Work(function, shared, seconds), chain([first], numbered))

"""Who does the tasks of a build: processes of this machine, or the workers of a cluster."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

from site_builder.build.pool import Outcome, run
from site_builder.errors import Location, Problem, SiteError
from site_builder.places import is_private

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_FEW = 16  # Tasks that are done here, rather than start workers for.


class Executor(Protocol):
    """What `concurrent.futures.Executor` is to functions, for tasks that may crash or hang."""

    @property
    def is_here(self) -> bool:
        """Whether one of its workers can be this process."""

    def map(
        self, function: Callable[[S, T], R], tasks: Iterable[T], *, shared: S, seconds: float
    ) -> Iterator[Outcome[R]]:
        """Call `function(shared, task)` for each task; yield outcomes as they come.

        Tasks are taken as they are needed. One that raises, takes more than `seconds` or kills its worker is
        a failed outcome, and all others are done. `shared` goes to each worker once.
        """


@dataclass(frozen=True, slots=True)
class Local:
    """Processes of this machine, started anew for each step."""

    jobs: int = 1
    resident: bool = False
    """Whether this process stays, as a server's does, and may not fork."""
    is_here = True

    def map(
        self, function: Callable[[S, T], R], tasks: Iterable[T], *, shared: S, seconds: float
    ) -> Iterator[Outcome[R]]:
        """Call `function(shared, task)` for each task, in this process if there is one job."""
        first = list(islice(tasks := iter(tasks), _FEW))
        jobs = 1 if self.resident and len(first) < _FEW else self.jobs
        return run(function, chain(first, tasks), jobs, seconds, shared=shared)


def executor_at(places: Iterable[Path], executor: Executor) -> Executor:
    """Return an executor whose workers reach all places: what is in the memory of this process, it alone can.

    Raises SiteError if there is none.
    """
    private = next((place for place in places if is_private(place)), None)
    if not private:
        return executor
    if not executor.is_here:
        hint = "name a place that all workers can reach"
        message = "is in the memory of this process, where no worker of a cluster can read or write"
        raise SiteError(Problem(Location(str(private)), "url", message, hint))
    return Local()


def open_cluster(jobs: int, scheduler: str = "") -> AbstractContextManager[Executor]:
    """Return the Dask cluster of `scheduler`, or without one a cluster of `jobs` processes on this machine.

    It is not started or joined before there is a task, and left or ended with the context. Raises SiteError
    if Dask is not installed, or if the address cannot be used.
    """
    try:
        from site_builder.build.cluster import Cluster  # noqa: PLC0415 - Only those who ask for it need it.
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("site_builder"):
            raise
        hint = "pip install 'site-builder[distributed]'"
        where = Location("command line")
        raise SiteError(
            Problem(where, "executor", f"--executor dask needs {error.name}, which is not installed", hint)
        ) from None
    return Cluster(jobs, scheduler)

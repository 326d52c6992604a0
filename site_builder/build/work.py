"""Tasks over processes, and how far they are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from site_builder.build.executor import Executor
from site_builder.build.pool import Failure
from site_builder.build.report import Progress

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Work:
    """The tasks of one build."""

    executor: Executor
    progress: Progress
    total: int
    done: int = 0

    def skip(self) -> None:
        """Count a task that is done already."""
        self.done += 1

    def each(
        self,
        function: Callable[[S, T], R],
        tasks: Iterable[T],
        shared: S,
        name: Callable[[T], str],
        seconds: float = 10.0,
    ) -> Iterator[tuple[T, R | Failure]]:
        """Call `function(shared, task)` for each task; yield it with its result, or with why it has none.

        Tasks are taken as they are needed. Raises what a task raised: tasks turn the user's mistakes into
        problems, so that is a bug.
        """
        given: dict[int, T] = {}

        def giving() -> Iterator[T]:
            for index, task in enumerate(tasks):
                given[index] = task
                yield task

        for outcome in self.executor.map(function, giving(), shared=shared, seconds=seconds):
            task, failure = given.pop(outcome.index), outcome.failure
            if failure and failure.kind == "raised":
                raise failure.error or RuntimeError(failure.traceback)
            self.done += 1
            self.progress(name(task), self.done, self.total)
            yield task, cast("R | Failure", failure or outcome.result)

"""Tasks over processes, and how far they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from site_builder.build.executor import Executor
from site_builder.build.pool import Failure
from site_builder.build.reading import Reading
from site_builder.build.report import Progress
from site_builder.reading.discover import Source

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

    def each(
        self, function: Callable[[S, T], R], tasks: Sequence[T], shared: S, seconds: float = 10.0
    ) -> Iterator[tuple[T, R | Failure]]:
        """Call `function(shared, task)` for each task; yield it with its result, or with why it has none.

        Raises what a task raised: tasks turn the user's mistakes into problems, so that is a bug.
        """
        for outcome in self.executor.map(function, tasks, shared=shared, seconds=seconds):
            task, failure = tasks[outcome.index], outcome.failure
            if failure and failure.kind == "raised":
                raise failure.error or RuntimeError(failure.traceback)
            self.done += 1
            self.progress(_name(task), self.done, self.total)
            yield task, cast("R | Failure", failure or outcome.result)


def _name(task: object) -> str:
    return task.source.url if isinstance(task, Reading) else task.path if isinstance(task, Source) else ""

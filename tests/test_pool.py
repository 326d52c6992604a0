import ctypes
import faulthandler
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from site_builder.build.pool import Outcome, run

ENDLESS = Path(__file__).parent / "fixtures/pool/endless.py"
posix_only = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")


@pytest.fixture(params=[1, 3])
def jobs(request: pytest.FixtureRequest) -> int:
    count: int = request.param
    return count


def has_threads() -> bool:
    """Say whether this process has other threads, after giving those of earlier tests a moment to vanish."""
    for _ in range(50):
        if psutil.Process().num_threads() == 1:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(params=["fork", "forkserver"])
def method(request: pytest.FixtureRequest) -> Iterator[str]:
    """How workers start: a second thread rules out fork."""
    if request.param not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {request.param} here")
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    if request.param == "forkserver":
        thread.start()
    elif has_threads():
        pytest.skip("another thread is running")
    yield request.param
    done.set()
    if thread.ident:
        thread.join()


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> Iterator[None]:
    yield
    assert not multiprocessing.active_children()


def outcomes(
    function: Callable[..., Any], tasks: Any, jobs: int = 2, **options: Any
) -> dict[int, Outcome[Any]]:
    found = list(run(function, tasks, jobs, **{"shared": None, **options}))
    assert len({outcome.index for outcome in found}) == len(found)
    return {outcome.index: outcome for outcome in found}


def results(found: dict[int, Outcome[Any]]) -> dict[int, Any]:
    return {index: outcome.result for index, outcome in found.items() if not outcome.failure}


def failures(found: dict[int, Outcome[Any]]) -> dict[int, tuple[str, str]]:
    return {
        index: (outcome.failure.kind, outcome.failure.message)
        for index, outcome in found.items()
        if outcome.failure
    }


def power(base: int, exponent: int) -> int:
    return base**exponent


def test_every_task_has_its_outcome(jobs: int) -> None:
    found = outcomes(power, range(2000), jobs, shared=2)
    assert results(found) == {n: 2**n for n in range(2000)}


def test_no_task_at_all(jobs: int) -> None:
    assert outcomes(power, [], jobs, shared=2) == {}


def test_workers_start_either_way(method: str) -> None:
    assert results(outcomes(power, range(50), shared=3)) == {n: 3**n for n in range(50)}


def process_id(_: None, _task: int) -> int:
    time.sleep(0.01)
    return os.getpid()


def test_one_job_is_this_process_and_more_are_not() -> None:
    assert set(results(outcomes(process_id, range(3), 1)).values()) == {os.getpid()}
    others = set(results(outcomes(process_id, range(30), 3)).values())
    assert 1 < len(others) <= 3
    assert os.getpid() not in others


def test_a_worker_makes_way_for_another_after_many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("site_builder.build.pool._LIFE", 5)
    monkeypatch.setattr("site_builder.build.pool._LARGEST", 1)
    found = list(run(process_id, range(40), 2, shared=None))
    assert sorted(outcome.index for outcome in found) == list(range(40))
    tasks = Counter(outcome.result for outcome in found)
    assert len(tasks) >= 8
    assert max(tasks.values()) == 5


def test_tasks_are_taken_as_needed_and_leaving_early_ends_all(jobs: int) -> None:
    tasks = itertools.count()
    running = run(process_id, tasks, jobs, shared=None)
    assert len(list(itertools.islice(running, 20))) == 20
    assert next(tasks) < 200
    running.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def broken_tasks() -> Iterator[int]:
    yield 1
    raise LookupError("no more")


def test_an_error_of_the_caller_passes_and_ends_all(jobs: int) -> None:
    with pytest.raises(LookupError, match="no more"):
        list(run(power, broken_tasks(), jobs, shared=2))


# Tasks that raise


class AwkwardError(Exception):
    """Cannot be made again from its arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


class Panic(BaseException):
    """As extensions raise it."""


def fail(_: None, task: str) -> Any:
    match task:
        case "raise":
            raise ValueError("wrong\nmore")
        case "awkward":
            raise AwkwardError("a", "b")
        case "panic":
            raise Panic("no")
        case "exit":
            sys.exit(3)
        case "deep":
            return fail(None, task)
    return task


def test_what_a_task_raises_is_its_outcome(jobs: int) -> None:
    tasks = ["fine", "raise", "awkward", "panic", "exit", "deep", "good"]
    found = outcomes(fail, tasks, jobs)
    assert results(found) == {0: "fine", 6: "good"}
    told = failures(found)
    assert told[1] == ("raised", "ValueError: wrong")
    assert [told[n][1].split(":")[0] for n in range(2, 6)] == [
        "AwkwardError",
        "Panic",
        "SystemExit",
        "RecursionError",
    ]
    failure = found[1].failure
    assert failure
    assert "in fail\n" in failure.traceback
    assert isinstance(failure.error, ValueError)
    assert failure.error.args == ("wrong\nmore",)


def test_the_worker_says_where_it_happened() -> None:
    failure = outcomes(fail, ["raise"], 2)[0].failure
    assert failure
    assert failure.error
    assert "in fail\n" in failure.error.__notes__[0]
    awkward = outcomes(fail, ["awkward"], 2)[0].failure
    assert awkward
    assert awkward.error is None
    assert "AwkwardError: ab" in awkward.traceback


def unsendable(_: None, task: int) -> Any:
    return (lambda: task) if task == 5 else task


def test_a_result_that_cannot_be_sent_is_an_error_of_its_task() -> None:
    found = outcomes(unsendable, range(10))
    assert results(found) == {n: n for n in range(10) if n != 5}
    assert failures(found)[5][0] == "raised"


# Tasks that kill or hang


def deadly(_: None, task: int) -> int:
    match task:
        case 13:
            os._exit(7)
        case 40:
            os.kill(os.getpid(), signal.SIGKILL)
        case 41:
            faulthandler.disable()  # It would fill the screen.
            ctypes.string_at(0)
    return task


@posix_only
def test_a_task_that_kills_its_worker_is_known(method: str) -> None:
    found = outcomes(deadly, range(60))
    assert results(found) == {n: n for n in range(60) if n not in {13, 40, 41}}
    assert failures(found) == {
        13: ("died", "its worker died (exit code 7)"),
        40: ("died", "its worker died (SIGKILL)"),
        41: ("died", "its worker died (SIGSEGV)"),
    }


def test_every_task_may_kill_its_worker() -> None:
    assert set(failures(outcomes(deadly, [13] * 8, 3))) == set(range(8))


def stubborn(_: None, task: int) -> int:
    if task == 3:
        time.sleep(60)
    if task == 4:
        while True:
            try:
                time.sleep(60)
            except Exception:
                continue
    return task


@posix_only
def test_a_task_that_takes_too_long_is_stopped(jobs: int) -> None:
    found = outcomes(stubborn, range(8), jobs, seconds=0.2)
    assert results(found) == {n: n for n in range(8) if n not in {3, 4}}
    message = "took over 0.2 seconds and was stopped"
    assert failures(found) == {3: ("timeout", message), 4: ("timeout", message)}
    failure = found[3].failure
    assert failure
    assert "in stubborn" in failure.traceback


def deaf(_: None, task: int) -> int:
    if task == 3:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(60)
    return task


@posix_only
def test_a_task_that_cannot_be_interrupted_is_killed(method: str) -> None:
    found = outcomes(deaf, range(8), seconds=0.1)
    assert results(found) == {n: n for n in range(8) if n != 3}
    assert failures(found) == {3: ("timeout", "took over 0.1 seconds and was stopped")}


@posix_only
def test_the_time_limit_leaves_no_timer_behind() -> None:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        outcomes(stubborn, range(4), 1, seconds=0.1)
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, before)


def test_in_another_thread_there_is_no_time_limit() -> None:
    found: dict[int, Outcome[Any]] = {}
    thread = threading.Thread(target=lambda: found.update(outcomes(power, range(5), 1, shared=2)))
    thread.start()
    thread.join()
    assert results(found) == {n: 2**n for n in range(5)}


# What is shared


class Counted:
    """Counts how often it is made ready for a journey."""

    def __init__(self) -> None:
        self.journeys = 0

    def __reduce__(self) -> tuple[type["Counted"], tuple[()]]:
        self.journeys += 1
        return Counted, ()


def ignore(_: Counted, task: int) -> int:
    return task


def test_what_is_shared_travels_once_to_each_worker(method: str) -> None:
    shared = Counted()
    assert len(outcomes(ignore, range(300), 2, shared=shared)) == 300
    assert shared.journeys == (0 if method == "fork" else 2)


class Unbearable:
    """Cannot arrive anywhere."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


@pytest.mark.parametrize("method", ["forkserver"], indirect=True)
def test_workers_that_cannot_start_are_our_bug(method: str) -> None:
    with pytest.raises(RuntimeError, match=r"a worker could not start \(exit code 1\)"):
        outcomes(ignore, range(300), 2, shared=Unbearable())


# Ended from outside


def started(how: str = "fork") -> tuple["subprocess.Popen[str]", list[int]]:
    command = [sys.executable, str(ENDLESS), how]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    return process, [int(number) for number in process.stdout.readline().split()]


def is_running(worker: int) -> bool:
    try:
        return psutil.Process(worker).status() != psutil.STATUS_ZOMBIE  # Only init's to bury.
    except psutil.NoSuchProcess:
        return False


def wait_for_end(workers: list[int]) -> None:
    for _ in range(100):
        if not any(is_running(worker) for worker in workers):
            return
        time.sleep(0.05)
    pytest.fail("a worker outlived its parent")


@posix_only
@pytest.mark.parametrize("how", ["fork", "forkserver"])
def test_ctrl_c_ends_all_without_a_word(how: str) -> None:
    process, workers = started(how)
    assert len(workers) == 2
    os.killpg(process.pid, signal.SIGINT)  # As a terminal does: the workers get it too.
    _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (130, "")
    wait_for_end(workers)


@posix_only
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_their_parent(how: signal.Signals) -> None:
    process, workers = started()
    assert len(workers) == 2
    process.send_signal(how)
    process.communicate(timeout=10)
    wait_for_end(workers)

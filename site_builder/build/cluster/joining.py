"""A Dask cluster to work on: one of this machine that ends with the build, or one that is there already."""

import ipaddress
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from multiprocessing import resource_tracker
from pathlib import Path
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from site_builder.build.pool import interrupts_held
from site_builder.errors import Location, Problem, SiteError


def refused(scheduler: str, message: str, hint: str) -> SiteError:
    """Make the error that says what is wrong with a scheduler."""
    return SiteError(Problem(Location(scheduler), "scheduler", message, hint))


def require_safe(scheduler: str) -> None:
    """Raise SiteError unless nobody else can speak with the scheduler: who can, runs code on its workers."""
    try:
        parts = urlsplit(scheduler)
        usable = parts.scheme in {"tcp", "tls"} and parts.hostname and parts.port
    except ValueError:  # A port that is none.
        usable = False
    if not usable:
        raise refused(scheduler, "is no address of a scheduler", "for example tls://10.0.0.5:8786")
    if parts.scheme == "tcp" and not _is_loopback(parts.hostname or ""):
        hint = "use tls://, with the certificates that Dask's configuration names (distributed.comm.tls)"
        raise refused(scheduler, "is on another machine, and tcp:// lets anyone take part", hint)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def started(jobs: int) -> Iterator[Client]:
    """Start a cluster of `jobs` processes on this machine, and end it."""
    # A task is given out anew by us, who know which others were with it.
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.scheduler.http.routes": []}
    with (
        tempfile.TemporaryDirectory(prefix="site-builder-") as folder,
        dask.config.set(settings),
        _quiet(),
    ):
        # All its threads begin here: no process that they start hears Ctrl-C, which is ours to act on.
        resource_tracker.ensure_running()  # Which would let them hear it, if one of them had to start it.
        with interrupts_held():
            cluster = LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,
                local_directory=folder,
                silence_logs=_SILENCE,
            )
        try:
            with interrupts_held():
                client = Client(cluster)
            with client:
                yield client
        finally:
            cluster.close()


@contextmanager
def joined(scheduler: str) -> Iterator[Client]:
    """Join a cluster. Raises SiteError unless it has workers, all with this very program."""
    hint = "check its address, its certificates and that it runs"
    with _quiet():
        try:
            require_certificates(scheduler)
            client = Client(scheduler, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise refused(scheduler, f"cannot be joined: {error}", hint) from error
        with client:
            require_same_program(client, scheduler)
            yield client


def require_certificates(scheduler: str) -> None:
    """Raise SiteError if a scheduler wants certificates that there are not; OSError if they are bad."""
    if scheduler.startswith("tls:") and not Security().get_connection_args("client")["ssl_context"]:
        hint = "name them in Dask's configuration: distributed.comm.tls.ca-file, .client.cert and .client.key"
        raise refused(scheduler, "wants certificates, and there are none", hint)


_SILENCE = logging.CRITICAL + 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Dask: it logs what becomes of its workers; what becomes of the tasks, the build tells."""
    with (
        silence_logging_cmgr(_SILENCE, "distributed"),
        silence_logging_cmgr(_SILENCE, "distributed.client"),
    ):
        yield


def require_same_program(client: Client, scheduler: str) -> None:
    """Raise SiteError unless there are workers, and all would make the same pages as this process."""
    found = client.run(program, on_error="return")
    if not found:
        raise refused(scheduler, "has no workers", f"start some: dask worker --nthreads 1 {scheduler}")
    for worker, answer in sorted(found.items()):
        if answer != program():
            what = answer if isinstance(answer, Exception) else "another version"
            hint = "install the same Python and site-builder on all workers"
            raise refused(scheduler, f"its worker {worker} cannot take part: {what}", hint)


def program() -> str:
    """Say which Python and which site-builder this process has."""
    home = Path(__file__).parents[2]
    content = blake2b(digest_size=16)
    for file in sorted(home.rglob("*.py")):
        content.update(f"{file.relative_to(home).as_posix()}\0".encode() + file.read_bytes())
    return f"{sys.version_info[:3]} {content.hexdigest()}"

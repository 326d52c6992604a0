"""One build at a time in one output folder."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from site_builder.build.folder import Folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PATIENCE = 1.0  # Seconds. The workers of a killed build hold its lock until they notice.


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Hold the folder's lock, making the folder if need be; SiteError naming the process that has it.

    The system releases it when the process ends, however it ends. A file system that knows no locks
    is used without one.
    """
    path = folder.control / "lock"
    with folder.telling():
        descriptor = _acquire(folder, path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # There, an open file cannot be removed.
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":  # Removed first, so that nobody gets hold of it in between.
            os.close(descriptor)


def _acquire(folder: Folder, path: Path) -> int:
    until = time.monotonic() + _PATIENCE
    while True:
        folder.control.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            if _try_lock(descriptor) and _is_at(descriptor, path):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
            os.close(descriptor)
        if time.monotonic() > until:
            hint = "wait until it has ended, or stop it"
            raise folder.error(f"another build is writing here (process {_holder(path)})", hint)
        time.sleep(0.02)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # Beyond the text, which others must read.
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return sys.platform != "win32"
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Say whether the open file is still the one at `path`, or was removed by who held it before."""
    return os.path.samestat(os.fstat(descriptor), path.stat())


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or "unknown"
    except OSError:
        return "unknown"

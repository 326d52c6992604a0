"""What open pages are told: which files of the site changed, and what is wrong."""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterable

from site_builder.errors import Problem

_REMEMBERED = 100
_RETRY_MS = 500


class Events:
    """The news of one running server, as server-sent events.

    A page names the version of the site that it shows, and is told all that happened since: also
    what it missed while it was loading, hidden or cut off.
    """

    def __init__(self) -> None:
        # A page of an earlier server must not find its version here.
        self._run = secrets.token_hex(4)
        self._count = 0
        self._history: deque[tuple[str, frozenset[str] | None]] = deque(maxlen=_REMEMBERED)
        self._problems: tuple[Problem, ...] = ()
        self._news = asyncio.Event()
        self._closed = False

    @property
    def version(self) -> str:
        """The state that a page served now shows."""
        return f"{self._run}-{self._count}"

    def publish(self, changed: Iterable[str] | None, problems: tuple[Problem, ...]) -> None:
        """Tell every page of a build; `changed` is None where anything may have changed."""
        self._history.append((self.version, None if changed is None else frozenset(changed)))
        self._count += 1
        self._problems = problems
        self._wake()

    def show(self, changed: Iterable[str]) -> None:
        """Tell every page what is new before a build is done."""
        self.publish(changed, self._problems)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def stream(self, version: str) -> AsyncIterator[str]:
        """Yield what has happened since `version`, then whatever happens."""
        yield f"retry: {_RETRY_MS}\n\n"
        while not self._closed:
            news, seen = self._news, self.version
            yield self._message(version)
            version = seen
            await news.wait()

    def _message(self, version: str) -> str:
        changed = self._changed_since(version)
        problems = json.dumps([_plain(problem) for problem in self._problems])
        paths = json.dumps(None if changed is None else sorted(changed))
        return f"event: problems\ndata: {problems}\n\nid: {self.version}\nevent: reload\ndata: {paths}\n\n"

    def _changed_since(self, version: str) -> frozenset[str] | None:
        if version == self.version:
            return frozenset()
        missed = [changed for _, changed in self._history]
        for at, (before, _) in enumerate(self._history):
            if before == version and None not in missed[at:]:
                return frozenset().union(*(changed or () for changed in missed[at:]))
        return None


def _plain(problem: Problem) -> dict[str, str]:
    return {
        "where": str(problem.where),
        "code": problem.code,
        "message": problem.message,
        "excerpt": problem.excerpt,
        "hint": problem.hint,
        "severity": problem.severity,
    }

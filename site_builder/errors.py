"""Where something is wrong, what it is, and what to do about it."""

import errno
import os
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in one of the user's files."""

    path: str
    """As the user would type it: relative to where the command runs, if it lies below."""
    line: int = 0
    """From 1; 0 means the whole file."""
    column: int = 0
    """From 1; 0 means the whole line."""

    def __str__(self) -> str:
        return ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the user can mend."""

    where: Location
    code: str
    """A short stable name, such as `placeholder`, to filter by."""
    message: str
    hint: str = ""
    """The remedy."""
    excerpt: str = ""
    """The beginning of the text concerned, where a line number alone would not say it."""
    severity: Severity = "error"

    def __str__(self) -> str:
        label = "" if self.severity == "error" else "warning: "
        lines = [f"{self.where}: {label}{self.message} [{self.code}]"]
        if self.excerpt:
            lines.append(f'  in "{" ".join(self.excerpt.split())}"')
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def reason(error: OSError) -> str:
    """Say why the system, or whoever plays its part, refuses a file."""
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)
    return error.strerror or str(error) or type(error).__name__


class SiteError(Exception):
    """The user's input is wrong and nothing can be made of it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type["SiteError"], tuple[Problem, ...]]:
        # An exception is made anew from its message, unless it says otherwise.
        return type(self), self.problems

"""What of the source folder does not count: globs, what git ignores, our own output."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from site_builder.config import Config
from site_builder.places import is_below, is_url

_ALWAYS = ("__pycache__", "dist-packages", "node_modules", "site-packages", ".*")


@dataclass(frozen=True, slots=True)
class Rules:
    """Both answer for a path below the source folder."""

    left_out: Callable[[str], bool]
    """Of a file or a folder; a folder takes with it all that it holds."""
    included: Callable[[str], bool]
    """Of a file that is not left out."""


def read_rules(config: Config) -> Rules:
    """Say what counts in the source folder as it is now."""
    excluded = compile_globs((*_ALWAYS, *config.exclude))
    included = compile_globs(config.include or ("**",))
    named = {*_git_ignored(config.source), *_below(config.output, config.source)}
    return Rules(lambda path: path in named or excluded(path), included)


def compile_globs(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Make a function that says whether a path fits one of `patterns`.

    `*` and `?` stay within a name, `**` does not; a pattern without a slash fits at any depth; one
    that fits a folder fits all in it.
    """
    expression = re.compile("|".join(map(_expression, patterns)), re.DOTALL)
    return lambda path: expression.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    name = pattern.removesuffix("/")
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.findall(r"\*\*/|\*\*|.", name.removeprefix("./").lstrip("/"), re.DOTALL)
    start = "" if "/" in name else "(?:.*/)?"
    return f"{start}{''.join(wild.get(part) or re.escape(part) for part in parts)}(?:/.*)?"


def _below(output: Path, source: Path) -> Iterator[str]:
    if is_below(output, source):
        yield output.resolve().relative_to(source.resolve()).as_posix()


def _git_ignored(folder: Path) -> Iterator[str]:
    """Ask git what it ignores below `folder`: nothing, if it ignores all of it or is not there."""
    git = None if is_url(folder) else shutil.which("git")
    if not git:
        return
    # A stranger's repository may name a program of its own as file system monitor.
    command = [git, "-c", "core.fsmonitor=false", "ls-files", "--others", "--ignored"]
    command += ["--exclude-standard", "--directory", "-z"]
    # Set while git runs a hook, for the folder of the hook.
    hooks = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
    environment = {name: value for name, value in os.environ.items() if name not in hooks}
    answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)  # noqa: S603 - No input of others.
    paths = os.fsdecode(answer.stdout).split("\0")
    if answer.returncode == 0 and "./" not in paths:
        yield from (path.rstrip("/") for path in paths)

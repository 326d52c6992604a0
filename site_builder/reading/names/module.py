"""The name of a module, and what its import statements name."""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from site_builder.model import Target
from site_builder.reading.discover import Source
from site_builder.reading.names.scopes import Use


@dataclass(frozen=True, slots=True)
class Module:
    """A module as Python imports it."""

    name: str
    is_package: bool
    root: str
    """The package that the source folder is, or empty."""

    def knows(self, module: str) -> bool:
        """Whether a module may be one of the site's."""
        if self.root:
            return module == self.root or module.startswith(f"{self.root}.")
        # Whether a file named like a module of Python's own hides that depends on how it is installed.
        return module.partition(".")[0] not in sys.stdlib_module_names

    def origin(self, node: ast.ImportFrom) -> str:
        """Return the module that a statement imports from; empty if it is none of the site's."""
        if not node.level:
            return node.module if node.module and self.knows(node.module) else ""
        above = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        kept = len(above) - node.level + 1
        if kept < bool(self.root):
            return ""
        name = ".".join([*above[:kept], *([node.module] if node.module else [])])
        return name if not self.root or self.knows(name) else ""


def module_of(source: Source) -> Module:
    """Return the module that a Python source is."""
    path = source.path.removesuffix(source.path[source.path.rfind(".") :])
    *folders, stem = path.split("/")
    is_package = stem == "__init__"
    parts = [source.package, *folders, *([] if is_package else [stem])]
    return Module(".".join(filter(None, parts)), is_package, source.package)


_FROM = re.compile(rb"from\s+([.\w\x80-\xff]+)\s+import\b")


def import_uses(node: ast.Import | ast.ImportFrom, module: Module, lines: Sequence[bytes]) -> Iterator[Use]:
    """Find what the names in an import statement stand for, as far as the site may know it."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if module.knows(alias.name):
                yield Use(alias.lineno, alias.col_offset, alias.name, Target(alias.name))
        return
    if not (origin := module.origin(node)):
        return
    if node.module and (found := _FROM.match(lines[node.lineno - 1], node.col_offset)):
        yield Use(node.lineno, found.start(1), found[1].decode(), Target(origin))
    for alias in node.names:
        if alias.name != "*":
            target = Target(origin, attributes=alias.name)
            yield Use(alias.lineno, alias.col_offset, alias.name, target)

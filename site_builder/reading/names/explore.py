"""The scopes of a module, found in one walk over its syntax tree."""

import ast
import re
from collections.abc import Iterable
from typing import Any

from site_builder.reading.names.module import Module
from site_builder.reading.names.scopes import Attribute, Load, Scope
from site_builder.reading.names.visits import VISITORS, Exploration, Nodes


def explore(tree: ast.Module, module: Module, text: str) -> Exploration:
    """Find the scopes of a module, and what each binds and uses."""
    found = Exploration(module, text.encode().split(b"\n"), [Scope("module", "", None, tree.body)])
    for scope in found.scopes:  # It grows meanwhile.
        nodes: Nodes = []
        _enter(found, scope, scope.body, nodes)
        _walk(found, scope, nodes)
        _annotate(found, scope)
    return found


def _enter(found: Exploration, scope: Scope, body: Iterable[ast.AST], nodes: Nodes) -> None:
    """Go through the statements of a scope that are always done; leave what is in them in `nodes`."""
    for statement in body:
        if isinstance(statement, _STATEMENTS):
            VISITORS[type(statement)](found, scope, statement, nodes, True)
        elif isinstance(statement, ast.If) and _is_for_checkers(statement):
            _enter(found, scope, statement.body, nodes)
        else:
            nodes.append(statement)


_STATEMENTS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _is_for_checkers(statement: ast.If) -> bool:
    """Whether it is `if TYPE_CHECKING:`, which is always done where types are read."""
    test = statement.test
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    return name == "TYPE_CHECKING" and not statement.orelse


def _walk(found: Exploration, scope: Scope, nodes: Nodes) -> None:
    """Go through all that stands in a scope, but not in a scope within it."""
    # Most of the time goes here: every node of every file comes by.
    loads = scope.loads
    while nodes:
        node = nodes.pop()
        kind = type(node)
        if kind is ast.Name:
            if type(node.ctx) is ast.Load:  # type: ignore[union-attr]
                loads.append(Load(node.id, node.lineno, node.col_offset))  # type: ignore[union-attr]
            else:
                scope.bind(node.id)  # type: ignore[union-attr]
        elif visit := VISITORS.get(kind):
            visit(found, scope, node, nodes, False)
        else:
            for name in _CHILDREN.get(kind, ()):
                value = getattr(node, name)
                if value.__class__ is list:
                    nodes += value
                elif value is not None:
                    nodes.append(value)


_DOTTED_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def _annotate(found: Exploration, scope: Scope) -> None:
    """Go through the annotations of a scope; a whole one may stand within quotes."""
    nodes: Nodes = []
    loads, scope.loads = scope.loads, scope.annotated
    for node in scope.annotations:
        if not isinstance(node, ast.Constant):
            nodes.append(node)
        elif isinstance(node.value, str) and _DOTTED_NAME.fullmatch(node.value):
            scope.loads.append(_quoted(node.value, node.lineno, node.col_offset + 1))
    _walk(found, scope, nodes)
    scope.loads = loads


def _quoted(text: str, line: int, column: int) -> Load:
    """Read a name within quotes."""
    name, *more = text.split(".")
    attributes, end = [], column + len(name.encode())
    for attribute in more:
        end += 1 + len(attribute.encode())
        attributes.append(Attribute(attribute, line, end))
    return Load(name, line, column, attributes)


_NO_CHILDREN = frozenset({"arg", "attr", "ctx", "id", "is_async", "kind", "level", "op", "ops", "simple"})
_CHILDREN: dict[type[Any], tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _NO_CHILDREN)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and kind is not ast.Constant
}

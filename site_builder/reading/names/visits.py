"""What binds or uses names in Python's syntax, kind by kind.

Where Python's rules are intricate, a name is taken for bound once too often: then nothing links it.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from site_builder.model import Target
from site_builder.reading.names.module import Module, import_uses
from site_builder.reading.names.scopes import Attribute, Binding, Load, Scope, Use


@dataclass(slots=True, eq=False)
class Exploration:
    """What is found in a module."""

    module: Module
    lines: Sequence[bytes]
    scopes: list[Scope]
    """The module's own first, and each after the one that it stands in."""
    uses: list[Use] = field(default_factory=list)
    """Those in import statements."""
    stars: list[tuple[ast.ImportFrom, bool]] = field(default_factory=list)
    """The star imports, each with whether it is always done."""
    declared: set[str] = field(default_factory=set)
    """What a `global` or `nonlocal` names, and so may be bound from afar."""
    assigned: set[str] = field(default_factory=set)
    """What is assigned as an attribute of anything."""


Nodes = list[ast.AST | None]


# Each visitor is given the exploration, the scope, the node, where to leave the node's children, and whether
# the scope always comes by.


def _function(found: Exploration, scope: Scope, node: Any, nodes: Nodes, is_certain: bool) -> None:
    nodes += [*node.decorator_list, *getattr(node, "type_params", ())]
    inner = _define(found, scope, node, "function", is_certain)
    scope.annotations += [node.returns] if node.returns else []
    _arguments(scope, inner, node.args, nodes)
    positional = [*node.args.posonlyargs, *node.args.args]
    if scope.kind == "class" and positional and not any(map(_is_static, node.decorator_list)):
        receiver = positional[0].arg
        if receiver in {"self", "cls"}:
            binding = Binding(Target(found.module.name, scope.name), is_receiver=True)
            inner.bindings[receiver] = binding
    found.scopes.append(inner)


def _define(found: Exploration, scope: Scope, node: Any, kind: Any, is_certain: bool) -> Scope:
    name = f"{scope.name}.{node.name}" if scope.name else node.name
    binding = Binding(Target(found.module.name, name), node.end_lineno) if is_certain else None
    scope.bind(node.name, binding)
    return Scope(kind, name, scope, node.body, node)


def _is_static(decorator: ast.AST) -> bool:
    name = decorator.id if isinstance(decorator, ast.Name) else getattr(decorator, "attr", "")
    return bool(name.endswith("staticmethod"))


def _arguments(scope: Scope, inner: Scope, arguments: ast.arguments, nodes: Nodes) -> None:
    nodes += [*arguments.defaults, *arguments.kw_defaults]
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        _argument(scope, inner, one)
    for rest in (arguments.vararg, arguments.kwarg):
        if rest:
            _argument(scope, inner, rest)


def _argument(scope: Scope, inner: Scope, argument: ast.arg) -> None:
    inner.bind(argument.arg)
    if argument.annotation:
        scope.annotations.append(argument.annotation)


def _class(found: Exploration, scope: Scope, node: Any, nodes: Nodes, is_certain: bool) -> None:
    nodes += [*node.decorator_list, *node.bases, *node.keywords, *getattr(node, "type_params", ())]
    found.scopes.append(_define(found, scope, node, "class", is_certain))


def _lambda(found: Exploration, scope: Scope, node: Any, nodes: Nodes, _: bool) -> None:
    inner = Scope("function", scope.name, scope, [node.body])
    _arguments(scope, inner, node.args, nodes)
    found.scopes.append(inner)


def _comprehension(found: Exploration, scope: Scope, node: Any, nodes: Nodes, _: bool) -> None:
    first, *more = node.generators
    nodes.append(first.iter)  # Python looks through it before it enters the scope.
    body = [first.target, *first.ifs, *more]
    body += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    found.scopes.append(Scope("comprehension", scope.name, scope, body))


def _attribute(found: Exploration, scope: Scope, node: Any, nodes: Nodes, _: bool) -> None:
    if type(node.ctx) is not ast.Load:
        found.assigned.add(node.attr)
        nodes.append(node.value)
        return
    attributes = []
    while type(node) is ast.Attribute:
        attributes.append(Attribute(node.attr, node.end_lineno or 0, node.end_col_offset or 0))
        node = node.value
    if type(node) is ast.Name:
        scope.loads.append(Load(node.id, node.lineno, node.col_offset, attributes[::-1]))
    else:
        nodes.append(node)


def _import(found: Exploration, scope: Scope, node: Any, _: Nodes, is_certain: bool) -> None:
    module = found.module
    found.uses += import_uses(node, module, found.lines)
    for alias in node.names:
        top, _, below = alias.name.partition(".")
        # `import a.b as c` looks up `b` in `a`, where it may be something else than the module.
        target = Target(top, attributes=below) if alias.asname else Target(top)
        known = is_certain and module.knows(alias.name)
        scope.bind(alias.asname or top, Binding(target, node.end_lineno) if known else None)


def _import_from(found: Exploration, scope: Scope, node: Any, _: Nodes, is_certain: bool) -> None:
    found.uses += import_uses(node, found.module, found.lines)
    origin = found.module.origin(node)
    for alias in node.names:
        if alias.name == "*":
            found.stars.append((node, is_certain))
            continue
        target = Target(origin, attributes=alias.name)
        known = is_certain and origin
        scope.bind(alias.asname or alias.name, Binding(target, node.end_lineno) if known else None)


def _declaration(found: Exploration, _scope: Scope, node: Any, _: Nodes, _certain: bool) -> None:
    found.declared.update(node.names)


def _named(_: Exploration, scope: Scope, node: Any, nodes: Nodes, _certain: bool) -> None:
    """Bind the name of what is an `except … as name`, a pattern or a type parameter."""
    if name := getattr(node, "rest" if isinstance(node, ast.MatchMapping) else "name"):
        scope.bind(name)
    nodes += ast.iter_child_nodes(node)


def _walrus(_: Exploration, scope: Scope, node: Any, nodes: Nodes, _certain: bool) -> None:
    while scope.kind == "comprehension" and scope.parent:
        scope = scope.parent
    scope.bind(node.target.id)
    nodes.append(node.value)


def _formatted(found: Exploration, scope: Scope, node: Any, _: Nodes, _certain: bool) -> None:
    """Look for what a formatted string binds; where names stand in it, Python 3.11 does not know."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.NamedExpr):
            _walrus(found, scope, inner, [], False)


def _annotated(_: Exploration, scope: Scope, node: Any, nodes: Nodes, _certain: bool) -> None:
    nodes += [node.target, node.value]
    scope.annotations.append(node.annotation)


_Visitor = Callable[[Exploration, Scope, Any, Nodes, bool], None]
VISITORS: dict[type[Any], _Visitor] = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Attribute: _attribute,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _declaration,
    ast.Nonlocal: _declaration,
    ast.ExceptHandler: _named,
    ast.MatchAs: _named,
    ast.MatchStar: _named,
    ast.MatchMapping: _named,
    ast.NamedExpr: _walrus,
    ast.JoinedStr: _formatted,
    ast.AnnAssign: _annotated,
} | {
    # From Python 3.12 on.
    getattr(ast, name): visitor
    for name, visitor in {
        "TypeVar": _named,
        "ParamSpec": _named,
        "TypeVarTuple": _named,
        "TemplateStr": _formatted,
    }.items()
    if hasattr(ast, name)
}
"""What is more than its children."""

"""What Python itself takes a name for: its compiler says whose it is, its objects what it stands for."""

import ast
import builtins
import dis
import functools
import importlib.util
import inspect
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

Meaning = tuple[str, str]
"""A module, and the qualified name of a definition in it, or nothing."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Truth:
    """An imported module, its syntax, and the code that Python makes of it."""

    def __init__(self, module: ModuleType, text: str) -> None:
        self.module = module
        tree = ast.parse(text)
        self.above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.nodes = {_end(node): node for node in self.above if isinstance(node, (ast.Name, ast.Attribute))}
        for node in self.above:
            if isinstance(node, ast.alias):
                self.nodes[node.lineno, node.col_offset + len(node.name.encode())] = node
        self.froms = {node.lineno: node for node in self.above if isinstance(node, ast.ImportFrom)}
        self.loads = dict(_loads(compile(text, "", "exec", dont_inherit=True)))

    def allows(self, line: int, column: int, written: str, said: Meaning) -> bool:
        """Whether the name `written` stands for what is `said`; the column is from 0, in bytes of UTF-8.

        Raises LookupError if that cannot be told.
        """
        meaning, value = self._meaning(line, column, written)
        module, name = said
        same = meaning and (_FROZEN.get(meaning[0], meaning[0]), meaning[1]) == said
        # A decorator may have put something of its own in the definition's place.
        return same or (value is not None and value is _attributes(importlib.import_module(module), name))

    def _meaning(self, line: int, column: int, written: str) -> tuple[Meaning | None, Any]:
        node = self.nodes.get((line, column + len(written.encode())))
        if isinstance(node, ast.alias):
            return _described(self._imported(node))
        if not node and line in self.froms:
            return (self._origin(self.froms[line]), ""), None
        if isinstance(node, ast.Name) and (inner := self._defined_within(node)):
            return inner, None
        return _described(
            self._value(node or ast.Name(written, ast.Load(), lineno=0, end_lineno=0, end_col_offset=0))
        )

    def _origin(self, statement: ast.ImportFrom) -> str:
        name = "." * statement.level + (statement.module or "")
        return importlib.util.resolve_name(name, self.module.__package__)

    def _imported(self, alias: ast.alias, *, bound: bool = False) -> Any:
        statement = self.above[alias]
        if isinstance(statement, ast.ImportFrom):
            return _attribute(importlib.import_module(self._origin(statement)), alias.name)
        module = importlib.import_module(alias.name)
        return importlib.import_module(alias.name.partition(".")[0]) if bound and not alias.asname else module

    def _value(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Attribute):
            receiver = self._receiver(node.value)
            return _attribute(receiver or self._value(node.value), node.attr)
        if not isinstance(node, ast.Name):
            raise LookupError
        load, code = self.loads.get(_end(node), ("", None))
        if load in _LOCAL:
            return self._imported(self._bound_within(node, ast.alias), bound=True)
        holder = _attributes(self.module, code.co_qualname) if code and load == "LOAD_NAME" else self.module
        for names in (vars(holder), vars(self.module), vars(builtins)):
            if node.id in names:
                return names[node.id]
        raise LookupError

    def _receiver(self, node: ast.AST) -> Any:
        """Return the class of `self` or `cls`, or None for any other node."""
        if not isinstance(node, ast.Name) or node.id not in {"self", "cls"}:
            return None
        method = self.above[node]
        while not (isinstance(method, _FUNCTIONS) and _first(method) == node.id):
            method = self.above[method]
        return _attributes(self.module, self._qualified(self.above[method]))

    def _defined_within(self, node: ast.Name) -> Meaning | None:
        """Say what a name stands for that a function around it defines."""
        if self.loads.get(_end(node), ("", None))[0] not in _LOCAL:
            return None
        definition = self._bound_within(node, (*_FUNCTIONS, ast.ClassDef, ast.alias))
        is_import = isinstance(definition, ast.alias)
        return None if is_import else (self.module.__name__, self._qualified(definition))

    def _bound_within(self, node: ast.Name, kinds: Any) -> Any:
        """Return what binds a local name, if that is one import or definition."""
        function: ast.AST = node
        while not isinstance(function, ast.Module):
            function = self.above[function]
            inner = ast.walk(function) if isinstance(function, _FUNCTIONS) else ()
            found = [
                one
                for one in inner
                if isinstance(one, kinds) and one is not function and _binds(one, node.id)
            ]
            if found:
                [only] = found
                return only
        raise LookupError

    def _qualified(self, node: ast.AST) -> str:
        names = []
        while not isinstance(node, ast.Module):
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                names.insert(0, node.name)
            node = self.above[node]
        return ".".join(names)


_LOCAL = {"LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE", "LOAD_CLASSDEREF"}


def _binds(node: Any, name: str) -> bool:
    if isinstance(node, ast.alias):
        return name == (node.asname or node.name.partition(".")[0])
    return bool(node.name == name)


def _first(function: Any) -> str:
    return next((one.arg for one in (*function.args.posonlyargs, *function.args.args)), "")


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _loads(code: CodeType) -> Iterator[tuple[tuple[int, int], tuple[str, CodeType]]]:
    """Yield how each name is loaded, by where it ends."""
    for operation, (_, line, _, column) in zip(code.co_code[::2], code.co_positions(), strict=True):
        if dis.opname[operation].startswith("LOAD_") and line is not None and column is not None:
            yield (line, column), (dis.opname[operation], code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loads(constant)


def _attributes(holder: Any, names: str) -> Any:
    return functools.reduce(_attribute, names.split(".") if names != "<module>" else (), holder)


def _attribute(holder: Any, name: str) -> Any:
    if not inspect.isclass(holder):
        return getattr(holder, name)
    if name.startswith("__") and not name.endswith("__"):
        name = f"_{holder.__name__.lstrip('_')}{name}"
    return inspect.getattr_static(holder, name)


# What the interpreter freezes says that it comes from elsewhere.
_FROZEN = {
    "_frozen_importlib": "importlib._bootstrap",
    "_frozen_importlib_external": "importlib._bootstrap_external",
}


def _described(value: Any) -> tuple[Meaning | None, Any]:
    """Return where a value says that it is defined, and the value."""
    if inspect.ismodule(value):
        return (value.__name__, ""), value
    inner = value
    for wrapped in ("fget", "__func__", "func", "__wrapped__"):
        inner = getattr(inner, wrapped, inner)
    name = getattr(inner, "__qualname__", "").replace("<locals>.", "")
    return (getattr(inner, "__module__", ""), name), value

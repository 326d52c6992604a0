"""Scopes of Python: which names each binds, to what, and which it uses."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from site_builder.model import Target


class Use(NamedTuple):
    """A name in the source, and what it stands for."""

    line: int
    """From 1."""
    column: int
    """From 0, in bytes of UTF-8, as `ast` counts."""
    text: str
    """As it is written there."""
    target: Target


class Binding(NamedTuple):
    """What a name stands for, if that is certain."""

    target: Target
    last: int = 0
    """The last line of the statement that binds it."""
    is_receiver: bool = False
    """Whether it is the `self` or `cls` of a method, and `target` the class."""


class Attribute(NamedTuple):
    """An attribute that is looked up."""

    name: str
    line: int
    end: int
    """The column after it."""


class Load(NamedTuple):
    """A name that is used, and the attributes looked up from there on."""

    name: str
    line: int
    column: int
    attributes: Sequence[Attribute] = ()


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function or comprehension."""

    kind: Literal["module", "class", "function", "comprehension"]
    name: str
    """Qualified; empty for the module."""
    parent: "Scope | None"
    body: Sequence[ast.AST]
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None = None
    """What defines it, if it has a name of its own."""
    bindings: dict[str, Binding | None] = field(default_factory=dict)
    """None is a name that is bound twice, or conditionally, or to any value."""
    loads: list[Load] = field(default_factory=list)
    annotations: list[ast.AST] = field(default_factory=list)
    annotated: list[Load] = field(default_factory=list)
    """The names used in annotations, which may be read when the module is complete."""

    def bind(self, name: str, binding: Binding | None = None) -> None:
        """Take note that a name is bound."""
        known = self.bindings.setdefault(name, binding)
        # To import one thing twice is not to bind the name to another.
        is_again = known and binding and known.target == binding.target and not binding.target.definition
        if known is not binding and not is_again:
            self.bindings[name] = None

    def owner(self, name: str) -> "Scope | None":
        """Return the scope that binds a name used in this one."""
        scope: Scope | None = self
        while scope and (name not in scope.bindings or (scope.kind == "class" and scope is not self)):
            scope = scope.parent
        return scope

    @property
    def nearest_class(self) -> "Scope | None":
        """The class whose body it is, or stands in."""
        scope: Scope | None = self
        while scope and scope.kind != "class":
            scope = scope.parent
        return scope

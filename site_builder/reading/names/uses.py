"""What the names used in a module stand for, as far as the module itself says it."""

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from site_builder.model import Target
from site_builder.reading.names.scopes import Binding, Load, Scope, Use
from site_builder.reading.names.visits import Exploration

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Outline:
    """What is certain of the names of a module."""

    exploration: Exploration
    definitions: Mapping[str, Scope]
    """By qualified name."""
    bases: Mapping[str, tuple[Target | None, ...]]
    """Of the classes among the definitions."""
    is_open: bool
    """Whether functions may bind any name of the module: `globals()["name"] = …`."""

    @property
    def module(self) -> Scope:
        """The module's own scope."""
        return self.exploration.scopes[0]


def outline(exploration: Exploration) -> Outline:
    """Forget what is not certain, and find the bases of classes."""
    for scope in exploration.scopes:
        for name in exploration.declared & scope.bindings.keys():
            scope.bindings[name] = None
    last_star = max((node.lineno for node, _ in exploration.stars), default=0)
    _forget(exploration.scopes[0], before=last_star)
    changed = list(_changed_by_name(exploration))
    for scope in changed:
        _forget(scope)
    definitions = _definitions(exploration)
    bases = {
        name: tuple(_base(base, scope.parent, exploration) for base in scope.node.bases)
        for name, scope in definitions.items()
        if isinstance(scope.node, ast.ClassDef) and scope.parent
    }
    return Outline(exploration, definitions, bases, exploration.scopes[0] in changed)


def _forget(scope: Scope, before: float = float("inf")) -> None:
    """Take no binding for certain that is made before a line."""
    for name, binding in scope.bindings.items():
        if binding and binding.last < before:
            scope.bindings[name] = None


def _changed_by_name(exploration: Exploration) -> Iterator[Scope]:
    """Find the scopes that functions may bind any name in."""
    module = exploration.scopes[0]
    for scope in exploration.scopes:
        used = {load.name for load in scope.loads}
        if not used.isdisjoint({"exec", "globals"}):
            yield module
        if scope.kind in {"class", "module"} and not used.isdisjoint({"locals", "vars"}):
            yield scope


def _definitions(exploration: Exploration) -> dict[str, Scope]:
    """List the definitions that are the only thing that their name stands for, wherever that is."""
    certain = {"": exploration.scopes[0]}
    for scope in exploration.scopes:
        above = scope.parent
        if scope.node and above and certain.get(above.name) is above and above.bindings[scope.node.name]:
            certain[scope.name] = scope
    del certain[""]
    return certain


def _base(node: ast.expr, scope: Scope, exploration: Exploration) -> Target | None:
    """Say what a base class is, be it `Base` or `Base[int]`."""
    if isinstance(node, ast.Subscript):
        node = node.value
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    binding = _meaning(node.id, node.lineno, scope, exploration)
    if not binding or binding.is_receiver:
        return None
    return further(binding.target, ".".join(reversed(attributes)))


def further(target: Target, attributes: str) -> Target:
    """Return what is found by looking up attributes of what `target` is."""
    joined = f"{target.attributes}.{attributes}" if target.attributes and attributes else ""
    return target._replace(attributes=joined or target.attributes or attributes)


def find_uses(known: Outline) -> Iterator[Use]:
    """Find the names that the site may know, those in import statements too."""
    exploration = known.exploration
    yield from exploration.uses
    certain = {name for scope in exploration.scopes for name, one in scope.bindings.items() if one}
    for scope in exploration.scopes:
        for loads, is_annotation in ((scope.loads, False), (scope.annotated, True)):
            for load in loads:
                # Most names are those of values, and need no more than this.
                if load.name not in certain and not exploration.stars:
                    continue
                if binding := _meaning(load.name, load.line, scope, exploration, is_annotation=is_annotation):
                    yield from _uses(load, binding, scope, known)


def _meaning(
    name: str, line: int, scope: Scope, exploration: Exploration, *, is_annotation: bool = False
) -> Binding | None:
    """Say what a name that is used in a scope stands for, if that is certain."""
    owner, stars = scope.owner(name), exploration.stars
    if not owner:
        # What nothing in the module binds may come from a star import.
        is_brought = stars and name not in _BUILTINS and not _is_mangled(name)
        target = Target(exploration.module.name, attributes=name)
        return Binding(target) if is_brought else None
    binding = owner.bindings[name]
    if not binding or _is_mangled(name):
        return None
    if line <= binding.last and _is_at_once(scope, owner):
        # Above its binding a name is another one, if any: built in, from a star import, or of the module.
        is_late = is_annotation and owner.kind == "module" and not stars and name not in _BUILTINS
        return binding if is_late else None
    return binding


def _is_at_once(scope: Scope, owner: Scope) -> bool:
    """Whether what stands in a scope is done when the code of the scope around it comes by."""
    while scope is not owner and scope.kind in {"class", "comprehension"} and scope.parent:
        scope = scope.parent
    return scope is owner and owner.kind != "function"


def _is_mangled(name: str) -> bool:
    """Whether a name means another one in each class."""
    return name.startswith("__") and not name.endswith("__")


def _uses(load: Load, binding: Binding, scope: Scope, known: Outline) -> Iterator[Use]:
    target = binding.target
    if target.definition and target.definition not in known.definitions:
        return
    if not binding.is_receiver:
        yield Use(load.line, load.column, load.name, target)
    for name, line, end in load.attributes:
        member = _member(target, name, scope, known)
        if not member:
            return
        yield Use(line, end - len(name.encode()), name, member)
        target = member


def _member(target: Target, name: str, scope: Scope, known: Outline) -> Target | None:
    """Look up an attribute of what `target` is; None if nothing can be known of it."""
    if name in known.exploration.assigned or (target.definition and target.attributes):
        return None
    if not target.definition:
        return None if _is_mangled(name) else further(target, name)
    qualified = f"{target.definition}.{name}"
    if _is_mangled(name) and (not (here := scope.nearest_class) or here.name != target.definition):
        return None
    if qualified in known.definitions:
        is_class = target.definition in known.bases
        return Target(target.module, qualified) if is_class else None
    is_own = name in known.definitions[target.definition].bindings
    inherits = any(known.bases.get(target.definition, ()))
    return further(target, name) if inherits and not is_own and not _is_mangled(name) else None

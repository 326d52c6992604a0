"""What the names in Python code stand for, as far as their own file says it: parsed, never imported.

What a name of another file stands for is found when pages are written. Nothing is taken for granted:
a name that is bound twice, conditionally or by other means links nowhere.
"""

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from site_builder.fragment import headings
from site_builder.fragment.wording import plain_text
from site_builder.model import Definition, Fragment, Names, Section, Star, Target
from site_builder.reading.discover import Source
from site_builder.reading.highlight import LINE_END, line_opening
from site_builder.reading.names.explore import explore
from site_builder.reading.names.module import module_of
from site_builder.reading.names.places import place
from site_builder.reading.names.uses import Outline, find_uses, outline


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a page, and the names in it."""

    known: Outline
    targets: tuple[Target, ...]
    uses: Mapping[int, list[tuple[int, str, int]]]
    """By line: the column, from 0, the name, and its number in `targets`."""


def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of Python source; None if this version of Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # What is wrong with a string is its author's business.
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_code(tree: ast.Module, text: str, source: Source) -> Code:
    """Find the names in Python source, of which `tree` is the syntax tree."""
    exploration = explore(tree, module_of(source), text)
    known = outline(exploration)
    targets: dict[Target, int] = {}
    uses: dict[int, list[tuple[int, str, int]]] = {}
    for line, column, name, target in find_uses(known):
        number = targets.setdefault(target, len(targets))
        written = exploration.lines[line - 1]
        at = column if written.isascii() else len(written[:column].decode(errors="replace"))
        uses.setdefault(line, []).append((at, name, number))
    return Code(known, tuple(targets), uses)


def references(
    code: Code, html: Mapping[int, str], numbers: Iterable[int]
) -> tuple[tuple[int, int, int], ...]:
    """Return the references of a section, whose code is the lines of these `numbers`."""
    found: list[tuple[int, int, int]] = []
    end = 0
    for number in numbers:
        start = end + len(line_opening(number))
        end = start + len(html[number]) + len(LINE_END)
        if uses := code.uses.get(number):
            found += place(html[number], uses, start)
    return tuple(found)


def names_of(code: Code, sections: Sequence[Section]) -> Names:
    """Return what the names of a page stand for; its sections are as the page numbers them."""
    known = code.known
    own = known.module.bindings
    certain = {
        name: binding.target
        for name, binding in own.items()
        if binding and (not binding.target.definition or binding.target.definition in known.definitions)
    }
    members = [f"{name}.{member}" for name in known.bases for member in known.definitions[name].bindings]
    return Names(
        module=known.exploration.module.name,
        definitions=_definitions(known, sections),
        bases=known.bases,
        bindings=certain,
        unsettled=frozenset([*own, *members]).difference(certain, known.definitions),
        assigned=frozenset(known.exploration.assigned),
        stars=tuple(_stars(known)),
        public=_public(known),
        targets=code.targets,
    )


def _definitions(known: Outline, sections: Sequence[Section]) -> dict[str, Definition]:
    starts = [section.lines.start for section in sections]
    found = {}
    for name, scope in known.definitions.items():
        assert scope.node
        line = min(node.lineno for node in (scope.node, *scope.node.decorator_list))
        number = max(bisect_right(starts, line) - 1, 0)
        docs = sections[number].docs
        if sections[number].anchor == name:
            found[name] = Definition(name, *_description(name, docs))
        else:
            found[name] = Definition(f"section-{number}", "", "")
    return found


_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_SENTENCE = re.compile(r".*?(?:[.!?](?=\s+[^\W\d_a-z])|[。！？]|\Z)")
_LONGEST = 120  # Characters of a summary.


def _description(name: str, docs: Fragment) -> tuple[str, str]:
    """Return title and summary of a definition, from its prose."""
    if not docs.html:
        return "", ""
    heading = next((inner for _, inner in headings(docs.html)), "")
    paragraph = _PARAGRAPH.search(docs.html)
    text = plain_text(paragraph[1], docs.protected) if paragraph else ""
    return plain_text(heading, docs.protected) or name, shortened(text)


def shortened(text: str) -> str:
    """Return the first sentence, or as many words of it as there is room for."""
    sentence = _SENTENCE.match(text)
    assert sentence
    if len(sentence[0]) <= _LONGEST:
        return sentence[0]
    room = text[:_LONGEST]
    return f"{room.rpartition(' ')[0] or room} …"


def _stars(known: Outline) -> Iterator[Star]:
    """List the star imports; where functions may bind any name, as if there was one of who knows what."""
    if known.is_open:
        yield Star("", certain=False)
    for node, is_certain in known.exploration.stars:
        yield Star(known.exploration.module.origin(node), is_certain)


def _public(known: Outline) -> frozenset[str] | None:
    """Return a module's `__all__`, if that is one plain list that nothing else looks at."""
    if (
        "__all__" not in known.module.bindings
        or sum(b"__all__" in line for line in known.exploration.lines) > 1
    ):
        return None
    for statement in known.module.body:
        match statement:
            case ast.Assign(targets=[ast.Name("__all__")], value=ast.List(items) | ast.Tuple(items)):
                names = [item.value for item in items if isinstance(item, ast.Constant)]
                strings = frozenset(name for name in names if isinstance(name, str))
                return strings if len(names) == len(items) else None
    return None

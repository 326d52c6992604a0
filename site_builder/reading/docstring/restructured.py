"""reStructuredText's explicit markup (`.. note::`), titles and tables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from site_builder.reading.docstring.lines import (
    Found,
    Line,
    Lines,
    Nested,
    block_end,
    dedented,
    stacked,
    trimmed,
)
from site_builder.reading.docstring.listings import fenced, language_of


@dataclass(frozen=True, slots=True)
class Directive:
    """`.. name:: argument`, its `:option: value` lines, and what is indented below."""

    name: str
    argument: Line
    options: Mapping[str, str]
    body: Lines

    def content(self) -> Lines:
        """Return the body, and the argument as its first line."""
        if not self.argument.text:
            return self.body
        # What is below the argument goes on with its paragraph, or stands apart, as it was written.
        gap = (
            [Line("", self.argument.number)]
            if self.body and self.body[0].number > self.argument.number + 1
            else []
        )
        return [self.argument, *gap, *self.body]


_DIRECTIVE = re.compile(r" *\.\. +([A-Za-z][\w.:+-]*?) ?(::?)(?: +(.*)|$)")
_OPTION = re.compile(r":([\w-]+):(?: +(.*)|$)")
_EXPLICIT = re.compile(r" *\.\.(?: +(.*)|$)")
_FOOTNOTE = re.compile(r" {0,3}\.\. +(\[[#*]?[\w.:+-]*\]) +(.*)")


def explicit_markup(lines: Lines, at: int, nested: Nested) -> Found | None:
    """Find a directive, footnotes, or a target or comment, which nobody sees."""
    text = lines[at].text.rstrip()
    if not (explicit := _EXPLICIT.match(text)):
        return None
    match = _DIRECTIVE.match(text)
    # Some forget the second colon, which makes a comment of what they wrote.
    if match and (_name(match) in _WRITERS or (match[2] == "::" and lines[at].indent < 4)):
        return _directive(match, lines, at, nested)
    follows = not at or lines[at - 1].blank or _EXPLICIT.match(lines[at - 1].text)
    if lines[at].indent > 3 or not (follows or (explicit[1] or "").startswith("_")):
        return None
    if _FOOTNOTE.match(text):
        return _footnotes(lines, at, nested)
    # A lone `..` ends what is above it, and does not begin a comment.
    empty = not explicit[1] and (at + 1 == len(lines) or lines[at + 1].blank)
    return Found([], at + 1 if empty else block_end(lines, at + 1, lines[at].indent))


def _name(directive: re.Match[str]) -> str:
    return directive[1].lower().rpartition(":")[2]


def _directive(match: re.Match[str], lines: Lines, at: int, nested: Nested) -> Found:
    end = block_end(lines, at + 1, lines[at].indent)
    body = dedented(lines[at + 1 : end])
    options: dict[str, str] = {}
    while len(options) < len(body) and (option := _OPTION.match(body[len(options)].text)):
        if option[1] in options:
            break
        options[option[1]] = (option[2] or "").strip()
    argument = Line((match[3] or "").strip(), lines[at].number)
    directive = Directive(_name(match), argument, options, dedented(trimmed(body[len(options) :])))
    write = _WRITERS.get(directive.name, _only_content)
    return Found(trimmed(write(directive, nested)), end)


def _only_content(directive: Directive, nested: Nested) -> Lines:
    return nested(directive.content())


def _hidden(_: Directive, __: Nested) -> Lines:
    return []


def _listing(directive: Directive, _: Nested) -> Lines:
    first = directive.body[0].text if directive.body else ""
    return fenced(directive.body, directive.argument.text or language_of(first))


def _python(directive: Directive, _: Nested) -> Lines:
    return fenced(directive.body, "python")


def _plain_listing(directive: Directive, _: Nested) -> Lines:
    return fenced(directive.content(), "")


def _labelled(label: str) -> "Writer":
    def write(directive: Directive, nested: Nested) -> Lines:
        number = directive.argument.number
        return stacked([[Line(f"**{label}**", number)], nested(directive.content())])

    return write


def _versioned(label: str) -> "Writer":
    def write(directive: Directive, nested: Nested) -> Lines:
        version, _, text = directive.argument.text.partition(" ")
        argument = Line(text.strip(), directive.argument.number)
        content = Directive(directive.name, argument, {}, directive.body).content()
        return stacked(
            [[Line(f"**{label} {version}**".replace(" **", "**"), argument.number)], nested(content)]
        )

    return write


def _titled(directive: Directive, nested: Nested) -> Lines:
    """Write an admonition whose argument is its title."""
    title = (
        [Line(f"**{directive.argument.text}**", directive.argument.number)] if directive.argument.text else []
    )
    return stacked([title, nested(directive.body)])


def _described(directive: Directive, nested: Nested) -> Lines:
    """Write the description of an object, such as `.. function:: name(x)`."""
    signature = directive.argument.text
    ticks = "``" if "`" in signature else "`"
    title = [Line(f"{ticks}{signature}{ticks}", directive.argument.number)] if signature else []
    return stacked([title, nested(directive.body)])


def _image(directive: Directive, nested: Nested) -> Lines:
    path, options = directive.argument.text, directive.options
    image = f"![{options.get('alt', '')}]({path if ' ' not in path else f'<{path}>'})"
    if target := options.get("target", ""):
        image = f"[{image}]({target})"
    return stacked([[Line(image, directive.argument.number)], nested(directive.body)])


def _raw(directive: Directive, _: Nested) -> Lines:
    return directive.body if "html" in directive.argument.text.split() else []


def _formulas(directive: Directive, _: Nested) -> Lines:
    """Write each paragraph of a `.. math::` as a formula of its own."""
    formulas: list[Lines] = [[]]
    for line in directive.content():
        if line.blank:
            formulas.append([])
        else:
            formulas[-1].append(line)
    return stacked([_formula(formula) for formula in formulas if formula])


_BEGIN_OR_END = re.compile(r"\\(begin|end)\{[A-Za-z]+\*?\}|(?<!\\)&|\\\\")


def _formula(lines: Lines) -> Lines:
    """Write a display formula, with an environment around it where it needs one to line up."""
    depth = 0
    aligned = False
    for mark in _BEGIN_OR_END.finditer("\n".join(line.text for line in lines)):
        depth += {"begin": 1, "end": -1}.get(mark[1], 0)
        aligned |= not mark[1] and depth == 0
    opening, closing = ("$$\\begin{aligned}", "\\end{aligned}$$") if aligned else ("$$", "$$")
    inner = [Line(line.text.strip(), line.number, inside=True) for line in lines]
    return [Line(opening, lines[0].number), *inner, Line(closing, lines[-1].number, inside=True)]


Writer = Callable[[Directive, Nested], Lines]
_LABELS = {
    "note": "Note", "warning": "Warning", "tip": "Tip", "hint": "Hint", "important": "Important",
    "caution": "Caution", "danger": "Danger", "attention": "Attention", "error": "Error",
    "seealso": "See also", "todo": "To do",
}  # fmt: skip
_VERSIONED = {
    "deprecated": "Deprecated since version", "versionadded": "Added in version",
    "versionchanged": "Changed in version", "versionremoved": "Removed in version",
}  # fmt: skip
_KINDS: tuple[tuple[Writer, str], ...] = (
    (_listing, "code-block code sourcecode highlight-block ipython prompt"),
    (_python, "doctest testcode testsetup plot exec jupyter-execute"),
    (_plain_listing, "parsed-literal testoutput csv-table productionlist graphviz digraph"),
    (_titled, "admonition rubric topic sidebar"),
    (
        _described,
        "function method class attribute data exception property classmethod staticmethod decorator option",
    ),
    (_image, "image figure"),
    (_formulas, "math"),
    (_raw, "raw"),
    (
        _hidden,
        "highlight currentmodule module automodule autoclass autofunction automethod autoattribute autodata "
        "autoexception autosummary autoproperty toctree index contents include literalinclude "
        "default-role role sectionauthor moduleauthor codeauthor meta testcleanup tabularcolumns",
    ),
)
_WRITERS: dict[str, Writer] = (
    {name: writer for writer, names in _KINDS for name in names.split()}
    | {name: _labelled(label) for name, label in _LABELS.items()}
    | {name: _versioned(label) for name, label in _VERSIONED.items()}
)


def _footnotes(lines: Lines, at: int, nested: Nested) -> Found:
    """Write consecutive footnotes and citations as one list."""
    notes: Lines = []
    end = following = at
    while following < len(lines) and (note := _FOOTNOTE.match(lines[following].text)):
        end = block_end(lines, following + 1, lines[following].indent)
        body = nested(dedented(trimmed(lines[following + 1 : end])))
        notes.append(Line(f"* {note[1]} {note[2]}", lines[following].number))
        notes += [Line(f"  {line.text}".rstrip(), line.number, line.inside) for line in body]
        following = next((n for n in range(end, len(lines)) if not lines[n].blank), len(lines))
    return Found(notes, end)

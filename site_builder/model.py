"""What travels from reading through translating to writing: frozen values, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from site_builder.errors import Location

State = Literal["current", "outdated", "missing"]


@dataclass(frozen=True, slots=True)
class Protected:
    """A piece that no translation touches: code, a formula, an image."""

    source: str
    """As the author wrote it: `` `x` ``, `$x$`."""
    html: str
    """Trusted HTML, put in place of the placeholder."""
    block: bool = False
    """Whether it stands between blocks, in no paragraph."""
    href: str = ""
    """Where it links to, unless it already stands inside a link."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one section says: HTML with a placeholder for each protected piece."""

    html: str = ""
    """The key of its translation. Not sanitised: it may hold any HTML that the author wrote."""
    protected: tuple[Protected, ...] = ()
    """Piece N stands where `html` has placeholder N."""
    anchors: tuple[tuple[int, str], ...] = ()
    """Ids that the source defines, as (number of the block they stand in, id)."""


@dataclass(frozen=True, slots=True)
class Section:
    """Prose and the code that it explains."""

    anchor: str
    """Qualified name of the definition whose section this is (`GroupNorm.forward`), or empty."""
    lines: range
    """The source lines that it covers, from 1; no two sections share one."""
    docs: Fragment
    code: str
    """Trusted HTML, one element per line of code; empty where there is none."""
    words: int = 0
    """How many words a translator has to deal with."""
    links: tuple[tuple[str, int], ...] = ()
    """What the prose links to or shows, as written, each with its line of the source."""
    statements: tuple[int, ...] = ()
    """Of Python: the lines of its code at which a statement of the module itself begins."""
    string: tuple[int, str] | None = None
    """Of Python: line and indentation of the string, a docstring mostly, that its prose is or ends with."""
    references: tuple[tuple[int, int, int], ...] = ()
    """The names in `code` that may link: where each begins and ends, and its number in `Names.targets`."""


# Not a dataclass: a site has many thousands.
class Target(NamedTuple):
    """What a name in Python code stands for, as far as its own page can tell."""

    module: str
    """As Python imports it."""
    definition: str = ""
    """The qualified name of a function or class in it, or empty."""
    attributes: str = ""
    """What is looked up from there on, with dots, or empty."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class, as the code of any page links to it."""

    fragment: str
    """Of its URL: its qualified name, or `section-N` where something else on the page has that id."""
    title: str
    """The heading of its prose, or its qualified name; empty if it has no prose."""
    summary: str
    """The beginning of its prose, in plain text."""


@dataclass(frozen=True, slots=True)
class Star:
    """A star import at the top of a module."""

    module: str
    """Empty if nothing is known of the names that it brings."""
    certain: bool
    """Whether it is always done."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of one Python source stand for, without a look at any other source."""

    module: str
    """As Python imports it."""
    definitions: Mapping[str, Definition]
    """By qualified name. Each of its names is bound once, and unconditionally."""
    bases: Mapping[str, tuple[Target | None, ...]]
    """Of each of the classes among the definitions; None is a base that nothing is known of."""
    bindings: Mapping[str, Target]
    """The module's own names that are bound once, and unconditionally, by a definition or import."""
    unsettled: frozenset[str]
    """Its other names, and, as `Class.name`, those of its classes: what they stand for is not certain."""
    assigned: frozenset[str]
    """What is assigned as an attribute of anything: `forward`, after `layer.forward = …`."""
    stars: tuple[Star, ...] = ()
    public: frozenset[str] | None = None
    """Its `__all__`, if that is a plain list."""
    targets: tuple[Target, ...] = ()
    """What the page's references stand for, each once."""


@dataclass(frozen=True, slots=True)
class Page:
    """One source file, in no language yet: parsed, rendered and highlighted once."""

    source: str
    """Path below the source folder, with `/`; empty for a page that has no source."""
    url: str
    """Path below the site's root, `normalization/index.html`."""
    title: str
    """Plain text."""
    summary: str
    """Plain text, may be empty."""
    sections: tuple[Section, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)
    """The front matter, for templates that want more of it."""
    styles: frozenset[tuple[str, str]] = frozenset()
    """The (class, CSS declarations) pairs that its formulas rely on."""
    names: Names | None = None
    """Of Python that parses; no other code links."""


@dataclass(frozen=True, slots=True)
class Text:
    """A title or summary in one language, or still in the source's."""

    text: str
    state: State


@dataclass(frozen=True, slots=True)
class Block:
    """A run of prose in one language, or still in the source's.

    A list or table that is translated in part is `current`: each of its lines that is not stands in an
    element of class `sb-missing` or `sb-outdated`, with a `lang` and `dir` of its own.
    """

    html: str
    """Sanitised HTML with every placeholder filled; links are still those of the source."""
    state: State
    """What is `missing` is shown in the source's language, and so is `outdated` without a `source`."""
    source: str = ""
    """The English that the outdated translations shown in `html` say, as HTML like it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of prose, a title or a summary that a language does not say, or says of an older text."""

    key: str
    """The fragment, title or summary that it is part of, as the page has it."""
    state: State
    """Not `current`."""
    text: str
    """What the source says, in plain text."""
    words: int
    old_text: str = ""
    """Of an outdated one: what the source said when it was translated, in plain text."""
    old_translation: str = ""


@dataclass(frozen=True, slots=True)
class LocalizedPage:
    """A page in one language."""

    page: Page
    language: str
    title: Text
    summary: Text
    sections: tuple[tuple[Block, ...], ...]
    """The prose of `page.sections`, one entry for each."""
    coverage: float
    """Share of the page's words that are shown in `language`, 0 to 1."""
    guesses: tuple[tuple[str, str], ...] = ()
    """Where a translation could be shown only by guessing: its key, and what was done, in plain words."""
    words: Mapping[State, int] = field(default_factory=dict)
    """How many words of the prose are in each state."""
    gaps: tuple[Gap, ...] = ()
    translated: bool = True
    """Whether anything on it, its title included, is in `language`."""


@dataclass(frozen=True, slots=True)
class GapPlace:
    """A gap, and where a translator can close it."""

    gap: Gap
    where: Location
    """In the map, or where the map would be; without a line if the map does not have the text yet."""


@dataclass(frozen=True, slots=True)
class PageStatus:
    """How much of a page a language has."""

    source: str
    """Path below the source folder."""
    title: str
    """As the source says it."""
    url: str
    """Of the page in that language, below the site's root."""
    language: str
    words: Mapping[State, int]
    gaps: tuple[GapPlace, ...]
    """In the order of the page."""
    problems: int
    """How many were found in its map: by a build, or by `check`."""
    map: str
    """The map's path as the user would type it, or empty if there is none."""
    further: int = 0
    """How many gaps there are besides those in `gaps`."""

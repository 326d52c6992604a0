"""Names in code that link to their definitions, on whichever page of the site these are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import NamedTuple

from site_builder.model import Names, Page, Section, Target
from site_builder.writing.links import way


class Meaning(NamedTuple):
    """What a name stands for: a module, or a definition in it."""

    module: str
    definition: str = ""


class Reference(NamedTuple):
    """A link to a definition, or to the page of a module."""

    href: str
    """Relative to the page, the same in every language."""
    about: str
    """Its title and summary, a line each, in the source's language; may be empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """What is defined on the pages of a site."""

    pages: Mapping[str, Page]
    """By module. Each has names."""
    folders: frozenset[str]
    """What a module of the site may stand in, as Python would import it."""

    def references(self, page: Page) -> tuple[Reference | None, ...]:
        """Return what each of the page's targets links to, if that is certain and on the site."""
        names = page.names
        if not names or self.pages[names.module].url != page.url:
            return ()
        return tuple(self._reference(target, page, names) for target in names.targets)

    def find(self, target: Target, module: str) -> Meaning | None:
        """Find what `target` stands for in the code of a module; None unless that is certain."""
        try:
            return _Search(self).find(target, module)
        except _LostError:
            return None

    def _reference(self, target: Target, page: Page, names: Names) -> Reference | None:
        meaning = self.find(target, names.module)
        found = self.pages.get(meaning.module) if meaning else None
        if not meaning or not found or not found.names:
            return None
        is_here = found.url == page.url
        if is_here and not meaning.definition:
            return None
        path = "" if is_here else way(found.url, page.url.rpartition("/")[0])
        if not meaning.definition:
            # Of a page without a heading, the title is only its name again.
            title = "" if found.names.module.endswith(found.title) else found.title
            return Reference(path, _lines(title, found.summary))
        definition = found.names.definitions[meaning.definition]
        return Reference(f"{path}#{definition.fragment}", _lines(definition.title, definition.summary))


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def make_index(pages: Iterable[Page], package: str) -> Index:
    """Return the index of a site; `package` is by which name Python imports the source folder, if it does."""
    found: dict[str, Page] = {}
    for page in pages:
        # A package hides the module of the same name.
        if page.names and (page.names.module not in found or page.source.endswith("__init__.py")):
            found[page.names.module] = page
    return index_of(found, package)


def index_of(pages: Mapping[str, Page], package: str) -> Index:
    """Return the index of a site whose pages are known by module."""
    folders = {folder for module in pages for folder in _above(module) if folder.startswith(package)}
    return Index(pages, frozenset(folders))


def _above(module: str) -> Iterator[str]:
    while module := module.rpartition(".")[0]:
        yield module


def link_code(page: Page, references: Sequence[Reference | None]) -> Page:
    """Put the links into the code of a page."""
    if not any(references):
        return page
    openings = [_opening(reference) if reference else "" for reference in references]
    sections = (
        replace(section, code=_linked(section, openings)) if section.references else section
        for section in page.sections
    )
    return replace(page, sections=tuple(sections))


def _opening(reference: Reference) -> str:
    about = escape(reference.about).replace("\n", "&#10;")
    title = f' title="{about}"' if about else ""
    return f'<a class="sb-ref" href="{escape(reference.href)}"{title}>'


def _linked(section: Section, openings: Sequence[str]) -> str:
    parts, done = [], 0
    for start, end, number in section.references:
        if openings[number]:
            parts += [section.code[done:start], openings[number], section.code[start:end], "</a>"]
            done = end
    return "".join([*parts, section.code[done:]])


# What a name stands for.

_LONGEST = 200  # Steps of a search: one that needs more goes in circles.


class _LostError(Exception):
    """A search is too long."""


@dataclass(slots=True)
class _Search:
    """One search. Each begins anew, so that it does not matter what was searched before."""

    index: Index
    steps: int = 0

    def find(self, target: Target, here: str) -> Meaning | None:
        """Find what `target` stands for in the code of the module `here`."""
        self._step()
        if not self._is_one(target.module, here):
            return None
        meaning: Meaning | None = Meaning(target.module, target.definition)
        for name in target.attributes.split(".") if target.attributes else ():
            if meaning:
                look_up = self._in_class if meaning.definition else self._in_module
                meaning = look_up(meaning, name)
        return meaning

    def _step(self) -> None:
        self.steps += 1
        if self.steps > _LONGEST:
            raise _LostError

    def _is_one(self, module: str, here: str) -> bool:
        """Whether there is such a module, and no other that `here` would find first.

        A script that is in no package finds those beside it first.
        """
        beside, top = here.rpartition(".")[0], module.partition(".")[0]
        is_script = beside not in self.index.pages and module != here
        return self._exists(module) and not (is_script and self._exists(f"{beside}.{top}"))

    def _exists(self, module: str) -> bool:
        return module in self.index.pages or module in self.index.folders

    def _in_module(self, meaning: Meaning, name: str) -> Meaning | None:
        self._step()
        page = self.index.pages.get(meaning.module)
        inner = Meaning(f"{meaning.module}.{name}")
        below = inner if self._exists(inner.module) else None
        if not page or not page.names:
            return below
        names = page.names
        if name in names.unsettled:
            return None
        if bound := names.bindings.get(name):
            # A package that imports a name from itself means the module below it.
            is_below = bound == Target(meaning.module, attributes=name)
            found = below if is_below else self.find(bound, meaning.module)
            # Whoever imports the module of that name binds the name to it, unless that was done before.
            is_safe = not below or found == below or f"{bound.module}.".startswith(f"{inner.module}.")
            return found if is_safe else None
        return self._by_stars(names, name, below)

    def _by_stars(self, names: Names, name: str, below: Meaning | None) -> Meaning | None:
        """Look for what star imports bring, else for a module of that name."""
        brought = [(star, self._brings(star.module, name)) for star in names.stars]
        if any(brings is None for _, brings in brought):
            return None
        stars = [star for star, brings in brought if brings]
        if stars:
            found = {self._in_module(Meaning(star.module), name) if star.certain else None for star in stars}
            return found.pop() if len(found) == 1 else None
        is_dynamic = "__getattr__" in names.bindings or "__getattr__" in names.unsettled
        return None if is_dynamic else below

    def _brings(self, module: str, name: str) -> bool | None:
        """Whether a star import of a module binds a name; None if that is not certain."""
        self._step()
        page = self.index.pages.get(module)
        if not page or not page.names:
            return None
        names = page.names
        if names.public is not None:
            return name in names.public
        if "__all__" in names.unsettled or "__all__" in names.bindings:
            return None
        if name in names.bindings or name in names.unsettled:
            return not name.startswith("_")
        if self._exists(f"{module}.{name}"):
            return None
        brought = {self._brings(star.module, name) for star in names.stars}
        return True if True in brought else None if None in brought else False

    def _in_class(self, meaning: Meaning, name: str, *, inherited: bool = True) -> Meaning | None:
        self._step()
        page = self.index.pages.get(meaning.module)
        own = f"{meaning.definition}.{name}"
        if not page or not page.names or name in page.names.assigned or own in page.names.unsettled:
            return None
        bases = page.names.bases.get(meaning.definition)
        if bases is not None and own in page.names.definitions:
            return Meaning(meaning.module, own)
        base = self.find(bases[0], meaning.module) if bases and bases[0] and inherited else None
        # What comes after the first of several bases depends on all that is above them.
        return (
            self._in_class(base, name, inherited=len(bases or ()) == 1) if base and base.definition else None
        )

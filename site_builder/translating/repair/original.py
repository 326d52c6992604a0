"""What a fragment asks of its translation: its placeholders and links, and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from site_builder.fragment import PLACEHOLDER, bare
from site_builder.sanitize import INLINE_TAGS, SCHEMES
from site_builder.translating.repair.elements import LEAVES
from site_builder.translating.repair.nesting import has_words, nest
from site_builder.translating.repair.placing import Setting
from site_builder.translating.repair.soup import Tag, Token, elements, read

TEXT_BLOCKS = LEAVES | {"li", "td", "th", "dt", "dd"}
"""Blocks by whose number places in a fragment and in its translation correspond."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the original."""

    href: str
    label: tuple[str | int, ...]
    """What stands in it, without tags."""
    block: int
    """Number of the block that it stands in."""

    @property
    def text(self) -> str:
        """The label without placeholders, as HTML."""
        return " ".join("".join(token for token in self.label if isinstance(token, str)).split())


@dataclass(frozen=True, slots=True)
class Original:
    """What a translation has to keep of its fragment."""

    elements: frozenset[str]
    leaves: tuple[str, ...]
    """Paragraphs and headings, in order."""
    placeholders: dict[int, int]
    """Each with the number of the block that it stands in."""
    between_blocks: dict[int, int]
    """Those that stand in no block, each with the number of outermost elements before it."""
    links: dict[str, Link]
    """By target, the first to each."""
    setting: Setting

    def label(self, href: str) -> str:
        """Return the text that the original links to `href`, or something shorter than the target."""
        text = self.links[href].text if href in self.links else ""
        return text if has_words(text) else _short(href)


def reachable(href: str) -> bool:
    """Whether a link to `href` survives sanitising."""
    scheme, colon, _ = href.partition(":")
    return bool(href) and (not colon or not scheme.isalnum() or scheme.lower() in SCHEMES)


def original(key: str) -> Original:
    """Read a key."""
    found = elements(bare(key))
    numbers = frozenset(map(int, PLACEHOLDER.findall(key)))
    tokens = nest(read(key, found, set()), Setting(numbers, loose_text=True), set())
    walk = _Walk()
    for token in tokens:
        walk.take(token)
    leaves = tuple(token.name for token in tokens if isinstance(token, Tag) and _opens(token, LEAVES))
    setting = Setting(frozenset(walk.between_blocks), walk.loose_text, _home(tokens))
    return Original(found, leaves, walk.placeholders, walk.between_blocks, walk.links, setting)


def _opens(token: Token, names: frozenset[str]) -> bool:
    return isinstance(token, Tag) and not token.closing and token.name in names


def _home(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Choose the elements for text without a block: a paragraph unless the original has none."""
    names = [token.name for token in tokens if isinstance(token, Tag) and token.name not in INLINE_TAGS]
    if "p" in names or not names:
        return ("p",)
    if names[0] in LEAVES:
        return (names[0],)
    return (names[0], "li") if names[0] in {"ul", "ol"} else ("p",)


class _Walk:
    """One pass over the tokens of a key."""

    def __init__(self) -> None:
        self.placeholders: dict[int, int] = {}
        self.between_blocks: dict[int, int] = {}
        self.links: dict[str, Link] = {}
        self.loose_text = False
        self.depth = self.outermost = 0
        self.block = -1
        self.blocks: list[int] = []
        self.href = ""
        self.label: list[str | int] = []

    def take(self, token: Token) -> None:
        if isinstance(token, Tag):
            self._tag(token)
            return
        if self.href:
            self.label.append(token)
        if isinstance(token, int):
            self.placeholders.setdefault(token, max(self.block, 0))
            if not self.depth:
                self.between_blocks.setdefault(token, self.outermost)
        elif not self.depth and token.strip():
            self.loose_text = True

    def _tag(self, tag: Tag) -> None:
        if tag.name == "a":
            self._link(tag)
        elif tag.name not in INLINE_TAGS:
            self.outermost += not tag.closing and not self.depth
            self.depth += (-1 if tag.closing else 1) if tag.name != "hr" else 0
            self.block += _opens(tag, TEXT_BLOCKS)

    def _link(self, tag: Tag) -> None:
        if tag.closing:
            label = [part for part in self.label if isinstance(part, int) or part.strip()]
            if label and reachable(self.href):
                self.links.setdefault(self.href, Link(self.href, tuple(label), max(self.block, 0)))
            self.href = ""
        else:
            self.href = tag.href
            self.label = []


def _short(href: str) -> str:
    """Shorten a target to something that can be read: the host, or the last part of a path."""
    _, scheme, rest = href.rpartition("://") if "://" in href[:8] else ("", "", href)
    path = rest.partition("?")[0].partition("#")[0].strip("/") or rest
    short = path.partition("/")[0] if scheme else path.rpartition("/")[2] or path
    return (short[:39] + "…" if len(short) > 40 else short).replace("&", "&amp;").replace("<", "&lt;")

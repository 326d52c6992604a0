"""What becomes of prose: a fragment, and what its page needs to know besides."""

from dataclasses import dataclass, field

from site_builder.model import Fragment


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a fragment."""

    block: int
    """Number of its block in the fragment."""
    text: str
    """Plain text."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something in the prose that cannot be rendered as it was meant."""

    line: int
    """Line of the prose, from 0."""
    code: str
    message: str
    hint: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Prose as a fragment, and what its page needs to know."""

    fragment: Fragment = field(default_factory=Fragment)
    headings: tuple[Heading, ...] = ()
    links: tuple[tuple[str, int], ...] = ()
    """What it links to or shows, each with its line of the prose, from 0."""
    styles: frozenset[tuple[str, str]] = frozenset()
    """The (class, CSS declarations) pairs that its formulas rely on."""
    complaints: tuple[Complaint, ...] = ()

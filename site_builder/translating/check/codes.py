"""The codes of what can be wrong with a translation, and what a rule says of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from site_builder.errors import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A family of problems, to be asked for by its name."""

    meaning: str
    """One line for a list of codes."""
    severity: Severity = "warning"
    default: bool = True
    """Whether it is looked for without being asked for."""


CODES: Mapping[str, Code] = MappingProxyType({
    "placeholder": Code("a formula, code or image is missing, repeated or not in its block", "error"),
    "structure": Code("the blocks and tags are not those of the original"),
    "nested-link": Code("a link stands inside another", "error"),
    "link-lost": Code("a link of the original is missing", "error"),
    "link-changed": Code("a link leads where the original does not", "error"),
    "unsafe-html": Code("HTML that no page shows: scripts, handlers, styles, foreign schemes", "error"),
    "number": Code("the numbers differ from those of the original"),
    "same": Code("a line is still in the original's language"),
    "empty": Code("there is no translation"),
    "whitespace": Code("a space is missing, or stands where the language has none"),
    "control-character": Code("a character that is no text or turns text around", "error"),
    "zero-width": Code("a character that nobody sees"),
    "punctuation": Code("sentence ends, brackets or commas are not those of the language"),
    "inconsistent": Code("one line is translated in two ways"),
    "stale": Code("no source says the key any more"),
    "orphan": Code("no source belongs to the map"),
    "glossary": Code("a term is not translated as the glossary says"),
})  # fmt: skip
"""Every code, in the order in which they are explained."""

DEFAULT_CODES = frozenset(name for name, code in CODES.items() if code.default)
"""What is looked for without being asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an entry, wherever the entry stands."""

    code: str
    message: str
    hint: str
    """The remedy."""

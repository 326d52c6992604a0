"""A fragment without its texts, as it is shown: most translations need nothing but to be put into it.

Whether a value is valid and safe depends on its markup, and on its texts only as far as they are blank, hold
more than text, or stand where none may. So that is found out once for a fragment, with signs for its texts,
and holds for each value that has the same markup and plain texts in the same places.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from site_builder.fragment import bare
from site_builder.fragment.filling import fill
from site_builder.fragment.lines import split
from site_builder.model import Fragment
from site_builder.sanitize import find_not_text
from site_builder.translating.assemble import safe
from site_builder.translating.repair import repair
from site_builder.translating.repair.elements import FRAMES

_PIECE = r"(?:<span translate=no>_\^_[0-9]{1,6}_\^_</span>|</?[A-Za-z][^<>]*+>|_\^_[0-9]{1,6}_\^_)"
_MARKUP = re.compile(rf"({_PIECE}(?:\s*+{_PIECE})*+)")
"""Tags and placeholders, with nothing between them; what is around them is more than white space."""

# What is markup, may be half of a placeholder, or is spelled otherwise by the sanitiser.
_NO_PLAIN_TEXT = re.compile("[<>^＾\r\xa0\ud800-\udfff&%](?<!&(?=amp;|lt;|gt;))(?<!%(?!5))")

_SIGN = "\ue000"
_NAME = re.compile(r"<([a-z0-9]+)")
_NO_PLACE = FRAMES | {"hr"}


@dataclass(frozen=True, slots=True)
class Mould:
    """What is around the texts of a fragment."""

    edges: tuple[str, str]
    """White space before the first tag and behind the last."""
    markup: Sequence[str]
    """As in the fragment, one more than the texts."""
    shown: Sequence[str]
    """The same, with edges, protected pieces and ids."""

    def filled(self, value: str) -> str | None:
        """Show a translation of the fragment; None if it is not of the same markup, or not of plain texts."""
        parts = _MARKUP.split(value)
        if parts[1::2] != self.markup or (parts[0], parts[-1]) != self.edges or find_not_text(value):
            return None
        texts = parts[2:-1:2]
        joined = "\0".join(texts)
        if "&" in joined:
            joined = joined.replace("&quot;", '"').replace("&#x27;", "'")
            texts = joined.split("\0")
        if _NO_PLAIN_TEXT.search(joined):
            return None
        parts[1::2], parts[2:-1:2] = self.shown, texts
        return "".join(parts[1:-1])


@lru_cache(maxsize=1 << 9)  # Each language asks anew.
def mould_of(fragment: Fragment) -> Mould | None:
    """Make the mould of a fragment; None if not all of its markup is shown as it is written."""
    parts = _MARKUP.split(fragment.html)
    edges = parts[0], parts[-1]
    if len(parts) == 1 or any(edge.strip() for edge in edges):
        return None
    parts[2:-1:2] = [_SIGN] * len(parts[2:-1:2])
    signs = "".join(parts)
    html = bare(signs)
    if "<pre" in html or safe(html) != html or not _stand_in_blocks(signs):
        return None
    shown = fill(html, fragment.protected, fragment.anchors).split(_SIGN)
    if len(shown) != len(parts[1::2]) or repair(fragment.html, fragment.html).kinds:
        return None
    return Mould(edges, parts[1::2], shown)


def _stand_in_blocks(html: str) -> bool:
    """Tell whether the texts of a fragment all stand where its last block begins, so that any text may."""
    pieces = split(html, lists=False)
    before = (pieces[at - 1] if at else "" for at in range(0, len(pieces), 2) if _SIGN in pieces[at])
    return all((name := _NAME.match(tag)) and name[1] not in _NO_PLACE for tag in before)

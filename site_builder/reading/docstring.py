r"""Docstrings as people write them, to Markdown.

Doctests, field lists, Google's and NumPy's sections and reStructuredText become CommonMark with
formulas in `$…$`. Markdown stays what it is.
"""

import re
from collections.abc import Sequence
from functools import partial

from site_builder.reading.docstring_fields import FIELD, field_list
from site_builder.reading.docstring_sections import google_section, numpy_section
from site_builder.reading.lines import (
    LIST_ITEM,
    Found,
    Idiom,
    Line,
    Lines,
    indented,
    margin_of,
    numbered,
    trimmed,
)
from site_builder.reading.listings import announcement, announces, doctest, literal_block
from site_builder.reading.restructured import explicit_markup, table, title
from site_builder.reading.roles import targets_of, with_markdown_spans

MAX_NESTING = 20
"""How deep idioms may nest; what is deeper stays as it is."""

# Something here is in every text with an idiom. Each branch begins with a literal, for speed.
_HINT = re.compile(
    r"""
    >>>
    | :(?:[ \t]*\n|:[ \t]*\n|:[ \t]*\Z|::|`)
    | \.\.(?:[ \n]|\Z)
    | `__?\b | \]_
    """,
    re.VERBOSE,
)


def to_markdown(text: str) -> tuple[str, tuple[int, ...]]:
    """Convert the prose of one docstring or block of comments.

    The second value gives for each line of the first the index of the line of `text` that it came
    from. A text without any idiom comes back as it is.
    """
    texts = text.split("\n")
    if not _may_have_idioms(text) or "\0" in text:
        return text, tuple(range(len(texts)))
    raise NotImplementedError

"""What a fragment says, however it is spelled: its normal form, its text, its words."""

import re
from collections.abc import Sequence
from html import escape, unescape

from site_builder.fragment import PLACEHOLDER, TAG, bare
from site_builder.model import Protected


def word_count(html: str) -> int:
    """Count the words that a translator would see."""
    return len(_WORD.findall(unescape(PLACEHOLDER.sub(" ", TAG.sub(" ", html)))))


# From its first letter or digit on.
_WORD = re.compile(r"[^\W_]\S*")


def plain_text(html: str, protected: Sequence[Protected] = ()) -> str:
    """Say `html` in plain text: code and formulas by their source, images by their description."""
    text = TAG.sub("", _EDGE.sub(" ", html))
    text = PLACEHOLDER.sub(lambda number: _source_of(protected, int(number[1])), text)
    return " ".join(unescape(text).split())


def _source_of(protected: Sequence[Protected], number: int) -> str:
    source = protected[number].source if number < len(protected) else ""
    image = _IMAGE.fullmatch(source)
    return escape(image[1] if image else source.strip("`$"))


_IMAGE = re.compile(r"!\[(.*)\]\(.*\)", re.DOTALL)
_EDGE = re.compile(
    r"<(?:(/?h[1-6]|li|[bh]r)|/?(?:p|[uod]l|li|d[dt]|div|blockquote|table|t(?:head|body|foot|[rdh])|caption|pre"
    r"|details|summary))(?:\s[^<>]*|/)?>"
)
"""The edge of a block; group 1 is what to keep of it."""
_ENTITY = re.compile(r"&(?!(?:amp|lt);)(?:#?\w{1,32};?)?")
_ATTRIBUTE = re.compile(r"""(?<![\w-])([\w-]++) ?= ?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_LIST_TAG = re.compile(r"<(/?(?:[ou]l|li|p))(?: start=\"(\d{1,9})\"| [^<>]*)?>")
_NUMBERED_PARAGRAPH = re.compile(r"<p>(?=\d{1,9}\.(?:[ <]|\Z))")


def normal_form(html: str) -> str:
    """Say what a fragment says without how it is spelled.

    Two renderings of one text agree in it: white space, the spelling of entities and of attributes,
    spaces beside block tags, and how a list is marked up do not count. `<p>` in it stands for the edge
    of any block. A normal form is its own normal form.
    """
    text = plainly_spelled(html)
    if "<ol" in text:
        text = _with_numbers(text)
    text = text.replace("<p>", "\n").replace("</p>", "\n")  # The usual edges, only for speed.
    parts = map(str.strip, _EDGE.sub(r"\n<\1>\n", text).split("\n"))
    text = "<p>".join([part for part in parts if part and part != "<>"])
    # In the wild an ordered list goes on the paragraph above it.
    return _NUMBERED_PARAGRAPH.sub(" ", text)


def plainly_spelled(html: str) -> str:
    """Spell white space, entities, attributes and placeholders in one way."""
    text = _ENTITY.sub(_plain_character, html) if "&" in html else html
    text = bare(" ".join(text.split()))
    return TAG.sub(_plain_tag, text) if "=" in text.replace('="', "") or " >" in text else text


def _plain_character(entity: re.Match[str]) -> str:
    return unescape(entity[0]).replace("&", "&amp;").replace("<", "&lt;")


def _plain_tag(tag: re.Match[str]) -> str:
    return re.sub(r" ?/?>$", ">", _ATTRIBUTE.sub(r'\1="\2\3\4"', tag[0]))


def _with_numbers(html: str) -> str:
    """Spell ordered lists as maps in the wild do: as text, each item after its number."""
    counters: list[int] = []

    def spelled(tag: re.Match[str]) -> str:
        name, ordered = tag[1], counters[-1:] > [-1]
        if name in {"ol", "ul"}:
            counters.append(int(tag[2] or 1) if name == "ol" else -1)
        elif name in {"/ol", "/ul"}:
            del counters[-1:]
        elif ordered and name == "li":
            counters[-1] += 1
            return f" {counters[-1] - 1}. "
        elif ordered:
            return " "
        return tag[0]

    return " ".join(_LIST_TAG.sub(spelled, html).split())

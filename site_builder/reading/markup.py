"""Markdown to a fragment: HTML with placeholders, and the pieces that they stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from site_builder.fragment import headings, own_anchors, placeholder, plain_text
from site_builder.model import Fragment, Protected
from site_builder.reading.formula import Converter
from site_builder.reading.highlight import listing, visible
from site_builder.reading.protect import MARK, Piece, mark, protect, restore
from site_builder.sanitize import ALLOWED_TAGS

MAX_BYTES = 256 * 1024
MAX_NESTING = 50


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
    styles: frozenset[tuple[str, str]] = frozenset()
    """The (class, CSS declarations) pairs that its formulas rely on."""
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class Markup:
    """How a site renders its prose."""

    convert: Converter
    load_remote_images: bool = False

    def render(self, text: str) -> Rendered:
        """Render Markdown with formulas.

        `fragment.anchors` holds the ids that raw HTML in `text` defines; headings have none yet.
        """
        if not text.strip():
            return Rendered()
        if refusal := _refusal(text):
            return Rendered(Fragment(f"<p>{escape(text[:1000])} …</p>\n"), complaints=(refusal,))
        return _Rendering(self, text).result()


def _refusal(text: str) -> Complaint | None:
    if len(text.encode()) <= MAX_BYTES:
        return None
    return Complaint(0, "limit", f"more than {MAX_BYTES // 1024} KB of prose in one piece", "split it")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 2 * MAX_NESTING}).enable(["table", "strikethrough"])
    # A key holds a link as its author wrote it.
    parser.normalizeLink = str  # type: ignore[assignment, method-assign]
    parser.normalizeLinkText = str  # type: ignore[assignment, method-assign]
    return parser


class _Rendering:
    """The work on one text."""

    def __init__(self, markup: Markup, text: str) -> None:
        self.markup = markup
        self.text = text
        self.marked, self.pieces = protect(text)
        self.protected: list[Protected | None] = [None] * len(self.pieces)
        self.styles: set[tuple[str, str]] = set()
        self.complaints: list[Complaint] = []

    def result(self) -> Rendered:
        html = self._blocks(_parser().parse(self.marked)).replace("</li>\n</ul>", "</li></ul>")
        html = html.replace("</li>\n</ol>", "</li></ol>")
        if any(piece.kind == "environment" for piece in self.pieces):
            html = _PARAGRAPH.sub(self._without_environments, html)
        if self.text.endswith("\n") and html.endswith("</p>\n"):
            # As maps in the wild have it: the last line break is white space too.
            html = f"{html[:-5]} </p>\n"
        html, protected = self._numbered(html)
        fragment = Fragment(html, protected, tuple(own_anchors(html) if "=" in html else ()))
        titles = tuple(Heading(block, plain_text(inner, protected)) for block, inner in headings(html))
        return Rendered(fragment, titles, frozenset(self.styles), tuple(self.complaints))

    def _blocks(self, tokens: Sequence[Token]) -> str:
        output = []
        for token in tokens:
            if token.level > MAX_NESTING and not self.complaints:
                self.complaints.append(_too_deep(token))
            output.append(self._inline(token) if token.type == "inline" else self._block(token))
        return "".join(output)

    def _block(self, token: Token) -> str:
        if token.hidden:
            return ""
        match token.type:
            case "heading_open":
                return f"<{token.tag}>"
            case "heading_close":
                return f"</{token.tag}>\n"
            case "ordered_list_open":
                return f'<ol start="{token.attrs["start"]}">' if "start" in token.attrs else "<ol>"
            case "th_open" | "td_open":
                return f"<{token.tag}{_ALIGNMENT.get(str(token.attrs.get('style')), '')}>"
            case "fence" | "code_block":
                language = token.info.split()[0].strip("{}.") if token.info.strip() else ""
                code = restore(token.content, self.pieces)
                return self._set_aside(Protected(code, listing(code, language), block=True))
            case "html_block":
                return self._raw(token.content)
            case _:
                return _TAGS[token.type]

    def _inline(self, token: Token) -> str:
        return "".join(map(self._span, token.children or ())).strip()

    def _span(self, token: Token) -> str:
        match token.type:
            case "text" | "text_special":
                return _text(token.content)
            case "link_open":
                title = f' title="{self._attribute(token, "title")}"' if "title" in token.attrs else ""
                return f'<a href="{self._attribute(token, "href")}"{title}>'
            case "image":
                alt = restore(token.content, self.pieces)
                attributes = {name: restore(str(value), self.pieces) for name, value in token.attrs.items()}
                return self._image({**attributes, "alt": alt})
            case "html_inline":
                return self._raw(token.content)
            case "code_inline":
                return self._set_aside(Protected(token.content, _code(token.content)))
            case _:
                return _TAGS[token.type]

    def _attribute(self, token: Token, name: str) -> str:
        return escape(restore(str(token.attrs[name]), self.pieces))

    def _raw(self, html: str) -> str:
        """Keep the author's HTML; what a reader would never see is shown as text instead."""
        return _text_kept("".join(map(self._raw_part, _RAW_PARTS.split(html))))

    def _raw_part(self, part: str) -> str:
        name = _RAW_TAG.match(part)
        if part.startswith("<!--"):
            return ""
        if not name:
            return part.replace("<", "&lt;")
        if name[1].lower() == "img":
            return self._image(
                {found[1].lower(): unescape(found[2] or found[3]) for found in _RAW_ATTRIBUTE.finditer(part)}
            )
        return (
            restore(part, self.pieces)
            if name[1].lower() in ALLOWED_TAGS
            else escape(restore(part, self.pieces))
        )

    def _image(self, attributes: dict[str, str]) -> str:
        source, alt = attributes.get("src", ""), escape(attributes.get("alt", ""))
        if source == _COLAB_BADGE:
            return self._set_aside(Protected(source, _LOCAL_COLAB_BADGE))
        if "//" in source[:8] and not self.markup.load_remote_images:
            return self._set_aside(Protected(source, alt or escape(source), href=escape(source)))
        more = "".join(
            f' {name}="{escape(attributes[name])}"'
            for name in ("width", "height", "title")
            if name in attributes
        )
        return self._set_aside(
            Protected(source, f'<img src="{escape(source)}" alt="{alt}"{more} loading="lazy">')
        )

    def _set_aside(self, piece: Protected) -> str:
        self.protected.append(piece)
        return mark(len(self.protected) - 1)

    def _without_environments(self, paragraph: re.Match[str]) -> str:
        """Let environments stand between paragraphs."""
        parts = []
        for part in re.split(f"({MARK.pattern.replace('(', '(?:')})", paragraph[1]):
            found = MARK.fullmatch(part)
            if (
                found
                and int(found[1]) < len(self.pieces)
                and self.pieces[int(found[1])].kind == "environment"
            ):
                parts.append(part)
            elif parts and parts[-1].startswith("<p>"):
                parts[-1] += part
            elif part.strip():
                parts.append(f"<p>{part}")
        return "".join(f"<p>{part[3:].strip()}</p>\n" if part.startswith("<p>") else part for part in parts)

    def _numbered(self, html: str) -> tuple[str, tuple[Protected, ...]]:
        """Give the pieces that are left their numbers, in the order in which they appear."""
        order: list[Protected] = []

        def number(found: re.Match[str]) -> str:
            order.append(self.protected[int(found[1])] or self._protected(self.pieces[int(found[1])]))
            return placeholder(len(order) - 1)

        return MARK.sub(number, html), tuple(order)

    def _protected(self, piece: Piece) -> Protected:
        if piece.kind == "code":
            return Protected(piece.source, _code(piece.body))
        formula = self.markup.convert(piece.body, piece.kind != "inline")
        self.styles.update(formula.styles)
        if formula.error:
            self.complaints.append(_unconverted(piece, formula.error))
        return Protected(piece.source, formula.html, block=piece.kind == "environment")


_TAGS = {
    "paragraph_open": "<p>", "paragraph_close": "</p>\n",
    "bullet_list_open": "<ul>", "bullet_list_close": "</ul>\n", "ordered_list_close": "</ol>\n",
    "list_item_open": "<li>", "list_item_close": "</li>\n",
    "blockquote_open": "<blockquote>", "blockquote_close": "</blockquote>\n", "hr": "<hr>\n",
    "table_open": "<table>", "table_close": "</table>\n", "thead_open": "<thead>", "thead_close": "</thead>",
    "tbody_open": "<tbody>", "tbody_close": "</tbody>", "tr_open": "<tr>", "tr_close": "</tr>",
    "th_close": "</th>", "td_close": "</td>", "link_close": "</a>", "softbreak": " ", "hardbreak": "<br>",
    "em_open": "<em>", "em_close": "</em>", "strong_open": "<strong>", "strong_close": "</strong>",
    "s_open": "<s>", "s_close": "</s>",
}  # fmt: skip
_ALIGNMENT = {f"text-align:{side}": f' align="{side}"' for side in ("left", "center", "right")}
_PARAGRAPH = re.compile(r"<p>(.*?)</p>\n", re.DOTALL)
_RAW_PARTS = re.compile(r"(<!--.*?-->|</?[A-Za-z][^<>]*>)", re.DOTALL)
_RAW_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_RAW_ATTRIBUTE = re.compile(r"""([A-Za-z]+)\s*=\s*(?:["']([^"'<>]*)["']|([^\s"'<>]+))""")
_COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
_LOCAL_COLAB_BADGE = (
    '<img class="sb-badge" src="/_site/colab.svg" alt="Open in Colab" width="118" height="20">'
)


def _text(text: str) -> str:
    return _text_kept(escape(text))


def _text_kept(html: str) -> str:
    """Spell what looks like a placeholder so that it is none."""
    return html.replace("_^_", "_&#94;_") if "_^_" in html else html


def _code(code: str) -> str:
    return f'<code translate="no">{visible(escape(code, quote=False))}</code>'


def _unconverted(piece: Piece, error: str) -> Complaint:
    hint = "mend the formula, or define the command under [tool.site-builder.macros]; it is shown as TeX"
    return Complaint(
        piece.line, "formula", f"cannot convert the formula: {error}", hint, " ".join(piece.body.split())[:60]
    )


def _too_deep(token: Token) -> Complaint:
    line = token.map[0] if token.map else 0
    return Complaint(line, "limit", f"lists or quotes nested more than {MAX_NESTING} deep", "flatten them")

"""Markdown to a fragment: HTML with placeholders, and the pieces that they stand for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from site_builder.fragment import headings, own_anchors, placeholder
from site_builder.fragment.wording import plain_text
from site_builder.model import Fragment, Protected
from site_builder.reading.formula import Converter
from site_builder.reading.formula_source import with_source
from site_builder.reading.highlight import listing, visible
from site_builder.reading.plain import is_plain, render_plain
from site_builder.reading.protect import MARK, Piece, mark, protect, restore
from site_builder.reading.raw_html import attributes_of, image, is_image, kept, split_tags
from site_builder.reading.rendered import Complaint, Heading, Rendered
from site_builder.sanitize import limits

MAX_BYTES = 256 * 1024
MAX_NESTING = 50
MAX_UNMATCHED = 500


@dataclass(frozen=True, slots=True)
class Markup:
    """How a site renders its prose."""

    convert: Converter
    load_remote_images: bool = False

    def render(self, text: str) -> Rendered:
        """Render Markdown with formulas.

        `fragment.anchors` holds the ids that raw HTML in `text` defines; headings have none yet. A text
        beyond the limits is shown as it is written, with a complaint.
        """
        if not text.strip():
            return Rendered()
        if len(text.encode()) > MAX_BYTES:
            message = f"more than {MAX_BYTES // 1024} KB of prose in one piece"
            return _as_written(f"{text[:1000]} …", Complaint(0, "limit", message, "split it"))
        return _Rendering(self, text).result()


def _as_written(text: str, complaint: Complaint) -> Rendered:
    return Rendered(Fragment(_unforged(f"<p>{escape(text)}</p>\n")), complaints=(complaint,))


# A list is two levels, the list and its item; what stands at this level is dropped by Markdown.
_DROPPED_LEVEL = 2 * MAX_NESTING + 1


_SIGNS = {
    name: re.compile(sign, re.MULTILINE)
    for name, sign in {
        "table": r"\|",
        "fence": "```|~~~",
        "blockquote": ">",
        "hr": r"[-*_][ \t]*$",
        "list": r"(?:[-+*]|\d[.)])(?:[ \t]|$)",
        "reference": r"\]:",
        "html_block": "<",
        "heading": "#",
        "lheading": r"[-=][ \t]*$",
    }.items()
}
"""What each kind of block cannot be without."""


def _parser_for(text: str) -> MarkdownIt:
    """Return a parser that looks for what may be in a text: for each line it tries all that it knows."""
    return _parser(tuple(name for name, sign in _SIGNS.items() if not sign.search(text)))


@lru_cache(maxsize=256)
def _parser(without: tuple[str, ...]) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _DROPPED_LEVEL}).enable(["table", "strikethrough"])
    # A key holds a link as its author wrote it.
    parser.normalizeLink = str  # type: ignore[assignment, method-assign]
    parser.normalizeLinkText = str  # type: ignore[assignment, method-assign]
    return parser.disable(without)


class _Rendering:
    """The work on one text."""

    def __init__(self, markup: Markup, text: str) -> None:
        self.markup = markup
        self.text = text
        self.marked, self.pieces = protect(text)
        self.protected: list[Protected | None] = [None] * len(self.pieces)
        self.styles: set[tuple[str, str]] = set()
        self.complaints: list[Complaint] = []
        self.links: list[tuple[str, int]] = []
        self.line = 0
        """Where the work is in `marked`."""

    def result(self) -> Rendered:
        if self.marked.count("[") - self.marked.count("]") > MAX_UNMATCHED:
            message = f"more than {MAX_UNMATCHED} `[` without `]`"
            return _as_written(self.text, Complaint(0, "limit", message, r"write `\[` for a bracket"))
        if is_plain(self.marked) and not self._has_environments():
            # What Markdown would make of it, at a tenth of the cost: most comments are like this.
            html, protected = self._numbered(self._with_last_break(render_plain(self.marked)))
            titles = _titles(html, protected) if self.marked.startswith("#") or "\n#" in self.marked else ()
            return Rendered(
                Fragment(html, protected), titles, (), frozenset(self.styles), tuple(self.complaints)
            )
        tokens = _parser_for(self.marked).parse(self.marked)
        if (line := self._first_dropped(tokens)) is not None:
            return _as_written(self.text, _too_deep(line))
        html = _unforged(self._blocks(tokens))
        if limit := limits(html, 16 * MAX_BYTES):
            return _as_written(self.text, Complaint(0, "limit", limit, "write it with less HTML"))
        html, protected = self._numbered(html)
        fragment = Fragment(html, protected, tuple(own_anchors(html) if "=" in html else ()))
        titles = _titles(html, protected)
        lines = self._lines() if self.links else []
        links = tuple((href, lines[min(line, len(lines) - 1)]) for href, line in self.links)
        return Rendered(fragment, titles, links, frozenset(self.styles), tuple(self.complaints))

    def _lines(self) -> list[int]:
        """Return the line of the prose for each line of `marked`: a mark may stand for many."""
        lines, passed = [], 0
        for number, line in enumerate(self.marked.split("\n")):
            lines.append(number + passed)
            passed += restore(line, self.pieces).count("\n")
        return lines

    def _first_dropped(self, tokens: Sequence[Token]) -> int | None:
        """Return the line where Markdown dropped text because it is nested too deep, if it did."""
        for token in tokens:
            if token.level >= _DROPPED_LEVEL - 1 and token.type in {"list_item_open", "blockquote_open"}:
                return self._lines()[token.map[0] if token.map else 0]
        return None

    def _blocks(self, tokens: Sequence[Token]) -> str:
        html = "".join(
            self._line(token, tokens[at - 1]) if token.type == "inline" else self._block(token)
            for at, token in enumerate(tokens)
        )
        html = html.replace("</li>\n</ul>", "</li></ul>").replace("</li>\n</ol>", "</li></ol>")
        return self._with_last_break(html)

    def _with_last_break(self, html: str) -> str:
        """Write the last line break as maps in the wild have it: it is white space too."""
        if self.text.endswith("\n") and html.endswith("</p>\n"):
            return f"{html[:-5]} </p>\n"
        return html

    def _has_environments(self) -> bool:
        return any(piece.kind == "environment" for piece in self.pieces)

    def _block(self, token: Token) -> str:
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
                code = restore(token.content, self.pieces, margin="    ")
                return self._set_aside(Protected(code, listing(code, language), block=True))
            case "html_block":
                self.line = token.map[0] if token.map else 0
                return self._raw(token.content)
            case _:
                return _TAGS[token.type]

    def _line(self, token: Token, parent: Token) -> str:
        """Render a line of text; a paragraph with its tags, so that environments can stand beside it."""
        self.line = token.map[0] if token.map else 0
        html = "".join(map(self._span, token.children or ()))
        if parent.type in {"td_open", "th_open"}:
            return MARK.sub(self._without_escaped_pipes, html)
        if parent.type != "paragraph_open" or parent.hidden:
            return html.strip()
        parts = _ENVIRONMENT.split(html)
        return "".join(
            part if number % 2 else f"<p>{part.strip()}</p>\n"
            for number, part in enumerate(parts)
            if part.strip()
        )

    def _without_escaped_pipes(self, found: re.Match[str]) -> str:
        r"""In a cell of a table, code says `\|` for `|`."""
        if int(found[1]) < len(self.pieces) and (piece := self.pieces[int(found[1])]).kind == "code":
            return self._set_aside(Protected(piece.source, _code(piece.body.replace(r"\|", "|"))))
        return found[0]

    def _span(self, token: Token) -> str:
        match token.type:
            case "text" | "text_special":
                text = escape(token.content)
                return MARK.sub(self._apart, text) if token.level == 0 else text
            case "softbreak" | "hardbreak":
                self.line += 1
                return _TAGS[token.type]
            case "link_open":
                self.links.append((restore(str(token.attrs["href"]), self.pieces), self.line))
                title = f' title="{self._attribute(token, "title")}"' if "title" in token.attrs else ""
                return f'<a href="{self._attribute(token, "href")}"{title}>'
            case "image":
                attributes = {name: restore(str(value), self.pieces) for name, value in token.attrs.items()}
                return self._image({**attributes, "alt": self._description(token.children or ())})
            case "html_inline":
                return self._raw(token.content)
            case "code_inline":
                return self._set_aside(Protected(f"`{token.content}`", _code(token.content)))
            case _:
                return _TAGS[token.type]

    def _apart(self, found: re.Match[str]) -> str:
        environment = self.pieces[int(found[1])].kind == "environment"
        return f"\n{found[0]}\n" if environment else found[0]

    def _attribute(self, token: Token, name: str) -> str:
        return escape(restore(str(token.attrs[name]), self.pieces))

    def _description(self, tokens: Sequence[Token]) -> str:
        """Return the text that stands for an image."""
        texts = (
            self._description(token.children or ()) or token.content or " " * token.type.endswith("break")
            for token in tokens
        )
        return MARK.sub(lambda found: self.pieces[int(found[1])].body, "".join(texts))

    def _raw(self, html: str) -> str:
        """Keep the author's HTML; what a reader would never see is shown as text instead."""
        return "".join(
            self._raw_tag(restore(part, self.pieces)) if number % 2 else escape(unescape(part))
            for number, part in enumerate(split_tags(html))
        )

    def _raw_tag(self, tag: str) -> str:
        return self._image(attributes_of(tag)) if is_image(tag) else kept(tag)

    def _image(self, attributes: Mapping[str, str]) -> str:
        self.links.append((attributes.get("src", ""), self.line))
        return self._set_aside(image(attributes, load_remote=self.markup.load_remote_images))

    def _set_aside(self, piece: Protected) -> str:
        self.protected.append(piece)
        return mark(len(self.protected) - 1)

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
        return Protected(piece.source, with_source(formula, piece), block=piece.kind == "environment")


_TAGS = {
    "paragraph_open": "", "paragraph_close": "",  # `_line` writes them.
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
_ENVIRONMENT = re.compile(f"\n({MARK.pattern.replace('(', '').replace(')', '')})\n")
_TAG = re.compile("(<[^<>]*>)")
_PLACEHOLDER = re.compile(r"_\^(?=_)")  # One may begin where another ends.


def _titles(html: str, protected: Sequence[Protected]) -> tuple[Heading, ...]:
    return tuple(Heading(block, plain_text(inner, protected)) for block, inner in headings(html))


def _unforged(html: str) -> str:
    """Break up what looks like a placeholder but is the author's text."""
    if "_^_" not in html:
        return html
    # In text an entity would not do: a parser resolves it, and the placeholder is back.
    return "".join(
        _PLACEHOLDER.sub("_&#94;" if number % 2 else "_^<wbr>", part)
        for number, part in enumerate(_TAG.split(html))
    )


def _code(code: str) -> str:
    return f'<code translate="no">{visible(escape(code, quote=False))}</code>'


def _unconverted(piece: Piece, error: str) -> Complaint:
    hint = "mend the formula, or define the command under [tool.site-builder.macros]; it is shown as TeX"
    return Complaint(
        piece.line, "formula", f"cannot convert the formula: {error}", hint, " ".join(piece.body.split())[:60]
    )


def _too_deep(line: int) -> Complaint:
    return Complaint(line, "limit", f"lists or quotes nested more than {MAX_NESTING} deep", "flatten them")

"""TeX to MathML, through math-core."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from zlib import crc32

from math_core import LatexError, LatexToMathML

from site_builder.reading.formula_limits import measured, refusal

DEEPEST_MACRO = 10
"""How deep the body of a macro may nest; a formula repeats it."""

BUILT_IN_MACROS = {
    "mathclap": "#1",
    "mathllap": "#1",
    "mathrlap": "#1",
    "mbox": r"\text{#1}",
    "pmb": r"\boldsymbol{#1}",
    "substack": r"\begin{matrix}#1\end{matrix}",
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, ready for a page."""

    html: str
    """MathML without a style attribute; where `error` is set, the TeX itself, marked."""
    styles: tuple[tuple[str, str], ...] = ()
    """The (class, CSS declarations) pairs that `html` relies on."""
    error: str = ""
    """Why the TeX could not be converted."""


Converter = Callable[[str, bool], Formula]


class MacroError(ValueError):
    """A configured macro is not valid TeX."""


def make_converter(macros: Mapping[str, str], numbered: bool = False) -> Converter:
    r"""Return a function from (TeX, whether it is a display formula) to `Formula`.

    With `numbered`, `align`, `equation` and their like count their lines as in LaTeX; otherwise only
    a `\tag` numbers. Raises MacroError.
    """
    if deep := next((name for name, body in macros.items() if measured(body)[0] > DEEPEST_MACRO), ""):
        raise MacroError(f"\\{deep} is nested more than {DEEPEST_MACRO} deep")
    try:
        converter = LatexToMathML(macros={**BUILT_IN_MACROS, **macros}, fancy_error=False)
    except LatexError as error:
        raise MacroError(str(error)) from None

    @lru_cache(maxsize=2048)
    def convert(tex: str, display: bool) -> Formula:
        if reason := refusal(tex):
            return _unconverted(tex, reason)
        known, colours = _with_known_colours(_with_known_commands(tex, display, numbered))
        try:
            mathml = converter.convert_with_local_state(known, displaystyle=display)
        except LatexError as error:
            return _unconverted(tex, re.sub(r"^\d+: ", "", str(error)).rstrip("."))
        return _with_classes(_LINKED.sub("", mathml), colours)

    return convert


_LINKED = re.compile(r' id="[^"]*"|</?a\b[^>]*>')
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")
_TEXT_WITH_FORMULA = re.compile(r"\\text\{([^{}$]*)\$([^{}$]*)\$(?=[^{}]*\})")
_ALIGNAT = re.compile(r"\\begin\{alignat(\*?)\}\s*\{\d*\}")
_ENVIRONMENT = re.compile(
    r"\\(begin|end)\{(align|equation|gather|multline|alignat|eqnarray|flalign|smallmatrix|split)(\*?)\}"
)
_NEAREST = {
    "alignat": "align", "eqnarray": "align", "flalign": "align", "smallmatrix": "matrix", "split": "aligned",
}  # fmt: skip


def _with_known_commands(tex: str, display: bool, numbered: bool) -> str:
    """Spell what math-core does not know by what it knows."""

    def known(edge: re.Match[str]) -> str:
        name = _NEAREST.get(edge[2], edge[2])
        star = edge[3] if numbered else "*"
        return rf"\{edge[1]}{{{name}{star if name in _NUMBERED else ''}}}"

    if "\\label" in tex:
        tex = _LABEL.sub("", tex)
    if "\\text{" in tex and "$" in tex:
        tex = _TEXT_WITH_FORMULA.sub(r"\\text{\1}\2\\text{", tex)
    if "\\begin" in tex:
        return _ENVIRONMENT.sub(known, _ALIGNAT.sub(r"\\begin{alignat\1}", tex))
    if display and "\\tag" in tex:
        return rf"\begin{{equation*}}{tex}\end{{equation*}}"
    return tex


_NUMBERED = frozenset({"align", "equation", "gather", "multline"})


def _unconverted(tex: str, error: str) -> Formula:
    html = f'<span class="sb-formula-error" title="{escape(error)}">{escape(tex)}</span>'
    return Formula(html, error=error)


# The colours that math-core can spell, and how it writes them.
_KNOWN_COLOURS = {
    "black": "#000000", "blue": "#0000FF", "brown": "#BF803F", "cyan": "#00B9F2", "darkgray": "#404040",
    "gray": "#808080", "green": "#03FF00", "lightgray": "#BFBFBF", "lime": "#BFFF04", "magenta": "#FB3199",
    "olive": "#9F8C18", "orange": "#FF8001", "pink": "#FFBFBF", "purple": "#BF0140", "red": "#FF0000",
    "teal": "#008080", "violet": "#800080", "white": "#FFFFFF", "yellow": "#FFEB3D",
}  # fmt: skip
_CSS_COLOURS = frozenset(
    """
    aliceblue antiquewhite aqua aquamarine azure beige bisque blanchedalmond blueviolet burlywood
    cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson darkblue darkcyan
    darkgoldenrod darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid
    darkred darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise
    darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen
    fuchsia gainsboro ghostwhite gold goldenrod greenyellow grey honeydew hotpink indianred indigo
    ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
    lightgoldenrodyellow lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue
    lightslategray lightslategrey lightsteelblue lightyellow limegreen linen maroon mediumaquamarine
    mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen
    mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy
    oldlace olivedrab orangered orchid palegoldenrod palegreen paleturquoise palevioletred
    papayawhip peachpuff peru plum powderblue rebeccapurple rosybrown royalblue saddlebrown salmon
    sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow
    springgreen steelblue tan thistle tomato turquoise wheat whitesmoke yellowgreen
    """.split()  # noqa: SIM905 -- a column of 148 quoted names reads worse
)
_COLOUR = re.compile(r"\\(textcolor|color)\s*(?:\[HTML\])?\s*\{\s*(#?[A-Za-z0-9]+)\s*\}")
_HEX = re.compile(r"#?([0-9A-Fa-f]{6}|(?<=#)[0-9A-Fa-f]{3})")


def _with_known_colours(tex: str) -> tuple[str, dict[str, str]]:
    """Let every CSS colour borrow the name of one that math-core can spell.

    Also returns what to write for the borrowed ones. A formula with more colours than there are names
    keeps the rest, and does not convert.
    """
    if "color" not in tex:
        return tex, {}
    used = {colour[2].lower() for colour in _COLOUR.finditer(tex)}
    free = [name for name in _KNOWN_COLOURS if name not in used]
    wanted = sorted(filter(_css_colour, used - _KNOWN_COLOURS.keys()))
    borrowed = dict(zip(wanted, free, strict=False))
    written = {
        f"color:{_KNOWN_COLOURS[name]};": f"color:{_css_colour(colour)};" for colour, name in borrowed.items()
    }
    return _COLOUR.sub(lambda m: rf"\{m[1]}{{{borrowed.get(m[2].lower(), m[2])}}}", tex), written


def _css_colour(name: str) -> str:
    if name in _CSS_COLOURS:
        return name
    digits = _HEX.fullmatch(name)
    return f"#{digits[1]}" if digits else ""


_STYLE = re.compile(r' style="([^"]*)"')
# The theme says so of every table; validators know this attribute from other elements only.
_LEVEL = re.compile(r'(<mtable[^>]*) scriptlevel="0"')


def _with_classes(mathml: str, colours: Mapping[str, str]) -> Formula:
    """Turn style attributes into classes: a strict Content-Security-Policy forbids them."""
    styles: dict[str, str] = {}

    def classed(attribute: re.Match[str]) -> str:
        declarations = colours.get(attribute[1], attribute[1])
        name = f"sb-m{crc32(declarations.encode()):08x}"
        styles[name] = declarations
        return f' class="{name}"'

    html = _LEVEL.sub(r"\1", _STYLE.sub(classed, mathml))
    return Formula(html, tuple(sorted(styles.items())))

"""What a page keeps of a formula besides its MathML: the TeX, as its author wrote it."""

from collections.abc import Mapping
from html import escape
from textwrap import dedent

from site_builder.reading.formula import Formula
from site_builder.reading.protect import Kind, Piece


def with_source(formula: Formula, piece: Piece) -> str:
    """Return the HTML of a formula with its TeX in the attribute `alttext`.

    One that could not be converted is shown with the marks that its author put around it.
    """
    if formula.error:
        mark = _MARKS[piece.kind]
        return formula.html.replace(f">{escape(piece.body)}<", f">{escape(f'{mark}{_tex(piece)}{mark}')}<")
    # Primes are everywhere in formulas, and a quote of this kind ends no attribute of ours.
    tex = escape(_tex(piece), quote=False).replace('"', "&quot;")
    return formula.html.replace("<math", f'<math alttext="{tex}"', 1)


_MARKS: Mapping[Kind, str] = {"inline": "$", "display": "$$", "environment": ""}


def _tex(piece: Piece) -> str:
    """Spell TeX the same wherever it stands: without the indentation of the text around it."""
    tex = piece.body.strip()
    if "\n" not in tex:
        return tex
    if piece.kind == "inline" and "%" not in tex:
        return " ".join(tex.split())
    first, more = tex.split("\n", 1)
    return "\n".join(map(str.rstrip, (first, *dedent(more).split("\n"))))

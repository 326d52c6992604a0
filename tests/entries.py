"""Entries of translation maps, made at random: most in order, many not quite."""

import re
from itertools import count

from hypothesis import strategies as st

USUAL = [
    *("text ", "文", " ", "\n", "5", "&amp;", "&#x27;", "\U0001f600", "<em>e</em>", "<strong>s </strong>"),
    *('<a href="A.html">a</a>', '<a href="B.html"><em>b</em></a>', "<span translate=no>_^_#_^_</span>"),
]
ODD = [
    *("\x00", ">", "^", "_＾_2_＾_", "_%5E_2_%5E_", "_&Hat;_2_&Hat;_", "<span translate=no>_^_1_^_</span>"),
    *('<a href="B.html"> </a>', "<a href='C.html'>c</a>", "<br>", "<code>c</code>", "<small></small>"),
    "<em><strong>t</strong></em>",
]
USUAL_BLOCKS = [
    *("<p>{}</p>", "<p>{}</p>\n", "<h1>{}</h1>\n", "<h2>{}</h2>", "{}", "<hr>"),
    *("<ul><li>{}</li>\n<li>{}</li></ul>\n", '<ol start="3"><li>{}</li></ol>'),
    "<table><thead><tr><th>{}</th></tr></thead><tbody><tr><td>{}</td></tr></tbody></table>{}",
    "<ul><li><p>{}</p>\n</li>\n<li><p>{}</p>{}</li></ul>",
]
ODD_BLOCKS = [
    *("<ol><li>{}</li></ul>", "<h2>{}</h3>", "<br>", "<ul><li>{}<ul><li>{}</li></ul>{}</li></ul>"),
    *("<blockquote><p>{}</p></blockquote>{}", "<dl><dt>{}</dt><dd>{}</dd></dl>", "<details>{}</details>"),
    *("<table><tr><td>{}</td></tr></table>", "<table>{}<tbody><tr><td>a</td></tr></tbody></table>"),
    '<table><thead><tr><th align="right">{}</th></tr></thead></table>',
]
few_atoms = st.lists(st.sampled_from(USUAL * 8 + ODD), max_size=4)
any_block = st.sampled_from(USUAL_BLOCKS * 2 + ODD_BLOCKS)


@st.composite
def entries(draw: st.DrawFn) -> tuple[str, str]:
    """Make a key, and a value with its blocks in which some things are otherwise."""
    blocks = draw(st.lists(any_block, max_size=4))
    numbers = count()
    lines = [
        [re.sub("#", lambda _: str(next(numbers)), atom) for atom in draw(few_atoms)]
        for block in blocks
        for _ in range(block.count("{}"))
    ]
    told = [draw(st.permutations(atoms)) for atoms in lines]
    for _ in range(draw(st.integers(0, 2)) if told else 0):
        one, two = (draw(st.integers(0, len(told) - 1)) for _ in "12")
        told[one], told[two] = draw(st.sampled_from([(told[two], told[one]), (draw(few_atoms), told[two])]))
    others = list(blocks)
    if blocks and draw(st.booleans()):
        others[draw(st.integers(0, len(blocks) - 1))] = draw(any_block)
    return filled(blocks, lines), filled(others, told)


def filled(blocks: list[str], lines: list[list[str]]) -> str:
    """Put lines into blocks, as far as they go."""
    rest = iter(["".join(atoms) for atoms in lines])
    return "".join(re.sub(r"\{\}", lambda _: next(rest, ""), block) for block in blocks)

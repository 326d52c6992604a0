r"""Which formulas math-core must not see: they would end the process, or keep it busy without end.

Past a certain depth its stack overflows, and for each bracket that nothing closes it reads all that
follows twice.
"""

import re
from functools import lru_cache

from math_core import LatexError, LatexToMathML

MAX_BYTES = 8 * 1024
MAX_NESTING = 50
MAX_UNMATCHED = 8


def refusal(tex: str) -> str:
    """Say which limit `tex` exceeds, if any."""
    if len(tex.encode()) > MAX_BYTES:
        return f"the formula is longer than {MAX_BYTES // 1024} KB"
    if _DEFINITION.search(tex):
        return "a formula cannot define commands"
    if len(tex) <= 2 * MAX_UNMATCHED:
        return ""
    depth, unmatched = measured(tex)
    if depth > MAX_NESTING:
        return f"the formula is nested more than {MAX_NESTING} deep"
    if unmatched > MAX_UNMATCHED:
        return f"the formula has more than {MAX_UNMATCHED} brackets that nothing closes"
    return ""


# What a formula defines may nest without end as it expands.
_DEFINITION = re.compile(r"\\(?:g?def|global|let|(?:re)?newcommand|providecommand)(?![A-Za-z])")
_DELIMITER = r"(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\?\S)"
_STEP = re.compile(
    rf"""
    (?P<opens> \{{ | \\begin\s*\{{[^{{}}]*\}} | \\begingroup(?![A-Za-z]) | \\left{_DELIMITER} )
    | (?P<closes> \}} | \\end\s*\{{[^{{}}]*\}} | \\endgroup(?![A-Za-z]) | \\right{_DELIMITER} )
    | (?P<bracket>
        [(\[⌈⌊⌜⌞⎰❲⟅⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼] | \\\{{ | \\[bB]igg?l{_DELIMITER}
        | \\(?:ulcorner|l(?:l?angle|ang|Angle|[bB]race|brack|ceil|floor|group|lbracket|lcorner|lparenthesis
            |moustache|paren|[vV]ert))(?![A-Za-z])
      )
    | (?P<end_of_bracket>
        [)\]⌉⌋⌝⌟⎱❳⟆⟧⟩⟫⟭⟯⦄⦆⦈⦊⦌⦎⦐⦒⦔⦖⦘⧙⧛⧽] | \\\}} | \\[bB]igg?r{_DELIMITER}
        | \\(?:urcorner|lrcorner|r(?:r?angle|ang|Angle|[bB]race|brack|ceil|floor|group|rbracket|rparenthesis
            |moustache|paren|[vV]ert))(?![A-Za-z])
      )
    | (?P<script> [\^_] )
    | (?P<atom> \\(?:middle|[bB]igg?m?){_DELIMITER} )
    | (?P<command> \\[A-Za-z]+ )
    | (?P<comment> %[^\n]* )
    | (?P<atoms> [A-Za-z0-9]+ ) | \\. | \S
    """,
    re.DOTALL | re.VERBOSE,
)


class _Level:
    """What stands between two braces, or whatever else opens and closes a level."""

    def __init__(self) -> None:
        self.awaited = 0
        """How many arguments the commands so far still take."""
        self.chain = 0
        """How many commands wait for their arguments, each perhaps within one of the one before."""
        self.before = 0
        """The chain that the latest argument ended; a script may hang on to it."""
        self.unmatched = 0

    def take(self, atoms: int = 1) -> None:
        """Take what may be an argument."""
        self.awaited = max(self.awaited - atoms, 0)
        if not self.awaited:
            self.before, self.chain = self.chain if atoms == 1 else 0, 0

    def wait(self, arguments: int) -> None:
        """Begin a command, or a script, which may itself be an argument."""
        self.awaited = max(self.awaited - 1, 0) + arguments
        self.chain += 1


def measured(tex: str) -> tuple[int, int]:
    r"""Return how deep TeX nests, and the most unmatched brackets on one level.

    Commands nest without braces too, each the argument of the one before, as in `\frac1\frac1\frac1x`.
    """
    level, outer = _Level(), list[_Level]()
    deepest = most = chains = 0
    for step in _STEP.finditer(tex):
        match step.lastgroup:
            case "opens":
                # A level that is an argument is no deeper than its command.
                chains += max(level.chain - 1, 0)
                outer.append(level)
                level = _Level()
            case "closes" if outer:
                most = max(most, level.unmatched)
                level = outer.pop()
                chains -= max(level.chain - 1, 0)
                level.take()
            case "bracket":
                level.unmatched += 1
                level.take()
            case "end_of_bracket":
                level.unmatched -= level.unmatched > 0 and not level.awaited
                level.take()
            case "script":
                level.chain = level.chain or level.before
                level.wait(1)
            case "command" if arguments := _arguments(step[0]):
                level.wait(arguments)
            case "atoms":
                level.take(len(step[0]))
            case "comment":
                pass
            case _:
                level.take()
        deepest = max(deepest, len(outer) + chains + level.chain)
    return deepest, max(most, level.unmatched, *(each.unmatched for each in outer))


@lru_cache(maxsize=1024)
def _arguments(command: str) -> int:
    """Ask math-core how many arguments a command takes."""
    converter = LatexToMathML(fancy_error=False)
    for count in range(4):
        try:
            converter.convert_with_local_state(command + " x" * count, displaystyle=False)
        except LatexError as error:
            if "Expected argument" in str(error):
                continue
        return count
    return 4

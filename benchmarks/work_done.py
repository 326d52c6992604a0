"""What a generated site holds, counted in its HTML: that the tools compared did the same work."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ORIGINAL = re.compile(r'<details class="sb-original".*?</details>', re.DOTALL)
"""What the source says, shown again beside its translation."""
_PYCCO = re.compile(r'<div class=[\'"]code[\'"]>.*?<pre>(.*?)</pre>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Work:
    """What was made of the sources."""

    pages: int = 0
    formulas: int = 0
    """As MathML, each once a page and place."""
    lines: int = 0
    """Of code beside prose, highlighted."""

    def __add__(self, other: "Work") -> "Work":
        return Work(self.pages + other.pages, self.formulas + other.formulas, self.lines + other.lines)


def count(pages: Iterable[Path]) -> Work:
    """Count what pages hold; a page that is missing counts for nothing."""
    return sum((count_page(page.read_text(encoding="utf-8")) for page in pages if page.is_file()), Work())


def count_page(html: str) -> Work:
    """Count what one page holds, whoever made it."""
    html = _ORIGINAL.sub("", html)
    numbered = html.count('class="lineno"') + html.count('class="ln"')
    unnumbered = sum(code.rstrip().count("\n") + 1 for code in _PYCCO.findall(html) if code.strip())
    return Work(1, len(re.findall(r"<math\b", html)), numbered or unnumbered)


def pages_of(tree: Path, output: Path, languages: Iterable[str] = (), suffix: str = "") -> list[Path]:
    """Name the pages of a tree's sources, in the source's language and others."""
    sources = [file.relative_to(tree / "src") for file in sorted((tree / "src").rglob(f"page_*{suffix}"))]
    return [output / tag / source.with_suffix(".html") for tag in ("", *languages) for source in sources]

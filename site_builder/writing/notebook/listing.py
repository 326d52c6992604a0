"""The code of a section as text again."""

import re
from html import unescape
from typing import NamedTuple

_LINE = re.compile(r'<span class="line"><span class="lineno">(\d+)</span>(.*)\n</span>')
_BADGE = re.compile(r'<span class="sb-invisible">\[U\+([0-9A-F]+)\]</span>')
_TAG = re.compile(r"<[^<>]*>")


class Line(NamedTuple):
    """A line of a source."""

    number: int
    text: str

    @property
    def is_statement(self) -> bool:
        """Whether anything but a comment stands on it."""
        bare = self.text.lstrip()
        return bool(bare) and not bare.startswith("#")

    @property
    def indentation(self) -> str:
        """The white space that it begins with."""
        return self.text[: len(self.text) - len(self.text.lstrip())]


def code_lines(html: str) -> tuple[Line, ...]:
    """Return the lines of a section's code as the source has them, invisible characters too."""
    return tuple(Line(int(number), _text(line)) for number, line in _LINE.findall(html))


def _text(html: str) -> str:
    if "sb-invisible" in html:
        html = _BADGE.sub(lambda badge: chr(int(badge[1], 16)), html)
    return unescape(_TAG.sub("", html))

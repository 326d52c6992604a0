"""reStructuredText inside a paragraph: roles, links and footnote marks become Markdown."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from site_builder.reading.docstring.lines import LIST_ITEM, Line, Lines

_TARGET = re.compile(r"^ *\.\. +_(?:`([^`]{1,200})`|([^`:\n]{1,200})):\s+(\S+) *$", re.MULTILINE)


def targets_of(text: str) -> dict[str, str]:
    """Collect what `.. _name: url` says, by name in lower case."""
    if ".. _" not in text:
        return {}
    return {_folded(quoted or plain): url for quoted, plain, url in _TARGET.findall(text)}


def _folded(name: str) -> str:
    return " ".join(name.split()).lower()


def with_markdown_spans(lines: Sequence[Line], targets: Mapping[str, str]) -> Lines:
    """Convert every paragraph; code and formulas stay as they are."""
    output: Lines = []
    for paragraph, is_prose in _paragraphs(lines):
        output += _converted(paragraph, targets) if is_prose else paragraph
    return output


def _paragraphs(lines: Sequence[Line]) -> Iterator[tuple[Lines, bool]]:
    """Split at blank lines and at code, and say of each part whether it is prose."""
    part: Lines = []
    in_list = False
    for line in lines:
        if line.blank or line.inside:
            yield part, in_list or _is_prose(part)
            in_list = _in_list(part, in_list)
            yield [line], False
            part = []
        else:
            part.append(line)
    yield part, in_list or _is_prose(part)


def _is_prose(part: Lines) -> bool:
    return bool(part) and part[0].indent < 4


def _in_list(part: Lines, before: bool) -> bool:
    if not part:
        return before
    return any(LIST_ITEM.match(line.text) for line in part) or (before and part[0].indent > 0)


# Newlines that a conversion swallows; it cannot stand in the text, which `to_markdown` sees to.
_SWALLOWED = "\0"


def _converted(lines: Lines, targets: Mapping[str, str]) -> Lines:
    text = "\n".join(line.text for line in lines)
    converted = _spans(text, targets)
    if converted == text:
        return lines
    output, at = [], 0
    for part in converted.split("\n"):
        output.append(replace(lines[at], text=part.replace(_SWALLOWED, "")))
        at += 1 + part.count(_SWALLOWED)
    return output


_OPENER = re.compile(r"\\[\\`$]|`+|\$\$?|\[[#*]?[\w.:+-]*\]_(?!\w)|(?<!\w)[A-Za-z]\w*_(?!\w)")
_CLOSING = {"$": re.compile(r"(?<![\s\\])\$(?!\d)"), "$$": re.compile(r"(?<!\\)\$\$")}
_ROLE = re.compile(r"(?<![\w:]):(?:[A-Za-z][\w+]*:){0,2}([A-Za-z][\w+.-]*):$")


def _spans(text: str, targets: Mapping[str, str]) -> str:
    """Go through the spans of a paragraph once; the first to open wins."""
    output: list[str] = []
    closings = _closings(text)
    never: set[str] = set()
    done = position = 0
    while opener := _OPENER.search(text, position):
        start, position = opener.span()
        mark = opener[0]
        if mark[0] == "`" and (close := closings.get(start)):
            position = close
            begin, end, span = _tick_span(text, start, close, len(mark), targets)
            if span is not None:
                output += [
                    text[done:begin],
                    span,
                    _SWALLOWED * (text.count("\n", begin, end) - span.count("\n")),
                ]
                done = position = end
        elif mark[0] == "$":
            position = _end_of_formula(text, start, mark, never)
        elif mark[-1] == "_" and (span := _reference(mark, targets)):
            output += [text[done:start], span]
            done = position
    return "".join([*output, text[done:]])


def _closings(text: str) -> dict[int, int]:
    """Say for the start of each run of backticks where the next run as long ends."""
    following: dict[int, int] = {}
    closings: dict[int, int] = {}
    for run in reversed(list(re.finditer("`+", text))):
        length = len(run[0])
        if length in following:
            closings[run.start()] = following[length]
        following[length] = run.end()
    return closings


def _end_of_formula(text: str, start: int, mark: str, never: set[str]) -> int:
    """Return where the formula that opens at `start` ends; `never` gathers what does not close any more."""
    end = start + len(mark)
    if mark in never or (mark == "$" and text[end : end + 1].strip() == ""):
        return end
    closing = _CLOSING[mark].search(text, end)
    if closing is None:
        never.add(mark)
    return closing.end() if closing else end


Span = tuple[int, int, str | None]
"""From where to where a span reaches with its role or its `_`, and its Markdown if it has any."""


def _tick_span(text: str, start: int, close: int, ticks: int, targets: Mapping[str, str]) -> Span:
    glue = _GLUE.match(text, close)
    if ticks > 1:
        return (close, glue.end(), "") if glue and ticks == 2 else (start, close, None)
    content = " ".join(text[start + 1 : close - 1].split())
    if role := _ROLE.search(text, max(0, start - 60), start):
        return role.start(), glue.end() if glue else close, _role(role[1], content)
    if link := _LINK_MARK.match(text, close):
        return start, link.end(), _link(content, targets)
    return start, close, None


# How reStructuredText lets a word go on after a span.
_GLUE = re.compile(r"\\(?: |(?=[A-Za-z](?![A-Za-z])))")
_LINK_MARK = re.compile(r"__?(?!\w)")
_TITLED = re.compile(r"([^<]*?) ?<([^<>]+)>")


def _link(content: str, targets: Mapping[str, str]) -> str:
    if match := _TITLED.fullmatch(content):
        url = targets.get(_folded(match[2].rstrip("_")), match[2]).replace(" ", "")
        return f"[{_bracketed(match[1])}]({_destination(url)})" if match[1] else f"<{url}>"
    url = targets.get(_folded(content), "")
    return f"[{_bracketed(content)}]({_destination(url)})" if url else content


def _bracketed(text: str) -> str:
    return text.replace("[", "\\[").replace("]", "\\]")


def _destination(url: str) -> str:
    return f"<{url}>" if "(" in url or ")" in url else url


def _reference(mark: str, targets: Mapping[str, str]) -> str:
    """Write a footnote mark, `[1]_`, or a name with a target, `name_`."""
    if mark[0] == "[":
        return mark[:-1]
    url = targets.get(mark[:-1].lower(), "")
    return f"[{mark[:-1]}]({_destination(url)})" if url else ""


def _role(name: str, content: str) -> str:
    return _ROLES.get(name, _code)(content)


def _code(content: str) -> str:
    if titled := _TITLED.fullmatch(content):
        return f"`{titled[1]}`" if titled[1] and " " not in titled[1] else titled[1] or f"`{titled[2]}`"
    short = content.rpartition(".")[2] if content.startswith("~") else content
    return f"`{short.lstrip('~!.') or content}`"


def _text(content: str) -> str:
    titled = _TITLED.fullmatch(content)
    return titled[1] if titled and titled[1] else content.lstrip("~!/")


def _formula(content: str) -> str:
    return f"${content}$" if content and "$" not in content else f"`{content}`"


def _around(before: str, after: str) -> Callable[[str], str]:
    return lambda content: f"{before}{content}{after}"


def _linked(label: str, pattern: str) -> Callable[[str], str]:
    def write(content: str) -> str:
        number = re.match(r"\d{1,5}", content)
        return f"[{label} {content}]({pattern.format(int(number[0]))})" if number else f"{label} {content}"

    return write


_ROLES: dict[str, Callable[[str], str]] = {
    "math": _formula,
    "pep": _linked("PEP", "https://peps.python.org/pep-{:04}/"),
    "rfc": _linked("RFC", "https://datatracker.ietf.org/doc/html/rfc{}"),
    "emphasis": _around("*", "*"),
    "strong": _around("**", "**"),
    "sub": _around("<sub>", "</sub>"),
    "sup": _around("<sup>", "</sup>"),
    **dict.fromkeys(("abbr", "any", "doc", "numref", "ref", "term"), _text),
}

"""How prose is set: what a browser would break apart is kept together, and tables get a box to scroll in."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from types import MappingProxyType

_OPENING = "[(\\[{“‘«‹¿¡„「『（【《〈〔［｛]*"
_CLOSING = "[)\\]}”’»›,.;:!?…%‰،؛؟۔।॥、。・：；！？」』）】》〉〕］｝ー々]*"
# An Arabic letter that is written together with the next word; an ending such as 's, -th or th.
_PREFIX = "(?:(?<!\\w)[\u0621-\u064a]{1,3}\u0640?)?"
_ENDING = "(?:[-'’][^\\W\\d_]{1,3}\\b|[a-z]{1,2}\\b)?"
_FORMULA = re.compile('<math(?: alttext="[^"]*")?>')
_BEFORE = re.compile(f"{_PREFIX}{_OPENING}\\Z")
_LAST_BEFORE = re.compile(f"{_OPENING[:-1]}|[\u0621-\u064a]")
_AFTER = re.compile(f"{_ENDING}{_CLOSING}")
_APART = " <"  # With these, or with nothing, none of that begins.
# Tags and code, which stay as they are; a number and its deviation, or its counter.
_COUNTED = re.compile(
    r'<(?:pre|code)\b.*?</(?:pre|code)>|<(?:[^<>"]|"[^"]*")*>'
    "|(\\d[\\d.,]* (?:± \\d(?:[\\d.,]*\\d)?|[\u3041-\u3096\u4e00-\u9fff]))",
    re.DOTALL,
)
_NUMBER_AND_MORE = re.compile(r" (?<=\d )[±\u3041-\u3096\u4e00-\u9fff]")
_INLINE_CODE = re.compile('(<code translate="no">)([^<]*-[^<]*)(?=</code>)')
_HYPHENATED = re.compile(r"(?<!\S)(?=\S*-)\S{2,24}(?!\S)")

_TABLE = re.compile(r"<table[\s>].*?</table>", re.DOTALL)
_ROW = re.compile(r"<tr[^<>]*>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])((?:\s[^<>]*)?)>(.*?)(?=</t[hd]>)", re.DOTALL)
_CLASS = re.compile(r' class="([^"]*)"')
_TAG = re.compile(r"<[^<>]*>")
_NUMBER = re.compile(
    "[-+−±~≈<>≤≥]?\\s?\\d[\\d\\s.,:/·×±%٫٬\u00a0\u202f⁰¹²³⁴-⁹⁻–−-]*(?:\\s?(?:[eE][-+]?\\d+|[A-Za-zµμ]{1,3}|%))?"
)
_IMAGE = re.compile(r'(<img(?=\s)(?:[^<>"]|"[^"]*")*?\ssrc="([^"]*)"(?:[^<>"]|"[^"]*")*)>')
_DIMENSION = re.compile(r'\s(width|height)="([^"]*)"')
_NOTHING = frozenset({"", "-", "–", "—", "−"})


def set_prose(html: str, sizes: Mapping[str, tuple[int, int]] = MappingProxyType({})) -> str:
    """Return the same prose, with what keeps its lines and tables in shape; what was balanced stays so.

    An image at an address in `sizes` gets that width and height, so that nothing moves when it is loaded.
    """
    if "<math" in html:
        html = _with_their_signs(html)
    if not html.isascii() and _NUMBER_AND_MORE.search(html):
        html = _COUNTED.sub(lambda part: _unbroken(part[1]) if part[1] else part[0], html)
    if "-" in html:
        html = _INLINE_CODE.sub(_with_whole_options, html)
    if "<table" in html:
        html = _TABLE.sub(lambda table: _with_columns(table[0]), html)
        html = html.replace("<table", '<div class="sb-table"><table').replace("</table>", "</table></div>")
    if sizes and "<img" in html:
        html = _IMAGE.sub(lambda image: _with_size(image, sizes), html)
    return html


def _with_size(image: re.Match[str], sizes: Mapping[str, tuple[int, int]]) -> str:
    """Say how wide and high an image is; where its author said one of the two, the other in proportion."""
    size = sizes.get(unescape(image[2]))
    said = dict(_DIMENSION.findall(image[0]))
    if not size or len(said) > 1 or not all(map(str.isdecimal, said.values())):
        return image[0]
    width, height = size
    scale = int(said["width"]) / width if "width" in said else int(said.get("height", height)) / height
    shown = {"width": round(width * scale), "height": round(height * scale)} | said
    return f'{_DIMENSION.sub("", image[1])} width="{shown["width"]}" height="{shown["height"]}">'


def _with_their_signs(html: str) -> str:
    """Keep each formula on the line of the signs that touch it: for browsers it is a letter of its own."""
    parts: list[str] = []
    done = last = 0
    for start, end in _formulas(html):
        first, last = _before(html, last, start), _after(html, end)
        if first < start or end < last:
            parts += html[done:first], _unbroken(html[first:last])
            done = last
    return "".join([*parts, html[done:]]) if done else html


def _formulas(html: str) -> Iterator[tuple[int, int]]:
    """Yield where each formula begins and ends."""
    end = 0
    # Not one expression: it would walk through all of a formula, which is most of the prose.
    while (tag := _FORMULA.search(html, end)) and (closing := html.find("</math>", tag.end())) >= 0:
        end = closing + len("</math>")
        yield tag.start(), end


def _before(html: str, start: int, end: int) -> int:
    """Return where the signs begin that touch what stands at `end`, no earlier than at `start`."""
    if not _LAST_BEFORE.match(html, max(start, end - 1), end):
        return end
    found = _BEFORE.search(html, start, end)
    return found.start() if found else end


def _after(html: str, start: int) -> int:
    """Return where the signs end that touch what ends at `start`."""
    if html[start : start + 1] in _APART:
        return start
    found = _AFTER.match(html, start)
    return found.end() if found else start


def _with_whole_options(code: re.Match[str]) -> str:
    return code[1] + _HYPHENATED.sub(lambda word: _unbroken(word[0]), code[2])


def _unbroken(html: str) -> str:
    return f'<span class="sb-unbroken">{html}</span>'


def _with_columns(table: str) -> str:
    """Say which cells stand in a column of numbers."""
    if "span=" in table or table.count("<table") > 1:
        return table
    numbers = _number_columns(table)
    return _ROW.sub(lambda row: _with_numbers(row[0], numbers), table) if numbers else table


def _number_columns(table: str) -> frozenset[int]:
    rows = [_CELL.findall(row) for row in _ROW.findall(table)]
    columns: dict[int, list[str]] = {}
    for row in rows:
        for column, (name, _, content) in enumerate(row):
            if name == "td":
                columns.setdefault(column, []).append(unescape(_TAG.sub("", content)).strip())
    return frozenset(column for column, cells in columns.items() if _are_numbers(cells))


def _are_numbers(cells: list[str]) -> bool:
    said = [cell for cell in cells if cell not in _NOTHING]
    return bool(said) and all(_NUMBER.fullmatch(cell) for cell in said)


def _with_numbers(row: str, numbers: frozenset[int]) -> str:
    column = -1

    def classed(cell: re.Match[str]) -> str:
        nonlocal column
        column += 1
        if column not in numbers:
            return cell[0]
        name, attributes, content = cell.groups()
        own = _CLASS.search(attributes)
        others = _CLASS.sub("", attributes)
        return f'<{name}{others} class="sb-number{" " + own[1] if own else ""}">{content}'

    return _CELL.sub(classed, row)

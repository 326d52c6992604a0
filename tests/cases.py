"""Fixture files of cases, each `title / . / input / . / expected / .`; a line `.` ends each part."""

import re
from collections.abc import Callable
from pathlib import Path

_CASE = re.compile(r"([^\n]+)\n\.\n(.*?)^\.\n.*?^\.\n", re.DOTALL | re.MULTILINE)


def replayed(file: Path, show: Callable[[str], str]) -> str:
    """Return what `file` should say if `show` is right: compare it with `golden`."""
    cases = _CASE.findall(file.read_text(encoding="utf-8"))
    assert cases
    return "\n".join(f"{title.strip()}\n.\n{given}.\n{_ended(show(given))}.\n" for title, given in cases)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")


def balanced(html: str) -> bool:
    """Say whether each element of `html` ends where it should."""
    open_elements: list[str] = []
    for closing, name in _TAG.findall(html):
        if closing and (not open_elements or open_elements.pop() != name):
            return False
        if not closing and name not in {"br", "hr", "img", "wbr"}:
            open_elements.append(name)
    return not open_elements

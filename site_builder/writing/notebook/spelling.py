"""The file of a notebook, to the byte as Jupyter writes it."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Final

_NEWLINE: Final = "\n"


@lru_cache(maxsize=256)  # Mostly the same in every language, and these are written one after the other.
def code_cell(identifier: str, source: str) -> str:
    """Spell a cell of code that has not been run; nothing if it is empty."""
    if not source:
        return ""
    return f"""{{
   "cell_type": "code",
   "execution_count": null,
   "id": {encode_basestring(identifier)},
   "metadata": {{}},
   "outputs": [],
   "source": {_lines(source)}
  }}"""


def markdown_cell(
    identifier: str, source: str, attachments: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Spell a cell of prose; nothing if it is empty. `attachments` are its images, by name and kind."""
    if not source:
        return ""
    images = f'"attachments": {_spelled(attachments, _NEWLINE + "   ")},\n   ' if attachments else ""
    return f"""{{
   {images}"cell_type": "markdown",
   "id": {encode_basestring(identifier)},
   "metadata": {{}},
   "source": {_lines(source)}
  }}"""


def _lines(source: str) -> str:
    lines = ",\n    ".join(map(encode_basestring, source.splitlines(keepends=True)))
    return f"[\n    {lines}\n   ]"


def spell(cells: Iterable[str], metadata: Mapping[str, object]) -> str:
    """Put spelled cells into a notebook."""
    inner = ",\n  ".join(cells)
    listed = f"[\n  {inner}\n ]" if inner else "[]"
    more = f'"metadata": {_spelled(metadata, _NEWLINE + " ")},\n "nbformat": 4,\n "nbformat_minor": 5'
    return f'{{\n "cells": {listed},\n {more}\n}}\n'


_plain = json.JSONEncoder(ensure_ascii=False).encode


def _spelled(value: object, margin: str) -> str:
    """Spell JSON with its keys in order and an item a line, each level a space deeper."""
    inner = f"{margin} "
    if isinstance(value, Mapping) and value:
        items = (f"{_plain(key)}: {_spelled(value[key], inner)}" for key in sorted(value))
        return f"{{{inner}{f',{inner}'.join(items)}{margin}}}"
    return _plain(value)

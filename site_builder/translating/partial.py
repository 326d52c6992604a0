"""A fragment that is translated in part: its own blocks, with the lines in them that are known."""

from collections.abc import Iterable

from site_builder.fragment.lines import has_text, has_words, inside, split
from site_builder.translating.memory import Recollection
from site_builder.translating.pairs import line_pairs


def with_lines(key: str, texts: Iterable[str], known: Recollection | None = None) -> str:
    """Put other texts in place of the lines with words of a fragment, in order; the others are as `known`."""
    pieces, rest = split(key), iter(texts)
    wordless = iter(known.wordless if known else ())
    for at in range(0, len(pieces), 2):
        if has_words(pieces[at]):
            pieces[at] = inside(pieces[at], next(rest).strip())
        elif known and has_text(pieces[at]) and (translation := next(wordless).translation):
            pieces[at] = inside(pieces[at], translation)
    return "".join(pieces)


def in_part(key: str, known: Recollection) -> str:
    """Translate the current lines of a fragment and leave the others as they are.

    Empty if nothing is current, or if a line that is left would be taken for a translation: one without
    a plain word is right as it is.
    """
    lines = known.lines
    current = [line.translation.strip() if line.state == "current" else "" for line in lines]
    if not any(current):
        return ""
    texts = (translation or line.text for line, translation in zip(lines, current, strict=True))
    value = with_lines(key, texts, known)
    pairs = line_pairs(key, value)
    return value if pairs and [pair.translation for pair in pairs] == current else ""


def suggested(key: str, known: Recollection) -> tuple[str, str]:
    """Translate what is known of a fragment, outdated lines too; with the English that this translates.

    That is empty if no line is outdated; both are if no line is known.
    """
    lines = known.lines
    if not any(line.translation for line in lines):
        return "", ""
    value = with_lines(key, (line.translation or line.text for line in lines), known)
    if all(line.state != "outdated" for line in lines):
        return value, ""
    return value, with_lines(key, (line.source or line.text for line in lines))

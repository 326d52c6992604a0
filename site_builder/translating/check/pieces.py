"""Rules about what the original's skeleton is made of: placeholders, blocks, tags."""

from collections import Counter
from collections.abc import Iterator, Sequence

from site_builder.fragment import placeholders
from site_builder.fragment.lines import same_blocks, split
from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import Entry
from site_builder.translating.repair import repair

_DAMAGE = {
    "stranded-text": ("text stands outside of its block", "move it inside, before the end tag"),
    "list-structure": ("list items and their list are not nested", "write the list as the original does"),
    "block-in-list": ("a list holds a block besides its items", "write the list as the original does"),
    "unbalanced-tags": ("a tag is left open, or ended twice", "end each tag once, inside its block"),
    "block-tag": ("a block has another tag than in the original", "use the tags of the original"),
    "stray-markup": ("a `<` that begins no tag", "write it as &lt;"),
    "malformed-tag": ("a tag is spelled so that browsers may read it differently", 'write name="value"'),
}  # fmt: skip
"""What repair mends of blocks and tags, and how to say it."""


def placeholder(entry: Entry) -> Iterator[Finding]:
    """Find placeholders that are missing, repeated, unknown, misspelled or not in their block."""
    numbers = Counter(placeholders(entry.key))
    own = Counter(placeholders(entry.value))
    kinds = entry.repair.kinds
    missing = sorted(numbers.keys() - own.keys())
    if "placeholder-spelling" in kinds:
        message = "a placeholder is misspelled" + (f": {_spelled(missing)}" if missing else "")
        yield Finding("placeholder", message, "copy it from the original, with its span")
    elif missing:
        hint = "put it where the translation speaks of it; the page has it at the end of its block"
        yield Finding("placeholder", f"{_spelled(missing)} missing", hint)
    if repeated := sorted(number for number in own if 1 <= numbers[number] < own[number]):
        hint = "each stands for one thing, once; the page shows the first"
        yield Finding("placeholder", f"{_spelled(repeated)} repeated", hint)
    if unknown := sorted(own.keys() - numbers.keys()):
        hint = "remove it: the original has no such placeholder"
        yield Finding("placeholder", f"{_spelled(unknown)} stands for nothing", hint)
    if moved := _moved(entry, numbers.keys() & own.keys()) if numbers else []:
        hint = "move it back; order is free only within a block"
        yield Finding("placeholder", f"{_spelled(moved)} not in the block where the original has it", hint)


def _spelled(numbers: Sequence[int]) -> str:
    names = [f"_^_{number}_^_" for number in numbers[:4]]
    return ", ".join(names) + (f" and {len(numbers) - 4} more" if len(numbers) > 4 else "")


def _moved(entry: Entry, common: set[int]) -> list[int]:
    """List the placeholders that stand in another block, where the two have the same blocks."""
    if not entry.is_html:
        return []
    lines, others = split(entry.key), split(entry.value)
    if not same_blocks(lines, others):
        others = split(entry.repair.html)
    if not same_blocks(lines, others):
        return []
    home = {number: at for at, line in enumerate(lines) for number in placeholders(line)}
    found = {
        number for at, line in enumerate(others) for number in placeholders(line) if home.get(number) != at
    }
    return sorted(found & common)


def structure(entry: Entry) -> Iterator[Finding]:
    """Find blocks and tags that are not the original's."""
    for kind, (message, hint) in _DAMAGE.items():
        if kind in entry.own_kinds:
            yield Finding("structure", message, hint)
    if not entry.is_html:
        return
    lines, others = split(entry.key), split(entry.repair.html)
    if not same_blocks(lines, others) and not same_blocks(lines, split(entry.value)):
        sound = split(repair(entry.key, entry.key).html)
        if not same_blocks(sound, others):
            yield Finding("structure", _difference(sound, others), "give it the blocks of the original")


def _difference(lines: Sequence[str], others: Sequence[str]) -> str:
    markup, other = [_names(pieces) for pieces in (lines, others)]
    for one, two in zip(markup, other, strict=False):
        if one != two:
            if not one.startswith("<") or not two.startswith("<"):
                break
            return f"{two} stands where the original has {one}"
    else:
        if len(markup) != len(other):
            return (
                "it has fewer blocks than the original" if len(other) < len(markup) else "it has more blocks"
            )
    return "the numbers of a list, such as `1. 2.`, are not as in the original"


def _names(pieces: Sequence[str]) -> list[str]:
    return [
        f"{piece.split()[0].rstrip('>')}>" if piece.startswith("<") else piece.strip()
        for piece in pieces[1::2]
    ]

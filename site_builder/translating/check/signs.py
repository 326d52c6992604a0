"""Rules about signs and spaces, as each script sets them."""

import re
from collections.abc import Iterator

from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import CJK, MARK, Entry, Pair, spaced

_FULL_WIDTH = {".": "。", ",": "、", "?": "？", "!": "！", ":": "：", ";": "；"}
_REPEATED = re.compile(r"[、。，．]\s*[、。，．]|,\s*,|,\s*\.(?!\.)")
_BRACKETS = {
    "(": ")",
    "（": "）",
    "「": "」",
    "『": "』",
    "【": "】",
    "〈": "〉",
    "《": "》",
    "[": "]",
    "“": "”",
}
_EMPTY = re.compile(r"「\s*」|『\s*』|（\s*）|\(\s*\)|“\s*”|\[\s*\]")
_WITHOUT_SENTENCE_ENDS = frozenset({"th", "lo"})
_NEEDS_END = re.compile(r"。.|(?:です|ます|した|ません|ください|ある|いる|てる|する|れる|せる)\Z")
"""Of Japanese and Chinese: text in sentences. A label or noun at the end of a line needs no full stop."""
_SENTENCE_WORDS = 4
"""Shorter lines are labels, whose full stop is a matter of style."""


def punctuation(entry: Entry) -> Iterator[Finding]:
    """Find signs that are not the language's, that are lost, or that have lost what they stood around."""
    for pair in entry.pairs:
        for message, hint in (*_ends(entry, pair), *_repeated(pair), *_brackets(pair)):
            yield Finding("punctuation", message + entry.quoted(pair), hint)


def _ends(entry: Entry, pair: Pair) -> Iterator[tuple[str, str]]:
    original, translated = pair.original_text.rstrip(), pair.translated_text.rstrip()
    sign, last = original[-1:], translated[-1:]
    if sign not in _FULL_WIDTH or not translated:
        return
    if entry.is_cjk:
        own = _full_width(sign, entry)
        if last in _FULL_WIDTH and _is_after_cjk(translated):
            wanted = _full_width(last, entry)
            yield f"ends in the half-width {last}", f"end it with {wanted}"
        elif sign in ".?!" and CJK.match(last) and _is_sentence(original) and _NEEDS_END.search(translated):
            yield f"the sentence end {sign} is lost", f"end it with {own}"
    elif (
        sign in ".?!"
        and last.isalpha()
        and _is_sentence(original)
        and entry.spoken not in _WITHOUT_SENTENCE_ENDS
    ):
        yield f"the sentence end {sign} is lost", "end it as the language ends a sentence"


def _full_width(sign: str, entry: Entry) -> str:
    return "，" if sign == "," and entry.spoken != "ja" else _FULL_WIDTH[sign]


def _is_after_cjk(text: str) -> bool:
    """Tell whether the text before the last sign is in Japanese or Chinese."""
    before = text[:-1].rstrip()[-1:]
    return bool(CJK.match(before)) or (before in {MARK, "）", ")", "」"} and CJK.search(text) is not None)


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= _SENTENCE_WORDS and not text.endswith(("...", "etc.", "i.e.", "e.g."))


def _repeated(pair: Pair) -> Iterator[tuple[str, str]]:
    if (found := _REPEATED.search(pair.translated_text)) and not _REPEATED.search(pair.original_text):
        yield f"{found[0]} with nothing between", "remove one, or put back what stood between them"


def _brackets(pair: Pair) -> Iterator[tuple[str, str]]:
    if found := _EMPTY.search(pair.translated_text):
        if not _EMPTY.search(pair.original_text):
            yield f"{found[0]} with nothing inside", "put back what stood inside"
    elif (odd := _unbalanced(pair.translated_text)) and not _unbalanced(pair.original_text):
        yield f"{odd} is not paired", "open and close each bracket"


def _unbalanced(text: str) -> str:
    """Name a bracket that is opened and not closed, or the reverse; its width does not count."""
    text = text.replace("（", "(").replace("）", ")")
    for opening, closing in _BRACKETS.items():
        difference = text.count(opening) - text.count(closing)
        if difference:
            return opening if difference > 0 else closing
    return ""


_SPACE_IN_CJK = re.compile(rf"{CJK.pattern}\s+{CJK.pattern}")
_SPACE_AT_SIGN = re.compile(r"\s[、。，！？；：）」』】》]|[（「『【《]\s")
_WIDE_OR_UNBROKEN = re.compile("[\u00a0\u3000]")
_GLUED = re.compile(rf"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ]{MARK}|{MARK}[A-Za-zÀ-ɏͰ-ϿЀ-ӿ]")
_SPACE_BEFORE_SIGN = re.compile(r"\w\s+[,.](?=\s|\Z)")


def whitespace(entry: Entry) -> Iterator[Finding]:
    """Find spaces that the script does not have, and words glued to what stands beside them."""
    for pair in entry.lines:
        original, translated = spaced(pair.original).strip(), spaced(pair.translation).strip()
        rules = _IN_CJK if entry.is_cjk else _BETWEEN_WORDS
        for pattern, message, hint in rules:
            if (found := pattern.search(translated)) and not pattern.search(original):
                yield Finding("whitespace", f"{message}: {_shown(found)}{entry.quoted(pair)}", hint)
    if not entry.is_html and entry.value != entry.value.strip() and entry.key == entry.key.strip():
        yield Finding("whitespace", "space around the text", "remove it")


_IN_CJK = (
    (_SPACE_IN_CJK, "a space between two characters", "remove the space"),
    (_SPACE_AT_SIGN, "a space beside a full-width sign", "remove the space"),
    (_WIDE_OR_UNBROKEN, "a wide or no-break space", "remove it, or use an ordinary space"),
)
_BETWEEN_WORDS = (
    (_GLUED, "no space between a word and a placeholder", "separate them"),
    (_SPACE_BEFORE_SIGN, "a space before a sign", "remove the space"),
)


def _shown(found: re.Match[str]) -> str:
    text, start, end = found.string, max(0, found.start() - 8), found.end() + 8
    return f'"{text[start:end]}"'.replace(MARK, "…").replace("\n", " ")

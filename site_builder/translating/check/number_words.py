"""Numbers that one language says in words and another in digits."""

import re
from collections.abc import Collection, Iterable

# fmt: off
_ENGLISH = {
    0: "zero(?:s|es|ed|th)?|no|none|not|non|nothing|null|nil|never|without|empty",
    1: "an?|ones?|single|first|once|each|every|per|another|other|only|any|unit|uni|mono|half|whole|next"
       "|initial",
    2: r"twos?|second|secondary|twice|both|pairs?|pairwise|doubl\w+|dual|bi|binary|squared?|squares"
       "|quadratic(?:ally)?|couple|half|halves|halving|either|neither|between|duplicate|two-?fold"
       "|bivariate|bidirectional|bilinear",
    3: "threes?|thirds?|triple|thrice|cubic|cubed?|tri|triplets?|trilinear",
    4: "fours?|fourth|quarters?|quadruple|quad", 5: "fives?|fifth", 6: "six|sixth", 7: "seven|seventh",
    8: "eight|eighth", 9: "nine|ninth", 10: "ten|tenth|tens|decimal|decade", 11: "eleven|eleventh",
    12: "twelve|twelfth|dozens?", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen",
    17: "seventeen", 18: "eighteen", 19: "nineteen", 20: "twenty|twentieth", 30: "thirty", 40: "forty",
    50: "fifty|half", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety",
    100: "hundreds?|percent|fully", 1000: "thousands?", 1000000: "millions?", 1000000000: "billions?",
    10**12: "trillions?",
}
"""Words by which English says, or implies, a number."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "june?", "july?", "aug", "sept?", "oct", "nov", "dec")
_ELSEWHERE = {
    0: "ゼロ零〇無영", 1: "一壱单単單片初한첫일", 2: "二両两兩双雙対倍半次두둘이",
    3: "三세셋삼", 4: "四네넷사", 5: "五다섯오", 6: "六육여섯", 7: "七칠일곱",
    8: "八팔여덟", 9: "九구아홉", 10: "十열십",
}
"""Characters by which a translation may say a number without a digit; one of them is enough."""
_ARABIC = {
    0: "صفر|بلا|دون", 1: "واحدة?|أحد|إحدى|أولى?|مرة", 2: r"ثان|ثاني|ثانية|كلا|كلتا|نصف|\w{3,}(?:ان|ين)",
    3: "ثلاثة?|ثالثة?|ثلث", 4: "أربعة?|رابعة?|ربع", 5: "خمسة?|خامسة?", 6: "ستة?|سادسة?",
    7: "سبعة?|سابعة?", 8: "ثمان|ثماني|ثمانية|ثامنة?", 9: "تسعة?|تاسعة?", 10: "عشرة?|عاشرة?",
}
"""Words by which Arabic says a number without a digit; two of a thing is the thing in the dual."""
_FACTORS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "hundred": 100,
}
_UNITS = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
# fmt: on
_VOWELS = re.compile(r"[\u064b-\u0652\u0640]")
"""What Arabic may write over a letter, or to make a word longer."""
_PRODUCT = re.compile(rf"\b(?=({'|'.join(_FACTORS)})[ -]({'|'.join(_UNITS)})\b)", re.IGNORECASE)
"""Two million, and both products of "a hundred thousand"."""


def said_in_english(numbers: Iterable[str], text: str) -> set[str]:
    """Tell which numbers an English text says in words, or names as a month."""
    distinct = set(numbers)
    if not distinct:
        return set()
    products = {_FACTORS[found[1].lower()] * _UNITS[found[2].lower()] for found in _PRODUCT.finditer(text)}
    return {number for number in distinct if _is_said(_value(number, 16), products, text)}


def _value(number: str, longest: int) -> int:
    return int(number) if number.isdecimal() and len(number) < longest else -1


def _is_said(value: int, products: Collection[int], text: str) -> bool:
    words = [_ENGLISH[value]] if value in _ENGLISH else []
    months = [f"{_MONTHS[value - 1]}[a-z]*"] if 1 <= value <= 12 else []
    if said := "|".join([*words, *months]):
        return re.search(rf"(?<![a-z])(?:{said})(?![a-z])", text, re.IGNORECASE) is not None
    return value in products


def is_said_elsewhere(number: str, text: str) -> bool:
    """Tell whether a translation says a number without a digit, as far as we know its words."""
    value = _value(number, 3)
    if any(character in text for character in _ELSEWHERE.get(value, "")):
        return True
    # Before a word there may be prepositions and the article, behind it its case or a pronoun.
    word = rf"(?<!\w)[وف]?[بلك]?(?:ا?ل)?(?:{_ARABIC.get(value, '(?!)')})(?:ا|ه[ام]|هما)?(?!\w)"
    return re.search(word, _VOWELS.sub("", text)) is not None

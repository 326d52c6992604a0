"""Languages: BCP 47 tags, native names, direction, and the words of the theme in each of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from babel import Locale

# Babel is imported where it is used: it takes a tenth of a second that `--help` need not wait for.

Direction = Literal["ltr", "rtl"]

_TAG = re.compile(
    r"""(?P<language>[a-z]{2,3}) (?:-(?P<script>[a-z]{4}))? (?:-(?P<region>[a-z]{2}|\d{3}))?
    (?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*      # variants
    (?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*        # extensions
    (?:-x(?:-[a-z0-9]{1,8})+)?                 # private use""",
    re.IGNORECASE | re.VERBOSE,
)
_RIGHT_TO_LEFT = frozenset(
    {"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}
)
_NO_LANGUAGE = frozenset({"mis", "mul", "root", "und", "zxx"})


@dataclass(frozen=True, slots=True)
class Language:
    """A language that pages can be written in."""

    tag: str
    """The BCP 47 tag, spelled as the user spells it: `ja`, `zh`, `pt-BR`."""
    name: str
    """In English."""
    native_name: str
    """As its own speakers write it, with a capital where their script has them."""
    direction: Direction


@lru_cache(maxsize=256)
def is_language(tag: str) -> bool:
    """Say whether a BCP 47 tag stands for a language, without looking up what it is called."""
    parts = _TAG.fullmatch(tag)
    return parts is not None and _is_known(*parts.group("language", "script", "region"))


@lru_cache(maxsize=256)
def find_language(tag: str) -> Language | None:
    """Return the language that a BCP 47 tag stands for, or None if there is none."""
    parts = _TAG.fullmatch(tag)
    if parts is None or not is_language(tag):
        return None
    locale = _locale(*parts.group("language", "script", "region"))
    if locale is None:
        name = native = _english().languages[parts["language"].lower()]
    else:
        name = locale.get_display_name("en") or tag
        native = locale.get_display_name() or name
    return Language(tag, name, native[0].upper() + native[1:], _direction(tag))


def nearest_tag(tag: str) -> str:
    """Return the known tag that `tag` was probably meant to be, or an empty string.

    A country's code finds its language (`jp` is `ja`), and so does a language's English name.
    """
    hyphenated = tag.replace("_", "-")
    subtags = hyphenated.split("-")
    for length in range(len(subtags), 0, -1):
        if find_language(shorter := "-".join(subtags[:length])):
            return shorter
    if spoken_there := _likely(f"und_{subtags[0].upper()}"):
        return spoken_there.partition("_")[0]
    named = _english().languages.items()
    by_name = {name.lower(): code for code, name in named if code.isalpha() and code not in _NO_LANGUAGE}
    near = get_close_matches(hyphenated.lower(), [*by_name, *by_name.values()], 1)
    return str(by_name.get(near[0], near[0])) if near else ""


@lru_cache(maxsize=256)
def gettext_for(tag: str) -> Callable[[str], str]:
    """Return the function that says the theme's English strings in the language `tag`.

    A regional variety falls back to the language it is written like (`pt-BR` to `pt`, but `zh-TW`
    never to `zh`), and a string without a translation to English.
    """
    words: dict[str, str] = {}
    for name in _fallbacks(tag):
        words = {**_words(name), **words}
    return lambda message: words.get(message, message)


@lru_cache(maxsize=4096)
def format_share(tag: str, share: float) -> str:
    """Write a share from 0 to 1 as a percentage in the language `tag`; only 1 is "100%"."""
    from babel.numbers import format_percent  # noqa: PLC0415

    # Rounded down, but not where floating point alone is to blame (0.29 * 100 is 28.999…).
    return format_percent(int(share * 100 + 1e-9) / 100, locale=_locale_of(tag))


@lru_cache(maxsize=4096)
def format_number(tag: str, number: int) -> str:
    """Write a whole number in the language `tag`: "1,234", "1 234"."""
    from babel.numbers import format_decimal  # noqa: PLC0415

    return format_decimal(number, locale=_locale_of(tag))


@lru_cache(maxsize=256)
def territory_locale(tag: str) -> str:
    """Return language and territory as Open Graph wants them, the likeliest where `tag` has none: `ja_JP`.

    Only the language where no territory is known.
    """
    parts = _TAG.fullmatch(tag)
    assert parts
    language, region = parts["language"].lower(), (parts["region"] or "").upper()
    likely = _likely(f"{language}_{_script(tag)}") or _likely(language)
    found = region or next((subtag for subtag in likely.split("_")[1:] if len(subtag) in {2, 3}), "")
    return f"{language}_{found}" if found else language


@cache
def _english() -> "Locale":
    from babel import Locale  # noqa: PLC0415

    return Locale("en")


def _is_known(language: str, script: str | None, region: str | None) -> bool:
    if language.lower() in _NO_LANGUAGE:
        return False
    if script and script.title() not in _english().scripts:
        return False
    if region and region.upper() not in _english().territories:
        return False
    return _locale(language, None, None) is not None or language.lower() in _english().languages


def _locale_of(tag: str) -> "Locale":
    """Return the locale to write numbers of a page in: English where there is none."""
    parts = _TAG.fullmatch(tag)
    locale = _locale(*parts.group("language", "script", "region")) if parts else None
    return locale or _english()


def _locale(language: str, script: str | None, region: str | None) -> "Locale | None":
    """Return Babel's locale nearest to what the subtags say, or None for a language it has no data on."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    for subtags in ((language, script, region), (language, region), (language, script), (language,)):
        try:
            return Locale.parse("_".join(filter(None, subtags)))
        except UnknownLocaleError:
            continue
    return None


def _direction(tag: str) -> Direction:
    return "rtl" if _script(tag) in _RIGHT_TO_LEFT else "ltr"


def _script(tag: str) -> str:
    """Return the ISO 15924 code of the script that a valid tag is written in, if it is known."""
    parts = _TAG.fullmatch(tag)
    if parts is None:
        return ""
    if parts["script"]:
        return parts["script"].title()
    language, region = parts["language"].lower(), (parts["region"] or "").upper()
    likely = _likely(f"{language}_{region}") or _likely(language)
    return next((subtag for subtag in likely.split("_") if len(subtag) == 4), "")


def _likely(locale: str) -> str:
    from babel.core import get_global  # noqa: PLC0415

    return str(get_global("likely_subtags").get(locale, ""))


def _fallbacks(tag: str) -> Iterator[str]:
    """Name the UI catalogs that can serve `tag`, the best first: none of them in another script."""
    yield tag
    language, script = tag.partition("-")[0].lower(), _script(tag)
    if locale := _locale(language, None, None):
        language = locale.language  # `iw` is `he`.
    yield f"{language}-{script}"
    if script == _script(language):
        yield language


def _words(name: str) -> dict[str, str]:
    """Read one UI catalog, if we have it."""
    path = files("site_builder").joinpath("locales", f"{name}.po")
    return read_words(path.read_text("utf-8")) if path.is_file() else {}


def read_words(catalog: str) -> dict[str, str]:
    """Return what a valid catalog, a PO file without plurals and contexts, says of each text.

    Babel reads any, but what it imports for that takes longer than all else that is wanted of it.
    """
    said = ((_unquoted(text), _unquoted(translation)) for text, translation in _ENTRY.findall(catalog))
    return {text: translation for text, translation in said if text and translation}


_ENTRY = re.compile(r'^msgid((?:\s*".*")+)\s*^msgstr((?:\s*".*")+)', re.MULTILINE)
_QUOTED = re.compile(r'^[^"\n]*"(.*)"', re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
_SIGNS = {"n": "\n", "r": "\r", "t": "\t"}


def _unquoted(strings: str) -> str:
    return _ESCAPED.sub(lambda sign: _SIGNS.get(sign[1], sign[1]), "".join(_QUOTED.findall(strings)))

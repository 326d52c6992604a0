"""Which settings there are, and what the value of each may be."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from site_builder.errors import Location, Problem
from site_builder.language import is_language, nearest_tag


class _WrongError(Exception):
    """A value is not what its key wants; the message goes on from the key's name."""

    def __init__(self, message: str, hint: str = "", path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.path = path
        """Where it is, below the key."""


_TYPE_NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a number"}
_TYPE_NAMES |= {list: "an array", dict: "a table"}
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def _typed(value: Any, wanted: type, example: str, path: tuple[str, ...] = ()) -> Any:
    if type(value) is not wanted:
        found = _TYPE_NAMES.get(type(value), "a date or time")
        raise _WrongError(f"must be {_TYPE_NAMES[wanted]}, not {found}", f"for example {example}", path)
    return value


def _text(example: str) -> Callable[[Any], str]:
    return lambda value: str(_typed(value, str, example))


def _path(example: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not _typed(value, str, example) or "\0" in value:
            raise _WrongError("must name a folder", f"for example {example}")
        return str(value)

    return read


def _tag(value: Any) -> str:
    if not _TAG.fullmatch(_typed(value, str, 'language = "en"')):
        raise _WrongError(f"holds {value!r}, which is no language tag", "a tag is like ja, zh or pt-BR")
    return str(value)


def _languages(value: Any) -> tuple[tuple[str, str], ...]:
    """Read an array of tags, or a table for each of them: each tag with where its translation comes from."""
    if not isinstance(value, dict):
        return tuple((_tag(tag), "") for tag in _texts(value, 'languages = ["ja", "zh"]'))
    for tag, table in value.items():
        for key in _typed(table, dict, f"[languages.{tag}]", (tag,)):
            if key != "provenance":
                raise _WrongError("is not a known key", _nearest(key, ("provenance",)), (tag, key))
    return tuple((_tag(tag), _provenance(tag, table)) for tag, table in value.items())


def _provenance(tag: str, table: Mapping[str, Any]) -> str:
    hint = "say what most of the translation is, or leave the key out"
    known = ("machine", "reviewed")
    return _one_of(table["provenance"], known, hint, (tag, "provenance")) if "provenance" in table else ""


def _one_of(value: Any, known: tuple[str, str], hint: str, path: tuple[str, ...] = ()) -> str:
    if value not in known:
        raise _WrongError('must be "{}" or "{}"'.format(*known), hint, path)
    return str(value)


def _texts(value: Any, example: str) -> list[str]:
    if not all(isinstance(item, str) for item in _typed(value, list, example)):
        raise _WrongError("must be an array of strings", f"for example {example}")
    return list(value)


def _globs(example: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        for glob in (globs := _texts(value, example)):
            if not glob.strip("/") or ".." in glob.split("/"):
                raise _WrongError(
                    f"holds {glob!r}, which is nowhere below the source", f"for example {example}"
                )
        return tuple(globs)

    return read


def _base_url(value: Any) -> str:
    example = 'base_url = "https://example.org/docs"'
    url = str(_typed(value, str, example))
    if url and not _is_site(url):
        raise _WrongError(f"is {url!r}, which is not the address of a site", f"for example {example}")
    return url.rstrip("/")


def _is_site(url: str) -> bool:
    if not re.fullmatch(r"https?://[^\s\x00-\x1f\"'<>\\?#@]+", url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # A port or an IPv6 address that is none.
        return False


def _repository(value: Any) -> dict[str, str]:
    example = 'repository = { view = "https://example.org/blob/main/{path}#L{line}" }'
    for key, pattern in _typed(value, dict, example).items():
        if key not in ("view", "edit", "home"):
            raise _WrongError("is not a known key", _nearest(key, ("view", "edit", "home")), (key,))
        if key == "home":
            _home(pattern, key)
            continue
        literal = re.sub(r"\{(?:path|line)\}", "0", _typed(pattern, str, example, (key,)))
        if (
            "{path}" not in pattern
            or "{" in literal
            or "}" in literal
            or not _is_site(re.split("[?#]", literal)[0])
        ):
            raise _WrongError("must be a URL with {path} in it", f"for example {example}", (key,))
    return dict(value)


def _home(value: Any, key: str) -> None:
    example = 'repository = { home = "https://example.org/owner/project" }'
    if not _is_site(_typed(value, str, example, (key,))):
        raise _WrongError("must be the address of the repository", f"for example {example}", (key,))


def _colab(value: Any) -> str:
    example = 'colab = "https://colab.research.google.com/github/OWNER/PROJECT/blob/gh-pages/{path}"'
    pattern = str(_typed(value, str, example))
    if pattern and (pattern.count("{path}") != 1 or not _is_site(pattern.replace("{path}", "0"))):
        raise _WrongError("must be a URL with {path} in it", f"for example {example}")
    return pattern


def _cname(value: Any) -> str:
    example = 'cname = "docs.example.org"'
    name = str(_typed(value, str, example))
    if name and not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", name):
        raise _WrongError(f"is {name!r}, which is not the name of a host", f"for example {example}")
    return name


def _analytics(value: Any) -> dict[str, str]:
    """Read where a script is and its data attributes, by their names without `data-`."""
    example = 'analytics = { src = "https://example.org/count.js", domain = "example.org" }'
    for name, text in _typed(value, dict, example).items():
        _typed(text, str, example, (name,))
        if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", name):
            hint = "small letters, digits and hyphens: site-id is data-site-id"
            raise _WrongError("is not the name of a data attribute", hint, (name,))
    if not _is_script(value.get("src", "")):
        hint = f"a URL, or a path below the static folder; for example {example}"
        raise _WrongError("must name a script", hint, ("src",) if "src" in value else ())
    return dict(value)


def _is_script(src: str) -> bool:
    if "://" in src:
        return _is_site(src.partition("?")[0])
    return bool(re.fullmatch(r"[^\s\\?#:\"'<>]+\.js", src)) and ".." not in src.split("/") and src[0] != "/"


def _macros(value: Any) -> dict[str, str]:
    example = 'macros = { R = "\\\\mathbb{R}" }'
    for name, tex in _typed(value, dict, example).items():
        _typed(tex, str, example, (name,))
        if not re.fullmatch(r"[A-Za-z]+", name):
            raise _WrongError(
                "must be named with letters, without the backslash", f"for example {example}", (name,)
            )
    return dict(value)


def _switch(example: str) -> Callable[[Any], bool]:
    return lambda value: bool(_typed(value, bool, example))


def _choice(known: tuple[str, str], hint: str) -> Callable[[Any], str]:
    return lambda value: _one_of(value, known, hint)


def _similarity(value: Any) -> float:
    example = "similarity = 0.75"
    number = value if type(value) is int else _typed(value, float, example)
    if not 0.5 <= number <= 1:
        raise _WrongError(f"is {value}, which is not from 0.5 to 1", f"for example {example}")
    return float(number)


def _glossary(value: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    example = '[glossary.ja] with "learning rate" = "学習率"'
    for tag, table in _typed(value, dict, example).items():
        if not is_language(tag):
            near = nearest_tag(tag)
            hint = f"did you mean {near}?" if near else "a tag is like ja, zh or pt-BR"
            raise _WrongError("names no language", hint, (tag,))
        _typed(table, dict, example, (tag,))
    return {
        tag: {term: _translations(term, said, (tag, term)) for term, said in table.items()}
        for tag, table in value.items()
    }


def _translations(term: str, value: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """Read what a term of the glossary may be called."""
    if not term.strip():
        raise _WrongError("is an empty term", "write the term as the source does", path)
    said = [value] if isinstance(value, str) else value
    if (
        not isinstance(said, list)
        or not said
        or not all(isinstance(one, str) and one.strip() for one in said)
    ):
        hint = 'for example "learning rate" = ["学習率", "ラーニングレート"]'
        raise _WrongError("must be a translation, or an array of them; none of them empty", hint, path)
    return tuple(said)


SETTINGS: Mapping[str, Callable[[Any], object]] = {
    "source": _path('source = "src"'),
    "translations": _path('translations = "translations"'),
    "output": _path('output = "public"'),
    "language": _tag,
    "languages": _languages,
    "title": _text('title = "Our code, explained"'),
    "base_url": _base_url,
    "repository": _repository,
    "include": _globs('include = ["models/**/*.py"]'),
    "exclude": _globs('exclude = ["vendor", "*_pb2.py"]'),
    "templates": _path('templates = "our_templates"'),
    "static": _path('static = "our_static"'),
    "footer": _text('footer = "© 2025 The authors"'),
    "macros": _macros,
    "markdown": _switch("markdown = false"),
    "analytics": _analytics,
    "cname": _cname,
    "colab": _colab,
    "number_equations": _switch("number_equations = true"),
    "notebooks": _switch("notebooks = false"),
    "remote_images": _choice(("link", "load"), "a link makes no request to another host"),
    "search": _switch("search = false"),
    "outdated": _choice(("original", "translation"), "what readers see of a text that changed since"),
    "similarity": _similarity,
    "glossary": _glossary,
}
"""Each setting by name, with the function that reads its value or raises _WrongError."""


def _nearest(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name.lower().replace("-", "_"), known, 1)
    return f"did you mean {nearest[0]}?" if nearest else f"the keys are {', '.join(known)}"


def check_settings(
    table: Mapping[str, Any], location: Callable[[tuple[str, ...]], Location]
) -> tuple[dict[str, Any], list[Problem]]:
    """Read the settings in `table`; what is wrong is left out and told as a problem.

    `location` says where a setting stands, given the keys that lead to it.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in table.items():
        try:
            if key not in SETTINGS:
                raise _WrongError("is not a known key", _nearest(key, tuple(SETTINGS)))
            values[key] = SETTINGS[key](value)
        except _WrongError as wrong:
            path = (key, *wrong.path)
            message = f"{'.'.join(path)} {wrong}"
            problems.append(Problem(location(path), "configuration", message, wrong.hint))
    return values, problems

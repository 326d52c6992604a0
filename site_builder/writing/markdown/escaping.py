"""Text in Markdown: with a backslash before whatever would be markup."""

import re

_MARKUP = re.compile(
    r"""
    # Each alternative begins with a sign of its own: so they are found fast.
    \\ | ` | \* | \[ | \] | \$ | ~
    | <(?=[A-Za-z/!?])
    | _(?:(?<![^\W_]_)|(?![^\W_]))    # Inside a word it is a letter.
    | !(?=\[)                         # Before a link it would make an image.
    """,
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BLOCK = re.compile(
    r"""
    (?:\#{1,6}(?=\s|\Z) | > | [-+](?=\s|\Z) | [-=]+\s*\Z | [|:-][|:\s-]*\Z)
    | \d{1,9}(?=[.)](?:\s|\Z))
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r" [ \t\n\r\f]+|[\t\n\r\f][ \t\n\r\f]*")


def one_line(text: str) -> str:
    """Make each run of white space one space, as HTML does."""
    return text if text.isprintable() and "  " not in text else _SPACE.sub(" ", text)


def escaped(text: str, *, in_table: bool = False) -> str:
    """Return text that stands in a line, so that it means only itself."""
    text = _MARKUP.sub(lambda sign: f"\\{sign[0]}", text)
    if "&" in text:
        text = _ENTITY.sub("&amp;", text)
    return text.replace("|", r"\|") if in_table else text


def line_start(line: str) -> str:
    """Keep a line of Markdown from beginning a list, a heading or another block."""
    found = _BLOCK.match(line)
    if not found:
        return line
    return f"{found[0]}\\{line[found.end() :]}" if found[0].isdigit() else f"\\{line}"


_PLAIN_URL = re.compile(r"[^\s<>()\\`$&]+")


def destination(url: str) -> str:
    """Spell where a link or image leads."""
    if _PLAIN_URL.fullmatch(url):
        return url
    url = _ENTITY.sub("&amp;", re.sub(r"[\t\n\r\f]", "", url))
    spelled = re.sub(r"[\\`$<>]", r"\\\g<0>", url)
    return spelled if re.fullmatch(r"[^\s<>()\\]+", url) else f"<{spelled}>"


def title(text: str) -> str:
    """Spell the title of a link or image, with the space before it; nothing if it has none."""
    if not text:
        return ""
    quoted = re.sub(r'[\\`$"<]', r"\\\g<0>", _ENTITY.sub("&amp;", one_line(text)))
    return f' "{quoted}"'


def code_span(code: str, *, in_table: bool = False) -> str:
    """Return code in a line, between as many backticks as it needs."""
    if not code:
        return ""
    code = code.replace("\n", " ")
    if in_table:
        code = code.replace("|", r"\|")
    ticks = "`"
    if ticks in code:
        runs = set(re.findall("`+", code))
        ticks = next(mark for length in range(1, len(runs) + 2) if (mark := "`" * length) not in runs)
    padded = code[0] == "`" or code[-1] == "`" or (code[0] == code[-1] == " " and code.strip())
    space = " " if padded else ""
    return f"{ticks}{space}{code}{space}{ticks}"


def fenced(code: str, language: str = "") -> str:
    """Return lines of code between fences."""
    runs = re.findall("`{3,}", code) if "```" in code else []
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return f"{fence}{language}\n{code}\n{fence}" if code else f"{fence}{language}\n{fence}"


_IN_HTML = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "&#96;", "$": "&#36;", "\\": "&#92;", "\n": "&#10;"}
)


def in_html(text: str) -> str:
    """Return text that stands in raw HTML, where Markdown's own escapes mean nothing."""
    return text.translate(_IN_HTML)


def attributes(values: dict[str, str]) -> str:
    """Spell the attributes of a tag, with the space before each."""
    return "".join(
        f' {name}="{in_html(one_line(value)).replace(chr(34), "&quot;")}"' for name, value in values.items()
    )

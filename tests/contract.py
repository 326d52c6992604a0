"""What holds for every page of every site, and what a test sees of a page."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import html5lib

HTML = "{http://www.w3.org/1999/xhtml}"
_RIGHT_TO_LEFT = {"ar", "he"}


def parse(html: str) -> Element:
    """Parse a page; any parse error of the HTML standard is raised."""
    document: Element = html5lib.HTMLParser(strict=True).parse(html)
    return document


def of_class(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in _classes(element)]


def _classes(element: Element) -> list[str]:
    return element.get("class", "").split()


def text(element: Element) -> str:
    return "".join(element.itertext())


def check_site(output: Path, base_url: str = "") -> None:
    """Check every page below `output`, and that each link of each page leads somewhere."""
    pages = {
        path.relative_to(output).as_posix(): parse(path.read_text("utf-8")) for path in output.rglob("*.html")
    }
    assert pages
    ids = {path: _ids(page) for path, page in pages.items()}
    for path, page in pages.items():
        _check_page(path, page)
        for href in _links(page):
            _check_link(output, path, href, ids, base_url)


def _ids(page: Element) -> set[str]:
    ids = [element.get("id", "") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted(ids)}"
    return set(ids)


def _check_page(path: str, page: Element) -> None:
    language = page.get("lang", "")
    assert language, path
    assert page.get("dir") == ("rtl" if language in _RIGHT_TO_LEFT else "ltr")
    for number, section in enumerate(of_class(page, "section")):
        assert section.get("id") == f"section-{number}"
        assert [_classes(child) for child in section] == [["docs"], ["code"]]
    for element in page.iter():
        _check_element(path, element)
    if any(re.fullmatch(r"sb-m[0-9a-f]{8}", name) for element in page.iter() for name in _classes(element)):
        sheets = [element.get("href", "") for element in page.iter(f"{HTML}link")]
        assert any("formulas.css" in href for href in sheets), f"{path}: a formula without its style sheet"
    whole = text(page)
    assert not re.search(r"_\^_\d|_%5e_|\ufdd0|\ufdd1", whole), path


def _check_element(path: str, element: Element) -> None:
    tag = str(element.tag).removeprefix(HTML)
    assert "style" not in element.attrib, (path, tag)
    assert not any(name.startswith("on") for name in element.attrib), (path, tag)
    assert tag != "style", path
    if tag == "script" and element.get("type") == "application/ld+json":
        json.loads(text(element))  # Data, which no browser runs.
    elif tag == "script":
        assert element.get("src"), path
        assert not text(element).strip(), path
    if tag in {"script", "img", "iframe", "source", "video", "audio"}:
        assert not urlsplit(element.get("src", "")).netloc, (path, element.get("src"))
    if tag == "link" and element.get("rel") not in {"canonical", "alternate"}:
        assert not urlsplit(element.get("href", "")).netloc, (path, element.get("href"))
    if tag == "a":
        assert not any(inner is not element for inner in element.iter(f"{HTML}a")), f"{path}: nested link"


def _links(page: Element) -> Iterator[str]:
    for element in page.iter():
        for name in ("href", "src"):
            if value := element.get(name):
                yield value


def _check_link(output: Path, path: str, href: str, ids: dict[str, set[str]], base_url: str) -> None:
    if base_url and href.startswith(base_url):
        href = "/" + href.removeprefix(base_url).lstrip("/")
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return
    if path == "404.html" and parts.path.startswith(urlsplit(base_url).path + "/"):
        href = parts.path.removeprefix(urlsplit(base_url).path)
        parts = urlsplit(href)
    target = (
        output / parts.path.lstrip("/")
        if parts.path.startswith("/")
        else (output / path).parent / unquote(parts.path)
    )
    target = output / path if not parts.path else target.resolve()
    target = target / "index.html" if target.is_dir() else target
    assert target.is_file(), f"{path}: {href} leads nowhere"
    if parts.fragment:
        known = ids[target.relative_to(output.resolve()).as_posix()] if target != output / path else ids[path]
        assert unquote(parts.fragment) in known, f"{path}: no {parts.fragment} in {target}"


def outline(html: str) -> str:
    """Say what a page says, without the theme: its language, title, and each pair of prose and code."""
    page = parse(html)
    titles = page.iter(f"{HTML}title")
    lines = [f"{page.get('lang')} {page.get('dir')}: {text(next(titles))}", ""]
    for section in of_class(page, "section"):
        docs, code = section
        shown = [line for pre in code.findall(f"{HTML}pre") for line in of_class(pre, "line")]
        lines += [f"== {section.get('id')}", *_prose(docs), "--", *map(_line, shown), ""]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _line(line: Element) -> str:
    [number] = of_class(line, "lineno")
    whole = text(line).rstrip("\n")
    return f"{text(number)}|{whole.removeprefix(text(number))}"


def _prose(docs: Element) -> list[str]:
    serialized = html5lib.serialize(docs, tree="etree", omit_optional_tags=False, quote_attr_values="always")
    inner = re.sub(
        r'<(a|span) class="sb-(?:anchor|state|target)".*?</\1>', "", serialized.strip(), flags=re.DOTALL
    )
    return [line.strip() for line in inner.split("\n") if line.strip()]

"""HTML that authors write in their prose: tags that stay, tags that show, images."""

import re
from collections.abc import Mapping
from html import escape, unescape

from site_builder.model import Protected
from site_builder.sanitize import ALLOWED_TAGS

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAGS = re.compile(r"""(</?[A-Za-z](?:[^<>"']|"[^"]*+"|'[^']*+')*+>)""")
_TAG_PARTS = re.compile(r"(</?)([A-Za-z][A-Za-z0-9-]*)(.*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""(?<![\w-])([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_SILENT_TAGS = frozenset({"center", "figcaption", "figure", "font", "picture", "source"})
"""Elements whose tags say nothing to a reader of what they hold."""


def split_tags(html: str) -> list[str]:
    """Split HTML into text and tags, by turns; text comes first. Comments vanish."""
    # Past the last end of a comment, each search for one would run to the end of the text.
    end = html.rfind("-->") + 3
    return _TAGS.split(_COMMENT.sub("", html[:end]) + html[end:] if end > 2 else html)


def is_image(tag: str) -> bool:
    """Say whether `tag` shows an image."""
    return tag[:4].lower() == "<img" and not tag[4:5].isalnum()


def kept(tag: str) -> str:
    """Spell a tag as a fragment keeps it: an unknown one is text, so that nothing is lost."""
    start, name, attributes = _TAG_PARTS.findall(tag)[0]
    name = name.lower()
    if name not in ALLOWED_TAGS:
        return "" if name in _SILENT_TAGS else escape(tag)
    return f"{start}{name}{attributes.replace('<', '&lt;').replace('>', '&gt;')}>"


def attributes_of(tag: str) -> dict[str, str]:
    """Return the attributes of a tag that have a value."""
    return {name.lower(): unescape("".join(value)) for name, *value in _ATTRIBUTE.findall(tag)}


_REMOTE = re.compile(r"https?:|[/\\]{2}", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?!https?:|data:image/)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_COLAB_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
_LOCAL_COLAB_BADGE = (
    '<img class="sb-badge" src="/_site/colab.svg" alt="Open in Colab" width="118" height="20">'
)


def image(attributes: Mapping[str, str], *, load_remote: bool) -> Protected:
    """Make the image with these attributes, `src` and `alt` among them.

    One that would come from another host is a link with its description, unless `load_remote`; one
    that no page can show is its description.
    """
    # Browsers read an address so.
    address = re.sub(r"[\t\n\r]", "", attributes.get("src", "")).strip()
    alt = attributes.get("alt", "")
    source, text = f"![{alt}]({address})", escape(alt or address)
    if address == _COLAB_BADGE:
        return Protected(source, _LOCAL_COLAB_BADGE)
    if _REMOTE.match(address) and not load_remote:
        return Protected(source, text, href=escape(address))
    if not address or _OTHER_SCHEME.match(address):
        return Protected(source, text)
    shown = {"src": address, "alt": alt, **_optional(attributes), "loading": "lazy"}
    written = "".join(f' {name}="{escape(value)}"' for name, value in shown.items())
    return Protected(source, f"<img{written}>")


def _optional(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: attributes[name] for name in ("width", "height", "title") if name in attributes}

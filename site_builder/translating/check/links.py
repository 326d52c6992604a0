"""Rules about links: where they lead, and that none stands inside another."""

import re
from collections.abc import Iterator

from site_builder.fragment.lines import read_line
from site_builder.translating.check.codes import Finding
from site_builder.translating.check.entry import Entry, shortened
from site_builder.translating.check.unsafe import foreign_scheme

_ANCHOR = re.compile(r"<(/?)a(?=[\s>])([^<>]*+)>", re.IGNORECASE)
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_LONGEST_TARGET = 80


def nested_link(entry: Entry) -> Iterator[Finding]:
    """Find links inside links."""
    if "nested-link" not in entry.own_kinds:
        return
    inner = _nested(entry.value)
    which = (
        f": {shortened(inner[1], _LONGEST_TARGET)} in {shortened(inner[0], _LONGEST_TARGET)}" if inner else ""
    )
    hint = "end one link before the other begins; the page has parted them by guess"
    yield Finding("nested-link", f"a link stands inside another{which}", hint)


def _nested(html: str) -> tuple[str, str] | None:
    """Find the first link that stands in another: the targets of the two."""
    around: list[str] = []
    for tag in _ANCHOR.finditer(html):
        if tag[1]:
            del around[-1:]
        else:
            href = _HREF.search(tag[2])
            around.append(href[1] or href[2] or href[3] or "" if href else "")
            if len(around) > 1:
                return around[-2], around[-1]
    return None


def link_targets(entry: Entry) -> Iterator[Finding]:
    """Find links of the original that are missing or lead elsewhere, and links that it does not have."""
    if not entry.is_html or ("<a" not in entry.key.lower() and "<a" not in entry.value.lower()):
        return
    wanted, found = read_line(entry.key).targets, read_line(entry.value).targets
    lost = [target for target in wanted if target and target not in found and not foreign_scheme(target)]
    new = [target for target in found if target and target not in wanted and not foreign_scheme(target)]
    for old, other in zip(lost, new, strict=False):
        hint = "lead it where the original does; the page has both links"
        yield Finding("link-changed", f"a link to {_cut(other)}, in the original to {_cut(old)}", hint)
    for target in lost[len(new) :]:
        hint = "link the words that stand for it; the page adds the link by guess"
        yield Finding("link-lost", f"no link to {_cut(target)}", hint)
    for target in new[len(lost) :]:
        hint = "remove the link, unless readers need it"
        yield Finding("link-changed", f"a link to {_cut(target)}, which the original does not have", hint)
    if not lost and "link-missing" in entry.own_kinds:
        hint = "put the words that stand for it between its tags"
        yield Finding("link-lost", "a link without words, which nobody can follow", hint)


def _cut(target: str) -> str:
    return shortened(target, _LONGEST_TARGET)

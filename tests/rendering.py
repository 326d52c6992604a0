"""A page and its site, to be rendered."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from site_builder.config import Config
from site_builder.language import find_language
from site_builder.model import Block, LocalizedPage, Page, Text
from site_builder.writing.context import Alternate, PageContext, SectionContext

FIXTURES = Path(__file__).parent / "fixtures" / "render"
THEME = Path(str(files("site_builder.templates")))
STATIC = THEME / "static"

ENGLISH, JAPANESE, ARABIC = map(find_language, ("en", "ja", "ar"))
CODE = '<span class="line"><span class="lineno">24</span><span class="k">class</span> A:\n</span>'
SECTIONS = (
    SectionContext(0, "", (Block("<h1>Group &amp; norm</h1>\n<p>Some prose.</p>", "current"),), CODE),
    SectionContext(1, "A.forward", (Block("<p>One</p>", "current"), Block("<p>Two</p>", "current")), ""),
    SectionContext(2, "", (), CODE.replace("24", "30")),
)


def config(**changes):
    return replace(
        Config(root=FIXTURES, source=FIXTURES, translations=FIXTURES, output=FIXTURES, title="annotated nn"),
        **changes,
    )


def context(language=ENGLISH, title="Group & norm", state="current", coverage=1.0, **changes):
    page = Page("a/b.py", "a/b.html", title, "", ())
    localized = LocalizedPage(page, language.tag, Text(title, state), Text("In <short>", state), (), coverage)
    alternates = tuple(
        Alternate(other, f"{other.tag}.html", other == language) for other in (ENGLISH, JAPANESE, ARABIC)
    )
    fields = {
        "site": config(),
        "page": localized,
        "language": language,
        "source_language": ENGLISH,
        "root": "../",
        "home_href": "../index.html",
        "sections": SECTIONS,
        "alternates": alternates,
    }
    return PageContext(**fields | changes)

"""The page that tells translators what each language lacks."""

import re
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
from rendering import config

from site_builder.config import Config, Repository
from site_builder.errors import Location, SiteError
from site_builder.model import Gap, GapPlace, PageStatus
from site_builder.writing.render import make_environment
from site_builder.writing.status import STATUS_PAGE, render_status

XHTML = "{http://www.w3.org/1999/xhtml}"
EDIT = Repository(edit="https://example.org/edit/{path}#L{line}")


def status(name: str, current=0, outdated=0, missing=0, gaps=(), language="ja", problems=0) -> PageStatus:
    words = {"current": current, "outdated": outdated, "missing": missing}
    url, where = f"{language}/{name}.html", f"translations/{name}.{language}.json"
    return PageStatus(f"{name}.py", f"The {name}", url, language, words, tuple(gaps), problems, where)


def gap(text: str = "A line", line: int = 7, path: str = "translations/a.ja.json", old=("", "")) -> GapPlace:
    return GapPlace(
        Gap("<p>key</p>", "outdated" if old[0] else "missing", text, 2, *old), Location(path, line)
    )


def rendered(*statuses: PageStatus, **changes: object) -> str:
    site: Config = config(**changes)
    return render_status(make_environment(site), site, statuses)


def tree(html: str):
    return html5lib.HTMLParser(strict=True).parse(html)


def texts(html: str, path: str) -> list[str]:
    found = tree(html).iterfind(f".//{XHTML}" + f"/{XHTML}".join(path.split("/")))
    return [" ".join("".join(element.itertext()).split()) for element in found]


MIXED = (
    status("whole", current=10),
    status("a", current=30, outdated=4, missing=6, gaps=[gap(), gap("Changed", 9, old=("Once", "昔"))]),
    status("none", missing=50, gaps=[gap("Not shown")]),
    status("worse", current=1, missing=40, gaps=[gap("B")], problems=2),
    status("whole", current=4, language="ar"),
)


def test_golden(golden) -> None:
    html = rendered(*MIXED, repository=EDIT)
    tree(html)
    golden(
        Path(__file__).parent / "fixtures" / "render" / "status.html",
        re.sub(r"\?h=[0-9a-f]{8}", "?h=HASH", html),
    )


def test_each_language_is_summed_up() -> None:
    assert texts(rendered(*MIXED), "tbody/tr/th") == ["العربية", "日本語"]
    cells = texts(rendered(*MIXED), "tbody/tr/td")
    assert cells == ["100%", "4", "0", "0", "0", "1/1", "29%", "41", "4", "96", "2", "1/4"]


def test_what_lacks_most_comes_first_and_what_is_done_is_folded_away() -> None:
    html = rendered(*MIXED)
    summaries = texts(html, "summary")
    assert [summary.split("Translated")[0].strip() for summary in summaries] == [
        "Complete pages 1",
        "The worse worse.py",
        "The a a.py",
        "Not translated yet 1",
        "Complete pages 1",
    ]
    assert summaries[1].endswith("Translated 2% Current 1 Outdated 0 Missing 40 Problems 2")
    # Where all is missing, the map as a whole is the gap.
    assert "Not shown" not in html


def test_a_gap_leads_to_its_place_in_the_map() -> None:
    html = rendered(status("a", 1, 0, 2, [gap()]), repository=EDIT)
    assert '<a class="sb-place" dir="ltr" translate="no" href="https://example.org/edit/' in html
    assert 'translations/a.ja.json#L7">a.ja.json:7</a>' in html


@pytest.mark.parametrize(
    ("path", "line", "said"),
    [
        ("translations/a.ja.json", 7, "translations/a.ja.json:7"),
        ("translations/a.ja.json", 0, "translations/a.ja.json"),
        ("/elsewhere/a.ja.json", 7, "/elsewhere/a.ja.json:7"),
    ],
)
def test_a_place_without_an_address_is_told_in_full(path: str, line: int, said: str) -> None:
    html = rendered(
        status("a", 1, 0, 2, [gap(line=line, path=path)]), repository=EDIT if path[0] == "/" else Repository()
    )
    assert f'<bdi class="sb-place" dir="ltr" translate="no">{said}</bdi>' in html


def test_a_map_that_is_not_there_is_not_linked() -> None:
    without = replace(status("a", 1, 0, 2, [gap(line=0)]), map="")
    html = rendered(without, replace(status("b", 0, 0, 2), map=""), repository=EDIT)
    assert "example.org/edit" not in html
    assert '<bdi class="sb-place" dir="ltr" translate="no">translations/a.ja.json</bdi>' in html


def test_a_page_without_a_word_of_it_leads_to_its_map() -> None:
    assert 'edit/translations/b.ja.json#L1">translations/b.ja.json</a>' in rendered(
        status("b", missing=2), repository=EDIT
    )


def test_an_outdated_text_stands_with_what_it_said_and_how_it_was_translated() -> None:
    html = rendered(status("a", 1, 2, 0, [gap("Now", old=("Once", "昔"))]))
    assert texts(html, "li/dl/dt") == ["Earlier original", "Earlier translation"]
    assert texts(html, "li/dl/dd") == ["Once", "昔"]
    assert '<dd lang="ja" dir="ltr">昔</dd>' in html
    assert texts(html, "li/p")[0] == "Now"


def test_long_texts_and_long_lists_are_cut() -> None:
    gaps = [gap("word " * 90)] * 130
    html = rendered(status("a", 1, 0, 2, gaps))
    listed = texts(html, "ol/li/p")[::2]
    assert len(listed) == 100
    assert {len(text) <= 201 and text.endswith("word…") for text in listed} == {True}
    assert "+30" in html


def test_a_title_alone_may_lack() -> None:
    html = rendered(status("a", current=9, gaps=[gap("The title")]))
    assert texts(html, "ol/li/p")[0] == "The title"
    assert texts(html, "tbody/tr/td")[-1] == "0/1"


def test_the_texts_of_others_are_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    page = PageStatus(
        evil,
        evil,
        evil,
        "ja",
        {"current": 1, "missing": 1},
        (gap(evil, path=evil, old=(evil, evil)),),
        0,
        evil,
    )
    for site in ({}, {"repository": EDIT}):
        assert "<script>" not in rendered(page, **site)


def test_it_speaks_the_language_of_the_source() -> None:
    html = rendered(*MIXED[1:4], language="de")
    assert '<html lang="de" dir="ltr">' in html
    assert texts(html, "h1") == ["Stand der Übersetzung"]
    assert texts(html, "tbody/tr/td")[0] == "23 %"


def test_no_search_engine_is_led_there_and_nothing_runs() -> None:
    html = rendered(*MIXED)
    assert STATUS_PAGE == "_site/status.html"
    assert '<meta name="robots" content="noindex">' in html
    assert "canonical" not in html
    assert all('src="../_site/' in script for script in re.findall("<script[^>]*>", html))
    assert "style=" not in html
    assert 'href="../_site/status.css?h=' in html


def test_a_site_in_one_language_has_nothing_to_tell() -> None:
    assert "There is nothing on this page yet." in rendered()


def test_hundreds_of_pages_in_three_languages_stay_small() -> None:
    statuses = [
        status(
            f"p{number}", 900, 0, 90 if number % 6 == 0 else 0, [gap()] * (9 if number % 6 == 0 else 0), tag
        )
        for tag in ("ja", "zh", "si")
        for number in range(260)
    ]
    html = rendered(*statuses)
    assert texts(html, "tbody/tr/td")[5::6] == ["216/260"] * 3
    assert len(html) < 800_000


def test_a_broken_template_of_the_site_is_told(tmp_path: Path) -> None:
    (tmp_path / "status.html").write_text("{{ nothing.here }}")
    with pytest.raises(SiteError, match=r"status\.html:1: "):
        rendered(*MIXED, templates=tmp_path)


def test_of_very_many_pages_the_worst_are_listed_and_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("site_builder.writing.status.MOST_PAGES", 3)
    html = rendered(*(status(f"p{number}", current=1, missing=number) for number in range(1, 10)))
    assert re.findall(r"p\d\.py", html) == ["p9.py", "p8.py", "p7.py"]
    assert "<bdi>+6</bdi>" in html
    assert "<bdi>0/9</bdi>" in html

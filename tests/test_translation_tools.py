"""Sources and maps are edited, and the tools run, in any order: nothing that a person wrote gets lost."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from unittest.mock import patch

from babel.messages.pofile import read_po, write_po
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from site_builder.config import load_config
from site_builder.fragment.lines import has_words, split
from site_builder.reading.discover import Source
from site_builder.site import Site, drafts, load_page, open_site
from site_builder.site.exchange import export_language, import_language
from site_builder.site.maps import add_language
from site_builder.site.memories import full_memory, load_shared
from site_builder.site.upkeep import prune, sync
from site_builder.translating.attic import load_attic
from site_builder.translating.catalog import load_catalog
from site_builder.translating.memory import Memory, translatable
from site_builder.translating.pairs import forms_of, line_pairs
from site_builder.translating.shared import Shared

PARAGRAPHS = [
    "The mean of each group is taken.",
    "The mean of every group is taken.",
    "The mean of every group is taken here.",
    "Scale by `gamma` and shift by $x$.",
    "Scale by $x$ and shift by `gamma` then.",
    "See [the page](a.py) for more.",
    "See [the page](b.py) for more.",
    "PyTorch",
    "* first item of it\n* second item of it",
    "* first item of it\n* another item of it",
    "1. One step\n2. Two steps",
    "# The heading",
    "12.5",
]
NAMES = ["a.py", "b.py", "sub/c.py", "d.md"]
Sections = list[list[str]]

paragraphs = st.sampled_from(PARAGRAPHS)
sections = st.lists(paragraphs, min_size=1, max_size=3)
names = st.sampled_from(NAMES)
picks = st.integers(0, 50)


class _StoppedError(Exception):
    """Stands for a crash."""


class Tools(RuleBasedStateMachine):
    """A site with its author, its translator and the tools."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.config = load_config(self._made("src").parent, languages=("ja",))
        self.sources: dict[str, Sections] = {}
        self.numbers = count(1)
        self.written: set[str] = set()
        """What persons wrote and did not take back."""
        self.known: set[str] = set()
        """Texts of one line that were shown in the language."""
        self.po = b""

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def _made(self, name: str) -> Path:
        (self.folder / name).mkdir(parents=True)
        return self.folder / name

    @initialize(start=st.lists(sections, min_size=1, max_size=2))
    def start(self, start: Sections) -> None:
        self.sources["a.py"] = start
        self.save()
        add_language(self.config, "ja")

    # The author.

    @rule(name=names, at=picks, section=sections)
    def write_section(self, name: str, at: int, section: list[str]) -> None:
        found = self.sources.setdefault(name, [])
        found.insert(at % (len(found) + 1), section)
        self.save()

    @rule(at=picks, to=names)
    def move_section(self, at: int, to: str) -> None:
        name, section = self.section(at)
        self.sources[name].remove(section)
        self.sources.setdefault(to, []).append(section)
        self.save()

    @rule(at=picks, line=picks, text=paragraphs)
    def reword(self, at: int, line: int, text: str) -> None:
        _, section = self.section(at)
        section[line % len(section)] = text
        self.save()

    @rule(at=picks, line=picks)
    def remove_paragraph(self, at: int, line: int) -> None:
        name, section = self.section(at)
        section.pop(line % len(section))
        if not section:
            self.sources[name].remove(section)
        self.save()

    @precondition(lambda self: len(self.sources) > 1)
    @rule(at=picks)
    def delete_file(self, at: int) -> None:
        del self.sources[sorted(self.sources)[at % len(self.sources)]]
        self.save()

    @rule(at=picks, to=names)
    def rename_file(self, at: int, to: str) -> None:
        self.sources[to] = self.sources.pop(sorted(self.sources)[at % len(self.sources)])
        self.save()

    def section(self, at: int) -> tuple[str, list[str]]:
        if not any(self.sources.values()):
            self.sources["a.py"] = [[PARAGRAPHS[0]]]
        found = [(name, section) for name in sorted(self.sources) for section in self.sources[name]]
        return found[at % len(found)]

    def save(self) -> None:
        shutil.rmtree(self.folder / "src")
        for name, found in self.sources.items():
            file = self.folder / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(as_markdown(found) if name.endswith(".md") else as_python(found))

    # The translator.

    @rule(at=picks)
    def translate(self, at: int) -> None:
        """Say all of a text, in its blocks."""
        self.edit(at, lambda key: translated(key, lambda text: f"訳{next(self.numbers)} {marks(text)}"))

    @rule(at=picks)
    def translate_one_line(self, at: int) -> None:
        lines = iter([f"訳{next(self.numbers)} "])
        self.edit(
            at,
            lambda key: translated(
                key, lambda text: said + marks(text) if (said := next(lines, "")) else text
            ),
        )

    @rule(at=picks)
    def translate_oddly(self, at: int) -> None:
        """Say all of a text in one paragraph, whatever its blocks are."""
        self.edit(at, lambda key: f"<p>訳{next(self.numbers)} {marks(key)}</p>")

    @rule(at=picks)
    def take_back(self, at: int) -> None:
        self.edit(at, lambda key: "")

    def edit(self, at: int, translate: Callable[[str], str]) -> None:
        entries = [(file, key) for file in self.files() for key in load_catalog(file, "ja", "").entries]
        if entries:
            file, key = entries[at % len(entries)]
            values = dict(load_catalog(file, "ja", "").entries)
            self.written.discard(values[key])
            values[key] = translate(key)
            self.written |= {values[key]} - {""}
            file.write_text(json.dumps(values, indent=1), encoding="utf-8")
            self.forget()

    # The tools.

    @rule()
    def add(self) -> None:
        assert not add_language(self.config, "ja").problems

    @rule()
    def sync(self) -> None:
        before = self.states()
        expected = sync(self.config, dry_run=True)
        assert not expected.problems
        synced = sync(self.config)
        assert (synced.written, synced.removed) == (expected.written, expected.removed)
        assert self.states() == before
        self.check_keys()
        files = self.contents()
        assert sync(self.config).written == ()
        assert self.contents() == files

    @rule(after=st.integers(0, 3))
    def sync_and_crash(self, after: int) -> None:
        writes = iter(range(after))
        replace_file = drafts.replace_file

        def crashing(path: Path, content: bytes) -> None:
            if next(writes, None) is None:
                raise _StoppedError
            replace_file(path, content)

        with patch.object(drafts, "replace_file", crashing):
            try:
                sync(self.config)
            except _StoppedError:
                pass

    @rule()
    def export_and_import(self) -> None:
        self.po = export_language(self.config, "ja")
        files = self.contents()
        imported = import_language(self.config, self.po, "ja.po")
        assert (imported.files, imported.moved) == ((), 0)
        assert self.contents() == files

    @precondition(lambda self: self.po)
    @rule(at=picks)
    def translate_elsewhere(self, at: int) -> None:
        """Give back a file that was exported at some time, with one translation more."""
        catalog = read_po(BytesIO(self.po))
        messages = [message for message in catalog if message.id]
        if messages:
            message = messages[at % len(messages)]
            said = translated(message.id, lambda text: f"訳{next(self.numbers)} {marks(text)}")
            message.string = said
            message.flags.discard("fuzzy")
            output = BytesIO()
            write_po(output, catalog)
            import_language(self.config, output.getvalue(), "ja.po")
            self.written.add(said)
            self.forget()

    @rule()
    def prune(self) -> None:
        prune(self.config)
        self.written &= set(self.values())
        self.forget()

    def forget(self) -> None:
        """After a person changed what is known, by choice, start with what is known now."""
        shared = load_shared(open_site(self.config), "ja")
        self.known = {text for text in self.known if knows(shared, text)}

    # What must hold.

    @invariant()
    def nothing_is_lost(self) -> None:
        assert {value.strip() for value in self.written} <= {value.strip() for value in self.values()}

    @invariant()
    def what_was_shown_is_shown_again(self) -> None:
        states = {pair for of_page in self.states().values() for pair in of_page}
        assert not {text for text, state in states if state != "current"} & self.known
        self.known |= {text for text, state in states if state == "current"}

    def check_keys(self) -> None:
        """Each text of a page stands in its map, and no other."""
        site = open_site(self.config)
        assert not site.former
        for source in site.sources:
            page, _ = load_page(self.config, source)
            path = site.maps.get((source.path, "ja"))
            keys = load_catalog(path, "ja", "").entries if path else {}
            said = {forms_of(section.docs.html) for section in page.sections}
            said |= {forms_of(key) for key in translatable(page)}
            assert {forms_of(key) for key in translatable(page)} <= {forms_of(key) for key in keys} <= said

    # What there is.

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("translations/**/*.ja.json"))

    def values(self) -> Iterator[str]:
        for file in self.files():
            yield from load_catalog(file, "ja", str(file)).entries.values()
        for values in load_attic(self.folder / "translations" / "attic" / "ja.json", "attic").values():
            yield from values

    def contents(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def states(self) -> dict[str, list[tuple[str, str]]]:
        """Say of each line of each page how well it is known."""
        site = open_site(self.config)
        shared = load_shared(site, "ja")
        return {
            source.path: list(states_of(site, source, full_memory(site, source.path, shared)))
            for source in site.sources
        }


def states_of(site: Site, source: Source, memory: Memory) -> Iterator[tuple[str, str]]:
    page, _ = load_page(site.config, source)
    assert page
    for key in translatable(page):
        if not key.startswith("<"):
            yield f"title: {key}", memory.recall_text(key).state
        elif (known := memory.recall(key)).value is None:
            yield from ((line.text.strip(), line.state) for line in known.lines)
        elif pairs := line_pairs(key, known.value):
            yield from ((pair.text.strip(), "current") for pair in pairs)
        else:
            yield key, "whole"


def knows(shared: Shared, text: str) -> bool:
    memory = Memory(shared=shared)
    if text.startswith("title: "):
        return memory.recall_text(text.removeprefix("title: ")).state == "current"
    return memory.recall(f"<p>{text}</p>").value is not None


def as_python(found: Sections) -> str:
    blocks = ["\n#\n".join(section).replace("\n", "\n# ") for section in found]
    return "".join(f"# {block}\nx = {number}\n\n" for number, block in enumerate(blocks))


def as_markdown(found: Sections) -> str:
    title = "---\ntitle: The heading\nsummary: The mean of each group\n---\n\n"
    return title + "\n\n".join(paragraph for section in found for paragraph in section) + "\n"


def translated(key: str, translate: Callable[[str], str]) -> str:
    """Put translations in place of the lines of a text."""
    return "".join(
        translate(piece) if has_words(piece) and not at % 2 else piece for at, piece in enumerate(split(key))
    )


def marks(text: str) -> str:
    """Return the placeholders and links of a text."""
    return "".join(re.findall(r"<a .*?</a>|<span .*?</span>", text))


TestTools = Tools.TestCase
TestTools.settings = settings(max_examples=int(os.environ.get("N","40")), stateful_step_count=25)

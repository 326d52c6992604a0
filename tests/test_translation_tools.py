"""Sources and maps are edited, and the tools run, in any order: nothing that a person wrote gets lost."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from itertools import chain, count, repeat
from pathlib import Path
from unittest.mock import patch

from babel.messages.pofile import read_po, write_po
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from site_builder.config import load_config
from site_builder.fragment.lines import has_words, split
from site_builder.reading.discover import Source
from site_builder.site import Site, drafts, open_site
from site_builder.site.exchange import export_language, import_language
from site_builder.site.maps import add_language
from site_builder.site.memories import full_memory, load_shared
from site_builder.site.pages import load_page
from site_builder.site.upkeep import prune, sync
from site_builder.translating.attic import load_attic
from site_builder.translating.catalog import load_catalog
from site_builder.translating.memory import Memory, translatable
from site_builder.translating.pairs import forms_of, line_pairs
from site_builder.translating.shared import Shared

PARAGRAPHS = [
    "The mean of each group",
    "The mean of every group",
    "Scale by `gamma` and $x$, see [there](a.py).",
    "PyTorch",
    "* first item of it\n* second item of it",
    "1. One step\n2. Two steps",
]
"""Two are alike; one is right as it is in any language."""
NAMES = ["a.py", "sub/b.py", "c.md"]
Sections = list[list[str]]

UNKNOWN = ("missing", "outdated")

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
        self.drop(name, section)
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
            self.drop(name, section)
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

    def drop(self, name: str, section: list[str]) -> None:
        """Take a section out, and not one of the same words."""
        self.sources[name] = [other for other in self.sources[name] if other is not section]

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

    @rule()
    def translate(self) -> None:
        """Say everything that is empty."""
        for file in self.files():
            entries = load_catalog(file, "ja", "").entries
            self.write(file, {key: value or translated(key, self.fresh) for key, value in entries.items()})

    @rule(
        at=picks,
        edit=st.sampled_from([
            lambda self, key: translated(key, self.fresh),
            lambda self, key: translated(key, first_only(self.fresh)),
            lambda self, key: f"<p>{self.fresh(key)}</p>",  # In other blocks.
            lambda self, key: "",
        ]),
    )  # fmt: skip
    def change(self, at: int, edit: Callable[["Tools", str], str]) -> None:
        """Say a text anew, in part, oddly or not at all."""
        entries = [(file, key) for file in self.files() for key in load_catalog(file, "ja", "").entries]
        if entries:
            file, key = entries[at % len(entries)]
            self.write(file, {**load_catalog(file, "ja", "").entries, key: edit(self, key)})

    def fresh(self, text: str) -> str:
        """Translate a line as nobody did before."""
        return f"訳{next(self.numbers)} {marks(text)}".strip()

    def write(self, file: Path, entries: dict[str, str]) -> None:
        before = load_catalog(file, "ja", "").entries
        changed = {key: value for key, value in entries.items() if value != before[key]}
        self.written -= {before[key].strip() for key in changed}
        self.written |= {value.strip() for value in changed.values()} - {""}
        file.write_text(json.dumps(entries, indent=1), encoding="utf-8")
        self.forget()

    # The tools.

    @rule()
    def add(self) -> None:
        assert not add_language(self.config, "ja").problems

    @rule()
    def sync(self) -> None:
        before = self.states()
        announced = sync(self.config, dry_run=True, force=True)
        assert not announced.problems
        synced = sync(self.config, force=True)
        assert (synced.written, synced.removed) == (announced.written, announced.removed)
        after = self.states()
        assert [state for state in after if state[1] not in UNKNOWN] == [
            state for state in before if state[1] not in UNKNOWN
        ]
        # What is in the attic may be like the text of any page, what moved out of a map that is gone no more.
        if not synced.removed:
            assert {text for text, state in before if state == "outdated"} <= {
                text for text, state in after if state == "outdated"
            }
        self.check_keys()
        files = self.contents()
        assert sync(self.config, force=True).written == ()
        assert self.contents() == files

    @rule(after=st.integers(0, 3))
    def sync_and_crash(self, after: int) -> None:
        writes = iter(range(after))
        replace_file = drafts.replace_file

        def crashing(path: Path, content: bytes) -> None:
            if next(writes, None) is None:
                raise _StoppedError
            replace_file(path, content)

        with patch.object(drafts, "replace_file", crashing), suppress(_StoppedError):
            sync(self.config, force=True)

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
            message.string = said = translated(message.id, self.fresh)
            message.flags.discard("fuzzy")
            output = BytesIO()
            write_po(output, catalog)
            import_language(self.config, output.getvalue(), "ja.po")
            self.written.add(said.strip())
            self.forget()

    @rule(really=st.sampled_from([False, False, True]))
    def prune(self, really: bool) -> None:
        """Prune now and then: it takes away what the other rules are about."""
        if really:
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
        assert self.written <= set(self.values())

    @invariant()
    def what_was_shown_is_shown_again(self) -> None:
        states = self.states()
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
            yield from map(str.strip, load_catalog(file, "ja", str(file)).entries.values())
        for values in load_attic(self.folder / "translations" / "attic" / "ja.json", "attic").values():
            yield from map(str.strip, values)

    def contents(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def states(self) -> list[tuple[str, str]]:
        """Say of each line of each page how well it is known."""
        site = open_site(self.config)
        shared = load_shared(site, "ja")
        return [state for source in site.sources for state in states_of(site, source, shared)]


def states_of(site: Site, source: Source, shared: Shared) -> Iterator[tuple[str, str]]:
    page, _ = load_page(site.config, source)
    assert page
    memory = full_memory(site, page, shared)
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
    title = f"---\ntitle: The mean of {len(found)} groups\nsummary: A summary of it\n---\n\n"
    return title + "\n\n".join(paragraph for section in found for paragraph in section) + "\n"


def translated(key: str, translate: Callable[[str], str]) -> str:
    """Put translations in place of the lines of a text."""
    return "".join(
        translate(piece) if has_words(piece) and not at % 2 else piece for at, piece in enumerate(split(key))
    )


def first_only(translate: Callable[[str], str]) -> Callable[[str], str]:
    """Translate one line, and leave the others."""
    translations = chain([translate], repeat(str))

    def one(text: str) -> str:
        return next(translations)(text)

    return one


def marks(text: str) -> str:
    """Return the placeholders and links of a text."""
    return "".join(re.findall(r"<a .*?</a>|<span .*?</span>", text))


TestTools = Tools.TestCase
TestTools.settings = settings(max_examples=30, stateful_step_count=25)

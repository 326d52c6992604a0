"""What a process that stays knows of its last build."""

from dataclasses import dataclass, field

from site_builder.build.reading import Reading
from site_builder.build.writing import Rendering
from site_builder.translating.shared import Shared
from site_builder.writing.search import Corpus


@dataclass(slots=True)
class Pages:
    """What a process knows of its last build, so that the next one does the work of the change."""

    readings: dict[str, Reading] = field(default_factory=dict)
    """By source path."""
    renderings: dict[str, Rendering] = field(default_factory=dict)
    """By URL; of what is published."""
    memories: dict[str, tuple[bytes, Shared]] = field(default_factory=dict)
    """By language, each with the digest of what it was made of."""
    corpora: dict[str, Corpus] = field(default_factory=dict)
    """What is indexed of what is published."""

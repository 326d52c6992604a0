"""What was translated before: the translation of a fragment, if there is one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from site_builder.fragment import normal_form


@dataclass(frozen=True, slots=True)
class Memory:
    """The translations that one map holds of its source's fragments.

    A fragment is looked up as it is spelled first, and then by what it says; a title or summary, which
    is no HTML, only as it is spelled. An empty value is no translation.
    """

    entries: Mapping[str, str] = field(default_factory=dict)
    _by_normal_form: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def translation(self, key: str) -> str | None:
        """Return the translation of the fragment, title or summary `key`, or None."""
        value = self.entries.get(key)
        if value is None and key.startswith("<") and self.entries:
            value = self._normalised().get(normal_form(key))
        return value if value and value.strip() else None

    def _normalised(self) -> Mapping[str, str]:
        """Normalise the keys, once, and only if a fragment was not found as it is spelled."""
        if not self._by_normal_form:
            for key, value in self.entries.items():
                self._by_normal_form.setdefault(normal_form(key), value)
        return self._by_normal_form

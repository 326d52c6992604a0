"""Front matter, which is YAML."""

from typing import Any

import yaml

from site_builder.reading.text import SourceError


def read_mapping(text: str) -> dict[str, Any]:
    """Return the values of front matter; a title and a summary are text. Raises SourceError."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        mapping = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        raise _fault(f"front matter: {error.problem or 'not valid YAML'}", error.problem_mark) from None
    except yaml.YAMLError:
        raise _fault("front matter: a control character") from None
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # PyYAML trusts what a tag says of a value: `!!bool perhaps` is a KeyError.
        raise _fault("front matter: not valid YAML") from error
    if not isinstance(mapping, dict) or not all(isinstance(key, str) for key in mapping):
        raise _fault("front matter is not a mapping of names to values")
    return mapping | _texts(node)


def _texts(node: yaml.Node | None) -> dict[str, str | None]:
    """Return title and summary as they are written: 1.10 is no number there."""
    found: dict[str, str | None] = {}
    for key, value in node.value if node else ():
        if key.value in {"title", "summary"}:
            if not isinstance(value, yaml.ScalarNode):
                raise _fault(f"front matter: {key.value} is not text", value.start_mark)
            found[key.value] = None if value.tag.endswith(":null") else value.value
    return found


def _fault(message: str, mark: yaml.Mark | None = None) -> SourceError:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    hint = "write `key: value` lines between the two `---` lines"
    return SourceError(line, column, "front-matter", message, hint)


class _Loader(yaml.SafeLoader):
    """Reads values without aliases, by which a short text could say a very long one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=alias.start_mark)
        return super().compose_node(parent, index)

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The first example pays for imports, and other work may share the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="rewrite expected results; review the diff"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a result with the file that holds the expected one, or rewrite that file if asked to."""

    def compare(file: Path, result: str) -> None:
        if request.config.getoption("--update-goldens"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(result, encoding="utf-8", newline="\n")
        assert result == file.read_text(encoding="utf-8")

    return compare

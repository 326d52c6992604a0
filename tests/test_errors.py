import pickle

import pytest

from site_builder.errors import Location, Problem, SiteError

PROBLEM = Problem(Location("a.py", 3, 7), "code", "what is wrong", "what to do", "the text")


@pytest.mark.parametrize(
    ("location", "shown"),
    [(Location("a.py"), "a.py"), (Location("a.py", 3), "a.py:3"), (Location("a.py", 3, 7), "a.py:3:7")],
)
def test_a_location_says_as_much_as_it_knows(location: Location, shown: str) -> None:
    assert str(location) == shown


def test_a_problem_says_where_what_and_the_remedy() -> None:
    assert str(PROBLEM) == 'a.py:3:7: what is wrong [code]\n  in "the text"\n  hint: what to do'


def test_a_warning_says_so() -> None:
    assert str(Problem(Location("a"), "code", "odd", severity="warning")) == "a: warning: odd [code]"


def test_an_error_keeps_its_problems_between_processes() -> None:
    assert pickle.loads(pickle.dumps(SiteError(PROBLEM, PROBLEM))).problems == (PROBLEM, PROBLEM)

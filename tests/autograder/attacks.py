"""Shared by the tests of the attack corpora: one class a file, one test a case."""

import pytest

from autograder.attack.arena import run
from autograder.attack.corpora import all_cases


def chosen(corpus, small=False):
    """The cases of a corpus, as parameters for a test."""
    return [case for case in all_cases() if case.corpus == corpus and case.small == small]


def names(cases):
    return pytest.mark.parametrize("name", [*(case.name for case in cases), ""], ids=lambda name: name or "the class")


def class_of(cases, *args):
    """A fixture: the results of these cases in one class, by name."""

    @pytest.fixture(scope="module")
    def results():
        return {result.name: result for result in run(cases, *args)}

    return results


def assert_nothing_happened(result):
    """No point gained or lost, no harm, nobody else's grade changed, and a word about every point that is missing."""
    assert (result.gained, result.lost) == (0, 0)
    assert (result.harm, result.others, result.silent) == ([], [], [])

"""Shared by the tests that hand in cases of the attack corpora."""

from autograder.rehearsal.attack.case import CASES, Case
from autograder.rehearsal.attack.corpora import all_cases


def cases(*names):
    """The cases of these names."""
    all_cases()
    return [CASES[name] for name in names]


def together(name, *names):
    """One submission that does what several cases do: cells before the answer, changed marks, files beside it."""
    parts = cases(*names)
    assert all(part.due == parts[0].due and not part.again for part in parts), "they must deserve the same"

    def build(draft):
        for part in parts:
            part.build(draft)

    return Case(name, parts[0].corpus, f"All of {', '.join(names)}", build, parts[0].due, parts[0].notebooks)


def assert_nothing_happened(result):
    """No point gained or lost, no harm, nobody else's grade changed, and a word about every point that is missing."""
    assert (result.gained, result.lost) == (0, 0)
    assert (result.harm, result.others, result.silent) == ([], [], [])

"""All cases: importing this module fills `case.CASES`."""

from autograder.rehearsal.attack import (
    adversarial,
    answers,
    damaged_files,
    dying_cells,
    exhaustion,
    files_and_network,
    odd_but_right,
    pages,
    secrets_and_links,
    structural,
)
from autograder.rehearsal.attack.case import CASES, Case

CORPORA = (
    *(adversarial, answers, pages, secrets_and_links, files_and_network, exhaustion),
    *(structural, damaged_files, dying_cells),
    odd_but_right,
)


def all_cases() -> list[Case]:
    """Every case, corpus by corpus."""
    return [case for module in CORPORA for case in CASES.values() if case.build.__module__ == module.__name__]

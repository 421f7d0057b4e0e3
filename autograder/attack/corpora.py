"""All cases: importing this module fills `case.CASES`."""

from . import adversarial, answers, exhaustion, fair, intruders, outbreak, structural, trouble
from .case import CASES, Case

CORPORA = (adversarial, answers, intruders, outbreak, exhaustion, structural, trouble, fair)


def all_cases() -> list[Case]:
    """Every case, corpus by corpus."""
    return [case for module in CORPORA for case in CASES.values() if case.build.__module__ == module.__name__]

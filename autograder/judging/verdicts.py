"""From answers to verdicts, and from verdicts to the score of an exercise."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nst.checks.comparison import Case, Verdict, judge, numbers


def paid_once(own: Verdict, stubbed: Verdict, parts: Sequence[str]) -> Verdict:
    """The verdict that counts, of one with the student's own parts and one where those answer right.

    A mistake in a part is paid for in the part's own exercise, so the better verdict counts.
    """
    if own.credit >= stubbed.credit:
        return own
    names = " or ".join(f"`{part}`" for part in parts)
    if stubbed.passed:
        return Verdict(True, stubbed.credit, f"Right, but for a mistake in {names}, which is counted there.", None)
    hint = f"{stubbed.hint} (Judged with a right {names}; a mistake there is counted there.)"
    return Verdict(False, stubbed.credit, hint, stubbed.mistake)


@dataclass(frozen=True)
class Graded:
    """The outcome of one exercise: `score` in [0, points]; `hint` for the student; `reason` when it was not judged."""

    score: float
    points: float
    hint: str = ""
    mistake: str | None = None
    reason: str = ""


@dataclass
class Judgement:
    """The outcome of one notebook. `verdicts`: grade_id of the check cell -> Graded, complete whatever happened."""

    verdicts: dict[str, Graded] = field(default_factory=dict)
    seconds: float = 0.0
    level: str = "namespaces"
    notes: list[str] = field(default_factory=list)
    memory: int = 0  # bytes that the student's processes held at most, seen every 50 ms


def verdict_on(drawn: list[Case], answers: list[tuple]) -> Verdict:
    """`judge`'s verdict; answers that it cannot even compare (it would raise) are wrong."""
    try:
        with np.errstate(all="ignore"):
            found = judge(drawn, [calls[:2] for calls in answers])
            told = zip(drawn, (calls[2] for calls in answers), strict=False)
            changed = found.passed and any(after is not None and not _same(case.args, after) for case, after in told)
    except (ArithmeticError, TypeError, ValueError, MemoryError, RecursionError) as error:
        hint = f"Your function's answers cannot be compared with numbers ({type(error).__name__})."
        return Verdict(False, 0.0, hint, None)
    if not changed:
        return found
    credit = next((rule.credit for rule in drawn[0].rules if rule.name == "in_place"), 0.0)
    hint = "The answer is right, but your function changes its arguments: work on a copy."
    return Verdict(False, credit, hint, "in_place")


def _same(before, after):
    if callable(before) or before is None:
        return True
    if isinstance(before, dict):
        return isinstance(after, dict) and set(before) == set(after) and all(_same(before[k], after[k]) for k in before)
    if isinstance(before, tuple):
        return isinstance(after, tuple) and len(before) == len(after) and all(map(_same, before, after))
    before, after = numbers(before), numbers(after)
    return after is not None and np.array_equal(before, after, equal_nan=True)

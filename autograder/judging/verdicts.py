"""From answers to verdicts, and from verdicts to the score of an exercise."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nst.checks.comparison import Case, Verdict, judge


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
            return judge(drawn, answers)
    except (ArithmeticError, TypeError, ValueError, MemoryError, RecursionError) as error:
        hint = f"Your function's answers cannot be compared with numbers ({type(error).__name__})."
        return Verdict(False, 0.0, hint, None)

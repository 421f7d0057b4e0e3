"""From answers to verdicts, and from verdicts to the score of an exercise."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from nst.checks.comparison import Case, Verdict
from nst.checks.judge import Answers, own_verdict, paid_once

__all__ = ["Graded", "Judgement", "paid_once", "verdict_on"]


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


def verdict_on(
    drawn: list[Case], answers: Answers, ask: Callable[[list[Case]], Answers | None] = lambda single: None
) -> Verdict:
    """`own_verdict`; answers that it cannot even compare (it would raise) are wrong."""
    return carefully(lambda: own_verdict(drawn, answers, ask))


def carefully(judged: Callable[[], Verdict]) -> Verdict:
    """The verdict that `judged` comes to, or that the answers are wrong where it cannot even compare them."""
    try:
        with np.errstate(all="ignore"):
            return judged()
    except (ArithmeticError, TypeError, ValueError, MemoryError, RecursionError) as error:
        hint = f"Your function's answers cannot be compared with numbers ({type(error).__name__})."
        return Verdict(False, 0.0, hint, None)

"""How good the checks are, in numbers: `python -m autograder assess` (`make assess`) prints two tables.

For every exercise and for both sources of cases (the public ones of the notebook, fresh ones as in grading): how many
known mistakes are caught and named correctly, how many other right answers are accepted, and the time of one local
check. Then what becomes of answers that are in no list (outsiders.py), over many draws. Exit code 1 if a total of the
first is not 100 %, or an answer of the second is judged wrongly, by luck, or without a word.
"""

import argparse
import contextlib
import copy
import io
import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np

from autograder.authoring import outsiders
from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from nst.checks.calling import call_twice
from nst.checks.comparison import Case, Verdict
from nst.checks.judge import judge
from nst.checks.local import check

SEEDS = (b"assess 1", b"assess 2", b"assess 3")


@dataclass
class Score:
    """Counts of one exercise, over the public cases and some draws of fresh ones."""

    exercise: str
    mistakes: int
    variants: int
    tried: int = 0
    caught: int = 0
    named: int = 0
    offered: int = 0
    accepted: int = 0
    seconds: float = 0.0

    @property
    def perfect(self) -> bool:
        return self.caught == self.named == self.tried and self.accepted == self.offered


def verdict(exercise: GradedExercise, source: str, cases: list[Case]) -> Verdict:
    """The verdict on the function that this cell defines."""
    function = exercise.function_of(source)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return judge(cases, [call_twice(function, copy.deepcopy(case.args)) for case in cases])


def assess(exercise: GradedExercise) -> Score:
    """The `Score` of one exercise."""
    known = exercise.known
    right = {"the master's own": exercise.masters.source_of(exercise.name), **known.variants}
    score = Score(exercise.name, len(known.mistakes), len(right), seconds=local_seconds(exercise))
    for cases in (exercise.public(), *map(exercise.fresh, SEEDS)):
        for mistake in known.mistakes:
            found = verdict(exercise, mistake.source, cases)
            score.tried += 1
            score.caught += not found.passed and 0 <= found.credit < 1
            score.named += (found.mistake, found.hint) == (mistake.name, mistake.hint)
        for source in right.values():
            score.offered += 1
            score.accepted += verdict(exercise, source, cases).passed
    return score


def local_seconds(exercise: GradedExercise) -> float:
    """Wall time of `nst.check` on the reference, the best of three: other work of the machine left out."""
    function, times = exercise.masters.reference(exercise.name), []
    for _ in range(3):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            check(exercise.name, function)
        times.append(time.perf_counter() - start)
    return min(times)


def table(scores: list[Score]) -> str:
    """The scores as lines of text, totals last."""
    head = (
        f"{'exercise':22} {'mistakes':>8} {'caught':>8} {'named':>8} {'variants':>9} {'accepted':>9} {'check, ms':>10}"
    )
    lines = [head, "-" * len(head)]
    for s in scores:
        shares = (s.caught / s.tried, s.named / s.tried)
        lines.append(
            f"{s.exercise:22} {s.mistakes:8d} {shares[0]:8.0%} {shares[1]:8.0%} {s.variants:9d} "
            f"{s.accepted / s.offered:9.0%} {1000 * s.seconds:10.1f}"
        )
    tried, offered = sum(s.tried for s in scores), sum(s.offered for s in scores)
    lines += [
        "-" * len(head),
        f"{'total':22} {sum(s.mistakes for s in scores):8d} {sum(s.caught for s in scores) / tried:8.0%} "
        f"{sum(s.named for s in scores) / tried:8.0%} {sum(s.variants for s in scores):9d} "
        f"{sum(s.accepted for s in scores) / offered:9.0%} {1000 * max(s.seconds for s in scores):10.1f}",
        "",
        f"Each mistake and variant judged on the public cases and on {len(SEEDS)} draws of fresh ones: "
        f"{tried} + {offered} verdicts. Time: the slowest check.",
    ]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Print the table, of all exercises or of those named; the exit code says whether it is 100 % throughout."""
    parser = argparse.ArgumentParser(prog="python -m autograder assess", description=__doc__.split("\n")[0])
    parser.add_argument("exercise", nargs="*", help="exercises to assess (all)")
    parser.add_argument("--draws", type=int, default=12, help="draws of cases for answers of others (12)")
    options, masters = parser.parse_args(argv), Masters()
    chosen = options.exercise or masters.exercises()
    scores = [assess(GradedExercise(name, masters)) for name in chosen]
    print(table(scores))
    lists = {
        "strangers": [answer for answer in outsiders.strangers() if answer.exercise in chosen],
        "mutants": outsiders.mutated(masters, chosen),
    }
    tallies = {name: outsiders.tally(answers, masters, options.draws) for name, answers in lists.items()}
    print("", outsiders.table(tallies), sep="\n")
    return 0 if all(score.perfect for score in scores) and all(t.good for t in tallies.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

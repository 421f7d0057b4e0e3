"""Answers that are in no list of known ones, and what the checks make of them: the measure that does not flatter.

`strangers.json` was written from the notebooks alone; what mutants.py makes of the masters nobody has written. Outside
lists of {exercise, name, source, right} are read in the same way.
"""

import copy
import functools
import json
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.authoring.mutants import EQUIVALENT, mutants
from autograder.exercises import entry
from nst.checks.calling import call_twice
from nst.checks.comparison import Case, Verdict
from nst.checks.judge import decide

STRANGERS = Path(__file__).with_name("strangers.json")
WAYS = ("named", "ruled", "fitted", "shown", "said")  # how a wrong answer is explained
FITS = ("factor", "sizes", "sign", "power")


@dataclass(frozen=True)
class Answer:
    """A function that somebody wrote as an answer to an exercise, and whether it is right."""

    exercise: str
    name: str
    source: str
    right: bool = False


def strangers(path: Path = STRANGERS) -> list[Answer]:
    """The answers of a list."""
    return [Answer(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def mutated(masters: Masters, exercises: Iterable[str]) -> list[Answer]:
    """Every mutant of the right answers of these exercises."""
    return [
        Answer(exercise, name, source, (exercise, name) in EQUIVALENT)
        for exercise in exercises
        for name, source in mutants(masters.source_of(exercise))
    ]


@dataclass
class Tally:
    """What became of a list of answers; `lines` tell what should not have."""

    counts: Counter = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """No right answer turned away, none judged by luck, nearly every wrong one caught and explained."""
        wrong, c = self.counts["wrong"], self.counts
        enough = c["caught"] >= 0.995 * wrong and sum(c[way] for way in WAYS) >= 0.95 * wrong
        return not c["rejected"] and not c["varying"] and enough


def tally(answers: Iterable[Answer], masters: Masters, draws: int) -> Tally:
    """The `Tally` of these answers over the public cases and so many draws of fresh ones."""
    drawn, result = functools.cache(functools.partial(_drawn, masters, draws)), Tally()
    for answer in answers:
        public, *fresh = drawn(answer.exercise)
        seen = verdict(answer, masters, public, show=True)
        _count(answer, [seen, *(verdict(answer, masters, cases) for cases in fresh)], result)
    return result


def _drawn(masters, draws, exercise):
    graded = GradedExercise(exercise, masters)
    return [graded.public(), *(graded.fresh(b"outsiders %d" % draw) for draw in range(draws))]


def verdict(answer: Answer, masters: Masters, cases: list[Case], show: bool = False) -> Verdict:
    """What check and grade say of an answer with right parts."""
    function = masters.function_of(answer.exercise, answer.source)

    def ask(cases, lent):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return None if lent else [call_twice(function, copy.deepcopy(case.args)) for case in cases]

    return decide(cases, ask(cases, False), ask, show=show)


def _count(answer, verdicts, result):
    passed, where = [v.passed for v in verdicts], f"{answer.exercise}, {answer.name}"
    if answer.right:
        result.counts["right"] += 1
        if not all(passed):
            result.counts["rejected"] += 1
            result.lines.append(f"right, but turned away: {where}: {next(v.hint for v in verdicts if not v.passed)}")
        return
    way = explained(answer.exercise, verdicts[0])
    result.counts.update(["wrong", way, *["caught"] * (not any(passed))])
    if any(passed):
        result.lines.append(f"wrong, but passed: {where}")
    elif way == "unexplained":
        result.lines.append(f"not explained: {where}: {verdicts[0].hint}")
    if len({(v.passed, v.credit, v.mistake) for v in verdicts}) > 1:
        result.counts["varying"] += 1
        result.lines.append(f"varies: {where}: {Counter((v.mistake, v.credit) for v in verdicts)}")


def explained(exercise: str, found: Verdict) -> str:
    """How a student is told what is wrong: one of `WAYS`, else "unexplained" (or "passed")."""
    if found.passed:
        return "passed"
    if found.mistake in _names(exercise):
        return "named"
    if found.mistake in FITS:
        return "fitted"
    if found.mistake:
        return "ruled"
    return "shown" if found.example else "said" if ": " in found.hint or "None" in found.hint else "unexplained"


@functools.cache
def _names(exercise):
    return {mistake.name for mistake in entry(exercise).mistakes}


def table(tallies: dict[str, Tally]) -> str:
    """One line of counts for each list."""
    columns = ("right", "rejected", "wrong", "caught", *WAYS, "varying")
    rows = [f"{'answers of others':18}" + "".join(f"{column:>10}" for column in columns)]
    rows += [f"{name:18}" + "".join(f"{t.counts[c]:10d}" for c in columns) for name, t in tallies.items()]
    return "\n".join([*rows, *(line for t in tallies.values() for line in t.lines)])

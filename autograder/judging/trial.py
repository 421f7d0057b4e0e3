"""`python -m autograder try`: what check and grade would say to an answer, or to a list of them.

    python -m autograder try gram_matrix answer.py [more.py ...] [--draws N] [--json]
    python -m autograder try [gram_matrix] answers.json [--draws N] [--json]

A .py file defines the function; parts that it does not define (gram_matrix, for style_loss_layer) answer right. A .json
file is a list of {"exercise", "name", "source"}; if an exercise is named, of its answers only. The code is as untrusted
as a student's: it runs in the same sandbox, one kernel for each answer. JSON out is a list, in the same order, of

    {"exercise", "name", "check": {"passed", "message", "mistake"},
     "grades": [{"passed", "credit", "mistake", "message"}, ... one for each draw]}
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat

from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import MasterError, Masters
from autograder.course import CourseError
from autograder.judging.ahead import Kernels
from autograder.judging.lending import Lender
from autograder.judging.notebook import NotebookRun
from autograder.judging.verdicts import carefully
from autograder.sandbox.kernel import KernelDead
from autograder.sandbox.levels import LEVELS, probe
from autograder.sandbox.limits import Limits, SandboxUnavailable
from nst.checks import showing
from nst.checks.comparison import Case, Verdict
from nst.checks.judge import decide

MOST = 200_000  # characters of one answer


class Trial(NotebookRun):
    """One answer, in one kernel, on the public cases and on several draws of fresh ones."""

    def __init__(self, exercise: GradedExercise, source: str, level: str, limits: Limits | None = None):
        super().__init__(nbformat.v4.new_notebook(), [exercise], b"", Kernels(limits or Limits(), level))
        self.exercise, self.source = exercise, source

    def verdicts_on(self, sets: list[list[Case]]) -> list[Verdict]:
        """The verdicts on these cases, the first of which are public and may be shown."""
        return [verdict for verdict, _ in self.tried_on(sets)]

    def tried_on(self, sets: list[list[Case]]) -> list[tuple[Verdict, list[tuple] | None]]:
        """The verdicts with the function's answers, None where it gave none."""
        found: list[tuple[Verdict, list[tuple] | None]] = []
        deadline, deaths = time.monotonic() + self.limits.notebook_seconds, 0
        while len(found) < len(sets):
            try:
                with self.kernels.kernel(deadline) as kernel:
                    error = kernel.run(self.source, self.limits.cell_seconds)
                    for cases in sets[len(found) :]:
                        found.append(self._tried(kernel, cases, public=not found, error=error))
                        deaths = 0
            except KernelDead as death:
                deaths += 1  # a second one gets its chance, as in grading
                reason = Verdict(False, 0.0, f"Not judged: calling it ended the kernel: {death}.", None)
                found += [(reason, None)] * (len(sets) - len(found)) * (deaths > 1)
        return found

    def _tried(self, kernel, cases, public, error):
        name, parts = self.exercise.name, self.exercise.parts
        self.sources = None if public else self.source
        lacking = [part for part in parts if self._call(kernel, part, []).get("missing") is True]

        def ask(cases, lent):
            lender = Lender(self.exercise) if lent or lacking else None
            return self._answers(kernel, name, kept=False, lender=lender, cases=cases)

        own = ask(cases, False)
        if own is None:
            what = f"its code raised {error[0]}" if error else f"it defines no function called {name}"
            return Verdict(False, 0.0, f"Not judged: {what}.", None), None
        return carefully(lambda: decide(cases, own, ask, () if lacking else parts, show=public)), own


def message(check: Verdict) -> str:
    """What the notebook says to this verdict, the example included."""
    return "\n".join([check.hint, *(showing.lines(check.example) if check.example else ())])


def trial(answer: dict[str, str], masters: Masters, draws: int, level: str) -> dict[str, Any]:
    """What check and grade say to {"exercise", "name", "source"}: the form above. Raises SandboxUnavailable."""
    exercise = GradedExercise(answer["exercise"], masters)
    sets = [exercise.public(), *(exercise.fresh(b"try %d" % draw) for draw in range(draws))]
    check, *grades = Trial(exercise, answer["source"], level).verdicts_on(sets)
    return {
        "exercise": exercise.name,
        "name": answer["name"],
        "check": {"passed": check.passed, "message": message(check), "mistake": check.mistake},
        "grades": [{"passed": v.passed, "credit": v.credit, "mistake": v.mistake, "message": v.hint} for v in grades],
    }


def told(result: dict[str, Any], points: float) -> str:
    """The same in words."""
    check, grades = result["check"], result["grades"]
    lines = [f"{result['exercise']}, {result['name']}"]
    lines += [f"  check: {line}" for line in (check["message"] or "passed").split("\n")]
    for (credit, message), times in Counter((g["credit"], g["message"]) for g in grades).most_common():
        lines.append(f"  grade: {points * credit:g} of {points:g} points in {times} of {len(grades)} draws. {message}")
    return "\n".join(lines)


def answers_of(what: list[str], masters: Masters) -> list[dict[str, str]]:
    """The answers that the arguments of the command mean; CourseError where they cannot be read."""
    exercise, files = (None, what) if what[0].endswith(".json") else (what[0], what[1:])
    if not files:
        raise CourseError("name the files with answers: python -m autograder try EXERCISE FILE...")
    answers = [answer for name in files for answer in _answers_in(name, exercise)]
    known = masters.exercises()
    for answer in answers:
        if answer["exercise"] not in known:
            raise CourseError(f"no exercise is called {answer['exercise']!r}; there are: {', '.join(known)}")
        if len(answer["source"]) > MOST:
            raise CourseError(f"{answer['name']} has over {MOST} characters")
    return answers


def _answers_in(name, exercise):
    """The answers in a file: one in a .py file, in a .json list those to the exercise, or all where none was named."""
    if not name.endswith(".json"):
        if exercise is None:
            raise CourseError(f"name the exercise that {name} answers: python -m autograder try EXERCISE {name}")
        return [{"exercise": exercise, "name": name, "source": _text(name)}]
    rows = _rows(name)
    chosen = [row for row in rows if exercise in (None, row["exercise"])]
    if rows and not chosen:
        raise CourseError(
            f"{name} answers other exercises than {exercise}: {', '.join({r['exercise']: 0 for r in rows})}"
        )
    return chosen


def _rows(name):
    try:
        rows = json.loads(_text(name))
        return [{key: _string(row[key]) for key in ("exercise", "name", "source")} for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        form = 'a list of {"exercise": ..., "name": ..., "source": ...}'
        raise CourseError(f"{name} is not {form} ({type(error).__name__}: {error})") from error


def _string(value):
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _text(name):
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{name} cannot be read: {error}") from error


def main(argv: list[str] | None = None) -> int:
    """Try the answers; the exit code is 0 also for wrong ones, 2 where they cannot be tried."""
    parser = argparse.ArgumentParser(prog="python -m autograder try", description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="+", metavar="EXERCISE FILE", help="an exercise and .py files, or a .json list")
    parser.add_argument("--draws", type=int, default=3, help="draws of fresh cases, as in grading (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--least", choices=[level for level in LEVELS if level != "unsafe"], help="refuse a lower rung")
    options = parser.parse_args(argv)
    try:
        masters = Masters()
        answers = answers_of(options.what, masters)
        level = probe(options.least).name
    except (MasterError, SandboxUnavailable) as error:
        raise CourseError(str(error)) from error
    results = []
    for answer in answers:
        results.append(trial(answer, masters, max(options.draws, 0), level))
        if not options.json:
            print(told(results[-1], masters.points[answer["exercise"]]), flush=True)
    if options.json:
        json.dump(results, sys.stdout, indent=1)
        print()
    return 0

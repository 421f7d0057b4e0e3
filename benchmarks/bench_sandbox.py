"""What trusted grading adds per notebook: the sandbox against a bare kernel, and calls against running the cells.

    python benchmarks/bench_sandbox.py [--repeat 5] [NOTEBOOK ...]

Every notebook is the solved one. "bare kernel" is the same grading at level `unsafe` (no bubblewrap, no filter).
"calls", a part of "sandboxed", are all fresh cases of its exercises, twice each, in fresh children; "drawing" makes
those cases on the trusted side.
Medians of wall-clock seconds; the machine should be otherwise idle.
"""

import argparse
import statistics
import time

from autograder.authoring.cases import graded_exercises
from autograder.authoring.masters import Masters
from autograder.course import Course
from autograder.judging.ahead import Kernels
from autograder.judging.notebook import NotebookRun, judge_notebook
from autograder.rehearsal.samples import filled, solved
from autograder.sandbox.limits import Limits

MASTERS = Masters()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebook", nargs="*", help="default: all that have exercises")
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    course = Course()
    names = MASTERS.graded()
    answers = solved(course)
    print(f"{'notebook':20} {'bare kernel':>12} {'sandboxed':>10} {'adds':>6} {'calls':>6} {'drawing':>8}  seconds")
    for name in args.notebook or names:
        nb = filled(course, name, answers)
        times = [measured(nb, name, number) for number in range(args.repeat)]
        bare, boxed, calls, drawing = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:20} {bare:12.2f} {boxed:10.2f} {boxed - bare:6.2f} {calls:6.2f} {drawing:8.2f}")


def measured(nb, name, number):
    """Seconds: bare kernel, sandbox, the calls in it, drawing cases."""
    seed = f"{name} {number}".encode()
    exercises = graded_exercises(MASTERS, name)
    drawing = timed(lambda: [exercise.fresh(seed) for exercise in exercises])
    bare = timed(lambda: judge_notebook(nb, name, seed=seed, masters=MASTERS, level="unsafe"))
    started = time.monotonic()
    run = Timed(nb, exercises, seed, Kernels(Limits(), "namespaces"))
    run.grade()
    boxed = time.monotonic() - started
    assert all(graded.score == graded.points for graded in run.verdicts().values()), run.verdicts()
    return bare, boxed, run.calls, drawing


class Timed(NotebookRun):
    """A notebook's run that measures its calls."""

    calls = 0.0

    def _answers(self, kernel, exercise, *args, **kwargs):
        self._cases(exercise)  # drawing is measured by itself
        started = time.monotonic()
        try:
            return super()._answers(kernel, exercise, *args, **kwargs)
        finally:
            self.calls += time.monotonic() - started


def timed(function):
    """Seconds that a call takes."""
    started = time.monotonic()
    function()
    return time.monotonic() - started


if __name__ == "__main__":
    main()

"""`judge_notebook`: run a student's notebook in a sandbox, ask for answers, judge them here.

The student's cells run in order, without demonstrations and check cells. After each solution cell its exercise is
judged: the function of that name is called in a fresh child on cases that only this side knows the answers to. When
the kernel dies or hangs, a new one gets the master's set-up, carry-over and solution cells only.
"""

import contextlib
import math
import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import nbformat

from autograder.authoring.cases import graded_exercises
from autograder.authoring.masters import Masters
from autograder.intake.merge import defined_names
from autograder.judging import verdicts
from autograder.judging.answers import (
    plain,
    read_answers,
)
from autograder.judging.verdicts import Graded, Judgement, verdict_on
from autograder.sandbox.inside import protocol
from autograder.sandbox.inside.protocol import ARGUMENTS
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.limits import Limits
from nst.checks.comparison import Missing, Raised, TimedOut, Verdict

UNRUN = ("demo_", "test_", "check_")  # grade_ids of locked cells that grading leaves out


@dataclass(frozen=True)
class Step:
    """One cell to run. `exercise` is set for the solution cells of exercises, `needed` if a second kernel runs it."""

    source: str
    label: str
    exercise: str | None
    needed: bool


def judge_notebook(
    nb: nbformat.NotebookNode,
    name: str,
    *,
    seed: bytes,
    masters: Masters,
    limits: Limits | None = None,
    level: str = "namespaces",
) -> Judgement:
    """`Judgement` on the notebook `name`; `nb` is the released notebook with the student's sources filled in.

    Raises SandboxUnavailable when no safe sandbox can be had, and nothing for whatever the student wrote.
    """
    started = time.monotonic()
    run = NotebookRun(nb, graded_exercises(masters, name), seed, limits or Limits(), level)
    if run.exercises:
        run.grade()
    return Judgement(run.verdicts(), time.monotonic() - started, level, run.notes, run.memory)


def steps_of(nb: nbformat.NotebookNode, exercises: Iterable[str]) -> list[Step]:
    """The cells that grading runs, in order."""
    steps = []
    for index, cell in enumerate(nb.cells):
        marks = cell.metadata.get("nbgrader", {})
        grade_id, locked = marks.get("grade_id", ""), bool(marks.get("locked"))
        if cell.cell_type != "code" or (marks.get("grade") and locked) or (locked and grade_id.startswith(UNRUN)):
            continue
        exercise = grade_id if grade_id in exercises and marks.get("solution") else None
        needed = locked or bool(marks.get("solution")) or bool(defined_names(cell.source) & set(exercises))
        steps.append(Step(cell.source, f"cell {index + 1}" + f" ({grade_id})" * bool(grade_id), exercise, needed))
    return steps


class NotebookRun:
    """One notebook on its way through one or more kernels."""

    def __init__(self, nb, exercises, seed, limits, level):
        self.known = {exercise.name: exercise for exercise in exercises}
        self.steps = steps_of(nb, self.known)
        self.sources = "\n".join(cell.source for cell in nb.cells)
        self.exercises, self.seed = list(self.known), seed
        self.limits, self.level = limits, level
        self.notes, self.found, self.reasons = [], {}, {}
        self.memory = 0  # bytes at most
        self.settled = set()  # exercises that need no other kernel
        self.stuck = set()  # exercises that took too long: a clean kernel may do better, later cells will not
        self.harmful = set()  # steps that ended a kernel
        self.drawn = {}  # exercise -> cases
        self.tried = Counter()  # exercise -> kernels that it ended
        self.deadline = time.monotonic() + limits.notebook_seconds

    # --- the outcome ---

    def verdicts(self) -> dict[str, Graded]:
        """Graded of every exercise; nought and a reason for those that no run could judge."""
        return {f"test_{exercise}": self._graded(exercise) for exercise in self.exercises}

    def _graded(self, exercise):
        points = self.known[exercise].points
        if exercise not in self.found:
            reason = self.reasons.get(exercise, "the notebook ended before it could be judged")
            return Graded(0.0, points, f"Not judged: {reason}.", None, reason)
        verdict = self.found[exercise]
        credit = verdict.credit if math.isfinite(verdict.credit) else 0.0
        return Graded(points * min(max(credit, 0.0), 1.0), points, verdict.hint, verdict.mistake)

    def _note(self, note):
        if note not in self.notes:
            self.notes.append(note)

    # --- kernels ---

    def grade(self) -> None:
        """The whole notebook first; then, while something is left, what is needed for it in new kernels."""
        steps = self.steps
        for _ in range(len(self.steps) + 2 * len(self.exercises) + 2):
            self._one_kernel(steps)
            if not self._left():
                return
            if time.monotonic() > self.deadline:
                return self._too_late()
            steps = [step for step in self.steps if step.needed and step not in self.harmful]

    def _left(self):
        return [exercise for exercise in self.exercises if exercise not in self.settled]

    def _too_late(self):
        self._note(f"The notebook was stopped after {self.limits.notebook_seconds:g} seconds.")
        for exercise in self._left():
            self.reasons.setdefault(exercise, "the notebook ran too long")

    def _one_kernel(self, steps):
        """Run `steps` in a new kernel, judging on the way, until it is through or the kernel dies."""
        clean = all(step.needed for step in steps)
        last = max((place for place, step in enumerate(steps) if step.exercise), default=len(steps))
        with Kernel(self.limits, self.level, self.deadline + 1) as kernel, self._measured(kernel):
            for place, step in enumerate(steps):
                if place > last and not self._left():
                    break  # what comes after the last exercise changes no verdict
                if not self._run(kernel, step, clean):
                    return
                if step.exercise in self._left() and not self._judge(kernel, step.exercise, clean):
                    return
            for exercise in self._left():
                if (clean or exercise not in self.stuck) and not self._judge(kernel, exercise, clean, at_end=True):
                    return

    @contextlib.contextmanager
    def _measured(self, kernel):
        try:
            yield
        finally:
            self.memory = max(self.memory, kernel.peak())

    def _run(self, kernel, step, clean):
        """Run one cell; False when the kernel died over it."""
        try:
            error = kernel.run(step.source, self.limits.cell_seconds)
        except KernelDead as death:
            if clean or not step.needed:  # else the fault may be another cell's: try it in a clean kernel
                self._left_out(step, death)
            return False
        if error:
            kind, message = plain(error[0], 60), re.sub(r" \(\d+\.py, line", " (line", plain(error[1], 200))
            if step.needed:  # other cells may need demonstrations, which are not run
                self._note(f"{step.label} raised {kind}.")
            if step.exercise:
                self.reasons[step.exercise] = f"its cell raised {kind}: {message}"
        return True

    def _left_out(self, step, death):
        self.harmful.add(step)
        self._note(f"{step.label} was left out: {death}.")
        if step.exercise:
            self.reasons[step.exercise] = f"its cell was left out: {death}"

    # --- one exercise ---

    def _judge(self, kernel, exercise, clean, at_end=False):
        """Judge one exercise now, settling it if no other kernel could do better; False when the kernel died."""
        kept = at_end and exercise in self.found
        lent = self.tried[exercise] > 0 and bool(self.known[exercise].parts)  # its parts may be what ended the kernel
        try:
            answers = self._answers(kernel, exercise, kept, self._stubs(exercise) if lent else None)
            if answers is not None:
                self._weigh(kernel, exercise, answers, lent)
        except KernelDead as death:
            self.tried[exercise] += 1
            self.reasons[exercise] = f"calling it ended the kernel: {death}"
            if self.tried[exercise] > 1:
                self.settled.add(exercise)
            return False
        self._settle(exercise, answers, clean, at_end)
        return True

    def _settle(self, exercise, answers, clean, at_end):
        """Settled: right; or wrong in a way that neither later cells nor a clean kernel would mend."""
        flat = [answer for pair in answers or () for answer in pair]
        stuck = any(isinstance(answer, TimedOut | Missing) for answer in flat) and not clean
        lacking = answers is None or any(isinstance(a, Raised) and a.kind == "NameError" for a in flat)
        passed = exercise in self.found and self.found[exercise].passed
        if answers is None and at_end:
            self.reasons.setdefault(exercise, f"no function called {exercise} is defined in the notebook")
        if stuck:
            self.stuck.add(exercise)
        if passed or not (stuck or (lacking and not at_end)):
            self.settled.add(exercise)

    def _weigh(self, kernel, exercise, answers, lent=False):
        """Judge these answers; if wrong, judge again with right parts (unless they were `lent`); keep the best."""
        verdict = verdict_on(self._cases(exercise), answers)
        parts = self.known[exercise].parts
        if lent:
            verdict = verdicts.paid_once(Verdict(False, 0.0, "", None), verdict, parts)
        elif not verdict.passed and parts and not self._own_endless_loop(answers, parts):
            again = self._answers(kernel, exercise, kept=True, stubs=self._stubs(exercise))
            verdict = verdicts.paid_once(verdict, verdict_on(self._cases(exercise), again or []), parts)
        best = self.found.get(exercise)
        if best is None or verdict.credit > best.credit:
            self.found[exercise] = verdict

    def _own_endless_loop(self, answers, parts):
        """Whether a call took too long though all parts are known to be right: then right parts will not end it."""
        late = any(isinstance(answer, TimedOut) for pair in answers for answer in pair)
        return late and all(part in self.found and self.found[part].passed for part in parts)

    def _cases(self, exercise):
        if exercise not in self.drawn:
            self.drawn[exercise] = self.known[exercise].fresh(self.seed)
        return self.drawn[exercise]

    def _stubs(self, exercise):
        table = self.known[exercise].stubs(self._cases(exercise))
        return {part: protocol.encode(list(map(tuple, entries)), ARGUMENTS) for part, entries in table.items()}

    def _answers(self, kernel, exercise, kept, stubs=None):
        """Per case the pair of answers, or None when there is no such function."""
        request = {
            "function": exercise,
            "kept": kept,
            "stubs": stubs or {},
            "cases": [protocol.encode(tuple(case.args), ARGUMENTS) for case in self._cases(exercise)],
            "seconds": self.limits.call_seconds,
            "idle": self.limits.idle_seconds,
            "bytes": protocol.CAPS.bytes // 2,
        }
        calls = 2 * len(request["cases"])
        reply = kernel.call(request, calls * self.limits.call_seconds + 5)
        return None if reply.get("missing") is True else read_answers(reply, calls, request["seconds"], self.sources)


# --- reading what came back -----------------------------------------------------------------------------------------

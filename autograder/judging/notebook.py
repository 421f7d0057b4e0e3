"""`judge_notebook`: run a student's notebook in a sandbox, ask for answers, judge them here.

The student's cells run in order, without demonstrations and check cells. After each solution cell its exercise is
judged: the function of that name is called in a fresh child on cases that only this side knows the answers to. When
the kernel dies or hangs, a new one gets the master's set-up, carry-over and solution cells only.

Who is still wrong at the notebook's end, and has parts, is judged again with right answers of these lent. What a kernel
was lent could serve whatever is judged in it later, also if it only fits a factor; so nothing else is judged in it any
more, but exercises that may ask for all that was lent before.
"""

import contextlib
import functools
import math
import time
from collections import Counter

import nbformat

from autograder.authoring.cases import graded_exercises
from autograder.authoring.masters import Masters
from autograder.judging import verdicts
from autograder.judging.ahead import Kernels
from autograder.judging.answers import read_answers, read_error
from autograder.judging.lending import Lender
from autograder.judging.steps import steps_of
from autograder.judging.verdicts import Graded, Judgement, verdict_on
from autograder.sandbox.inside import protocol
from autograder.sandbox.inside.protocol import ARGUMENTS
from autograder.sandbox.kernel import KernelDead
from autograder.sandbox.limits import Limits
from nst.checks.comparison import Verdict
from nst.checks.markers import Missing, Raised, TimedOut


def judge_notebook(
    nb: nbformat.NotebookNode,
    name: str,
    *,
    seed: bytes,
    masters: Masters,
    limits: Limits | None = None,
    level: str = "namespaces",
    kernels: Kernels | None = None,
) -> Judgement:
    """`Judgement` on the notebook `name`; `nb` is the released notebook with the student's sources filled in.

    `kernels`: where its kernels come from, if other notebooks are to be judged after it.

    Raises SandboxUnavailable when no safe sandbox can be had, and nothing for whatever the student wrote.
    """
    started = time.monotonic()
    kernels = kernels or Kernels(Limits(), level)
    kernels.limits = limits or kernels.limits
    run = NotebookRun(nb, graded_exercises(masters, name), seed, kernels)
    if run.exercises:
        run.grade()
    return Judgement(run.verdicts(), time.monotonic() - started, kernels.level, run.notes, run.memory)


class NotebookRun:
    """One notebook on its way through one or more kernels."""

    def __init__(self, nb, exercises, seed, kernels):
        self.known = {exercise.name: exercise for exercise in exercises}
        self.steps = steps_of(nb, self.known)
        self.sources = "\n".join(cell.source for cell in nb.cells)
        self.exercises, self.seed = list(self.known), seed
        self.kernels, self.limits = kernels, kernels.limits
        self.notes, self.found, self.reasons = [], {}, {}
        self.memory = 0  # bytes at most
        self.computed = 0.0  # seconds of processor time, in all kernels
        self.settled = set()  # exercises whose own parts need no other kernel
        self.owed = set()  # exercises to be judged with right parts; what comes of it is final
        self.stuck = set()  # exercises that took too long: a clean kernel may do better, later cells will not
        self.harmful = set()  # steps that ended a kernel
        self.drawn = {}  # exercise -> cases
        self.tried = Counter()  # exercise -> kernels that it ended
        self.deadline = time.monotonic() + self.limits.notebook_seconds

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
        for _ in range(len(self.steps) + 4 * len(self.exercises) + 2):
            self._one_kernel(steps)
            if not self._left() and not self.owed:
                return
            if time.monotonic() > self.deadline or self.computed > self.limits.computing:
                return self._too_late()
            steps = [step for step in self.steps if step.needed and step not in self.harmful]

    def _left(self):
        return [exercise for exercise in self.exercises if exercise not in self.settled]

    def _too_late(self):
        late = time.monotonic() > self.deadline
        spent = (
            f"{self.limits.notebook_seconds:g} seconds" if late else f"{self.limits.computing:g} seconds of computing"
        )
        self._note(f"The notebook was stopped after {spent}.")
        for exercise in self._left():
            self.reasons.setdefault(exercise, "the notebook ran too long")

    def _one_kernel(self, steps):
        """Run `steps` in a new kernel, judging on the way, until it is through or the kernel dies."""
        clean = all(step.needed for step in steps)
        left = self.limits.computing - self.computed
        last = max((place for place, step in enumerate(steps) if step.exercise), default=len(steps))
        with self.kernels.kernel(self.deadline + 1, left) as kernel, self._measured(kernel):
            for place, step in enumerate(steps):
                if place > last and not self._left():
                    break  # what comes after the last exercise changes no verdict
                if not self._run(kernel, step, clean):
                    return
                if step.exercise in self._left():
                    if not self._judge(kernel, step.exercise, clean):
                        return
                elif step.exercise in self.owed and not self._remember(kernel, step.exercise):
                    return
            for exercise in self._left():
                if (clean or exercise not in self.stuck) and not self._judge(kernel, exercise, clean, at_end=True):
                    return
            self._lend(kernel)

    @contextlib.contextmanager
    def _measured(self, kernel):
        try:
            yield
        finally:
            self.memory = max(self.memory, kernel.peak())
            self.computed += kernel.computed()

    def _run(self, kernel, step, clean):
        """Run one cell; False when the kernel died over it."""
        try:
            error = kernel.run(step.source, self.limits.cell_seconds)
        except KernelDead as death:
            if clean or not step.needed:  # else the fault may be another cell's: try it in a clean kernel
                self._left_out(step, death)
            return False
        if error:
            raised = read_error(*error, "", self.sources)
            if step.needed:  # other cells may need demonstrations, which are not run
                self._note(f"{step.label} raised {raised.kind}.")
            if step.exercise:
                self.reasons[step.exercise] = f"its cell raised {raised.kind}" + f": {raised.message}" * bool(
                    raised.message
                )
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
        try:
            answers = self._answers(kernel, exercise, kept)
            if answers is not None:
                again = functools.partial(self._answers, kernel, exercise, True, None)
                self._keep(exercise, verdict_on(self._cases(exercise), answers, again))
        except KernelDead as death:
            self.tried[exercise] += 1
            self.reasons[exercise] = f"calling it ended the kernel: {death}"
            if self.tried[exercise] > 1:
                self._settle(exercise)
            return False
        if answers is None and at_end:
            self.reasons.setdefault(exercise, f"no function called {exercise} is defined in the notebook")
        if self._final(exercise, answers, clean, at_end):
            self._settle(exercise, answers or ())
        return True

    def _keep(self, exercise, verdict):
        best = self.found.get(exercise)
        if best is None or verdict.credit > best.credit:
            self.found[exercise] = verdict

    def _passed(self, exercise):
        return exercise in self.found and self.found[exercise].passed

    def _final(self, exercise, answers, clean, at_end):
        """Whether it is right, or wrong in a way that neither later cells nor a clean kernel would mend."""
        flat = [answer for calls in answers or () for answer in calls[:2]]
        lacking = answers is None or any(isinstance(a, Raised) and a.kind == "NameError" for a in flat)
        if stuck := any(isinstance(answer, TimedOut | Missing) for answer in flat) and not clean:
            self.stuck.add(exercise)
        return self._passed(exercise) or not (stuck or (lacking and not at_end))

    def _settle(self, exercise, answers=()):
        self.settled.add(exercise)
        parts = self.known[exercise].parts
        if parts and not self._passed(exercise) and not self._own_endless_loop(answers, parts):
            self.owed.add(exercise)

    def _own_endless_loop(self, answers, parts):
        """Whether a call took too long though all parts are known to be right: then right parts will not end it."""
        late = any(isinstance(answer, TimedOut) for calls in answers for answer in calls[:2])
        return late and all(part in self.found and self.found[part].passed for part in parts)

    # --- lent parts ---

    def _remember(self, kernel, exercise):
        """Let the runner keep the function as it is now, after its cell; False when the kernel died over it."""
        try:
            self._call(kernel, exercise, [])
        except KernelDead:
            self.owed.discard(exercise)
            return False
        return True

    def _lend(self, kernel):
        """Judge what is owed with right parts, as far as one kernel may do (see above), until it dies."""
        lent = set()
        for exercise in sorted(self.owed, key=lambda owed: (len(self.known[owed].parts), owed)):
            parts = self.known[exercise].parts
            if not lent <= set(parts):
                continue
            lent = set(parts)
            self.owed.discard(exercise)
            ask = functools.partial(self._answers, kernel, exercise, True, Lender(self.known[exercise]))
            try:
                lent_verdict = verdict_on(self._cases(exercise), ask() or [], ask)
            except KernelDead:
                return
            own = self.found.get(exercise, Verdict(False, 0.0, "", None))
            if lent_verdict.credit > own.credit:
                self._keep(exercise, verdicts.paid_once(own, lent_verdict, parts))

    def _cases(self, exercise):
        if exercise not in self.drawn:
            self.drawn[exercise] = self.known[exercise].fresh(self.seed)
        return self.drawn[exercise]

    def _answers(self, kernel, exercise, kept=False, lender=None, cases=None):
        """Per case two answers and the arguments afterwards, or None when there is no such function."""
        cases = cases or self._cases(exercise)
        given = [protocol.encode(tuple(case.args), ARGUMENTS) for case in cases]
        reply = self._call(kernel, exercise, given, kept, lender)
        if reply.get("missing") is True:
            return None
        return read_answers(reply, cases, self.limits.call_seconds, self.sources)

    def _call(self, kernel, exercise, cases, kept=False, lender=None):
        request = {
            "function": exercise,
            "kept": kept,
            "parts": lender.parameters() if lender else {},
            "cases": cases,
            "seconds": self.limits.call_seconds,
            "idle": self.limits.idle_seconds,
            "bytes": protocol.CAPS.bytes // 2,
        }
        return kernel.call(request, 2 * len(cases) * self.limits.call_seconds + 5, lender and lender.answer)

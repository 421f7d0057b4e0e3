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
from dataclasses import dataclass, field

import numpy as np

from autograder.authoring import cases
from autograder.authoring import masters as masters_
from autograder.intake.merge import defined_names
from autograder.sandbox.inside import protocol
from autograder.sandbox.inside.protocol import ARGUMENTS
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.process import Limits
from nst.checks.comparison import Missing, NotSerialisable, Raised, TimedOut, Verdict, judge

UNRUN = ("demo_", "test_", "check_")  # grade_ids of locked cells that grading leaves out
ARTICLE = re.compile(r"an? [\w.-]{1,60}|a dict with odd keys")
LINE = re.compile(r"line \d{1,5}")
NUMBERS = re.compile(r"\d*\.\d+(?:e[-+]?\d+)?|\d{5,}|\S{40,}")  # could carry the hidden inputs out


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
    level: str = "bubblewrap"
    notes: list[str] = field(default_factory=list)
    memory: int = 0  # bytes that the student's processes held at most, seen every 50 ms


@dataclass(frozen=True)
class Step:
    """One cell to run. `exercise` is set for the solution cells of exercises, `needed` if a second kernel runs it."""

    source: str
    label: str
    exercise: str | None
    needed: bool


def judge_notebook(nb, name, *, seed, limits=None, level="bubblewrap", masters=None):
    """`Judgement` on the notebook `name`; `nb` is the released notebook with the student's sources poured in.

    Raises SandboxUnavailable when no safe sandbox can be had, and nothing for whatever the student wrote.
    """
    started = time.monotonic()
    exercises = [e for e in masters_.exercises(masters) if masters_.notebook_of(e, masters) == name]
    run = NotebookRun(nb, exercises, seed, limits or Limits(), level, masters)
    if run.exercises:
        run.grade()
    return Judgement(run.verdicts(), time.monotonic() - started, level, run.notes, run.memory)


def steps_of(nb, exercises):
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

    def __init__(self, nb, exercises, seed, limits, level, masters=None):
        self.steps = steps_of(nb, exercises)
        self.sources = "\n".join(cell.source for cell in nb.cells)
        self.exercises, self.seed, self.masters = exercises, seed, masters
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

    def verdicts(self):
        """Graded of every exercise; nought and a reason for those that no run could judge."""
        return {f"test_{exercise}": self._graded(exercise) for exercise in self.exercises}

    def _graded(self, exercise):
        points = float(masters_.points(self.masters)[exercise])
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

    def grade(self):
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
        with Kernel(self.limits, self.level, self.deadline + 1) as kernel, self._measured(kernel):
            for step in steps:
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
        lent = self.tried[exercise] > 0 and bool(cases.parts(exercise))  # its parts may be what ended the kernel
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
        parts = cases.parts(exercise)
        if lent:
            verdict = cases.paid_once(Verdict(False, 0.0, "", None), verdict, parts)
        elif not verdict.passed and parts and not self._own_endless_loop(answers, parts):
            again = self._answers(kernel, exercise, kept=True, stubs=self._stubs(exercise))
            verdict = cases.paid_once(verdict, verdict_on(self._cases(exercise), again or []), parts)
        best = self.found.get(exercise)
        if best is None or verdict.credit > best.credit:
            self.found[exercise] = verdict

    def _own_endless_loop(self, answers, parts):
        """Whether a call took too long though all parts are known to be right: then right parts will not end it."""
        late = any(isinstance(answer, TimedOut) for pair in answers for answer in pair)
        return late and all(part in self.found and self.found[part].passed for part in parts)

    def _cases(self, exercise):
        if exercise not in self.drawn:
            self.drawn[exercise] = cases.fresh_cases(exercise, self.seed, self.masters)
        return self.drawn[exercise]

    def _stubs(self, exercise):
        table = cases.lookup_table(exercise, self._cases(exercise), self.masters)
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


def verdict_on(drawn, answers):
    """`judge`'s verdict; answers that it cannot even compare (it would raise) are wrong."""
    try:
        with np.errstate(all="ignore"):
            return judge(drawn, answers)
    except (ArithmeticError, TypeError, ValueError, MemoryError, RecursionError) as error:
        hint = f"Your function's answers cannot be compared with numbers ({type(error).__name__})."
        return Verdict(False, 0.0, hint, None)


# --- reading what came back -----------------------------------------------------------------------------------------


def read_answers(reply, calls, seconds, sources):
    """Pairs of values and markers from a reply of runner.py; KernelDead when it is not such a reply."""
    lines, end = reply.get("lines"), reply.get("end")
    if not isinstance(lines, list) or len(lines) > calls or not all(isinstance(line, str) for line in lines):
        raise KernelDead("it sent something else than answers")
    answers = [read_answer(line, sources) for line in lines]
    if len(answers) < calls:
        missing = {"time": TimedOut(seconds), "size": NotSerialisable("far too much data")}
        answers.append(missing.get(end, Missing()) if isinstance(end, str) else Missing())
    answers += [Missing()] * (calls - len(answers))
    return list(zip(answers[::2], answers[1::2], strict=True))


def read_answer(line, sources):
    """One value or marker; whatever is not in the protocol is not an answer."""
    try:
        tree = protocol.loads(line)
        ((tag, body),) = tree.items()
        if tag == "value":
            return with_blank_keys(protocol.decode(body))
        if tag == "raised":
            return read_error(body, sources)
        return NotSerialisable(blanked(body) if ARTICLE.fullmatch(body) else "something that is not plain data")
    except (protocol.ProtocolError, AttributeError, TypeError, ValueError):
        return NotSerialisable("something that is not plain data")


def read_error(body, sources):
    """`Raised` from [kind, message, line]; the line is repeated only if the student's notebook holds it."""
    kind, message, line = (plain(text, 300) for text in body)
    number, _, source = line.partition(": ")
    own = bool(source) and source in sources and LINE.fullmatch(number)
    return Raised(blanked(kind[:60]), blanked(message), line if own else "")


def blanked(text):
    """Words that a hint repeats, without numbers."""
    return NUMBERS.sub("...", text)


def with_blank_keys(value):
    """The answer; if it is a dict, without numbers in its keys, which hints repeat. Names of layers have none."""
    return {blanked(str(key)): item for key, item in value.items()} if isinstance(value, dict) else value


def plain(text, most):
    """At most `most` printable characters of a string from inside."""
    if not isinstance(text, str):
        raise TypeError("not a string")
    return "".join(c if c.isprintable() else " " for c in text[:most]).strip()

"""Questions about a student's own function, with answers that this very code has just given in the sandbox."""

import ast
import inspect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.authoring.cases import GradedExercise
from autograder.authoring.mutants import mutants, without_docstrings
from autograder.judging.ahead import Kernels
from autograder.judging.answers import same
from autograder.judging.notebook import NotebookRun
from autograder.sandbox.kernel import Kernel, KernelDead
from autograder.sandbox.limits import Limits
from autograder.talk.small import doubled, small
from autograder.talk.work import NO_TREE
from nst.checks.comparison import Case, Marker, Missing, Raised, TimedOut, numbers
from nst.checks.showing import written
from nst.checks.toy_problems import ToyProblem

CHANGES = 12  # of a function that are tried, at most
LONGEST = 1_500  # characters of code of which changes are made: twice the longest right answer
LONGEST_SAID = 300  # characters of what comes out


@dataclass(frozen=True)
class Question:
    """`asked` goes to the student, `answer` to the examiner. `gone` and `new`: lines of code that it is about."""

    asked: str
    answer: str
    gone: str = ""
    new: str = ""


class Interview(NotebookRun):
    """A student's notebook in one kernel, asked for what its functions answer."""

    def __init__(
        self, nb, exercises: list[GradedExercise], level: str, limits: Limits | None = None, deadline: float = math.inf
    ):
        super().__init__(nb, exercises, b"", Kernels(limits or Limits(), level))
        self.deadline = min(self.deadline, deadline)

    def questions(self, sources: dict[str, str], seed: int) -> dict[str, list[Question]]:
        """Exercise -> three questions, or fewer where its code gives nothing to ask about; never an exception.

        sources: exercise -> the student's cell. Raises SandboxUnavailable.
        """
        found: dict[str, list[Question]] = {}
        for exercise, source in sources.items():
            try:
                with self.kernels.kernel(self.deadline) as kernel:
                    for step in self.steps:
                        if step.needed:
                            kernel.run(step.source, self.limits.cell_seconds)
                    found[exercise] = list(self._three(kernel, self.known[exercise], source, seed))
            except KernelDead:
                found[exercise] = []
        return found

    def _three(self, kernel: Kernel, exercise: GradedExercise, source: str, seed: int) -> Iterator[Question]:
        args = small(exercise, seed)
        now = self._answer(kernel, exercise.name, args)
        if isinstance(now, Marker) and not isinstance(now, Raised):
            return
        names = tuple(inspect.signature(exercise.masters.reference(exercise.name)).parameters)
        yield Question(f"What comes out for {_given(names, args)}?", _said(now))
        if isinstance(now, Raised):
            return
        changes = self._changes(kernel, exercise.name, source, args, now, np.random.default_rng(seed))
        asked = [_of_change(*change) for change in changes]
        twice = doubled(args)
        if twice and not isinstance(then := self._answer(kernel, exercise.name, twice[1]), Marker):
            asked.insert(1, _of_doubling(names[twice[0]], twice[1][twice[0]], now, then))
        yield from asked[:2]

    def _changes(self, kernel, name, source, args, now, rng) -> list[tuple[list[str], list[str], Any, bool]]:
        """(lines that go, lines that come, what comes out, whether that is the same), what is worth most to ask first:
        a single line, and another value; then no difference, then an error."""
        tried = []
        for gone, new, changed in _spread(source, rng):
            kernel.run(changed, self.limits.cell_seconds)
            then = self._answer(kernel, name, args)
            if isinstance(then, Raised) or not isinstance(then, Marker):
                tried.append((gone, new, then, same(then, now)))
        kernel.run(source, self.limits.cell_seconds)
        return sorted(tried, key=lambda change: (isinstance(change[2], Raised) or change[2] is None, change[3]))

    def _answer(self, kernel: Kernel, name: str, args: tuple) -> Any:
        """What comes out; `Missing` where that is something else each time: the examiner's page could not be true."""
        answers = self._answers(kernel, name, cases=[Case(args, None)])
        if not answers:
            return Raised("NameError", f"{name} is not defined")
        first, again, _ = answers[0]
        return first if isinstance(first, Marker) or same(first, again) else Missing()


def _spread(source: str, rng: np.random.Generator) -> list[tuple[list[str], list[str], str]]:
    """(lines that go, lines that come, the whole) of some changes of one line, those that leave it out first."""
    try:
        plain = without_docstrings(source)
        if len(plain) > LONGEST:
            return []
        found = [(*_lines(plain, text), text) for _, text in mutants(source) if not _endless(text)]
    except NO_TREE:
        return []
    found = [found[place] for place in rng.permutation(len(found))]
    short = [change for change in found if len(change[0]) <= 1 and len(change[1]) <= 1]
    return sorted(short, key=lambda change: change[1] != ["pass"])[:CHANGES]


def _endless(text: str) -> bool:
    """Whether this might be a loop without an end, which would cost seconds to find out."""
    return any(isinstance(node, ast.While) for node in ast.walk(ast.parse(text)))


def _lines(source: str, changed: str) -> tuple[list[str], list[str]]:
    """(lines that are gone, lines that are new), as Python writes them, of a change in one place; with their
    indentation where nothing else has changed."""
    before, after = source.splitlines(), changed.splitlines()
    for end in (0, -1):
        while before and after and before[end] == after[end]:
            del before[end], after[end]
    gone, new = [line.strip() for line in before], [line.strip() for line in after]
    return (before, after) if gone == new else (gone, new)


# --- words ------------------------------------------------------------------------------------------------------------


def _of_change(gone: list[str], new: list[str], then: Any, unchanged: bool) -> Question:
    new = [line for line in new if line != "pass"]
    asked = "What comes out now, for the same arguments as before, and why?"
    return Question(asked, ("The same as before: " if unchanged else "") + _said(then), "\n".join(gone), "\n".join(new))


def _of_doubling(name: str, value: Any, now: Any, then: Any) -> Question:
    what = f"{name} becomes {written(value)}" if isinstance(value, float) else f"every number of {name} is doubled"
    return Question(f"If {what}: what comes out?", " ".join(filter(None, [_factor(now, then), _said(then)])))


def _factor(now: Any, then: Any) -> str:
    """ "4 times as much:", if it is."""
    a, b = numbers(now), numbers(then)
    if a is None or b is None or a.shape != b.shape or not np.any(a):
        return ""
    place = np.unravel_index(np.argmax(np.abs(a)), a.shape)
    with np.errstate(all="ignore"):
        factor = float(b[place] / a[place])
    power = factor > 0 and float(np.log2(factor)).is_integer()
    return f"{factor:g} times as much:" if power and np.allclose(b, factor * a, rtol=1e-9, atol=1e-12) else ""


def _given(names: tuple[str, ...], args: tuple) -> str:
    return ", ".join(f"{name} = {_value(value)}" for name, value in zip(names, args, strict=False))


def _value(value: Any) -> str:
    if isinstance(value, ToyProblem):
        return "the sum of |x|, with slopes +1 and -1"
    return "None" if value is None else written(value)


def _said(answer: Any) -> str:
    if isinstance(answer, Raised):
        return f"An error: {answer.kind}" + f", {answer.message}" * bool(answer.message)
    if isinstance(answer, TimedOut):
        return "It does not come back"
    text = "None: nothing is returned" if answer is None else written(answer)
    return text if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]} ..."

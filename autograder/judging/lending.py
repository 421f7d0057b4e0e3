"""Right answers of an exercise's parts, lent while the exercise itself is judged: a mistake is paid for once.

The function inside asks for part(arguments), and here the reference computes it. Questions come from a hostile process:
their number and their arguments are bounded, so that no answer takes long or much memory. An exercise is no part of
itself; what else is judged in a kernel that has been lent answers is decided in notebook.py.
"""

import builtins
import inspect

import numpy as np

from autograder.authoring.cases import GradedExercise
from autograder.sandbox.inside import protocol
from autograder.sandbox.kernel import KernelDead
from nst.checks import calling
from nst.checks.comparison import numbers
from nst.checks.markers import Raised

QUESTIONS = 5_000  # while one exercise is judged; right answers ask some hundred times
AXES, LENGTH = 3, 160  # of one argument; all that broadcasting and products make of them is below LENGTH**3 numbers
KERNEL = (3, 3)  # begins the shape of the only arguments with an axis more


class Lender:
    """Answers the questions that come up while one exercise is judged."""

    def __init__(self, exercise: GradedExercise):
        self.functions = {part: exercise.masters.reference(part) for part in exercise.parts}
        self.words = {part: set(_words(GradedExercise(part, exercise.masters))) for part in exercise.parts}
        self.left = QUESTIONS

    def parameters(self) -> dict[str, list[str]]:
        """Part -> the names of its arguments, in order."""
        return {part: list(inspect.signature(function).parameters) for part, function in self.functions.items()}

    def answer(self, question: str) -> str:
        """The message for runner.py's stub: {"value": encoded} or {"raised": kind}. KernelDead for what is none."""
        self.left -= 1
        if self.left < 0:
            raise KernelDead(f"it asked more than {QUESTIONS} times for answers of other exercises")
        try:
            part, values = protocol.loads(question)
            function, values = self.functions[part], list(protocol.decode(values))
        except (protocol.ProtocolError, KeyError, TypeError, ValueError) as error:
            raise KernelDead("it asked for something that is no exercise's answer") from error
        return protocol.dumps(_lent(function, values, self.words[part]))


def _words(exercise):
    """Texts among the arguments of its public cases, such as the name of a pooling."""
    return (value for case in exercise.public() for value in case.args if isinstance(value, str))


def _lent(function, values, words):
    given = [value if isinstance(value, str) and value in words else numbers(value) for value in values]
    if any(value is None for value in given):
        return {"raised": "TypeError"}
    if any(_too_large(value) for value in given if not isinstance(value, str)):
        return {"raised": "ValueError"}
    with np.errstate(all="ignore"):
        answer = calling.call(function, tuple(given))  # in float64, as the right answers of cases are worked out
    found = numbers(answer)
    if found is None or found.size > protocol.CAPS.elements:
        known = isinstance(answer, Raised) and hasattr(builtins, answer.kind)
        return {"raised": answer.kind if known else "ValueError"}
    return {"value": protocol.encode(found.astype(_precision(values)))}


def _too_large(array):
    axes = AXES + (array.shape[:2] == KERNEL)
    return array.ndim > axes or max(array.shape, default=0) > LENGTH


def _precision(values):
    """float32 where no argument's array holds more, as a student's own function would answer; else float64."""
    floats = [value.dtype for value in values if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    return np.result_type(np.float32, *floats) if floats else np.float64

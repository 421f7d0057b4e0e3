"""What is known of each exercise, one module per exercise.

To add an exercise: a solution cell and its check cell in a master notebook, and a module here with `exercise =
Exercise(name, inputs)`, some known mistakes (functions whose docstrings are the hints, or a `LineByLine` where mistakes
are single lines of one loop) and other right answers; then `make release`. Nothing else names it. `make assess` shows
whether its inputs tell its mistakes apart.
"""

import importlib
import pkgutil
from types import ModuleType

from autograder.course import CourseError
from autograder.exercises.model import Exercise, Inputs, Known, Limit

__all__ = ["Exercise", "Inputs", "Known", "Limit", "entries", "entry"]


def entries() -> dict[str, Exercise]:
    """Exercise name -> `Exercise`, collected from the modules of this folder that define `exercise`."""
    modules = [_module(found.name) for found in pkgutil.iter_modules(__path__)]
    return {module.exercise.name: module.exercise for module in modules if hasattr(module, "exercise")}


def entry(exercise: str) -> Exercise:
    """The entry of one exercise. CourseError if there is none."""
    try:
        return entries()[exercise]
    except KeyError:
        raise CourseError(f"autograder/exercises/ has no module for the exercise {exercise!r}: add one") from None


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except (SyntaxError, NameError, TypeError, AttributeError, ImportError) as error:
        raise CourseError(
            f"autograder/exercises/{name}.py cannot be loaded: {type(error).__name__}: {error}"
        ) from error

"""What is known of each exercise, one module per exercise.

To add an exercise: a solution cell and its check cell in a master notebook, and a module here with `exercise =
Exercise(name, inputs)`, some known mistakes (functions whose docstrings are the hints, or a `LineByLine` where mistakes
are single lines of one loop) and other right answers; then `make release`. Nothing else names it. `make assess` shows
whether its inputs tell its mistakes apart.
"""

import importlib
import pkgutil

from autograder.exercises.model import Exercise, Inputs, Known, Limit

__all__ = ["Exercise", "Inputs", "Known", "Limit", "entries", "entry"]


def entries() -> dict[str, Exercise]:
    """Exercise name -> `Exercise`, collected from the modules of this folder that define `exercise`."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.exercise.name: module.exercise for module in modules if hasattr(module, "exercise")}


def entry(exercise: str) -> Exercise:
    """The entry of one exercise."""
    try:
        return entries()[exercise]
    except KeyError:
        raise KeyError(f"autograder/exercises/ has no module for the exercise {exercise!r}") from None

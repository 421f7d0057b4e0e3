"""What is known of each exercise, one module per notebook. To add an exercise: a master cell and one entry here."""

import importlib
import pkgutil

from .model import Exercise, Inputs, Known, Limit

__all__ = ["Exercise", "Inputs", "Known", "Limit", "entries", "entry"]


def entries():
    """Exercise name -> `Exercise`, collected from the modules of this folder that have EXERCISES."""
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return {e.name: e for module in modules for e in getattr(module, "EXERCISES", ())}


def entry(exercise):
    """The entry of one exercise."""
    try:
        return entries()[exercise]
    except KeyError:
        raise KeyError(f"autograder/exercises/ has no entry for the exercise {exercise!r}") from None

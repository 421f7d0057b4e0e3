"""How large the arguments of each exercise are in its own notebook, and how often it is called there.

    NST_PLAN=full python tools/sizes_at_work.py

Runs the masters with a counting function in the place of each exercise's, and prints what `at_work` in
autograder/exercises/ says. Run it when the pictures of the notebooks change.
"""

import contextlib
import functools
import io
import math
import os
from collections import defaultdict

import numpy as np

from autograder.authoring.masters import Masters
from autograder.course import Course
from nst.notebook.reading import read


def main() -> None:
    course, masters = Course(), Masters()
    os.chdir(course.masters)
    for name in masters.notebooks:
        own = masters.exercises(name)
        for exercise, shapes in (sizes(read(course.masters / f"{name}.ipynb"), own) if own else {}).items():
            filters, positions = max(shapes, key=math.prod)
            calls = sum(map(math.prod, shapes)) / max(filters * positions, 1)
            print(f"{exercise:22s} filters={filters}, positions={positions}, calls={math.ceil(calls)}")


def sizes(notebook, exercises) -> dict[str, list[tuple[int, int]]]:
    """Exercise -> (filters, positions) of each call while the notebook's cells run."""
    shapes, scope = defaultdict(list), {"__name__": "__main__"}
    for cell in notebook.cells:
        if not cell.name.startswith(("test_", "check_")):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source.replace("%matplotlib inline", ""), cell.name, "exec"), scope)
        if cell.name in exercises:
            scope[cell.name] = counted(scope[cell.name], shapes[cell.name])
    return shapes


def counted(function, shapes):
    """The function, which from now on notes the size of its first argument."""

    @functools.wraps(function)
    def call(*args, **options):
        shapes.append(size(args[0]))
        return function(*args, **options)

    return call


def size(argument) -> tuple[int, int]:
    """(filters, positions) of an activation or feature matrix, or of the largest in a dict; else (0, 0)."""
    if isinstance(argument, dict):
        return max(map(size, argument.values()), key=math.prod)
    if isinstance(argument, tuple):
        return 0, 0
    shape = np.shape(argument)
    return (shape[-1], shape[0] * shape[1]) if len(shape) == 3 else shape if len(shape) == 2 else (0, 0)


if __name__ == "__main__":
    main()

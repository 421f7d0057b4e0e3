"""The reference: the solution cells of the master notebooks, loaded by cell id. No second copy of an answer exists.

Every function takes `masters`, the folder of the master notebooks; by default that of this course, or the folder that
the environment variable NST_MASTERS names (a copy of the course under test).
"""

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.authoring import masters as masters_

DEFAULT = Path(__file__).resolve().parents[2] / "solutions" / "style_transfer"
CARRY = "carry_"


class MasterError(ValueError):
    """The master notebooks lack an exercise or are damaged."""


@dataclass(frozen=True)
class Master:
    """One master notebook: the source of its carry-over and solution cells, and the points of its exercises."""

    name: str
    sources: dict[str, str]  # cell id -> source, in the notebook's order; carry cells and exercises
    points: dict[str, int]  # exercise -> points


def exercises(masters=None):
    """The names of all graded exercises, in the order of the course."""
    return list(points(masters))


def points(masters=None):
    """Exercise -> points that its check cell gives."""
    return {name: value for master in _masters(masters) for name, value in master.points.items()}


def notebook_of(exercise, masters=None):
    """The name of the notebook that holds the exercise."""
    return _home(exercise, masters).name


def source_of(exercise, masters=None):
    """The source of the exercise's solution cell."""
    return _home(exercise, masters).sources[exercise]


def namespace(exercise, masters=None):
    """New globals with `np` and all functions that the exercise's notebook defines in carry-over and solution cells."""
    master = _home(exercise, masters)
    scope = {"np": np, "__name__": "reference"}
    for cell, source in master.sources.items():
        exec(compile(source, f"<{master.name}: {cell}>", "exec"), scope)
    return scope


def reference(exercise, masters=None):
    """The right function of an exercise."""
    return namespace(exercise, masters)[exercise]


def folder(masters=None):
    """The folder of master notebooks in use."""
    return Path(masters or os.environ.get("NST_MASTERS") or DEFAULT)


def stamp(masters=None):
    """What changes when a master notebook does: a key for caches."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder(masters).glob("*.ipynb")))


def _home(exercise, masters):
    for master in _masters(masters):
        if exercise in master.points:
            return master
    known = ", ".join(exercises(masters))
    raise MasterError(f"no exercise {exercise!r} in {folder(masters)}; there are: {known}")


def _masters(masters):
    files = sorted(folder(masters).glob("*.ipynb"))
    if not files:
        raise MasterError(f"no master notebooks in {folder(masters)}")
    return [_read(path, path.stat().st_mtime_ns) for path in files]


@functools.lru_cache(maxsize=64)
def _read(path, changed):
    """The master at `path`; read again when it has changed."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError) as error:
        raise MasterError(f"{path} is no notebook that can be read: {error}") from error
    graded = [(cell["metadata"]["nbgrader"], cell) for cell in cells if "nbgrader" in cell["metadata"]]
    marks = {
        data["grade_id"].removeprefix("test_"): int(data["points"])
        for data, cell in graded
        if cell["cell_type"] == "code" and data.get("grade") and data["grade_id"].startswith("test_")
    }
    sources = {
        data["grade_id"]: "".join(cell["source"])
        for data, cell in graded
        if cell["cell_type"] == "code" and (data["grade_id"] in marks or data["grade_id"].startswith(CARRY))
    }
    lacking = set(marks) - set(sources)
    if lacking:
        raise MasterError(f"{path} has a check cell without a solution cell: {', '.join(sorted(lacking))}")
    return Master(path.stem, sources, marks)


def run_source(exercise, source, masters=None):
    """The function of the exercise's name that this cell defines, beside the reference's other functions."""
    scope = masters_.namespace(exercise, masters)
    exec(compile(source, f"<{exercise}>", "exec"), scope)
    return scope[exercise]

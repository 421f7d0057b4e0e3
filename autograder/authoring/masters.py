"""The master notebooks: the reference is their solution cells, loaded by cell id. No second copy of it exists."""

import functools
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.course import Course, CourseError

CARRY = "carry_"
OPTIONAL = "optional"  # tag of a master's first cell: its points come on top, and nobody has to hand it in
Cell = dict[str, Any]  # a cell of a notebook's JSON


class MasterError(CourseError):
    """The master notebooks lack an exercise or are damaged."""


class Masters:
    """The master notebooks of a folder (by default this course's). Two that were read from the same files are equal.

    Raises MasterError where the folder has no notebook, or one that cannot be read.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = Path(folder or Course().masters)
        files = sorted(self.folder.glob("*.ipynb"))
        if not files:
            raise MasterError(f"no master notebooks in {self.folder}")
        self._stamps = tuple((path.name, path.stat().st_mtime_ns) for path in files)
        self.notebooks = {path.stem: _read(path, path.stat().st_mtime_ns) for path in files}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masters) and (self.folder, self._stamps) == (other.folder, other._stamps)

    def __hash__(self) -> int:
        return hash((self.folder, self._stamps))

    @property
    def points(self) -> dict[str, int]:
        """Exercise -> points that its check cell gives, in the order of the course."""
        return {name: value for notebook in self.notebooks.values() for name, value in notebook.points.items()}

    def exercises(self, notebook: str | None = None) -> list[str]:
        """The names of all graded exercises, or of those in one notebook, in the order of the course."""
        return list(self.points if notebook is None else self.notebooks[notebook].points)

    def notebook_of(self, exercise: str) -> str:
        """The name of the notebook that holds the exercise."""
        return self._home(exercise).name

    def graded(self) -> list[str]:
        """The notebooks with points in them: what students hand in, and get feedback on."""
        with_points = (
            name for name, notebook in self.notebooks.items() for marks, _ in notebook.marked if marks["grade"]
        )
        return list(dict.fromkeys(with_points))

    @property
    def optional(self) -> frozenset[str]:
        """The notebooks whose points come on top of the others'."""
        return frozenset(name for name, notebook in self.notebooks.items() if notebook.optional)

    def wanted(self) -> list[str]:
        """The notebooks that everybody is to hand in."""
        return [name for name in self.graded() if name not in self.optional]

    def most(self, notebooks: Iterable[Any]) -> float:
        """The points of which a result is said to be: those of nbgrader's `notebooks` without the optional ones."""
        return float(sum(notebook.max_score for notebook in notebooks if notebook.name not in self.optional))

    def source_of(self, exercise: str) -> str:
        """The source of the exercise's solution cell."""
        return self._home(exercise).sources[exercise]

    def namespace(self, exercise: str) -> dict[str, Any]:
        """New globals: `np`, and the functions of the notebook's carry-over and solution cells."""
        notebook = self._home(exercise)
        scope = {"np": np, "__name__": "reference"}
        for cell, source in notebook.sources.items():
            try:
                exec(compile(source, f"<{notebook.name}: {cell}>", "exec"), scope)
            except Exception as error:  # of whatever kind: it is somebody's own code
                raise MasterError(
                    f"The reference in {notebook.name}.ipynb, cell {cell}, cannot be run: {_said(error)}. "
                    f"Mend it in {self.folder}."
                ) from error
        return scope

    def reference(self, exercise: str) -> Callable:
        """The right function of an exercise."""
        return self._defined(exercise, self.namespace(exercise))

    def function_of(self, exercise: str, source: str) -> Callable:
        """The function of the exercise's name that this source defines, beside the reference's other functions."""
        scope = self.namespace(exercise)
        exec(compile(source, f"<{exercise}>", "exec"), scope)
        return self._defined(exercise, scope)

    def _defined(self, exercise: str, scope: dict[str, Any]) -> Callable:
        if not callable(scope.get(exercise)):
            home = self.notebook_of(exercise)
            raise MasterError(
                f"The cell of {exercise} defines no function {exercise}, which its check in {home} needs."
            )
        return scope[exercise]

    def _home(self, exercise: str) -> "MasterNotebook":
        for notebook in self.notebooks.values():
            if exercise in notebook.points:
                return notebook
        known = ", ".join(self.exercises())
        raise MasterError(f"no exercise {exercise!r} in {self.folder}; there are: {known}")


@dataclass(frozen=True)
class MasterNotebook:
    """One master: `marked` are its cells with nbgrader's marks (marks, cell); the rest follows from them."""

    name: str
    marked: list[tuple[dict[str, Any], Cell]]
    optional: bool = False

    @functools.cached_property
    def points(self) -> dict[str, int]:
        """Exercise -> points that its check cell gives."""
        checks = [marks for marks, cell in self.marked if cell["cell_type"] == "code" and marks.get("grade")]
        return {
            marks["grade_id"].removeprefix("test_"): int(marks["points"])
            for marks in checks
            if marks["grade_id"].startswith("test_")
        }

    @functools.cached_property
    def all_points(self) -> dict[str, int]:
        """Exercise or written answer -> points, in the notebook's order."""
        graded = (marks for marks, _ in self.marked if marks.get("grade"))
        return {marks["grade_id"].removeprefix("test_"): int(marks["points"]) for marks in graded}

    @property
    def carried(self) -> str:
        """The source of the carry-over cell; empty where there is none."""
        return next((source for cell, source in self.sources.items() if cell.startswith(CARRY)), "")

    @functools.cached_property
    def sources(self) -> dict[str, str]:
        """Cell id -> source of carry-over and solution cells, in the notebook's order."""
        return {
            marks["grade_id"]: _source(cell)
            for marks, cell in self.marked
            if cell["cell_type"] == "code" and (marks["grade_id"] in self.points or marks["grade_id"].startswith(CARRY))
        }

    def answers(self, kind: str) -> dict[str, str]:
        """grade_id -> source of the cells of that kind ("code" or "markdown") that students are to fill in."""
        return {
            marks["grade_id"]: _source(cell)
            for marks, cell in self.marked
            if marks.get("solution") and cell["cell_type"] == kind
        }

    def mark_schemes(self) -> dict[str, str]:
        """grade_id of each written answer -> what stands between BEGIN SOLUTION and END SOLUTION."""
        delimiter = re.compile(r"^#+ (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
        return {name: delimiter.sub("", source) for name, source in self.answers("markdown").items()}


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0]


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


@functools.lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> MasterNotebook:
    """The master at `path`; read again when it has changed."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError) as error:
        raise MasterError(f"{path} is no notebook that can be read: {error}") from error
    marked = [(cell["metadata"]["nbgrader"], cell) for cell in cells if "nbgrader" in cell["metadata"]]
    for marks in (marks for marks, _ in marked if marks.get("grade")):
        points = marks.get("points")
        if not isinstance(points, int | float) or points < 0 or points % 1:
            raise MasterError(
                f"{path.name}: {marks['grade_id']} has {points!r} points; give a whole number from 0 on "
                "(property inspector > Create Assignment > Points)."
            )
    notebook = MasterNotebook(path.stem, marked, OPTIONAL in cells[0]["metadata"].get("tags", []) if cells else False)
    if lacking := set(notebook.points) - set(notebook.sources):
        raise MasterError(f"{path} has a check cell without a solution cell: {', '.join(sorted(lacking))}")
    return notebook

"""Which cells of a notebook grading runs, in order."""

from collections.abc import Iterable
from dataclasses import dataclass

import nbformat

from autograder.intake.merge import defined_names

UNRUN = ("demo_", "test_", "check_")  # grade_ids of locked cells that grading leaves out


@dataclass(frozen=True)
class Step:
    """One cell to run. `exercise` is set for the solution cells of exercises, `needed` if a second kernel runs it."""

    source: str
    label: str
    exercise: str | None
    needed: bool


def steps_of(nb: nbformat.NotebookNode, exercises: Iterable[str]) -> list[Step]:
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

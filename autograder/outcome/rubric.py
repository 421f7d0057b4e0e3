"""The rubric of a written answer: the table that stands above it in the master notebook, and nowhere else."""

import json
import re
from dataclasses import dataclass
from typing import Any

from autograder.course import Course

_ROW = re.compile(r"^\|\s*(\d{1,3})\s*\|(.+)\|\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Rubric:
    """`rows`: (points at most, what for, in markdown); none where no table adds up. `prompt`: the cell it stands in."""

    prompt: str
    rows: list[tuple[int, str]]


def rubric(course: Course, notebook: str, cell: str, most: float) -> Rubric:
    """The rubric of the answer in that cell, which has so many points."""
    cells = json.loads((course.masters / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    place = next((number for number, each in enumerate(cells) if _marks(each).get("grade_id") == cell), 0)
    prompt = ""
    for above in reversed(cells[:place]):
        if above["cell_type"] != "markdown" or _marks(above).get("grade"):
            break
        source = "".join(above["source"])
        prompt = prompt or source
        rows = [(int(points), text.strip()) for points, text in _ROW.findall(source)]
        if rows:
            return Rubric(source, rows if sum(points for points, _ in rows) == most else [])
    return Rubric(prompt, [])


def place_in_formgrader(course: Course, notebook: str, cell: str) -> int:
    """The number of the answer's box among those of formgrader's page: its `?index=` goes there."""
    cells = json.loads((course.masters / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    boxes = 1  # the link to the next submission
    for marks in map(_marks, cells):
        if marks.get("grade_id") == cell:
            break
        boxes += 2 * bool(marks.get("grade")) + bool(marks.get("solution"))  # points and extra points; a comment
    return boxes


def _marks(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})

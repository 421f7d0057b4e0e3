"""Submissions built by code: the released notebooks with answers of a known kind written into them."""

import shutil
from pathlib import Path

import nbformat

from autograder.authoring.masters import Masters
from autograder.authoring.release import generate_notebooks
from autograder.course import Course

REFLECTION = (
    "In my run the loss fell from 41.3 to 2.7, and the sky's swirls came back everywhere, also on the ball's shadow: "
    "the Gram matrix keeps which filters fire together and forgets where."
)


def solved(course: Course) -> dict[str, str]:
    """Every answer of the masters by grade_id, as a student would have written it."""
    answers = {}
    for notebook in Masters(course.masters).notebooks.values():
        answers |= {name: _without_marks(source) for name, source in notebook.answers("code").items()}
        answers |= dict.fromkeys(notebook.answers("markdown"), REFLECTION)
    return answers


def filled(course: Course, name: str, answers: dict[str, str]) -> nbformat.NotebookNode:
    """The released notebook `name` with the sources of `answers` (by grade_id) in it."""
    nb = course.skeleton(name)
    for cell in nb.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return nb


def hand_in(course: Course, student: str, answers: dict[str, str], notebooks: list[str] | None = None) -> Path:
    """Write a submission of these answers into the course's submitted folder; its folder."""
    folder = course.submitted / student / course.assignment
    folder.mkdir(parents=True, exist_ok=True)
    for name in course.notebooks() if notebooks is None else notebooks:
        nbformat.write(filled(course, name, answers), folder / f"{name}.ipynb")
    return folder


def copy_course(source: Course, root: Path, notebooks: list[str] | None = None) -> Course:
    """A course of its own in `root`: masters, released notebooks (generated anew) and configuration; no grade.

    With `notebooks` only these: a small course for tests.
    """
    course = Course(root, source.assignment)
    course.masters.mkdir(parents=True)
    course.home.mkdir()
    shutil.copy(source.home / "nbgrader_config.py", course.home)
    for name in source.notebooks() if notebooks is None else notebooks:
        shutil.copy(source.masters / f"{name}.ipynb", course.masters)
    generate_notebooks(course, course.released)
    return course


def _without_marks(source: str) -> str:
    return "\n".join(
        line for line in source.split("\n") if "# BEGIN SOLUTION" not in line and "# END SOLUTION" not in line
    )

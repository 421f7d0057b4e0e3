"""Do the grades of a class still stand? What has changed since, for whom, and what to do about it.

A grade hangs on the hand-in, the masters, the grader (credit table and all) and the key of the inputs. Each graded
notebook names the four in its metadata, whoever wrote it (`autograder grade` or `nbgrader autograde`).
"""

import json
from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.intake.clean_copy import deliver, folders
from autograder.intake.recognise import NOT_THERE
from autograder.judging import seeds
from autograder.names import safe_name

NEVER = "collected and never graded"
ANEW = "handed in something else since the grading"
GRADER = "graded by another version of the grader or another credit table"
MASTERS = "graded by other masters (another reference or other points)"
KEY = "graded with another key of the inputs"


def standing(course: Course, chosen: Iterable[str] | None = None) -> dict[str, list[str]]:
    """Reason -> students whose grades do not stand, of all collected or of the `chosen` ones."""
    found: dict[str, list[str]] = {}
    names = folders(course.directory()) if course.submitted.is_dir() else []
    graded = _in_gradebook(course)
    now = _Now(course)
    for name in names if chosen is None else [name for name in names if name in set(chosen)]:
        if reason := now.reason(name) if name in graded else NEVER:
            found.setdefault(reason, []).append(name)
    return found


def lines(found: dict[str, list[str]]) -> list[str]:
    """A line for each reason: how many, who, why."""
    return [f"{len(names)} {reason}: {few(names)}" for reason, names in found.items()]


def few(names: list[str], most: int = 8) -> str:
    shown = ", ".join(safe_name(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


class _Now:
    """What a grade would hang on if it was given now."""

    def __init__(self, course: Course):
        self.course, self.directory = course, course.directory()
        self.masters = {name: master_digest(course, name) for name in course.notebooks()}
        self.key = seeds.key_name(seeds.seed_key(course.home)) if (course.home / seeds.KEY_FILE).exists() else None

    def reason(self, student: str) -> str:
        """Why this student's grade does not stand; "" if it does."""
        delivery = deliver(self.directory, student)
        reasons = [self._reason(student, name, delivery.notebooks.get(name, b"")) for name in self.masters]
        return next((reason for reason in (NEVER, ANEW, MASTERS, GRADER, KEY) if reason in reasons), "")

    def _reason(self, student: str, name: str, data: bytes) -> str:
        record = record_of(self.course, student, name)
        if record is None:
            return NEVER
        if record.get("submission") != seeds.digest(data):
            return ANEW
        if "master" not in record:  # as versions of the grader wrote it that did not name their masters
            return GRADER
        if record["master"] != self.masters[name]:
            return MASTERS
        versions = record.get("versions")  # nothing was judged where there was nothing to read
        if versions and versions.get("grader") != seeds.grader_digest()[:12]:
            return GRADER
        return KEY if self.key and record.get("seed_key") != self.key else ""


def record_of(course: Course, student: str, notebook: str) -> dict | None:
    """What a graded notebook says about its grading; None if there is none."""
    path = course.autograded / student / course.assignment / f"{notebook}.ipynb"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"].get("autograder")
    except (OSError, ValueError, KeyError):
        return None


def left_out(course: Course, student: str, masters: Masters) -> set[str]:
    """The optional notebooks that this student did not hand in: nothing is lacking there."""
    records = {name: record_of(course, student, name) or {} for name in masters.optional}
    return {name for name, record in records.items() if NOT_THERE.format(name) in (record.get("reason") or "")}


def master_digest(course: Course, notebook: str) -> str:
    """What a grade names its master by."""
    return seeds.digest((course.masters / f"{notebook}.ipynb").read_bytes())[:12]


def _in_gradebook(course: Course) -> set[str]:
    with Gradebook(course.db_url) as gradebook:
        try:
            return {submission.student_id for submission in gradebook.assignment_submissions(course.assignment)}
        except MissingEntry:
            return set()


# --- before grading ---------------------------------------------------------------------------------------------------


def check_points(course: Course, chosen: Iterable[str] | None = None) -> None:
    """Points are one for all: CourseError if masters and released notebooks differ, or if some would keep old ones.

    The released notebook is what a submission is filled into: with other points there, a right answer gets too few.
    """
    now, released = _points(course.masters), _points(course.released)
    for name, points in now.items():
        if released.get(name) != points:
            raise CourseError(
                f"{name} has {points:g} points in the masters and {released.get(name, 'none')} in the released "
                f"notebooks. Nothing is graded or changed. First: python -m autograder release"
            )
    if chosen is None:
        return
    before = _points_in_gradebook(course)
    changed = [
        f"{name} from {before[name]:g} to {now[name]:g}" for name in now if before.get(name, now[name]) != now[name]
    ]
    others = sorted(_in_gradebook(course) - set(chosen))
    if changed and others:
        raise CourseError(
            f"Points have changed ({', '.join(changed)}), and {few(others)} would keep grades by the old ones. Nothing "
            "is graded or changed. Changed points are for everybody: python -m autograder grade"
        )


def _points(folder: Path) -> dict[str, float]:
    """Exercise or written answer -> points, in the notebooks of a folder."""
    notebooks = Masters(folder).notebooks.values()
    return {name: float(points) for notebook in notebooks for name, points in notebook.all_points.items()}


def _points_in_gradebook(course: Course) -> dict[str, float]:
    with Gradebook(course.db_url) as gradebook:
        try:
            notebooks = gradebook.find_assignment(course.assignment).notebooks
        except MissingEntry:
            return {}
        cells = [cell for notebook in notebooks for cell in notebook.grade_cells]
        return {cell.name.removeprefix("test_"): cell.max_score for cell in cells}

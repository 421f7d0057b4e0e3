"""The first page of a student's feedback: every notebook with its points, the total, the penalty, what was found of the
hand-in, and until when and how to complain."""

import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbgrader.api import Gradebook, SubmittedNotebook

from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.grading.standing import left_out, record_of
from autograder.intake import attempts
from autograder.names import safe_name
from autograder.outcome.pages import TEMPLATES

NAME = "index.html"
TEMPLATE = "feedback_index.html.j2"


def index_page(course: Course, student: str, pages: list[str], today: datetime.date | None = None) -> str:
    """The page as HTML, without a script or an address outside; `pages` are the files that lie beside it."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    complaints = course.config.Complaints
    with Gradebook(course.db_url) as gradebook:
        submission = gradebook.find_submission(course.assignment, student)
        person = submission.student
        name = " ".join(filter(None, [safe_name(person.first_name), safe_name(person.last_name)])) or student
        masters = Masters(course.masters)
        absent = left_out(course, student, masters)
        rows = [
            _row(course, student, each, pages) | {"optional": each.name in masters.optional}
            for each in sorted(submission.notebooks, key=_name)
            if each.name not in absent
        ]
        penalty = submission.late_submission_penalty
        values = {
            "name": name,
            "rows": [row for row in rows if row["most"]],
            "score": submission.score,
            "penalty": penalty,
            "final": max(0.0, submission.score - penalty),
            "most": masters.most(submission.notebooks),
            "waiting": sum(row["waiting"] for row in rows),
            "handed_in": _time(submission.timestamp),
            "deadline": _time(submission.duedate),
        }
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    until = today + datetime.timedelta(days=int(complaints.get("days", 7)))
    how = str(complaints.get("how", "in writing, to your instructor"))
    return environment.get_template(TEMPLATE).render(
        **values, files=_files(course, student), written=today.isoformat(), until=until.isoformat(), how=how
    )


def _row(course: Course, student: str, notebook: SubmittedNotebook, pages: list[str]) -> dict[str, Any]:
    """One notebook: its points, and what there was to grade."""
    record = record_of(course, student, notebook.name) or {}
    unread = (grade for grade in notebook.grades if grade.auto_score is None and grade.manual_score is None)
    page = f"{notebook.name}.html"
    return {
        "name": notebook.name,
        "page": page if page in pages else "",
        "score": notebook.score,
        "most": notebook.max_score,
        "waiting": sum(grade.max_score for grade in unread),
        "found": record.get("reason") or "found and graded",
        "notes": record.get("notes", []),
    }


def _files(course: Course, student: str) -> list[str]:
    """The names of the files as they were handed in; none where only the notebooks themselves are known."""
    try:
        current = attempts.current_id(course, student)
        return attempts.find(course, student, current).files if current else []
    except CourseError:
        return []


def _name(notebook: SubmittedNotebook) -> str:
    return notebook.name


def _time(moment: datetime.datetime | None) -> str:
    """As the gradebook keeps it: in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""

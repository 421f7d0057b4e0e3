"""Late days: the penalty that nbgrader's AssignLatePenalties asks for, with extensions for single students.

`python -m autograder late` says who is late, and applies the rule anew to every grade in the gradebook: after a change
of the deadline, of extensions.csv, or once written answers have been graded. The rule itself is three numbers in
nbgrader_config.py (c.LateDays); POLICY.md says it in words.
"""

import argparse
import csv
import math
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float, Unicode

from autograder.course import Course, CourseError
from autograder.intake.times import EXAMPLE, moment
from autograder.names import safe_name

DAY = 86_400.0
COLUMNS = ["student", "days", "reason"]


class LateDays(LateSubmissionPlugin):
    """So many per cent of what was reached for every day begun, up to a limit; extensions come first."""

    grace_minutes = Float(15.0, help="Minutes after the deadline that cost nothing.").tag(config=True)
    percent_a_day = Float(10.0, help="Per cent of the points reached that each day begun costs.").tag(config=True)
    percent_at_most = Float(50.0, help="Per cent that lateness costs at most.").tag(config=True)
    extensions_file = Unicode("", help="CSV with the columns student, days, reason; '' for none.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points that lateness costs (None: nothing). Raises CourseError if the file of extensions is wrong."""
        days = self.days_late(student_id, total_seconds_late)
        return score * min(days * self.percent_a_day, self.percent_at_most) / 100 if days else None

    def days_late(self, student_id: str, seconds: float) -> int:
        """Days begun after this student's own deadline."""
        extra = extensions(self.extensions_file).get(student_id, 0.0)
        beyond = seconds - extra * DAY
        return 0 if beyond <= self.grace_minutes * 60 else math.ceil(beyond / DAY)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder late", description=__doc__.split("\n")[0])
    parser.add_argument("--due", metavar="DATE", help=f"set the deadline, such as {EXAMPLE}")
    args = parser.parse_args(argv)
    course = Course()
    if args.due:
        set_deadline(course, args.due)
    print("\n".join(apply(course)))
    return 0


def set_deadline(course: Course, text: str) -> None:
    """Write the deadline into the gradebook."""
    from autograder.converting import register

    try:
        due = moment(text).replace(tzinfo=None)
    except ValueError as error:
        raise CourseError(f"--due {error}") from None
    with Gradebook(course.db_url) as gradebook:
        known = any(assignment.name == course.assignment for assignment in gradebook.assignments)
    if not known:  # otherwise grading does it: points that changed would concern grades that exist
        register(course)
    with Gradebook(course.db_url) as gradebook:
        gradebook.update_or_create_assignment(course.assignment, duedate=due)


def apply(course: Course) -> list[str]:
    """Compute every penalty anew from the scores as they stand; a line for each late student, and the deadline."""
    plugin = LateDays(config=course.config)
    extensions(plugin.extensions_file)
    with Gradebook(course.db_url) as gradebook:
        try:
            assignment = gradebook.find_assignment(course.assignment)
        except MissingEntry:
            raise CourseError("The gradebook does not know the assignment yet: grade first, or give --due.") from None
        if assignment.duedate is None:
            return ["There is no deadline, so nobody is late. To set one: python -m autograder late --due DATE"]
        unknown = sorted({*extensions(plugin.extensions_file)} - {student.id for student in gradebook.students})
        strangers = [f"{plugin.extensions_file} names {safe_name(name)!r}, and nobody is called so" for name in unknown]
        lines = [line for submission in assignment.submissions for line in _apply(plugin, submission)]
        gradebook.db.commit()
        return [
            *strangers,
            *sorted(lines),
            f"deadline {assignment.duedate} UTC; {len(lines)} of {len(assignment.submissions)} late",
        ]


def _apply(plugin: LateDays, submission: SubmittedAssignment) -> Iterator[str]:
    """Set the penalties of one student's notebooks."""
    seconds = submission.total_seconds_late
    for notebook in submission.notebooks:
        penalty = plugin.late_submission_penalty(submission.student_id, notebook.score, seconds) if seconds else None
        notebook.late_submission_penalty = min(penalty, notebook.score) if penalty else None
    if days := plugin.days_late(submission.student_id, seconds) if seconds else 0:
        lost = sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks)
        yield f"{safe_name(submission.student_id)}: {days} day{'s' * (days > 1)} late, {lost:.4g} points less"


def extensions(file: str) -> dict[str, float]:
    """Student -> extra days, from the CSV; CourseError with the line that cannot be read."""
    if not file or not Path(file).is_file():
        return {}
    with open(file, newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(line for line in lines if not line.startswith("#"))
        if reader.fieldnames != COLUMNS:
            raise CourseError(f"{file}: the first line must be '{','.join(COLUMNS)}', not {reader.fieldnames}")
        rows = list(reader)
    return {row["student"].strip(): _days(file, row) for row in rows}


def _days(file: str, row: dict) -> float:
    try:
        days = float(row["days"])
    except (TypeError, ValueError):
        days = math.nan
    if not 0 <= days < math.inf:
        raise CourseError(f"{file}: days of {row['student']!r} must be a number such as 3 or 0.5, not {row['days']!r}")
    return days

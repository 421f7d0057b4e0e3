"""`nbgrader export` through the one writer of tables: nbgrader's own lets a comma in a name move the scores aside."""

from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

from autograder.names import safe_name
from autograder.outcome import csv_table

COLUMNS = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
COLUMNS += ["raw_score", "late_submission_penalty", "score", "max_score"]


class CsvExport(ExportPlugin):
    """The columns of nbgrader's CsvExportPlugin; the options --to, --student and --assignment work as there."""

    def export(self, gradebook: Gradebook) -> None:
        """Write a row for each assignment and student. Raises SaveError if the file cannot be written."""
        rows = [
            _row(gradebook, assignment, student)
            for assignment in gradebook.assignments
            for student in gradebook.students
            if (not self.assignment or assignment.name in self.assignment)
            and (not self.student or student.id in map(str, self.student))
        ]
        csv_table.write(Path(self.to or "grades.csv"), COLUMNS, rows)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> dict[str, object]:
    """What one student reached in one assignment; who handed in nothing has 0."""
    row = {"assignment": assignment.name, "duedate": assignment.duedate or "", "student_id": student.id}
    row |= {part: safe_name(getattr(student, part)) for part in ("last_name", "first_name", "email")}
    row |= {"timestamp": "", "raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    row["max_score"] = assignment.max_score
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return row
    penalty = submission.late_submission_penalty
    row |= {"timestamp": submission.timestamp or "", "raw_score": submission.score}
    return row | {"late_submission_penalty": penalty, "score": max(0.0, submission.score - penalty)}

"""`python -m autograder scores`: the class's points as CSV, in the columns that an LMS imports."""

import argparse
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Student

from autograder.authoring.masters import Masters
from autograder.course import OUTGOING, Course, CourseError
from autograder.grading import journal
from autograder.judging import seeds
from autograder.names import safe_name
from autograder.outcome import csv_table, final

Row = dict[str, str]


def _canvas(student: Student, score: float, most: float, column: str) -> Row:
    """Canvas, Grades > Import: it finds students by ID; a column `Name (assignment's number)` is an assignment's."""
    ids = {"ID": student.lms_user_id or "", "SIS User ID": "", "SIS Login ID": safe_name(student.email), "Section": ""}
    return {"Student": _name(student, ", "), **ids, column: f"{score:g}"}


def _moodle(student: Student, score: float, most: float, column: str) -> Row:
    """Moodle, assignment > Upload grading worksheet: it finds students by Identifier."""
    who = {"Identifier": f"Participant {student.lms_user_id or student.id}", "Full name": _name(student)}
    return {**who, "Email address": safe_name(student.email), column: f"{score:.2f}", "Maximum Grade": f"{most:.2f}"}


def _gradescope(student: Student, score: float, most: float, column: str) -> Row:
    """The columns that Gradescope itself exports."""
    who = {
        "First Name": safe_name(student.first_name),
        "Last Name": safe_name(student.last_name),
        "SID": student.lms_user_id or "",
    }
    return {**who, "Email": safe_name(student.email), column: f"{score:g}", "Max Points": f"{most:g}"}


def _plain(student: Student, score: float, most: float, column: str) -> Row:
    """One line a student for everything else."""
    return {"student": student.id, "name": _name(student), column: f"{score:g}", "max_score": f"{most:g}"}


# LMS -> a row of its table, and what it calls the column of the points ("": like the assignment).
COLUMNS: dict[str, tuple[Callable[[Student, float, float, str], Row], str]] = {
    "canvas": (_canvas, ""),
    "moodle": (_moodle, "Grade"),
    "gradescope": (_gradescope, "Total Score"),
    "plain": (_plain, "score"),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder scores", description=__doc__.split("\n")[0])
    parser.add_argument("--lms", choices=COLUMNS, default="plain", help="whose columns (default: plain)")
    parser.add_argument("--column", metavar="NAME", help="the LMS's name of the column with the points")
    parser.add_argument("-o", "--output", type=Path, metavar="CSV", help="default: autograder/outgoing/scores_LMS.csv")
    final.add_option(parser)
    args = parser.parse_args(argv)
    course = Course()
    final.graded_students(course)
    remarks = final.check(course, args.anyway)
    path = args.output or course.home / OUTGOING / f"scores_{args.lms}.csv"
    rows = rows_of(course, args.lms, args.column)
    write(path, rows)
    students = len(rows) - (args.lms == "canvas")
    sha256 = seeds.digest(path.read_bytes())
    journal.record(course.home, "scores", file=path.name, students=students, sha256=sha256, **final.noted(remarks))
    print("\n".join([*remarks, f"{students} students in {path}"]))
    return 0


def rows_of(course: Course, lms: str, column: str | None = None) -> list[Row]:
    """One row a student of the gradebook, late penalties taken off; Canvas wants one of the points possible before.
    Points of optional notebooks are in the score and not in what is possible.

    CourseError if `column` is no name, or already that of another column.
    """
    row_of, usual = COLUMNS[lms]
    with Gradebook(course.db_url) as gradebook:
        try:
            most = Masters(course.masters).most(gradebook.find_assignment(course.assignment).notebooks)
        except MissingEntry:
            raise CourseError("The gradebook does not know the assignment yet: grade first.") from None
        students = sorted(gradebook.students, key=lambda student: student.id)
        points = usual or course.assignment
        taken = {key for student in students[:1] for key in row_of(student, 0.0, most, points)} - {points}
        if column is not None and (column in taken or not column.strip() or not column.isprintable()):
            raise CourseError(f"--column {column!r} cannot be the points' column: give another name, on one line.")
        points = column or points
        rows = [row_of(student, _score(gradebook, course, student.id), most, points) for student in students]
    if lms == "canvas":
        rows.insert(0, {"Student": "    Points Possible", points: f"{most:g}"})
    return rows


def _score(gradebook: Gradebook, course: Course, student: str) -> float:
    """Points after lateness; who handed in nothing has 0."""
    try:
        submission = gradebook.find_submission(course.assignment, student)
    except MissingEntry:
        return 0.0
    return round(max(0.0, submission.score - submission.late_submission_penalty), 2)


def write(path: Path, rows: list[Row]) -> None:
    """The CSV; its columns are those of the last row, a student's."""
    csv_table.write(path, rows[-1], rows)


def _name(student: Student, between: str = " ") -> str:
    names = [safe_name(student.first_name), safe_name(student.last_name)]
    names = names[::-1] if between == ", " else names
    return between.join(name for name in names if name) or student.id

"""`python -m autograder scores`: the class's points as CSV, in the columns that an LMS imports."""

import argparse
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Student

from autograder.course import OUTGOING, Course, CourseError
from autograder.grading import journal
from autograder.judging import seeds
from autograder.names import safe_name
from autograder.outcome import csv_table, late

Row = dict[str, str]


def _canvas(student: Student, score: float, course: Course, most: float) -> Row:
    """Canvas, Grades > Import: it finds students by ID and takes a new column as a new assignment."""
    ids = {"ID": student.lms_user_id or "", "SIS User ID": "", "SIS Login ID": safe_name(student.email), "Section": ""}
    return {"Student": _name(student, ", "), **ids, course.assignment: f"{score:g}"}


def _moodle(student: Student, score: float, course: Course, most: float) -> Row:
    """Moodle, assignment > Upload grading worksheet: it finds students by Identifier."""
    who = {"Identifier": f"Participant {student.lms_user_id or student.id}", "Full name": _name(student)}
    return {**who, "Email address": safe_name(student.email), "Grade": f"{score:.2f}", "Maximum Grade": f"{most:.2f}"}


def _gradescope(student: Student, score: float, course: Course, most: float) -> Row:
    """The columns that Gradescope itself exports."""
    who = {
        "First Name": safe_name(student.first_name),
        "Last Name": safe_name(student.last_name),
        "SID": student.lms_user_id or "",
    }
    return {**who, "Email": safe_name(student.email), "Total Score": f"{score:g}", "Max Points": f"{most:g}"}


def _plain(student: Student, score: float, course: Course, most: float) -> Row:
    """One line a student for everything else."""
    return {"student": student.id, "name": _name(student), "score": f"{score:g}", "max_score": f"{most:g}"}


COLUMNS: dict[str, Callable[..., Row]] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "gradescope": _gradescope,
    "plain": _plain,
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder scores", description=__doc__.split("\n")[0])
    parser.add_argument("--lms", choices=COLUMNS, default="plain", help="whose columns (default: plain)")
    parser.add_argument("-o", "--output", type=Path, metavar="CSV", help="default: autograder/outgoing/scores_LMS.csv")
    args = parser.parse_args(argv)
    course = Course()
    late.apply(course)
    path = args.output or course.home / OUTGOING / f"scores_{args.lms}.csv"
    rows, unread = rows_of(course, args.lms)
    write(path, rows, args.lms, course)
    journal.record(course.home, "scores", file=path.name, students=len(rows), sha256=seeds.digest(path.read_bytes()))
    print(f"{len(rows)} students in {path}")
    if unread:
        names = ", ".join(map(safe_name, unread[:5])) + " ..." * (len(unread) > 5)
        print(f"not final: {len(unread)} have an answer that nobody has read yet ({names})")
    return 0


def rows_of(course: Course, lms: str) -> tuple[list[Row], list[str]]:
    """One row a student of the gradebook, late penalties taken off; and who waits for manual grading."""
    rows, unread = [], []
    with Gradebook(course.db_url) as gradebook:
        try:
            most = gradebook.find_assignment(course.assignment).max_score
        except MissingEntry:
            raise CourseError("The gradebook does not know the assignment yet: grade first.") from None
        for student in sorted(gradebook.students, key=lambda student: student.id):
            score, waiting = _score(gradebook, course, student.id)
            rows.append(COLUMNS[lms](student, score, course, most))
            unread += [student.id] * waiting
    return rows, unread


def _score(gradebook: Gradebook, course: Course, student: str) -> tuple[float, bool]:
    """(points after lateness, does an answer wait for a reader?); who handed in nothing has 0."""
    try:
        submission = gradebook.find_submission(course.assignment, student)
    except MissingEntry:
        return 0.0, False
    score = max(0.0, submission.score - submission.late_submission_penalty)
    return round(score, 2), submission.needs_manual_grade


def write(path: Path, rows: list[Row], lms: str, course: Course) -> None:
    """The CSV; Canvas wants a second line with the points possible."""
    if not rows:
        raise CourseError("The gradebook has no student yet: collect and grade first.")
    head = []
    if lms == "canvas":
        with Gradebook(course.db_url) as gradebook:
            most = gradebook.find_assignment(course.assignment).max_score
        head = [{"Student": "    Points Possible", course.assignment: f"{most:g}"}]
    csv_table.write(path, rows[0], head + rows)


def _name(student: Student, between: str = " ") -> str:
    names = [safe_name(student.first_name), safe_name(student.last_name)]
    names = names[::-1] if between == ", " else names
    return between.join(name for name in names if name) or student.id

"""`python -m autograder split --graders anna,ben`: who reads which reflections, with a link into formgrader each."""

import argparse
import hashlib
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import OUTGOING, Course, CourseError
from autograder.outcome import csv_table

SHARED = 0.1  # of the students are read by everybody, so that graders can compare


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder split", description=__doc__.split("\n")[0])
    parser.add_argument("--graders", required=True, help="names, separated by commas")
    parser.add_argument("--address", default="http://localhost:8888", help="where formgrader runs")
    args = parser.parse_args(argv)
    course = Course()
    graders = [name.strip() for name in args.graders.split(",") if name.strip()]
    if not graders:
        raise CourseError("--graders needs at least one name")
    rows = assign(waiting(course), graders)
    path = course.home / OUTGOING / "reflections.csv"
    write(path, rows, args.address)
    for grader in graders:
        own = sum(row["grader"] == grader for row in rows)
        print(f"{grader}: {own} reflection{'s' * (own != 1)}")
    print(f"{sum(row['shared'] == 'yes' for row in rows)} of them are for everybody, to compare; links in {path}")
    return 0


def waiting(course: Course) -> list[tuple[str, str, str]]:
    """(student, notebook, formgrader's id) of every notebook with an answer that waits for a reader."""
    with Gradebook(course.db_url) as gradebook:
        submissions = gradebook.assignment_submissions(course.assignment)
        found = [
            (submission.student_id, notebook.name, notebook.id)
            for submission in submissions
            for notebook in submission.notebooks
            if notebook.needs_manual_grade
        ]
    if not found:
        raise CourseError("No answer waits for a reader.")
    return sorted(found)


def assign(answers: list[tuple[str, str, str]], graders: list[str]) -> list[dict[str, str]]:
    """A row for each answer and reader. All answers of a student go to one grader, some students to everybody."""
    students = sorted({student for student, _, _ in answers}, key=_shuffled)
    shared = set(students[: round(SHARED * len(students))] if len(graders) > 1 else [])
    own = {student: graders[number % len(graders)] for number, student in enumerate(students)}
    rows = []
    for student, notebook, number in answers:
        for grader in graders if student in shared else [own[student]]:
            rows.append(
                {
                    "grader": grader,
                    "student": student,
                    "notebook": notebook,
                    "shared": "yes" if student in shared else "no",
                    "link": f"/formgrader/submissions/{number}/",
                }
            )
    return sorted(rows, key=lambda row: (row["grader"], row["notebook"], row["student"]))


def write(path: Path, rows: list[dict[str, str]], address: str) -> None:
    """The list as CSV, links complete."""
    csv_table.write(path, rows[0], [row | {"link": address.rstrip("/") + row["link"]} for row in rows])


def _shuffled(student: str) -> str:
    """An order that has nothing to do with names and is the same every time."""
    return hashlib.sha256(student.encode()).hexdigest()

"""`python -m autograder split --graders anna,ben`: who reads which written answers, with a link to each.

What was shared out stays: called again, the command gives out what has come since. Answers are read on a page of ours
(reading_page.py).
"""

import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jupyter_server.serverapp import list_running_servers
from nbgrader.api import Assignment, Grade, Gradebook, GradeCell, SubmittedAssignment, SubmittedNotebook

from autograder.course import OUTGOING, Course, CourseError
from autograder.grading.journal import who
from autograder.names import safe_name
from autograder.outcome import csv_table
from nst.plumbing.files import write_atomically

SHARED = 0.1  # of the students are read by everybody, so that readers can be compared
READERS = ".readers.json"  # in autograder/; git-ignored
ADDRESS = "http://127.0.0.1:8888"  # where `read` and `formgrader` start, and what they open
LONGEST = 40  # characters of a reader's name


class Answer(NamedTuple):
    """A written answer that a person gives points for. `number`: formgrader's of the notebook; `most`: points."""

    student: str
    notebook: str
    cell: str
    number: str
    most: float
    points: float | None
    waits: bool


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder split", description=__doc__.split("\n")[0])
    parser.add_argument("--graders", required=True, help="names, separated by commas")
    parser.add_argument("--address", help="where `read` runs (default: where it runs now, else where it starts)")
    args = parser.parse_args(argv)
    course = Course()
    graders = reader_names(args.graders)
    waiting = [answer for answer in answers(course) if answer.waits]
    if not waiting:
        raise CourseError("No answer waits for a reader.")
    plan = share_out(plan_of(course) or {}, sorted({answer.student for answer in waiting}), graders)
    write_atomically(course.home / READERS, json.dumps(plan, indent=1, ensure_ascii=False).encode())
    rows = rows_of(waiting, plan)
    path = course.home / OUTGOING / "reflections.csv"
    write(path, rows, args.address or address(course))
    for grader in graders:
        own = sum(row["grader"] == grader for row in rows)
        print(f"{grader}: {own} reflection{'s' * (own != 1)}")
    shared = sum(len(readers) > 1 for readers in plan.values())
    print(f"{shared} student{'s' * (shared != 1)} for everybody, to compare; links in {path}")
    print("Next: python -m autograder read")
    return 0


def reader_names(text: str) -> list[str]:
    """The names in a list with commas. CourseError if there is none, if one is no name or comes twice."""
    given = [name.strip() for name in text.split(",") if name.strip()]
    names = [safe_name(name, LONGEST) for name in given]
    if not names or names != given or len(set(names)) < len(names):
        raise CourseError(
            "--graders needs different names, separated by commas, of letters and digits, "
            f"each of at most {LONGEST} characters; given: {safe_name(text) or 'nothing'}"
        )
    return names


def answers(course: Course) -> list[Answer]:
    """Every written answer that has points of a person, or waits for some, in the order of students and notebooks."""
    with Gradebook(course.db_url) as gradebook:
        rows = (
            gradebook.db.query(Grade, GradeCell, SubmittedNotebook, SubmittedAssignment.student_id)
            .join(GradeCell, GradeCell.id == Grade.cell_id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .filter(Assignment.name == course.assignment, GradeCell.cell_type == "markdown")
        )
        found = [
            Answer(
                student,
                book.name,
                cell.name,
                book.id,
                cell.max_score,
                grade.manual_score,
                bool(grade.needs_manual_grade),
            )
            for grade, cell, book, student in rows
        ]
    return sorted(answer for answer in found if answer.waits or answer.points is not None)


def plan_of(course: Course) -> dict[str, list[str]] | None:
    """Student -> who reads them, as `split` shared it out; None if it has not. CourseError if the file is damaged."""
    path = course.home / READERS
    if not path.is_file():
        return None
    try:
        return {
            str(student): [str(name) for name in readers] for student, readers in json.loads(path.read_text()).items()
        }
    except (ValueError, AttributeError, TypeError) as error:
        raise CourseError(
            f"{path} cannot be read ({error}). Delete it, and share out anew: autograder split"
        ) from error


def readers_of(course: Course, found: list[Answer]) -> dict[str, list[str]]:
    """Student -> readers, of everybody with a written answer: whoever started this where nothing was shared out."""
    plan = plan_of(course) or {}
    alone = [safe_name(who(), LONGEST) or "reader"] if not plan else []
    return {answer.student: plan.get(answer.student, alone) for answer in found}


def share_out(before: dict[str, list[str]], students: list[str], graders: list[str]) -> dict[str, list[str]]:
    """Student -> readers. All answers of a student go to one reader, some students to everybody.

    Who has readers keeps them, as long as all of them are among these.
    """
    plan = {student: names for student, names in before.items() if names and set(names) <= set(graders)}
    new = sorted(set(students) - set(plan), key=_shuffled)
    count = round(SHARED * len({*students, *plan})) if len(graders) > 1 else 0
    count -= sum(len(names) > 1 for names in plan.values())
    load = Counter(name for names in plan.values() for name in names)
    for number, student in enumerate(new):
        plan[student] = (
            graders if number < count else [min(graders, key=lambda name: (load[name], graders.index(name)))]
        )
        load.update(plan[student])
    return plan


def rows_of(waiting: list[Answer], plan: dict[str, list[str]]) -> list[dict[str, str]]:
    """A row for each answer and reader."""
    rows = [
        {
            "grader": grader,
            "student": answer.student,
            "notebook": answer.notebook,
            "answer": answer.cell,
            "shared": "yes" if len(plan[answer.student]) > 1 else "no",
            "link": link(grader, answer),
        }
        for answer in waiting
        for grader in plan[answer.student]
    ]
    return sorted(rows, key=lambda row: (row["grader"], row["notebook"], row["student"]))


def link(reader: str, answer: Answer) -> str:
    """The path of an answer on the reading page."""
    return f"/reading/by/{quote(reader, safe='')}/{quote(answer.number, safe='')}/{quote(answer.cell, safe='')}"


def write(path: Path, rows: list[dict[str, str]], where: str) -> None:
    """The list as CSV, links complete."""
    csv_table.write(path, rows[0], [row | {"link": where.rstrip("/") + row["link"]} for row in rows])


def address(course: Course) -> str:
    """Where this course's server runs, as it opened the browser: the login holds for this name of the machine only."""
    for server in list_running_servers():
        if Path(server.get("root_dir", "")) == course.root.resolve():
            return str(server["url"])
    return ADDRESS


def _shuffled(student: str) -> str:
    """An order that has nothing to do with names and is the same every time."""
    return hashlib.sha256(student.encode()).hexdigest()

"""`python -m autograder forget ID`: what is stored about a student; with `--delete` it is deleted, all of it.

Hand-ins and their attempts, graded copies, feedback, the gradebook's rows, what readers gave, who is who, extensions,
the row of the roster. Pages and tables of the whole class that name the student are deleted, too: they can be made
again. In the log the name becomes "(forgotten)"; that something happened stays. Whatever stops it, the same command
goes on from there: the log, which names the student to the end, comes last.
"""

import argparse
import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import StatementError

from autograder.course import Course, CourseError
from autograder.grading import journal
from autograder.grading.one_writer import check_unlocked, only_writer
from autograder.outcome import readings
from autograder.outcome.traces import Student
from nst.errors import SaveError
from nst.plumbing.files import open_atomically


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder forget", description=__doc__.split("\n")[0])
    parser.add_argument("student", metavar="ID", help="whose data")
    parser.add_argument("--delete", action="store_true", help="delete it; there is no way back but a backup")
    args = parser.parse_args(argv)
    course = Course()
    with _said(args.student):
        student = Student(course, args.student)
        found = stored(course, student)
        if not found:
            raise CourseError(f"Nothing is stored about {args.student!r} in {course.home}.")
        if args.delete:
            forget(course, student)
        print(f"Deleted about {args.student}:" if args.delete else f"Stored about {args.student}:")
        print("\n".join(f"  {line}" for line in found))
        if not args.delete:
            print("Backups, your LMS and mail are not looked into. To delete it: the same command with --delete")
            return 0
        for path in student.left():
            print(f"still names {args.student}: {path}. Look at it yourself")
        print("Backups, your LMS and mail were not touched.")
        return 0


@contextlib.contextmanager
def _said(student: str) -> Iterator[None]:
    try:
        yield
    except (StatementError, InvalidEntry, sqlite3.Error, OSError, SaveError) as error:
        raise CourseError(
            f"Not all of {student} could be deleted or read: {str(error).splitlines()[0]}. Is the gradebook open in "
            "another program? Then the same command again goes on from there."
        ) from error


def stored(course: Course, student: Student) -> list[str]:
    """A line for each thing that is stored about a student."""
    name = student.student
    lines = [f"{path} ({_files(path)})" for path in student.own()]
    lines += [f"{path}, which can be made again" for path in student.made()]
    if (rows := _graded(course, name)) is not None:
        lines.append(f"the gradebook: name, address, {rows} graded notebooks")
    if entries := readings.about(course, name):
        lines.append(f"{course.home / readings.FILE}: {entries} lines, what readers gave")
    lines += [f"{each.path}: {each.said}" for each in student.lists()]
    if entries := journal.naming(course.home, name):
        lines.append(f"{course.home / journal.FILE}: {entries} lines, in which the name is replaced")
    return lines


def forget(course: Course, student: Student) -> None:
    """Delete all that `stored` names. CourseError while something is being graded, or if the log is not whole."""
    with only_writer(course):
        journal.check(course.home)
        check_unlocked(course.db_url)
        if _graded(course, student.student) is not None:
            with Gradebook(course.db_url) as gradebook:
                gradebook.remove_student(student.student)
        _sweep(course)
        for path in student.own():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        for path in student.made():
            path.unlink()
        readings.forget(course, student.student)
        for each in student.lists():
            with open_atomically(each.path) as file:
                os.fchmod(file.fileno(), each.path.stat().st_mode & 0o777)
                file.write(each.rest)
        journal.forget(course.home, student.student)


def _graded(course: Course, student: str) -> int | None:
    """How many notebooks of a student the gradebook holds; None if it does not know the student."""
    with Gradebook(course.db_url) as gradebook, contextlib.suppress(MissingEntry):
        return sum(len(submission.notebooks) for submission in gradebook.find_student(student).submissions)
    return None


def _sweep(course: Course) -> None:
    """SQLite keeps what was deleted in free pages until the file is written anew."""
    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite" and url.database:
        with contextlib.closing(sqlite3.connect(url.database)) as connection:
            connection.execute("VACUUM")


def _files(path: Path) -> str:
    if path.is_symlink():
        return f"a link; what it leads to, {os.readlink(path)}, stays"
    number = sum(len(files) for _, _, files in os.walk(path)) if path.is_dir() else 1
    return f"{number} file{'s' * (number != 1)}"

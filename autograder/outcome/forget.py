"""`python -m autograder forget ID`: what is stored about a student; with `--delete` it is deleted, all of it.

Hand-ins and their attempts, graded copies, feedback, the gradebook's rows, who is who, extensions. Pages and tables of
the whole class that name the student are deleted, too: they can be made again. In the log the name becomes
"(forgotten)"; that something happened stays.
"""

import argparse
import contextlib
import csv
import io
import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.engine import make_url

from autograder.course import OUTGOING, Course, CourseError
from autograder.grading import journal
from autograder.grading.one_writer import only_writer
from autograder.intake import attempts, origins
from autograder.outcome import backup, report
from nst.plumbing.files import write_atomically

MADE = (OUTGOING, report.FOLDER)  # holds what can be made again


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder forget", description=__doc__.split("\n")[0])
    parser.add_argument("student", metavar="ID", help="whose data")
    parser.add_argument("--delete", action="store_true", help="delete it; there is no way back but a backup")
    args = parser.parse_args(argv)
    course = Course()
    found = stored(course, args.student)
    if not found:
        raise CourseError(f"Nothing is stored about {args.student!r} in {course.home}.")
    print(f"Stored about {args.student}:" if not args.delete else f"Deleted about {args.student}:")
    for line in found:
        print(f"  {line}")
    if not args.delete:
        print("Backups, your LMS and mail are not looked into. To delete it: the same command with --delete")
        return 0
    forget(course, args.student)
    for path in naming(course, args.student):
        print(f"still names {args.student}: {path}. Look at it yourself")
    print("Backups, your LMS and mail were not touched.")
    return 0


def stored(course: Course, student: str) -> list[str]:
    """A line for each thing that is stored about a student, in the order in which `forget` deletes it."""
    lines = [f"{path} ({_files(path)})" for path in _folders(course, student)]
    lines += [f"{path}, which can be made again" for path in _made(course, student)]
    if (rows := _graded(course, student)) is not None:
        lines.append(f"the gradebook: name, address, {rows} graded notebooks")
    if origin := origins.read_origins(course).get(student):
        lines.append(f"{course.home / origins.ORIGINS}: {', '.join(filter(None, asdict(origin).values()))}")
    lines += [f"{_extensions(course)}: {','.join(row)}" for row in _rows(course) if row[:1] == [student]]
    if entries := journal.naming(course.home, student):
        lines.append(f"{course.home / journal.FILE}: {entries} lines, in which the name is replaced")
    return lines


def forget(course: Course, student: str) -> None:
    """Delete all that `stored` names. CourseError while something is being graded, or if the log is not whole."""
    with only_writer(course):
        journal.check(course.home)
        for path in _folders(course, student):
            shutil.rmtree(path)
        for path in _made(course, student):
            path.unlink()
        if _graded(course, student) is not None:
            with Gradebook(course.db_url) as gradebook:
                gradebook.remove_student(student)
            _sweep(course)
        if student in (known := origins.read_origins(course)):
            del known[student]
            origins.write(course, known)
        if (kept := [row for row in _rows(course) if row[:1] != [student]]) != _rows(course):
            text = io.StringIO(newline="")
            csv.writer(text).writerows(kept)
            write_atomically(_extensions(course), text.getvalue().encode())
        journal.forget(course.home, student)


def naming(course: Course, student: str) -> Iterator[Path]:
    """Files of the course, not of its class alone, that still hold the name: what somebody put there by hand."""
    for top in backup.personal(course):
        for path in [top, *top.rglob("*")] if top.is_dir() else [top]:
            if path.is_file() and not path.is_symlink() and _names(path, student):
                yield path


def _folders(course: Course, student: str) -> list[Path]:
    if not student or student != Path(student).name or student.startswith("."):
        raise CourseError(f"{student!r} is no student's name")
    tops = (course.submitted, course.home / attempts.FOLDER, course.autograded, course.feedback)
    return [top / student for top in tops if (top / student).is_dir()]


def _made(course: Course, student: str) -> list[Path]:
    files = (path for folder in MADE for path in sorted((course.home / folder).rglob("*")) if path.is_file())
    return [path for path in files if _names(path, student)]


def _names(path: Path, student: str) -> bool:
    """Whether a file's name, text, or the names in a zip hold the student's name as a word."""
    word = re.compile(rb"(?<![\w.-])" + re.escape(student.encode()) + rb"(?![\w-])")
    if word.search(path.name.encode(errors="replace")):
        return True
    with contextlib.suppress(zipfile.BadZipFile):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return any(word.search(name.encode(errors="replace")) for name in archive.namelist())
    return bool(word.search(path.read_bytes()))


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


def _extensions(course: Course) -> Path:
    return course.home / backup.EXTENSIONS


def _rows(course: Course) -> list[list[str]]:
    path = _extensions(course)
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines())) if path.is_file() else []


def _files(folder: Path) -> str:
    number = sum(len(files) for _, _, files in os.walk(folder))
    return f"{number} file{'s' * (number != 1)}"

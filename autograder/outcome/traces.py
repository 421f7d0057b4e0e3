"""Where the files of a course name a student: files of their own, lines about them, files of the whole class."""

import contextlib
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markupsafe import escape

from autograder.course import OUTGOING, Course, CourseError
from autograder.grading.class_run import RECORDS
from autograder.intake import attempts, origins, roster, unclaimed
from autograder.intake.origins import Origin
from autograder.intake.unzip import BROKEN
from autograder.outcome import backup, reflections, report
from autograder.outcome.feedback_zips import zip_name

MADE = (OUTGOING, report.FOLDER)  # holds what can be made again


class List(NamedTuple):
    """A file about the whole class. `said`: what it says of the student; `rest`: what it holds without that."""

    path: Path
    said: str
    rest: bytes


class Student:
    """A student of a course, with all that the LMS calls them."""

    def __init__(self, course: Course, student: str):
        if not student or student != Path(student).name or student.startswith("."):
            raise CourseError(f"{student!r} is no student's name")
        self.course, self.student = course, student
        known = origins.read_origins(course)
        self.origin = known.get(student, Origin(student, "", ""))
        self.zips = {zip_name(student, known), zip_name(student, {})}
        first, last = self.origin.first_name, self.origin.last_name
        full = [f"{first} {last}", f"{last}, {first}"] if first and last else []
        called = filter(None, [student, self.origin.prefix, self.origin.email, *full])
        words = "|".join(re.escape(word) for name in called for word in dict.fromkeys([name, str(escape(name))]))
        self.word = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])".encode())

    def own(self) -> list[Path]:
        """Folders and files of this student alone; a link counts for itself, not for what it leads to."""
        course = self.course
        tops = [course.submitted, course.home / attempts.FOLDER, course.autograded, course.feedback]
        tops += sorted(course.home.glob(".staging-*"))  # copies of a grading that was killed
        found = [top / self.student for top in tops]
        found += [folder / f"{self.student}.json" for folder in sorted((course.home / RECORDS).glob("*"))]
        return [path for path in found if path.is_symlink() or path.exists()]

    def made(self) -> list[Path]:
        """Files of the class that name the student and can be made again."""
        files = (path for folder in MADE for path in sorted((self.course.home / folder).rglob("*")))
        return [path for path in files if path.is_file() and self.names(path)]

    def lists(self) -> Iterator[List]:
        """Files of the class that stay, without this student; the one that says who is who is the last."""
        home = self.course.home
        for path in sorted((home / attempts.FOLDER).glob("account_*.txt")):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not self.word.search(line)]
            if kept != lines:
                yield List(path, f"{len(lines) - len(kept)} lines", b"".join(kept))
        for name, says in ((reflections.READERS, "who reads them"), (unclaimed.FILE, "files that count for nothing")):
            yield from self._table(home / name, says)
        path = home / backup.EXTENSIONS
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines())) if path.is_file() else []
        if own := [",".join(row) for row in rows if row[:1] == [self.student]]:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(row for row in rows if row[:1] != [self.student])
            yield List(path, "; ".join(own), text.getvalue().encode())
        if found := roster.forgotten(self.course, self.origin):
            yield List(home / roster.KEPT, *found)
        yield from self._table(home / origins.ORIGINS, ", ".join(filter(None, vars(self.origin).values())))

    def _table(self, path: Path, says: str) -> Iterator[List]:
        """A file of students and what there is to know of each."""
        with contextlib.suppress(ValueError):  # a damaged one is named at the end, if it names the student
            rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            if isinstance(rows, dict) and self.student in rows:
                del rows[self.student]
                yield List(path, says, json.dumps(rows, indent=1, ensure_ascii=False).encode(errors="replace"))

    def left(self) -> Iterator[Path]:
        """Files that still hold the name: what somebody put there by hand, or a program left that was stopped."""
        home = self.course.home
        passing = [path for path in sorted(home.iterdir()) if path.name.startswith(backup.PASSING_BEGIN)]
        for top in [*backup.personal(self.course), *passing]:
            for path in [top, *top.rglob("*")] if top.is_dir() else [top]:
                if path.is_file() and not path.is_symlink():
                    parts = path.relative_to(home).parts
                    if self.student in parts or self.names(path):
                        yield path

    def names(self, path: Path) -> bool:
        """Whether a file's name, text, or the names in a zip are or hold one of the student's as a word."""
        if self._called(path.name):
            return True
        with contextlib.suppress(*BROKEN):
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    return any(map(self._called, archive.namelist()))
        return bool(self.word.search(path.read_bytes()))

    def _called(self, name: str) -> bool:
        return name in self.zips or bool(self.word.search(name.encode(errors="replace")))

"""What readers gave to written answers, each on their own: kept apart in a file, until one of them counts.

Lines are only ever added; of one reader and answer the last one holds. Points that count are in nbgrader's gradebook
(`settle`), and in the log as every change of points.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from autograder.course import Course, CourseError
from autograder.grading import journal, lines
from autograder.intake.times import written
from autograder.outcome.reflections import Answer

FILE = ".readings.jsonl"  # in autograder/; git-ignored, for its owner only
# What nbformat raises for a damaged notebook.
_NO_NOTEBOOK = (ValueError, AttributeError, KeyError, TypeError, RecursionError, nbformat.ValidationError)


@dataclass(frozen=True)
class Reading:
    """One reader's marks for one answer. `rows`: points for each row of the rubric; `answer`: digest of the text."""

    reader: str
    student: str
    notebook: str
    cell: str
    answer: str
    rows: list[int]
    points: float
    comment: str

    @property
    def place(self) -> tuple[str, str, str]:
        return self.student, self.notebook, self.cell


def text_of(course: Course, answer: Answer) -> tuple[str, dict]:
    """(what the student wrote, the cell). CourseError if the graded notebook is not there or lacks the cell."""
    path = course.autograded / answer.student / course.assignment / f"{answer.notebook}.ipynb"
    try:
        cells = nbformat.read(path, as_version=4).cells
        cell = next(cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == answer.cell)
    except (OSError, StopIteration, *_NO_NOTEBOOK) as error:
        raise CourseError(f"{path} cannot be read, or lacks {answer.cell}. Grade this student again.") from error
    return cell.source, cell


def digest(text: str) -> str:
    """What an answer is known by, to see that it is no longer the one that was read."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def add(course: Course, reading: Reading) -> None:
    """Keep what a reader gave."""
    line = json.dumps({"when": written(datetime.now(UTC)), **asdict(reading)}, ensure_ascii=False).encode(
        errors="replace"
    )
    with lines.alone(course.home / FILE) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        begin = b"\n" if size and file.read(1) != b"\n" else b""  # a line that was cut off stays alone
        if file.write(begin + line + b"\n") != len(begin + line) + 1:
            raise CourseError(f"{course.home / FILE}: no room for the whole line. Nothing was kept of this reading.")


def latest(course: Course) -> dict[tuple[str, str, str], dict[str, Reading]]:
    """(student, notebook, cell) -> reader -> the last that this reader gave. Lines that were cut off are left out."""
    found: dict[tuple[str, str, str], dict[str, Reading]] = {}
    path = course.home / FILE
    for line in path.read_bytes().splitlines() if path.is_file() else []:
        if reading := _reading(line):
            found.setdefault(reading.place, {})[reading.reader] = reading
    return found


def about(course: Course, student: str) -> int:
    """How many lines are about this student."""
    path = course.home / FILE
    return sum(_about(line, student) for line in path.read_bytes().splitlines()) if path.is_file() else 0


def forget(course: Course, student: str) -> None:
    """Take out all lines about a student."""
    if about(course, student):
        with lines.alone(course.home / FILE) as file:
            kept = [line + b"\n" for line in file.read().splitlines() if not _about(line, student)]
            lines.rewrite(course.home / FILE, kept)


def _about(line: bytes, student: str) -> bool:
    """Also one that was cut off."""
    reading, name = _reading(line), f'"student": {json.dumps(student, ensure_ascii=False)}'
    return reading.student == student if reading else name.encode(errors="replace") in line


def _reading(line: bytes) -> Reading | None:
    """What a line says; None if it is no whole one."""
    try:
        values = json.loads(line)
        values.pop("when")
        one = Reading(**values)
        texts = (one.reader, one.student, one.notebook, one.cell, one.answer, one.comment)
        whole = all(isinstance(text, str) for text in texts) and all(isinstance(row, int) for row in one.rows)
        return one if whole and isinstance(one.points, int | float) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def settle(course: Course, answer: Answer, points: float, comment: str, *, readers: list[str], rows: list[int]) -> None:
    """Points and comment into the gradebook, as formgrader writes them; a line in the log says who read."""
    with Gradebook(course.db_url) as gradebook:
        grade = gradebook.find_grade(answer.cell, answer.notebook, course.assignment, answer.student)
        grade.manual_score, grade.needs_manual_grade = points, False
        try:
            place = (answer.cell, answer.notebook, course.assignment, answer.student)
            gradebook.find_comment(*place).manual_comment = comment or None
        except MissingEntry:
            if comment:
                raise CourseError(f"The gradebook has no place for a comment on {answer.cell}.") from None
        gradebook.db.commit()
    journal.record(
        course.home,
        "reading",
        student=answer.student,
        notebook=answer.notebook,
        cell=answer.cell,
        readers=" and ".join(readers),
        rows=" + ".join(map(str, rows)),
    )

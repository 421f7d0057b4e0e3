"""`python -m autograder feedback-zips`: feedback for every student, one zip each, named as the LMS wants it back."""

import argparse
import glob
import zipfile
from collections import Counter
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException

from autograder import converting
from autograder.authoring.masters import Masters
from autograder.course import OUTGOING, Course, CourseError
from autograder.grading import journal
from autograder.grading.standing import left_out
from autograder.intake.lms import BULK_FEEDBACK
from autograder.intake.origins import Origin, read_origins
from autograder.judging import seeds
from autograder.names import safe_file_name
from autograder.outcome import final, index_page

_EPOCH = (1980, 1, 1, 0, 0, 0)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder feedback-zips", description=__doc__.split("\n")[0])
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be given again)")
    final.add_option(parser)
    args = parser.parse_args(argv)
    course = Course()
    names = final.graded_students(course, args.student)
    remarks = final.check(course, args.anyway, args.student)
    generate(course, args.student)
    zips = write_zips(course, names)
    together = bundle(all_zips(course), course.home / OUTGOING / "all_feedback.zip")
    sha256 = seeds.digest(together.read_bytes())
    journal.record(
        course.home, "feedback-zips", file=together.name, zips=len(zips), sha256=sha256, **final.noted(remarks)
    )
    where = f"{len(zips)} zips in {together.parent}; all of them, for the LMS's bulk upload: {together.name}"
    print("\n".join([*remarks, where]))
    return 0


def generate(course: Course, chosen: list[str] | None = None) -> None:
    """Write what `nbgrader generate_feedback` writes. CourseError if a page cannot be made."""
    for student in map(glob.escape, chosen) if chosen else ["*"]:
        converter = GenerateFeedback(coursedir=course.directory(student_id=student), config=course.config, force=True)
        try:
            converting.run(converter)
        except NbGraderException as error:
            raise CourseError(f"Feedback cannot be written: {error}") from error


def write_zips(course: Course, students: list[str]) -> list[Path]:
    """One zip a student, with the page of each notebook that has points, and an index of them."""
    zips = zip_paths(course)
    masters = Masters(course.masters)
    (course.home / OUTGOING).mkdir(exist_ok=True)
    return [_write(course, student, masters, zips[student]) for student in students if student in zips]


def all_zips(course: Course) -> list[Path]:
    """Every student's zip that has been written, also before."""
    return [path for path in zip_paths(course).values() if path.is_file()]


def zip_paths(course: Course) -> dict[str, Path]:
    """Student -> the zip, for everybody with feedback. Who shares a name in the LMS (a team) gets one of their own."""
    students = [folder.parent.name for folder in sorted(course.feedback.glob(f"*/{course.assignment}"))]
    if not students:
        raise CourseError(f"No feedback in {course.feedback}: grade first (python -m autograder grade).")
    origins = read_origins(course)
    names = {student: zip_name(student, origins) for student in students}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    own = {student: zip_name(student, {}) if name in shared else name for student, name in names.items()}
    return {student: course.home / OUTGOING / name for student, name in own.items()}


def zip_name(student: str, origins: dict[str, Origin]) -> str:
    """The name of a student's zip: theirs in the LMS, so that a bulk upload finds its way back."""
    origin = origins.get(student)
    return f"{safe_file_name(origin.prefix if origin and origin.lms in BULK_FEEDBACK else student)}_feedback.zip"


def bundle(zips: list[Path], path: Path) -> Path:
    """One zip with all of them."""
    with zipfile.ZipFile(path, "w") as archive:
        for each in zips:
            archive.write(each, each.name)
    return path


def _write(course: Course, student: str, masters: Masters, path: Path) -> Path:
    folder, absent = course.feedback / student / course.assignment, left_out(course, student, masters)
    notebooks = [name for name in masters.graded() if name not in absent]
    pages = {page.name: page.read_bytes() for name in notebooks if (page := folder / f"{name}.html").is_file()}
    pages[index_page.NAME] = index_page.index_page(course, student, list(pages)).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(pages.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return path

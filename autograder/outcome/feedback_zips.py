"""`python -m autograder feedback-zips`: feedback for every student, one zip each, named as the LMS wants it back."""

import argparse
import zipfile
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException

from autograder import converting
from autograder.authoring.masters import Masters
from autograder.course import OUTGOING, Course, CourseError
from autograder.grading import journal
from autograder.intake.lms import BULK_FEEDBACK
from autograder.intake.origins import Origin, read_origins
from autograder.judging import seeds
from autograder.names import safe_file_name
from autograder.outcome import late

_EPOCH = (1980, 1, 1, 0, 0, 0)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder feedback-zips", description=__doc__.split("\n")[0])
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be given again)")
    args = parser.parse_args(argv)
    course = Course()
    print("\n".join(late.apply(course)))
    generate(course, args.student)
    zips = write_zips(course, args.student)
    together = bundle(zips, course.home / OUTGOING / "all_feedback.zip")
    journal.record(
        course.home, "feedback-zips", file=together.name, zips=len(zips), sha256=seeds.digest(together.read_bytes())
    )
    print(f"{len(zips)} zips in {together.parent}; all of them, for the LMS's bulk upload: {together.name}")
    return 0


def generate(course: Course, chosen: list[str] | None = None) -> None:
    """Write what `nbgrader generate_feedback` writes. CourseError if a page cannot be made."""
    for student in chosen or ["*"]:
        converter = GenerateFeedback(coursedir=course.directory(student_id=student), config=course.config, force=True)
        try:
            converting.run(converter)
        except NbGraderException as error:
            raise CourseError(f"Feedback cannot be written: {error}") from error


def write_zips(course: Course, chosen: list[str] | None = None) -> list[Path]:
    """One zip a student, with the page of each notebook that has points. CourseError if there is no feedback."""
    folders = sorted(course.feedback.glob(f"*/{course.assignment}"))
    folders = [folder for folder in folders if not chosen or folder.parent.name in chosen]
    if not folders:
        raise CourseError(f"No feedback in {course.feedback}: grade first (python -m autograder grade).")
    origins = read_origins(course)
    target = course.home / OUTGOING
    target.mkdir(exist_ok=True)
    names = Masters(course.masters).graded()
    return [_write(folder, names, target / zip_name(folder.parent.name, origins)) for folder in folders]


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


def _write(folder: Path, names: list[str], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for page in (page for name in names if (page := folder / f"{name}.html").is_file()):
            archive.writestr(zipfile.ZipInfo(page.name, _EPOCH), page.read_bytes(), zipfile.ZIP_DEFLATED)
    return path

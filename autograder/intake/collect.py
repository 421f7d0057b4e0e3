"""`python -m autograder collect ZIP`: what a learning management system (LMS) hands out, into autograder/submitted.

nbgrader's zip_collect does the collecting; here are the two plugins that it asks for: one unpacks within bounds (also
zips that students put into the LMS's zip), one reads from the LMS's file names who handed in what.
"""

import argparse
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from nbgrader.apps import ZipCollectApp
from nbgrader.utils import parse_utc
from traitlets.config import Config

from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.intake.lms import PATTERNS, LmsCollector, detect
from autograder.intake.origins import Origin, remember
from autograder.intake.unzip import (
    BoundedExtractor,
    entry_name,
)


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    course = Course()
    for path in args.zip:
        origins, notes = collect(course, path, args.lms, args.timestamp)
        print(summary(course, path, origins, notes))
    print("Next: python -m autograder grade")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m autograder collect", description=__doc__.split("\n")[0])
    parser.add_argument("zip", nargs="+", type=Path, help="zip of all submissions, as downloaded")
    parser.add_argument("--lms", choices=PATTERNS, help="where it comes from (default: seen from the file names)")
    parser.add_argument("--timestamp", metavar="DATE", help="when this was handed in, such as '2026-12-01 23:59 UTC'")
    return parser


def collect(
    course: Course, path: Path, lms: str | None = None, timestamp: str | None = None
) -> tuple[dict[str, Origin], list[str]]:
    """Unpack one LMS zip into the submitted folder; ({student: Origin}, notes). A student's older files are replaced.

    Raises CourseError if the zip cannot be read or holds nobody's work; trouble with one student's files is a note.
    """
    _check_date(timestamp)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / course.assignment / "archive"
        archive.mkdir(parents=True)
        names = _names(path)
        shutil.copy(path, archive / "submissions.zip")
        app = _app(course, folder, lms or detect(names), timestamp)
        app.init_plugins()
        app.extract_archive_files()
        app.process_extracted_files()
        collector, notes = app.collector_plugin_inst, app.extractor_plugin_inst.notes
        origins = {origin.student: origin for name in names if (origin := collector.origin(name))}
    if not origins:
        raise CourseError(
            f"{path}: no file is named as {' or '.join(PATTERNS)} name submissions, such as {names[0]!r}. "
            "Make one folder a student, or give --lms."
        )
    for student in origins:
        (course.submitted / student / course.assignment).mkdir(parents=True, exist_ok=True)
    remember(course, origins)
    return origins, notes


def summary(course: Course, path: Path, origins: dict[str, Origin], notes: list[str]) -> str:
    """How many students, and who lacks what."""
    lms = next(iter(origins.values())).lms
    lines = [f"{path.name}: {len(origins)} students (names as {lms} writes them)"]
    wanted = Masters(course.masters).graded()
    for student in sorted(origins):
        files = [file.name for file in (course.submitted / student / course.assignment).iterdir()]
        if lacking := [name for name in wanted if not any(name in file for file in files)]:
            lines.append(f"  {student}: no {', '.join(lacking)}")
        if "_LATE_" in origins[student].prefix and not origins[student].timestamp:
            folder = course.submitted / student / course.assignment
            lines.append(f"  {student}: marked late, no time given. Write it, as '2026-12-02 08:00 UTC', into")
            lines.append(f"    {folder / 'timestamp.txt'}")
    return "\n".join([*lines, *(f"  {note}" for note in notes)])


def _app(course: Course, folder: str, lms: str, timestamp: str | None) -> ZipCollectApp:
    """nbgrader's zip_collect with our plugins, working in a temporary folder."""
    plugin = Config(LmsCollector={"lms": lms, "timestamp": timestamp or ""})
    app = ZipCollectApp(
        config=plugin,
        downloaded_directory=os.path.relpath(folder, course.root),
        extractor_plugin=BoundedExtractor,
        collector_plugin=LmsCollector,
        force=True,
    )
    app.coursedir = course.directory()
    app.log.setLevel("ERROR")
    return app


def _names(path: Path) -> list[str]:
    """Names of the files in the zip; CourseError if it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for info in archive.infolist() if (name := entry_name(info))]
    except (OSError, zipfile.BadZipFile) as error:
        raise CourseError(f"{path} cannot be read as a zip: {error}") from error
    if not names:
        raise CourseError(f"{path} is empty")
    return names


def _check_date(text: str | None) -> None:
    try:
        parse_utc(text) if text else None
    except ValueError as error:
        raise CourseError(f"--timestamp {text!r} is no date; write it as '2026-12-01 23:59 UTC'") from error

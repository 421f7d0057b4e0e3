"""`python -m autograder collect ZIP`: what a learning management system (LMS) hands out, into autograder/submitted.

nbgrader's zip_collect does the collecting; here are the two plugins that it asks for: one unpacks within bounds (also
zips that students put into the LMS's zip), one reads from the LMS's file names who handed in what.
"""

import argparse
import io
import json
import os
import re
import shutil
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import yaml
from nbgrader.api import Gradebook
from nbgrader.apps import ZipCollectApp
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from traitlets import Dict, Unicode
from traitlets.config import Config

from autograder.course import Course, CourseError
from autograder.intake.notebook_file import MAX_BYTES

# How each LMS names what students handed in, as paths in the zip that it offers for download.
PATTERNS = {
    "moodle": r"(?P<prefix>(?P<name>[^/]+)_(?P<user>\d+)_assignsubmission_file)_?/?(?P<file>.+)",
    "gradescope": r"(?:[^/]+/)?(?P<prefix>(?P<name>submission_(?P<user>\d+)))/(?P<file>.+)",
    "canvas": r"(?P<prefix>(?P<name>[^/_]+)_(?:LATE_)?(?P<user>\d+)_\d{3,})_(?P<file>.+)",
    "folders": r"(?:submitted/)?(?P<prefix>(?P<name>[^/]+))/(?P<file>.+)",  # one folder a student
}
ORIGINS = ".collected.json"  # who is who in the LMS: feedback and scores go back under the LMS's names
METADATA = "submission_metadata.yml"  # Gradescope's list of who handed in which folder
MAX_ENTRIES, MAX_UNPACKED = 300, 300 * 2**20  # of one zip inside the LMS's zip
MAX_CLASS = 100_000  # entries of the LMS's zip


@dataclass(frozen=True)
class Origin:
    """One student as the LMS knows them. `prefix`: how the LMS begins the names of this student's files."""

    student: str
    lms: str
    prefix: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    timestamp: str = ""


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


def collect(course: Course, path: Path, lms: str | None = None, timestamp: str | None = None):
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
    _remember(course, origins)
    return origins, notes


def detect(names: list[str]) -> str:
    """The LMS whose pattern matches most of these names (the first of equals)."""
    if any(PurePosixPath(name).name == METADATA for name in names):
        return "gradescope"
    counts = {lms: sum(bool(re.fullmatch(pattern, name)) for name in names) for lms, pattern in PATTERNS.items()}
    return max(counts, key=counts.get)


def summary(course: Course, path: Path, origins: dict[str, Origin], notes: list[str]) -> str:
    """How many students, and who lacks what."""
    lms = next(iter(origins.values())).lms
    lines = [f"{path.name}: {len(origins)} students (names as {lms} writes them)"]
    wanted = course.graded_notebooks()
    for student in sorted(origins):
        files = [file.name for file in (course.submitted / student / course.assignment).iterdir()]
        if lacking := [name for name in wanted if not any(name in file for file in files)]:
            lines.append(f"  {student}: no {', '.join(lacking)}")
        if "_LATE_" in origins[student].prefix and not origins[student].timestamp:
            folder = course.submitted / student / course.assignment
            lines.append(f"  {student}: marked late, no time given. Write it, as '2026-12-02 08:00 UTC', into")
            lines.append(f"    {folder / 'timestamp.txt'}")
    return "\n".join([*lines, *(f"  {note}" for note in notes)])


def read_origins(course: Course) -> dict[str, Origin]:
    """Student -> Origin of everybody collected so far."""
    file = course.home / ORIGINS
    return {name: Origin(**row) for name, row in json.loads(file.read_text()).items()} if file.is_file() else {}


class BoundedExtractor(ExtractorPlugin):
    """Unpacks notebooks only, each of bounded size, and zips within the zip; nothing outside the target folder."""

    def extract(self, archive_path, extracted_path):
        self.notes = []
        for path in sorted(Path(archive_path).glob("*.zip")):
            with zipfile.ZipFile(path) as archive:
                self._unpack(archive, Path(extracted_path), inner=False)

    def _unpack(self, archive: zipfile.ZipFile, folder: Path, inner: bool) -> None:
        left = MAX_UNPACKED
        for info in archive.infolist()[: MAX_ENTRIES if inner else MAX_CLASS]:
            name = entry_name(info)
            if name is None or not _wanted(name, inner):
                continue
            data = self._read(archive, info, name, min(left, MAX_BYTES))
            if data is None:
                continue
            left -= len(data) if inner else 0
            target = folder / _shortened(name)
            if name.lower().endswith(".zip"):
                self._unpack_inner(data, target.with_suffix(""), name)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)

    def _unpack_inner(self, data: bytes, folder: Path, name: str) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self._unpack(archive, folder, inner=True)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            self.notes.append(f"{name} cannot be unpacked: {error}")

    def _read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit: int) -> bytes | None:
        """At most `limit` bytes of one entry, whatever size the zip claims; None with a note otherwise."""
        try:
            with archive.open(info) as file:
                data = file.read(limit + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:  # broken or encrypted
            self.notes.append(f"{name} cannot be unpacked: {error}")
            return None
        if len(data) > limit:
            self.notes.append(f"{name} is larger than {limit / 2**20:.0f} MB and was left out")
            return None
        return data


class LmsCollector(FileNameCollectorPlugin):
    """Says of each unpacked file whose it is, by the pattern of one LMS."""

    lms = Unicode("folders").tag(config=True)
    timestamp = Unicode("").tag(config=True)
    people = Dict(help="Gradescope: folder -> who handed it in")

    def collect(self, submitted_file):
        app = self.parent
        folder = Path(app._format_collect_path(app.extracted_directory))
        path = Path(submitted_file)
        if path.name == METADATA:
            return None
        origin = self.origin(path.relative_to(folder).as_posix())
        if origin is None:
            return None
        name = PurePosixPath(self.match(path.relative_to(folder).as_posix())["file"]).name
        found = {"student_id": origin.student, "file_id": self._unique(origin.student, name)}
        return found | ({"timestamp": origin.timestamp} if origin.timestamp else {})

    def match(self, name: str) -> dict | None:
        """The groups of the LMS's pattern, or None."""
        found = re.fullmatch(PATTERNS[self.lms], name)
        return found.groupdict() if found else None

    def origin(self, name: str) -> Origin | None:
        """Who handed in the file of this name (a path in the LMS's zip)."""
        groups = self.match(name)
        if groups is None:
            return None
        if self.lms == "gradescope":
            return self._of_gradescope(groups)
        user = groups.get("user") or ""
        first, _, last = groups["name"].rpartition(" ")
        names = {"first_name": first, "last_name": last} if self.lms == "moodle" else {}
        student = _identifier("_".join(part for part in (groups["name"], user) if part))
        return Origin(student, self.lms, groups["prefix"], lms_user_id=user, timestamp=self.timestamp, **names)

    def _of_gradescope(self, groups: dict) -> Origin:
        person = (self._people().get(groups["name"], {}).get(":submitters") or [{}])[0]
        first, _, last = str(person.get(":name") or "").rpartition(" ")
        email, number = str(person.get(":email") or ""), str(person.get(":sid") or "")
        when = self.timestamp or str(self._people().get(groups["name"], {}).get(":created_at") or "")
        student = _identifier(email.split("@")[0] or number or groups["name"])
        return Origin(student, "gradescope", groups["prefix"], first, last, email, number, when)

    def _people(self) -> dict:
        """Gradescope's metadata file, read once."""
        if not self.people:
            app = self.parent
            for path in Path(app._format_collect_path(app.extracted_directory)).rglob(METADATA):
                self.people = yaml.safe_load(path.read_text()) or {}
        return self.people

    def _unique(self, student: str, name: str) -> str:
        """The file's name, with a number if this student has another one of that name (from another folder)."""
        taken = self.__dict__.setdefault("taken", set())
        stem, dot, rest = name.partition(".ipynb")
        number = 0
        while (student, name) in taken:
            number += 1
            name = f"{stem} ({number}){dot}{rest}"
        taken.add((student, name))
        return name


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


def entry_name(info: zipfile.ZipInfo) -> str | None:
    """The path of a file in a zip, with forward slashes; None for folders, hidden files and ways out of the folder."""
    name = info.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if info.is_dir() or name.startswith("/") or not parts:
        return None
    return None if any(part.startswith(".") or part == "__MACOSX" for part in parts) else name


def _wanted(name: str, inner: bool) -> bool:
    """Notebooks, also with a second ending that browsers add; zips of the LMS's zip; Gradescope's list."""
    name = name.lower()
    if re.search(r"\.ipynb(\.txt|\.json)?$", name):
        return True
    return not inner and (name.endswith(".zip") or name.endswith(METADATA))


def _shortened(name: str) -> str:
    """The path with parts that a file system can hold."""
    return "/".join(part if len(part.encode()) < 200 else part[:20] + part[-40:] for part in name.split("/"))


def _identifier(text: str) -> str:
    """A student's name for folders and the gradebook: letters, digits, `_`, `-`, `.`"""
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "unnamed"


def _check_date(text: str | None) -> None:
    try:
        parse_utc(text) if text else None
    except ValueError as error:
        raise CourseError(f"--timestamp {text!r} is no date; write it as '2026-12-01 23:59 UTC'") from error


def _remember(course: Course, origins: dict[str, Origin]) -> None:
    """Write who is who: to our list, and names and LMS numbers to the gradebook."""
    known = read_origins(course) | origins
    text = json.dumps({name: asdict(origin) for name, origin in sorted(known.items())}, indent=1, ensure_ascii=False)
    (course.home / ORIGINS).write_text(text)
    with Gradebook(course.db_url) as gradebook:
        for student, origin in origins.items():
            named = {"first_name": origin.first_name, "last_name": origin.last_name, "email": origin.email}
            given = {key: value for key, value in (named | {"lms_user_id": origin.lms_user_id}).items() if value}
            gradebook.update_or_create_student(student, **given)

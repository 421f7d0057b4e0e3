"""How Canvas, Moodle and Gradescope name what students handed in, and whose each file is."""

import functools
import re
from pathlib import Path, PurePosixPath

import yaml
from nbgrader.plugins import FileNameCollectorPlugin
from traitlets import Unicode

from autograder.intake.origins import Origin
from autograder.intake.unzip import METADATA

# How each LMS names what students handed in, as paths in the zip that it offers for download.
PATTERNS = {
    "moodle": r"(?P<prefix>(?P<name>[^/]+)_(?P<user>\d+)_assignsubmission_file)_?/?(?P<file>.+)",
    "gradescope": r"(?:[^/]+/)?(?P<prefix>(?P<name>submission_(?P<user>\d+)))/(?P<file>.+)",
    "canvas": r"(?P<prefix>(?P<name>[^/_]+)_(?:LATE_)?(?P<user>\d+)_\d{3,})_(?P<file>.+)",
    "folders": r"(?:submitted/)?(?P<prefix>(?P<name>[^/]+))/(?P<file>.+)",  # one folder a student
}
# These take feedback for everybody in one zip, each file named as they named what the student handed in:
# Canvas by "Re-upload submissions", Moodle by "Upload multiple feedback files in a zip".
BULK_FEEDBACK = ("canvas", "moodle")


def detect(names: list[str]) -> str:
    """The LMS whose pattern matches most of these names (the first of equals)."""
    if any(PurePosixPath(name).name == METADATA for name in names):
        return "gradescope"
    counts = {lms: sum(bool(re.fullmatch(pattern, name)) for name in names) for lms, pattern in PATTERNS.items()}
    return max(counts, key=lambda lms: counts[lms])


class LmsCollector(FileNameCollectorPlugin):
    """Says of each unpacked file whose it is, by the pattern of one LMS."""

    lms = Unicode("folders").tag(config=True)
    timestamp = Unicode("").tag(config=True)

    def __init__(self, **options):
        super().__init__(**options)
        self._taken: set[tuple[str, str]] = set()  # (student, file name)

    def collect(self, submitted_file: str) -> dict | None:
        app = self.parent
        folder = Path(app._format_collect_path(app.extracted_directory))
        path = Path(submitted_file)
        if path.name == METADATA:
            return None
        name = path.relative_to(folder).as_posix()
        groups, origin = self.match(name), self.origin(name)
        if groups is None or origin is None:
            return None
        file = self._unique(origin.student, PurePosixPath(groups["file"]).name)
        found = {"student_id": origin.student, "file_id": file}
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
        person = (self._people.get(groups["name"], {}).get(":submitters") or [{}])[0]
        first, _, last = str(person.get(":name") or "").rpartition(" ")
        email, number = str(person.get(":email") or ""), str(person.get(":sid") or "")
        when = self.timestamp or str(self._people.get(groups["name"], {}).get(":created_at") or "")
        student = _identifier(email.split("@")[0] or number or groups["name"])
        return Origin(student, "gradescope", groups["prefix"], first, last, email, number, when)

    @functools.cached_property
    def _people(self) -> dict:
        """Gradescope's metadata: folder -> who handed it in, and when; empty where there is none."""
        found = sorted(Path(self.parent._format_collect_path(self.parent.extracted_directory)).rglob(METADATA))
        return (yaml.safe_load(found[-1].read_text()) or {}) if found else {}

    def _unique(self, student: str, name: str) -> str:
        """The file's name, with a number if this student has another one of that name (from another folder)."""
        stem, dot, rest = name.partition(".ipynb")
        number = 0
        while (student, name) in self._taken:
            number += 1
            name = f"{stem} ({number}){dot}{rest}"
        self._taken.add((student, name))
        return name


def _identifier(text: str) -> str:
    """A student's name for folders and the gradebook: letters, digits, `_`, `-`, `.`"""
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "unnamed"

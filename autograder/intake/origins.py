"""Who is who: students as their LMS knows them, remembered, so that feedback and scores go back under its names."""

import json
from dataclasses import asdict, dataclass, fields

from nbgrader.api import Gradebook

from autograder.course import Course
from nst.plumbing.files import write_atomically

ORIGINS = ".collected.json"  # who is who in the LMS: feedback and scores go back under the LMS's names

NUMBERED = ("canvas", "moodle")  # these give each student a number that nobody else has


@dataclass(frozen=True)
class Origin:
    """One student as the LMS knows them. `prefix`: how the LMS begins the names of this student's files.

    `key` tells people apart who would get the same name here. `attempt`: the hand-in that lies in submitted/.
    """

    student: str
    lms: str
    prefix: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    timestamp: str = ""
    key: str = ""
    attempt: str = ""

    @property
    def person(self) -> str:
        """What the LMS tells this student from others by."""
        return self.lms_user_id if self.lms in NUMBERED and self.lms_user_id else self.key


def read_origins(course: Course) -> dict[str, Origin]:
    """Student -> Origin of everybody collected so far."""
    file = course.home / ORIGINS
    known = {field.name for field in fields(Origin)}
    rows = json.loads(file.read_text()) if file.is_file() else {}
    return {name: Origin(**{key: value for key, value in row.items() if key in known}) for name, row in rows.items()}


def remember(course: Course, origins: dict[str, Origin]) -> None:
    """Write who is who: to our list, and names and LMS numbers to the gradebook."""
    write(course, read_origins(course) | origins)
    with Gradebook(course.db_url) as gradebook:
        for student, origin in origins.items():
            named = {"first_name": origin.first_name, "last_name": origin.last_name, "email": origin.email}
            given = {key: value for key, value in (named | {"lms_user_id": origin.lms_user_id}).items() if value}
            gradebook.update_or_create_student(student, **given)


def write(course: Course, origins: dict[str, Origin]) -> None:
    """Write our list anew."""
    text = json.dumps({name: asdict(origin) for name, origin in sorted(origins.items())}, indent=1, ensure_ascii=False)
    write_atomically(course.home / ORIGINS, text.encode())

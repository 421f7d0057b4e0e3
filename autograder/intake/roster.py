"""The list of a class, as an LMS exports it: who is in it, and who handed in nothing.

Known columns: Canvas's gradebook (Student, ID, SIS Login ID, Section) and its list of groups (name, canvas_user_id,
login_id, group_name), Moodle's grading worksheet (Identifier, Full
name, Email address) and list of participants (First name, Last name, Email address, Groups), Gradescope's roster (First
Name, Last Name, SID, Email, Section), and plain `student,name`.
"""

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.intake.origins import Origin
from autograder.names import safe_name
from nst.plumbing.files import write_atomically

MAX_ROSTER = 20 * 2**20
KEPT = ".roster.csv"  # in autograder/; git-ignored
_COLUMNS = {  # ours -> how a first line may call it, in small letters
    "student": ("student_id", "student id", "username"),
    "number": ("canvas_user_id", "id", "identifier", "sid", "student's sid"),
    "email": ("email", "email address", "e-mail", "sis login id", "login_id", "student's email"),
    "first_name": ("first name", "first_name", "firstname"),
    "last_name": ("last name", "last_name", "surname", "lastname"),
    "name": ("full name", "name", "student", "student name"),
    "groups": ("groups", "group", "group name", "group_name"),
    "section": ("section", "sections"),
}
_NOBODY = {"student, test", "points possible", "test student"}  # lines of Canvas that are no student
DEFAULT_GROUP = "Default group"  # Moodle's name for those who are in none


@dataclass(frozen=True)
class Roster:
    """Rows of people with the columns `student`, `number`, `email`, `first_name`, `last_name`, `groups`, `section`."""

    people: list[dict[str, str]]

    def members(self, group: str) -> list[dict[str, str]]:
        """The people of a group; of Moodle's default group, those in none. Nobody where the roster has no groups."""
        if not any(row["groups"] for row in self.people):
            return []
        if group == DEFAULT_GROUP:
            return [row for row in self.people if not row["groups"]]
        return [
            row for row in self.people if _word(group) in {_word(name) for name in re.split(r"[,;]", row["groups"])}
        ]

    def team_on_canvas(self, origin: Origin, name: str) -> list[dict[str, str]]:
        """The members of the group for whom Canvas names a file: it writes the group's name and one member's number.

        Nobody if that is the person's own name, or if they are in no group of that name.
        """
        row = self.row_of(origin)
        if row is None or name in self.names_on_canvas(row):
            return []
        groups = [group for group in row["groups"].split(",") if group and on_canvas(group) == name]
        return self.members(groups[0]) if groups else []

    @staticmethod
    def names_on_canvas(row: dict[str, str]) -> set[str]:
        """How Canvas may write this person's name in the name of a file."""
        first, last = row["first_name"], row["last_name"]
        return {on_canvas(f"{last}{first}"), on_canvas(f"{first}{last}")} - {""}

    def completed(self, origin: Origin) -> Origin:
        """The student with the name and address that the roster has, where the LMS's file names have none."""
        row = self.row_of(origin)
        if row is None:
            return origin
        known = {key: getattr(origin, key) or row[key] for key in ("first_name", "last_name", "email")}
        return replace(origin, **known)

    def row_of(self, origin: Origin) -> dict[str, str] | None:
        """The one row about this student: by number or e-mail, else by a name that nobody else has."""
        for row in self.people:
            if {origin.student, origin.lms_user_id, origin.email} & {row["student"], row["number"], row["email"]} - {
                ""
            }:
                return row
        name = _word(f"{origin.first_name} {origin.last_name}")
        same = [row for row in self.people if name and name == _word(f"{row['first_name']} {row['last_name']}")]
        same = [row for row in same if not (row["number"] and origin.lms_user_id)]  # numbers that differ: two people
        return same[0] if len(same) == 1 else None

    def without(self, origins: list[Origin]) -> list[str]:
        """Who of the roster is none of these: a line each."""
        return [describe(row) for row in self.absent(origins)]

    def absent(self, origins: list[Origin]) -> list[dict[str, str]]:
        """The rows of the roster that are about none of these."""
        found = {id(row) for origin in origins if (row := self.row_of(origin))}
        return [row for row in self.people if id(row) not in found]

    def strangers(self, origins: list[Origin]) -> list[str]:
        """Who of these is not in the roster."""
        return [origin.student for origin in origins if self.people and self.row_of(origin) is None]


def on_canvas(name: str) -> str:
    """A person's or group's name as Canvas writes it into names of files: small letters, digits and `_` only."""
    return re.sub(r"\W", "", name.lower())


def describe(row: dict[str, str]) -> str:
    """A person of the roster in words."""
    name = f"{row['first_name']} {row['last_name']}".strip()
    return ", ".join(dict.fromkeys(part for part in (name or row["student"] or row["number"], row["email"]) if part))


def read_roster(path: Path) -> Roster:
    """The class in a CSV file. CourseError if no column says who."""
    people = _read(path)[2]
    return Roster([row for row in people if any(row.values()) and describe(row).lower() not in _NOBODY])


def _read(path: Path) -> tuple[str, list[dict], list[dict[str, str]]]:
    """(delimiter, the file's rows as they stand there, the same in our columns)."""
    try:
        text = path.read_bytes()[:MAX_ROSTER].decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise CourseError(f"The roster cannot be read: {error}") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise CourseError(f"{path} is no CSV file: {error}") from None
    columns = {ours: _column(rows, names) for ours, names in _COLUMNS.items()}
    if not any(columns[ours] for ours in ("student", "number", "email", "name", "last_name")):
        raise CourseError(f"{path}: no column is called Student, ID, Identifier, SID, Email, Name or Full name")
    return delimiter, rows, [_person(row, columns) for row in rows]


def keep(course: Course, path: Path) -> None:
    """Remember this roster: the class report asks for names, addresses and sections."""
    write_atomically(course.home / KEPT, path.read_bytes()[:MAX_ROSTER])


def kept(course: Course) -> Roster:
    """The roster that was given last; an empty one where none was."""
    return read_roster(course.home / KEPT) if (course.home / KEPT).is_file() else Roster([])


def forgotten(course: Course, origin: Origin) -> tuple[str, bytes] | None:
    """(who, the kept roster without that row) of a student; None if the roster has none of them."""
    if not (course.home / KEPT).is_file():
        return None
    delimiter, rows, people = _read(course.home / KEPT)
    found = Roster(people).row_of(origin)
    if found is None:
        return None
    text = io.StringIO(newline="")
    titles = [title for title in rows[0] if title is not None]
    table = csv.DictWriter(text, titles, delimiter=delimiter, extrasaction="ignore")
    table.writeheader()
    table.writerows(row for row, ours in zip(rows, people, strict=True) if ours is not found)
    return describe(found), text.getvalue().encode()


def _column(rows: list[dict], names: tuple[str, ...]) -> str | None:
    """What the first line calls it."""
    titles = {str(title).strip().lower(): title for title in (rows[0] if rows else {}) if title}
    return next((titles[name] for name in names if name in titles), None)


def _person(row: dict, columns: dict[str, str | None]) -> dict[str, str]:
    """One line as our columns, every value a safe name."""
    said = {ours: safe_name(row.get(title)) if title else "" for ours, title in columns.items()}
    raw = str(row.get(columns["groups"]) or "") if columns["groups"] else ""
    said["groups"] = ",".join(name for part in re.split(r"[,;]", raw) if (name := safe_name(part)))
    if number := re.search(r"\d+$", said["number"]):  # Moodle's "Participant 123"
        said["number"] = number[0] if said["number"].lower().split()[0] == "participant" else said["number"]
    name = said.pop("name")
    if name and not (said["first_name"] or said["last_name"]):
        last, comma, first = name.partition(",")
        first, last = (first, last) if comma else (name.rpartition(" ")[0], name.rpartition(" ")[2])
        said |= {"first_name": first.strip(), "last_name": last.strip()}
    return said


def _word(text: str) -> str:
    """A name for comparison: its letters in order of words, whatever came first."""
    return " ".join(sorted(re.findall(r"\w+", text.casefold())))

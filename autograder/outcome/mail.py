"""Who needs a mail, by reason: names, and addresses to copy into a mail's Bcc."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.intake import unclaimed
from autograder.intake.origins import Origin, read_origins
from autograder.intake.roster import Roster
from autograder.names import safe_name
from autograder.outcome import progress
from autograder.outcome.class_rows import Student, stuck

_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


class People:
    """Names, addresses and sections of a class: out of what was collected, the gradebook and the roster."""

    def __init__(self, course: Course, roster: Roster):
        self.roster, self.origins = roster, read_origins(course)
        with Gradebook(course.db_url) as gradebook:
            known = {row.id: (row.first_name, row.last_name, row.email) for row in gradebook.students}
        self.names, self.addresses, self.sections = {}, {}, {}
        handed_in = {path.parent.name for path in course.submitted.glob(f"*/{course.assignment}")}
        self.students = sorted({*known, *self.origins, *handed_in})
        for student in self.students:
            origin = self.origins.get(student) or Origin(student, "", "")
            first, last, email = known.get(student, ("", "", ""))
            row = roster.row_of(origin) or {"first_name": "", "last_name": "", "email": "", "section": ""}
            named = [first or origin.first_name or row["first_name"], last or origin.last_name or row["last_name"]]
            self.names[student] = " ".join(filter(None, map(safe_name, named)))
            self.addresses[student] = address(email) or address(origin.email) or address(row["email"])
            self.sections[student] = row["section"]
        origins = [self.origins.get(student) or Origin(student, "", "") for student in self.students]
        self.absent = [student for student in self.students if student not in handed_in]
        self.not_seen = roster.absent(origins)  # of the roster, and never heard of

    def person(self, student: str) -> dict[str, str]:
        return {"student": student, "name": self.names.get(student, ""), "email": self.addresses.get(student, "")}


def address(text: object) -> str:
    """The e-mail address, if it is one and nothing else; "" otherwise."""
    found = str(text or "").strip()
    return found if len(found) <= 254 and _ADDRESS.fullmatch(found) else ""


def reasons(
    course: Course, people: People, rows: Sequence[Student], before: progress.Standing, since: datetime
) -> list[dict]:
    """A dict for each reason that somebody has: `reason`, `people`, `addresses` (a text to copy), `without` (one)."""
    absent = [people.person(student) for student in people.absent]
    absent += [
        {
            "student": safe_name(row["student"] or row["number"]),
            "name": f"{row['first_name']} {row['last_name']}".strip(),
            "email": address(row["email"]),
        }
        for row in people.not_seen
    ]
    found = [_reason("Handed in nothing", absent)]
    odd = unclaimed.of(course)
    files = [
        people.person(student) | {"why": "; ".join(f"{name}: {what}" for name, what in odd[student][:3])}
        for student in people.students
        if student in odd
    ]
    found.append(_reason("Handed in a file that is no notebook of the course", files))
    for exercise, students in stuck(rows).items():
        found.append(_reason(f"Stuck at {exercise}: no points there, nor in anything after it", _all(people, students)))
    behind = progress.fell_behind(before, rows)
    words = f"Fell behind: no more points than on {since:%Y-%m-%d}, while half of the class gained some"
    found.append(_reason(words, _all(people, behind)))
    return [each for each in found if each["people"]]


def _all(people: People, students: Iterable[str]) -> list[dict[str, str]]:
    return [people.person(student) for student in students]


def _reason(reason: str, people: list[dict[str, str]]) -> dict:
    addresses = dict.fromkeys(person["email"] for person in people if person["email"])
    without = [person["name"] or person["student"] for person in people if not person["email"]]
    return {"reason": reason, "people": people, "addresses": ", ".join(addresses), "without": without}


def as_text(found: Sequence[dict]) -> str:
    """All of it as plain text, a paragraph for each reason."""
    parts = []
    for each in found:
        parts.append(f"{each['reason']} ({len(each['people'])})\n{each['addresses'] or 'no address is known'}\n")
        if each["without"] and each["addresses"]:
            parts[-1] += f"without an address: {', '.join(each['without'])}\n"
    return "\n".join(parts)

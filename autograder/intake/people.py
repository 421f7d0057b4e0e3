"""Who is behind a name in an LMS's zip: students with one identifier each, and never two people with one."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import yaml

from autograder.course import CourseError
from autograder.intake.lms import METADATA, Named, Unclaimed
from autograder.intake.origins import NUMBERED, Origin
from autograder.intake.roster import DEFAULT_GROUP, Roster, describe, on_canvas
from autograder.intake.times import moment, written
from autograder.names import safe_name

LONGEST = 100  # characters of an identifier; folders and files are called like it
MAX_METADATA = 20 * 2**20


class People:
    """The students behind the names of one zip."""

    def __init__(
        self,
        lms: str,
        named: Iterable[Named],
        metadata: dict[str, Any] | None = None,
        known: dict[str, Origin] | None = None,
        roster: Roster | None = None,
        timestamp: str = "",
    ):
        self.lms, self.metadata, self.timestamp = lms, metadata or {}, timestamp
        self.roster = roster or Roster([])
        self.numbers = {(o.lms, o.lms_user_id): o.student for o in (known or {}).values() if o.lms_user_id}
        self.known = known or {}
        named = list(named)
        self.names: dict[str, set[str]] = defaultdict(set)
        for each in named:
            self.names[each.key].add(each.name)
        first = {each.key: each for each in reversed(named)}
        self.grouped = lms == "moodle" and len(first) > 1 and all("-" in each.name for each in first.values())
        self.found = {key: self._students(each) for key, each in first.items()}
        self.refused = self._collisions()

    def of(self, named: Named) -> list[Origin]:
        """The students whose work this entry is: all members of a group. Raises Unclaimed where that is not certain."""
        students, names = self.found[named.key], self.names[named.key]
        if self.lms == "canvas" and len(names) > 1:
            both = " and ".join(sorted(safe_name(name) or "no name" for name in names))
            raise Unclaimed(f"number {named.user} stands beside two names, {both}; put it into submitted/ by hand")
        if not students:
            raise Unclaimed(f"handed in for the group {safe_name(named.name)!r}; give a --roster with its members")
        for origin in students:
            if origin.student in self.refused:
                raise Unclaimed(self.refused[origin.student])
        return students

    def foreign_names(self) -> list[str]:
        """A sentence for each student of Canvas whose files are called like nobody in the roster: a group's, then."""
        told = []
        for key, students in self.found.items():
            row = self.roster.row_of(students[0]) if self.lms == "canvas" and len(students) == 1 else None
            name = min(self.names[key])
            if row and name and name not in self.roster.names_on_canvas(row):
                told.append(
                    f"{students[0].student}: its files are called {safe_name(name)}, not like {describe(row)}. "
                    "If that is a group, its other members get nothing: give --roster Canvas's list of groups"
                )
        return told

    def _collisions(self) -> dict[str, str]:
        """Identifier -> why nobody gets it: two people would, here or beside an earlier zip."""
        people = defaultdict(set)
        for origins in self.found.values():
            for origin in origins:
                people[origin.student].add(origin.person)
        for student, persons in people.items():
            before = self.known.get(student)
            if before and before.lms == self.lms and before.lms_user_id and self.lms in NUMBERED:
                persons.add(before.person)
        return {
            student: f"two people would be called {student}: {' and '.join(sorted(persons))}; rename one, by hand"
            for student, persons in people.items()
            if len(persons) > 1
        }

    def _students(self, named: Named) -> list[Origin]:
        if self.lms == "gradescope":
            return self._submitters(named)
        if self.lms == "moodle":
            if members := self.roster.members(named.name):
                return [self._member(named, row) for row in members]
            if not named.user:
                return []
        in_group = self.grouped or named.name.startswith(f"{DEFAULT_GROUP}-")
        name = named.name.partition("-")[2] if self.lms == "moodle" and in_group else named.name
        first, _, last = safe_name(name).rpartition(" ")
        names = {"first_name": first, "last_name": last} if self.lms in ("moodle", "brightspace") else {}
        number = named.user if self.lms in NUMBERED and named.user.isdigit() else ""
        student = self.numbers.get((self.lms, number)) or identifier("_".join(p for p in (name, named.user) if p))
        given = Origin(
            student, self.lms, named.prefix, lms_user_id=number, timestamp=self.timestamp, key=named.key, **names
        )
        if self.lms == "canvas" and (members := self.roster.team_on_canvas(given, named.name)):
            return [self._member(named, row) for row in members]
        return [self.roster.completed(given)]

    def _member(self, named: Named, row: dict[str, str]) -> Origin:
        """A member of a team of Moodle or Canvas, as the roster has them, called as their own hand-in would be."""
        number = row.get("number", "")
        name = f"{row['first_name']} {row['last_name']}".strip()
        name = on_canvas(f"{row['last_name']}{row['first_name']}") if self.lms == "canvas" else name
        student = self.numbers.get((self.lms, number)) or identifier("_".join(p for p in (name, number) if p))
        who = {key: row[key] for key in ("first_name", "last_name", "email")}
        return Origin(student, self.lms, named.prefix, lms_user_id=number, timestamp=self.timestamp, key=name, **who)

    def _submitters(self, named: Named) -> list[Origin]:
        """Gradescope's list names everybody of a group. Where it says nothing usable the folder's name stands in."""
        record = self.metadata.get(named.name)
        record = record if isinstance(record, dict) else {}
        listed = record.get(":submitters")
        people = [person for person in listed if isinstance(person, dict)] if isinstance(listed, list) else []
        when = self.timestamp or _moment(record.get(":created_at"))
        return [self._submitter(named, person, when) for person in people or [{}]]

    def _submitter(self, named: Named, person: dict, when: str) -> Origin:
        first, _, last = safe_name(person.get(":name")).rpartition(" ")
        email, number = safe_name(person.get(":email")), safe_name(person.get(":sid"))
        student = identifier(number or email or named.name)
        key = f"{number} {email}".strip() or named.key
        return Origin(student, "gradescope", named.name, first, last, email, number, when, key)


def read_metadata(data: bytes) -> dict[str, Any]:
    """Gradescope's list. CourseError if it cannot be read."""
    try:
        found = yaml.safe_load(data.decode("utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CourseError(
            f"{METADATA} cannot be read ({str(error).splitlines()[0]}). Download the zip again."
        ) from None
    if not isinstance(found, dict):
        raise CourseError(f"{METADATA} holds no list of submissions. Download the zip again.")
    return found


def identifier(text: str) -> str:
    """A student's name for folders and the gradebook: letters, digits, `_`, `-`, `.`; a digest where it is too long."""
    clean = re.sub(r"[^\w.-]+", "_", safe_name(text, 1_000)).strip("._") or "unnamed"
    if len(clean) <= LONGEST and len(clean.encode()) <= 2 * LONGEST:
        return clean
    return f"{clean[: LONGEST // 2]}_{sha256(text.encode(errors='replace')).hexdigest()[:12]}"


def _moment(value: object) -> str:
    """A time in Gradescope's list, or "" where there is none: YAML makes a datetime of most."""
    if isinstance(value, datetime):
        return written(value if value.tzinfo else value.replace(tzinfo=UTC))
    try:
        return written(moment(str(value)))
    except ValueError:
        return ""

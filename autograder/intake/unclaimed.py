"""Files that students handed in and that count for nothing: remembered by student, for the class report."""

import json

from autograder.course import Course
from autograder.intake.account import Account
from autograder.intake.recognise import shown
from nst.plumbing.files import write_atomically

FILE = ".unclaimed.json"  # in autograder/; git-ignored


def remember(course: Course, account: Account) -> None:
    """Of everybody in this account: what is unclaimed now, in the place of what was before."""
    known = of(course)
    for student in account.origins:
        known.pop(student, None)
    for line in account.unclaimed:
        for student in line.students:
            known.setdefault(student, []).append((shown(line.path), line.what))
    write_atomically(course.home / FILE, json.dumps(known, indent=1, ensure_ascii=False).encode(errors="replace"))


def of(course: Course) -> dict[str, list[tuple[str, str]]]:
    """Student -> (file, what it is). Nothing where the file is not there or damaged: it is a convenience."""
    try:
        known = json.loads((course.home / FILE).read_text(encoding="utf-8"))
        return {student: [(str(name), str(what)) for name, what in files] for student, files in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}

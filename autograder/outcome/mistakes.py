"""What went wrong in a class: by the names of known mistakes, and what has none (unexplained.py groups it)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import CourseError

if TYPE_CHECKING:
    from autograder.outcome.class_rows import Student

UNEXPLAINED = "unexplained.json"  # in the report's folder
NO_ANSWER = ("not judged", "not written")  # gaps, which stand apart
UNNAMED = ("raises an error", "another wrong answer")  # what nothing known explains


def mistake_rows(rows: Iterable["Student"]) -> list[dict]:
    """What went wrong, the most common first and answers that are not there last; `hint` is what most of them read."""
    found, hints = defaultdict(list), defaultdict(Counter)
    for row in rows:
        for exercise, verdict in row.exercises.items():
            if verdict["score"] < verdict["points"]:
                key = (exercise, mistake_name(verdict))
                found[key].append(row.student)
                hints[key][verdict["hint"] or verdict["reason"]] += 1
    order = sorted(found, key=lambda key: (key[1] in NO_ANSWER, -len(found[key]), key))
    return [
        {"exercise": e, "mistake": m, "students": len(found[e, m]), "hint": hints[e, m].most_common(1)[0][0]}
        | {"names": found[e, m]}
        for e, m in order
    ]


def unnamed(rows: Iterable["Student"]) -> list[tuple[str, str]]:
    """(student, exercise) of the wrong answers that nothing known explains."""
    wrong = [(row.student, e, v) for row in rows for e, v in row.exercises.items() if v["score"] < v["points"]]
    return [(student, exercise) for student, exercise, verdict in wrong if mistake_name(verdict) in UNNAMED]


def unexplained(rows: Iterable["Student"], path: Path) -> tuple[list[dict], int]:
    """The groups that `python -m autograder unexplained` left at `path`, of answers that still have no name; and how
    many such answers are in none."""
    left = set(unnamed(rows))
    try:
        groups = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {error}. Delete it.") from error
    for group in groups:
        group["students"] = [student for student in group["students"] if (student, group["exercise"]) in left]
    grouped = {(student, group["exercise"]) for group in groups for student in group["students"]}
    return [group for group in groups if group["students"]], len(left - grouped)


def mistake_name(verdict: dict) -> str:
    """The known mistake's name, or what kind of failure it was."""
    if verdict["reason"]:
        return "not judged"
    if verdict["mistake"]:
        return verdict["mistake"].replace("_", " ")
    for words, name in (("raised ", "raises an error"), ("had not returned", "takes too long")):
        if words in verdict["hint"]:
            return name
    return "another wrong answer"

"""How a class stands against how it stood: points of an earlier day, out of the log that grading keeps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import mean, median

from autograder.course import Course
from autograder.grading import journal
from autograder.outcome.class_rows import Student

Standing = dict[str, dict[str, float]]  # student -> exercise -> automatic points


def standing_at(course: Course, moment: datetime) -> Standing:
    """Everybody's automatic points as they were at that time; empty where nothing had been graded yet."""
    found: Standing = defaultdict(dict)
    path = course.home / journal.FILE
    for line in journal.entries(path, []) if path.is_file() else ():
        if line.get("what") != "auto_score" or datetime.fromisoformat(line["when"]).astimezone() > moment:
            continue
        exercise, points = str(line.get("cell", "")).removeprefix("test_"), line.get("after")
        if isinstance(points, int | float):
            found[str(line.get("student"))][exercise] = float(points)
        else:
            found[str(line.get("student"))].pop(exercise, None)
    return {student: points for student, points in found.items() if points}


def compare(before: Standing, rows: Sequence[Student], moment: datetime) -> dict | None:
    """What changed since, in numbers of the class; None where nothing had been graded then."""
    if not before:
        return None
    then, now = _totals(before, rows), {row.student: row.automatic for row in rows}
    both = [student for student in now if student in then]
    exercises = list(dict.fromkeys(exercise for row in rows for exercise in row.exercises))
    full = {exercise: verdict["points"] for row in rows for exercise, verdict in row.exercises.items()}
    return {
        "since": moment.isoformat(timespec="seconds"),
        "graded": [len(then), len(now)],
        "mean": [mean(then.values()) if then else 0.0, mean(now.values())],
        "more": sum(now[student] > then[student] for student in both),
        "same": sum(now[student] == then[student] for student in both),
        "less": sum(now[student] < then[student] for student in both),
        "new": len(now) - len(both),
        "gone": sorted(set(before) - set(now)),
        "exercises": [
            {
                "exercise": exercise,
                "right": [
                    sum(before[student].get(exercise, 0.0) >= full[exercise] for student in then),
                    sum(row.exercises.get(exercise, {"score": -1})["score"] >= full[exercise] for row in rows),
                ],
            }
            for exercise in exercises
        ],
    }


def fell_behind(before: Standing, rows: Sequence[Student]) -> list[str]:
    """Who has no more points than then and could have, while half of the class or more gained some."""
    then = _totals(before, rows)
    gains = {row.student: row.automatic - then[row.student] for row in rows if row.student in then}
    if not gains or median(gains.values()) <= 0:
        return []
    return [row.student for row in rows if gains.get(row.student, 1.0) <= 0 and row.automatic < row.automatic_max]


def _totals(before: Mapping[str, Mapping[str, float]], rows: Sequence[Student]) -> dict[str, float]:
    """Of those who have a grade now, the points they had in exercises that there still are."""
    return {
        row.student: sum(points for exercise, points in before[row.student].items() if exercise in row.exercises)
        for row in rows
        if row.student in before
    }

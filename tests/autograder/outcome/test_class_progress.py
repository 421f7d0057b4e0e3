"""Points of an earlier day, out of the log."""

from datetime import UTC, datetime, timedelta

from autograder.grading import journal
from autograder.outcome import class_rows, progress


def log(course, student, cell, after, days_ago):
    """A line that was written so many days ago."""
    moment = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    journal.record(course.home, "auto_score", student=student, notebook="n", cell=f"test_{cell}", after=after)
    path = course.home / journal.FILE
    *lines, last = path.read_text().splitlines()
    now = last.split('"when": "')[1].split('"')[0]
    path.write_text("\n".join([*lines, last.replace(now, moment)]) + "\n")


def row(student, **points):
    exercises = {e: {"score": p, "points": 4, "hint": "", "mistake": "", "reason": ""} for e, p in points.items()}
    total = sum(points.values())
    return class_rows.Student(student, total, 8, total, 8, exercises=exercises)


def test_it_is_as_it_was_on_that_day(course):
    for student, cell, after, ago in (
        ("ann", "a", 2.0, 9), ("ann", "a", 4.0, 8), ("ann", "a", 1.0, 3), ("bob", "a", 4.0, 8), ("bob", "a", None, 8),
        ("cat", "b", 3.0, 2), ("ann", "b", None, 9),
    ):  # fmt: skip
        log(course, student, cell, after, ago)
    week_ago = datetime.now(UTC) - timedelta(days=7)
    assert progress.standing_at(course, week_ago) == {"ann": {"a": 4.0}}
    assert progress.standing_at(course, week_ago - timedelta(days=30)) == {}


def test_the_class_is_compared_and_who_stayed_where_they_were_is_named():
    before = {"ann": {"a": 2.0, "gone": 9.0}, "bob": {"a": 4.0}, "cat": {"a": 4.0, "b": 0.0}, "old": {"a": 1.0}}
    rows = [row("ann", a=4, b=2), row("bob", a=4, b=3), row("cat", a=4, b=0), row("dan", a=0, b=0)]
    now = datetime.now(UTC)
    found = progress.compare(before, rows, now)
    assert found["graded"] == [3, 4] and found["gone"] == ["old"] and found["new"] == 1
    assert (found["more"], found["same"], found["less"]) == (2, 1, 0)
    assert found["exercises"] == [{"exercise": "a", "right": [2, 3]}, {"exercise": "b", "right": [0, 0]}]
    assert progress.fell_behind(before, rows) == ["cat"], "dan is new, and ann's lost exercise is no loss"
    assert progress.fell_behind({"cat": {"a": 4.0}}, rows) == [], "nobody gained: nobody fell behind"
    assert progress.compare({}, rows, now) is None

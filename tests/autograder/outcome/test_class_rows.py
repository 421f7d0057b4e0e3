"""What the report counts, on rows made up for it."""

from types import SimpleNamespace

import numpy as np
import pytest

from autograder.outcome import charts, class_rows
from autograder.outcome.mistakes import mistake_rows


def test_answers_that_are_not_there_come_after_every_mistake():
    wrong, missing = {"mistake": "no_half", "reason": ""}, {"mistake": "", "reason": "Not graded: cut off."}
    students = [("a", missing), ("b", missing), ("c", wrong)]
    rows = [
        SimpleNamespace(student=name, exercises={"total_loss": {**verdict, "hint": "", "score": 0, "points": 2}})
        for name, verdict in students
    ]
    assert [(row["mistake"], row["students"]) for row in mistake_rows(rows)] == [
        ("no half", 1),
        ("not judged", 2),
    ]
    assert "none" in charts.common_mistakes([])


def test_an_exercise_separates_when_its_points_go_with_those_of_the_others():
    def student(number, **points):
        exercises = {name: verdict(score, points=4.0) for name, score in points.items()}
        return class_rows.Student(f"s{number}", 0.0, 100.0, exercises=exercises)

    rows = [student(n, good=float(n % 5), other=2.0 * (n % 5), turned=4.0 - n % 5, easy=4.0) for n in range(12)]
    assert class_rows.separates("easy", rows) is None and class_rows.separates("good", rows[:9]) is None
    assert class_rows.separates("good", rows) == 1.0 and class_rows.separates("turned", rows) == -1.0
    assert {row["exercise"]: row["separates"] for row in class_rows.exercise_rows(rows)}["good"] == 1.0


def verdict(score, mistake="", reason="", points=2):
    return {"score": score, "points": points, "hint": "", "mistake": mistake, "reason": reason}


RIGHT, WRONG, GONE, LOST = verdict(2), verdict(0, "no_half"), verdict(0, "not_written"), verdict(0, reason="Cut off.")
EASY, MIDDLE, LATE = "inner_product", "gram_matrix", "gradient_step"


def student(name, *verdicts, section=""):
    exercises = dict(zip((EASY, MIDDLE, LATE), verdicts, strict=True))
    total = sum(each["score"] for each in verdicts)
    return class_rows.Student(name, total, 6, total, 6, section=section, exercises=exercises)


def test_missing_answers_are_counted_apart_from_wrong_ones():
    rows = [student("a", WRONG, GONE, LOST), student("b", RIGHT, WRONG, GONE), student("c", verdict(1), RIGHT, GONE)]
    found = {row["exercise"]: [row[kind] for kind in ("full", "part", "wrong", "missing")] for row in
             class_rows.exercise_rows(rows)}  # fmt: skip
    assert found == {EASY: [1, 1, 1, 0], MIDDLE: [1, 0, 1, 1], LATE: [0, 0, 0, 3]}
    picture = charts.exercise_success(class_rows.exercise_rows(rows))
    assert "part of the points, wrong, missing: inner_product 1, 1, 1, 0" in picture


def test_who_stopped_at_the_same_exercise_is_stuck_there_but_not_at_one_that_nobody_has_begun():
    rows = [student(f"good{n}", RIGHT, RIGHT, GONE) for n in range(6)]
    rows += [student("a", RIGHT, WRONG, GONE), student("b", RIGHT, GONE, GONE), student("c", WRONG, GONE, GONE)]
    assert class_rows.stuck(rows) == {MIDDLE: ["a", "b"]}, "one alone is no group, and the last is not begun"
    rows += [student(f"done{n}", RIGHT, RIGHT, RIGHT) for n in range(4)]
    assert class_rows.stuck(rows)[LATE] == [f"good{n}" for n in range(6)]


def test_sections_are_compared_and_none_are_shown_where_the_roster_has_none():
    rows = [student("a", RIGHT, RIGHT, RIGHT, section="A"), student("b", WRONG, RIGHT, GONE, section="B")]
    assert class_rows.section_rows([student("a", RIGHT, RIGHT, RIGHT)], ["", ""]) == []
    first, second = class_rows.section_rows(rows, ["B", "B"])
    assert (first["section"], first["mean_share"], first["full"], first["mistake"]) == ("A", 1.0, 1, "")
    assert (second["absent"], second["mean_share"], second["mistake"]) == (2, 0.3333, "inner_product: no half (1)")


def test_it_is_the_correlation_with_the_rest_of_those_who_were_graded_on_it():
    rng = np.random.default_rng(3)
    points = rng.integers(0, 5, (30, 4)).astype(float)
    points[:, 1] += points[:, 0]
    rows = [
        class_rows.Student(
            f"s{n}", 0.0, 9.0, exercises={e: {"score": s, "points": 9.0} for e, s in zip("abcd", row, strict=True)}
        )
        for n, row in enumerate(points)
    ]
    for place, name in enumerate("abcd"):
        rest = np.delete(points, place, axis=1).sum(axis=1)
        assert class_rows.separates(name, rows) == pytest.approx(np.corrcoef(points[:, place], rest)[0, 1], abs=0.005)
    del rows[0].exercises["a"]  # not handed in: nothing about a, and nothing for the rest of others
    expected = np.corrcoef(points[1:, 0], points[1:, 1:].sum(axis=1))[0, 1]
    assert class_rows.separates("a", rows) == pytest.approx(expected, abs=0.005)

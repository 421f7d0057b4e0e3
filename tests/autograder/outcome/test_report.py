"""The class report says what gradebook and records say, in three forms, and runs nothing of a student's text."""

import csv
import json
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.grading import class_run
from autograder.grading.class_run import GradingOptions, grade_class
from autograder.outcome import charts, report
from autograder.outcome.mistakes import mistake_rows
from autograder.rehearsal.samples import hand_in, solved
from autograder.sandbox.levels import LEVELS

EVIL = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)> &"


@pytest.fixture(scope="module")
def classroom(pristine, tmp_path_factory):
    """ann and bob have all points, `0dan` a quarter with markup in the hint; fay is not graded. No sandbox."""
    course = Course(shutil.copytree(pristine.root, tmp_path_factory.mktemp("report") / "course"))
    for name in ("ann", "bob", "0dan", "fay"):
        hand_in(course, name, solved(course))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_run, "check_ready", lambda course, settings: LEVELS[settings.level or "namespaces"])
        patch.setattr(class_run, "run_jobs", lambda _, jobs, workers: ((key, judged(job)) for key, job in jobs))
        grade_class(course, ["ann", "bob"])
        grade_class(course, ["0dan"], GradingOptions(level="unsafe"))
    return course


def judged(job):
    """What a worker would send back."""
    share, hint = (0.25, EVIL) if job.student == "0dan" else (1, "")
    verdict = {"hint": hint, "mistake": "", "reason": ""}
    verdicts = {f"test_{e}": {**verdict, "score": share * n} for e, n in Masters(job.masters).points.items()}
    record = {"level": job.level, "seconds": 1.5, "megabytes": 80, "notes": [], "verdicts": verdicts}
    return {name: {**record, "confinement": {"version": "", "idle_seconds": 10}} for name in job.notebooks}, 3.0


@pytest.fixture
def graded(classroom, tmp_path):
    return Course(shutil.copytree(classroom.root, tmp_path / "course"))


def test_numbers_are_those_of_the_gradebook_and_the_records(graded):
    with Gradebook(graded.db_url) as gradebook:
        grade = gradebook.find_grade("reflection_feature_maps", "01_feature_maps", graded.assignment, "ann")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 5.0, 1.0, False
        gradebook.find_submission_notebook("03_gram_matrices", graded.assignment, "bob").late_submission_penalty = 4.0
        gradebook.db.commit()
    found = report.class_report(graded)
    dan, ann, bob = found.students
    assert (ann.score, ann.max_score, ann.automatic, ann.to_grade) == (30, 31, 24, 0)
    assert (bob.score, bob.late_penalty, bob.to_grade, bob.help) == (20, 4, 1, [])
    assert (dan.score, dan.automatic_max, dan.levels, len(dan.seed_keys)) == (6, 24, ["unsafe"], 1)
    assert found.ungraded == ["fay"]
    assert dan.help[0] == "6 of 24 automatic points" and dan.help[1].startswith("wrong: feature_matrix, ")
    assert found.exercises[0] == {
        **{"exercise": "feature_matrix", "points": 6, "full": 2, "part": 1, "none": 0},
        "mean_share": 0.75,
        "separates": None,
    }
    first = found.mistakes[0]
    assert (first["students"], first["names"], first["hint"]) == (1, ["0dan"], EVIL) and len(found.mistakes) == 5


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


def test_page_data_and_table_agree_and_hold_every_student(graded):
    page = report.write(report.class_report(graded), graded.home / "report")
    data = json.loads((page.parent / "report.json").read_text())
    rows = list(csv.DictReader((page.parent / "report.csv").open()))
    assert [row["student"] for row in rows] == ["0dan", "ann", "bob", "fay"]
    assert (
        [float(row["score"]) for row in rows[:3]] == [student["score"] for student in data["students"]] == [6, 24, 24]
    )
    assert rows[0]["gram_matrix"] == "2.0" and rows[3]["score"] == ""
    text = page.read_text()
    for words in ("0dan", "not graded:</strong> fay", "without a sandbox:</strong> 1", "who need help", "idle_seconds"):
        assert words in text, words
    assert data["students"][1]["seed_keys"][0] in text


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_the_page_stands_alone_and_runs_nothing(graded):
    text = report.page(report.class_report(graded))
    tags = Tags(text).found
    assert "alert(1)" in text and not [tag for tag, _ in tags if tag in ("script", "img", "iframe", "object", "link")]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    links = {v for _, a in tags for k, v in a.items() if k in ("href", "src", "xlink:href") and not v.startswith("#")}
    assert links == {"report.csv", "report.json"}
    pictures = [attributes for tag, attributes in tags if tag == "svg"]
    assert len(pictures) == 4 and all(len(picture["aria-label"]) > 40 for picture in pictures)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "inline pictures share one page"


def test_nobody_graded_is_said(course):
    with pytest.raises(CourseError, match="First: python -m autograder grade"):
        report.class_report(course)


def test_the_command_writes_beside_the_gradebook_from_any_folder(graded, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(report, "Course", lambda assignment: Course(graded.root, assignment))
    monkeypatch.chdir(tmp_path)
    assert main(["report", "style_transfer"]) == 0
    assert "3 students, 1 not graded" in capsys.readouterr().out
    assert (graded.home / "report" / "index.html").is_file()


def test_a_report_that_cannot_be_written_is_one_clear_line(graded, monkeypatch, capsys):
    monkeypatch.setattr(report, "Course", lambda assignment: Course(graded.root, assignment))
    (graded.home / "report").write_text("in the way")
    assert main(["report"]) == 2
    assert "autograder report: " in capsys.readouterr().err


def test_an_exercise_separates_when_its_points_go_with_those_of_the_others():
    def student(number, **points):
        exercises = {name: {"score": score, "points": 4.0} for name, score in points.items()}
        return report.Student(f"s{number}", 0.0, 100.0, exercises=exercises)

    rows = [student(n, good=float(n % 5), other=2.0 * (n % 5), turned=4.0 - n % 5, easy=4.0) for n in range(12)]
    assert report.separates("easy", rows) is None and report.separates("good", rows[:9]) is None
    assert report.separates("good", rows) == 1.0 and report.separates("turned", rows) == -1.0
    assert {row["exercise"]: row["separates"] for row in report.exercise_rows(rows)}["good"] == 1.0


def test_it_is_the_correlation_with_the_rest_of_those_who_were_graded_on_it():
    rng = np.random.default_rng(3)
    points = rng.integers(0, 5, (30, 4)).astype(float)
    points[:, 1] += points[:, 0]
    rows = [
        report.Student(
            f"s{n}", 0.0, 9.0, exercises={e: {"score": s, "points": 9.0} for e, s in zip("abcd", row, strict=True)}
        )
        for n, row in enumerate(points)
    ]
    for place, name in enumerate("abcd"):
        rest = np.delete(points, place, axis=1).sum(axis=1)
        assert report.separates(name, rows) == pytest.approx(np.corrcoef(points[:, place], rest)[0, 1], abs=0.005)
    del rows[0].exercises["a"]  # not handed in: nothing about a, and nothing for the rest of others
    expected = np.corrcoef(points[1:, 0], points[1:, 1:].sum(axis=1))[0, 1]
    assert report.separates("a", rows) == pytest.approx(expected, abs=0.005)

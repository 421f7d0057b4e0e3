"""The class report says what gradebook and records say, in three forms, and runs nothing of a student's text."""

import csv
import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.grading import class_run
from autograder.grading.class_run import GradingOptions, grade_class
from autograder.intake import roster, unclaimed
from autograder.outcome import report
from autograder.rehearsal.samples import hand_in, solved
from autograder.sandbox.levels import LEVELS

EVIL = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)> &"


@pytest.fixture(scope="module")
def classroom(pristine, tmp_path_factory):
    """ann and bob have all points, `0dan` a quarter with markup in the hint; fay is not graded. No sandbox."""
    course = Course(shutil.copytree(pristine.root, tmp_path_factory.mktemp("report") / "course"))
    for name in ("ann", "bob", "0dan", "fay"):
        hand_in(course, name, solved(course))
    (course.home / unclaimed.FILE).write_text(json.dumps({"0dan": [["report.pdf", "a pdf file"]]}))
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
        **{"exercise": "feature_matrix", "points": 6, "full": 2, "part": 1, "wrong": 0, "missing": 0},
        "mean_share": 0.75,
        "separates": None,
    }
    first = found.mistakes[0]
    assert (first["students"], first["names"], first["hint"]) == (1, ["0dan"], EVIL) and len(found.mistakes) == 5


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
    for words in (
        "0dan",
        "not graded:</strong> fay",
        "without a sandbox:</strong> 1",
        "Who needs help",
        "idle_seconds",
    ):
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
    assert links == {"report.csv", "report.json", "addresses.txt"}, "somebody needs a mail"
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


# --- what an instructor asks on a Monday ------------------------------------------------------------------------------

ROSTER = (
    "Student,ID,SIS Login ID,Section\n"
    '"Ann",ann,ann@uni.example,Mo 10\n"Bob",bob,bob@uni.example,Tu 14\n'
    '"Gil, Ga",77,gil@uni.example,Tu 14\n"<b>Hex</b>, =1+1",78,"x@y.example, victim@z.example",Mo 10\n'
)


def test_mails_by_reason_sections_and_who_handed_in_nothing(graded, tmp_path):
    (tmp_path / "students.csv").write_text(ROSTER)
    roster.keep(graded, tmp_path / "students.csv")
    found = report.class_report(graded)
    nothing, files = found.mails
    assert nothing["reason"] == "Handed in nothing" and nothing["addresses"] == "gil@uni.example"
    assert nothing["without"] == ["1+1 b Hex b"], "no address, but named"
    assert files["people"] == [{"student": "0dan", "name": "", "email": "", "why": "report.pdf: a pdf file"}]
    assert found.absent == 2
    rows = {row["section"]: (row["graded"], row["absent"], row["full"]) for row in found.sections}
    assert rows == {"Mo 10": (1, 1, 1), "Tu 14": (1, 1, 1), "none": (1, 0, 0)}
    page = report.write(found, graded.home / "report")
    text = page.read_text()
    assert "<b>Hex" not in text and "victim@" not in text
    plain = (page.parent / "addresses.txt").read_text()
    assert plain.startswith("Handed in nothing (2)\ngil@uni.example\nwithout an address: ")


def test_the_questions_of_monday_come_first_and_costs_last(graded):
    text = report.page(report.class_report(graded))
    order = ["Which mistakes to discuss", "Who needs a mail", "Who needs help", "<h2>Against", "<h2>Exercises",
             "<h2>Students", "what that cost"]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.index("seconds of judging") > places[-1]


def test_names_lead_to_the_feedback_on_the_exercise(graded, monkeypatch, capsys):
    monkeypatch.setattr(report, "Course", lambda assignment: Course(graded.root, assignment))
    assert "--feedback" in report.page(report.class_report(graded)), "how to get the links"
    assert main(["report", "--feedback"]) == 0
    assert sorted(path.parent.name for path in graded.feedback.glob("*/style_transfer")) == ["0dan"]
    text = (graded.home / "report" / "index.html").read_text()
    links = {tag["href"] for name, tag in Tags(text).found if name == "a" and tag["href"].startswith("../")}
    assert len(links) == 5
    for link in links:
        path, anchor = link.split("#")
        assert f'id="{anchor}"' in (graded.home / "report" / path).read_text()


def test_it_says_how_this_week_compares_with_the_last(graded, capsys, monkeypatch):
    monkeypatch.setattr(report, "Course", lambda assignment: Course(graded.root, assignment))
    assert main(["report"]) == 0
    text = (graded.home / "report" / "index.html").read_text()
    assert "Nothing had been graded by then" in text and "One click" not in text, "there is no address to select"
    assert "--since " + re.search(r"Made (\S+)", text)[1] in text, "a day that has been"
    assert main(["report", "--since", "2999-01-01"]) == 0, "as of now: nothing has changed"
    text = (graded.home / "report" / "index.html").read_text()
    assert "3 students were graded then, 3 now" in text and "0 have more points than then, 3 the same, 0 fewer" in text
    with pytest.raises(SystemExit):
        main(["report", "--since", "Monday"])
    assert "is no time; write it as 2026-12-01" in capsys.readouterr().err


def test_a_roster_that_is_none_is_a_sentence_and_not_kept(graded, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(report, "Course", lambda assignment: Course(graded.root, assignment))
    (tmp_path / "wrong.csv").write_text("colour,size\nred,3\n")
    assert main(["report", "--roster", str(tmp_path / "wrong.csv")]) == 2
    assert "no column is called Student" in capsys.readouterr().err and not (graded.home / roster.KEPT).exists()

"""The policy page says what the configuration does, and late days are counted as it says."""

import re

import pytest
from nbgrader.api import Gradebook

from autograder.authoring.credit import credit_rows
from autograder.authoring.masters import Masters
from autograder.course import REPOSITORY, Course, CourseError
from autograder.grading.class_run import autograde
from autograder.grading.one_writer import one_engine
from autograder.intake.clean_copy import stage
from autograder.outcome import late
from autograder.rehearsal.samples import hand_in

POLICY = (REPOSITORY / "autograder" / "POLICY.md").read_text()
RULE = late.LateDays(config=Course().config)


@pytest.mark.shipped
def test_partial_credit_is_that_of_credit_toml():
    table = re.findall(r"^\| (\d+) % \| (.*) \|$", POLICY.replace("%", " %").replace("  %", " %"), re.MULTILINE)
    assert [(int(share), reason) for share, reason in table] == [
        (round(100 * row["credit"]), row["reason"]) for row in credit_rows().values()
    ]


@pytest.mark.shipped
def test_points_are_those_of_the_masters():
    masters = Masters()
    functions = {e: points for e, points in masters.points.items() if masters.notebook_of(e) not in masters.optional}
    extra = [points for e, points in masters.points.items() if e not in functions]
    words = {15: "fifteen", 5: "five"}
    assert f"its {words[len(extra)]} functions give up to {sum(extra)} points on top" in POLICY
    assert f"{sum(functions.values())} for {words[len(functions)]} functions" in POLICY
    assert f"{100 - sum(functions.values())} for two short reflections" in POLICY


@pytest.mark.shipped
def test_the_late_rule_is_that_of_the_configuration():
    assert f"{RULE.grace_minutes:g} minutes after the deadline cost nothing" in POLICY
    assert f"{RULE.percent_a_day:g} % of the points that you reached, at most {RULE.percent_at_most:g} %" in POLICY
    complaints, request = Course().config.Complaints, "naming the exercise and what you think is wrong"
    assert f"Within **{complaints.days} days** of the feedback, in writing, {request}" in POLICY
    assert "in writing" in complaints.how and request in complaints.how
    assert RULE.extensions_file == str(REPOSITORY / "autograder" / "extensions.csv")


@pytest.fixture
def plugin(tmp_path):
    file = tmp_path / "extensions.csv"
    file.write_text("# a note\nstudent,days,reason\nann,2,ill\nbob , 0.5,train\n")
    return late.LateDays(grace_minutes=15, percent_a_day=10, percent_at_most=50, extensions_file=str(file))


@pytest.mark.parametrize(
    ("student", "hours", "penalty"),
    [
        ("zoe", 0.2, None),  # within the minutes of grace
        ("zoe", 0.3, 4),
        ("zoe", 24, 4),
        ("zoe", 25, 8),
        ("zoe", 2_000, 20),
        ("ann", 48.2, None),
        ("ann", 49, 4),
        ("bob", 12, None),
        ("bob", 13, 4),
    ],
)
def test_each_day_begun_costs_after_the_students_own_deadline(plugin, student, hours, penalty):
    assert plugin.late_submission_penalty(student, 40.0, hours * 3600) == penalty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student,days,reason\nann,two,ill\n", "days of 'ann' must be a number such as 3 or 0.5, not 'two'"),
        ("student,days,reason\nann,-1,\n", "not '-1'"),
        ("name;days\nann;1\n", "the first line must be 'student,days,reason'"),
    ],
)
def test_a_wrong_line_of_extensions_is_named(tmp_path, text, message):
    (tmp_path / "extensions.csv").write_text(text)
    with pytest.raises(CourseError, match=message):
        late.extensions(str(tmp_path / "extensions.csv"))


def full_marks(course):
    """Judgements that give every automatic point, without a sandbox."""
    scores = {f"test_{name}": {"score": value} for name, value in Masters(course.masters).points.items()}
    judgement = {"verdicts": scores, "level": "none", "seconds": 0.0, "notes": []}
    return dict.fromkeys(course.notebooks(), judgement)


def test_penalties_follow_deadline_extensions_and_later_points(course):
    """Graded on time for one deadline, late for another, excused for one student, and with manual points."""
    with one_engine():
        for student in ("ann", "zoe"):
            (hand_in(course, student, {}) / "timestamp.txt").write_text("2026-12-02 20:00:00 UTC")
            autograde(course, stage(course.directory(student_id=student)), full_marks(course))

    def score(student):
        with Gradebook(course.db_url) as gradebook:
            submission = gradebook.find_submission(course.assignment, student)
            return submission.score, submission.late_submission_penalty

    late.set_deadline(course, "2026-12-01 23:59 UTC")
    (course.home / "extensions.csv").write_text("student,days,reason\nann,1,ill\n")
    assert late.apply(course) == ["zoe: 1 day late, 2.4 points less", "deadline 2026-12-01 23:59:00 UTC; 1 of 2 late"]
    assert (score("ann"), score("zoe")) == ((24, 0), (24, pytest.approx(2.4)))
    with Gradebook(course.db_url) as gradebook:
        notebook = gradebook.find_submission_notebook("01_feature_maps", course.assignment, "zoe")
        next(grade for grade in notebook.grades if grade.name.startswith("reflection")).manual_score = 6
        gradebook.db.commit()
    late.apply(course)
    assert score("zoe") == (30, pytest.approx(3)), "the reflection's points count, too"
    late.set_deadline(course, "2026-12-05 23:59 UTC")
    late.apply(course)
    assert score("zoe") == (30, 0)


def test_a_time_of_an_earlier_hand_in_does_not_stay_with_one_that_has_none(course):
    """It cost 14.75 points: nbgrader keeps the gradebook's time where a submission brings none."""
    late.set_deadline(course, "2026-12-01T23:59Z")
    folder = hand_in(course, "ann", {})
    (folder / "timestamp.txt").write_text("2026-12-02 20:00:00 UTC")
    with one_engine():
        autograde(course, stage(course.directory()), full_marks(course))
        assert late.apply(course)[0] == "ann: 1 day late, 2.4 points less"
        (folder / "timestamp.txt").unlink()
        autograde(course, stage(course.directory()), full_marks(course))
    assert late.apply(course) == ["deadline 2026-12-01 23:59:00 UTC; 0 of 1 late"]


def test_an_unknown_student_among_the_extensions_is_named(course):
    with one_engine():
        hand_in(course, "ann", {})
        autograde(course, stage(course.directory()), full_marks(course))
    late.set_deadline(course, "2026-12-01T23:59+01:00")
    (course.home / "extensions.csv").write_text("student,days,reason\nan,1,ill\n")
    first, last = late.apply(course)
    assert first.endswith("extensions.csv names 'an', and nobody is called so")
    assert last == "deadline 2026-12-01 22:59:00 UTC; 0 of 1 late"


@pytest.mark.parametrize("text", ["01.12.2026", "2026-12-01", "2026-12-01 23:59"])
def test_a_deadline_without_a_zone_is_refused(course, text):
    with pytest.raises(CourseError, match="is no date with a time and a zone; write it as"):
        late.set_deadline(course, text)

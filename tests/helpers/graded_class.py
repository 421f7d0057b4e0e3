"""A class graded without a sandbox: every automatic point, as nbgrader writes it."""

from nbgrader.api import Gradebook

from autograder.authoring.masters import Masters
from autograder.grading.class_run import autograde, one_engine
from autograder.intake.clean_copy import stage
from autograder.judging import jobs
from autograder.rehearsal.samples import hand_in, solved


def grade(course, *students):
    """Hand in right answers where nothing lies yet, and write full marks for them."""
    scores = {f"test_{name}": {"score": value} for name, value in Masters(course.masters).points.items()}
    judgement = {"verdicts": scores, "level": "none", "versions": jobs.versions(), "seconds": 0.0, "notes": []}
    with one_engine():
        for student in students:
            if not (course.submitted / student).exists():
                hand_in(course, student, solved(course))
            staged = stage(course.directory(student_id=student))
            there = [path.stem for path in (course.submitted / student / course.assignment).glob("*.ipynb")]
            autograde(course, staged, dict.fromkeys(there, judgement))


def read_reflections(course, points=5):
    """What a person does in formgrader: every waiting answer gets these points."""
    with Gradebook(course.db_url) as gradebook:
        for submission in gradebook.assignment_submissions(course.assignment):
            for row in (row for notebook in submission.notebooks for row in notebook.grades if row.auto_score is None):
                row.manual_score, row.needs_manual_grade = points, False
        gradebook.db.commit()

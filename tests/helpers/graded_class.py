"""A small course whose points stay when an instructor changes the real one's, and a class graded in it."""

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from traitlets.config import Config

from autograder.authoring.masters import Masters
from autograder.authoring.release import generate_notebooks
from autograder.grading.class_run import autograde
from autograder.grading.one_writer import one_engine
from autograder.intake.clean_copy import stage
from autograder.judging import jobs
from autograder.rehearsal.samples import hand_in, solved

POINTS = {"feature_matrix": 6, "inner_product": 3, "feature_distance": 4, "gram_matrix": 8, "gram_matrices": 3}


def with_points_of_its_own(course):
    """The course with POINTS in its masters, released anew."""
    for path in sorted(course.masters.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        for marks in (cell.metadata.get("nbgrader", {}) for cell in book.cells):
            name = marks.get("grade_id", "").removeprefix("test_")
            if marks.get("grade") and name in POINTS:
                marks["points"] = POINTS[name]
        nbformat.write(book, path)
    generate_notebooks(course, course.released)
    return course


def grade(course, *students):
    """Hand in right answers where nothing lies yet; full marks for them without a sandbox, as nbgrader writes it."""
    scores = {f"test_{name}": {"score": value} for name, value in Masters(course.masters).points.items()}
    judgement = {"verdicts": scores, "level": "none", "versions": jobs.versions(), "seconds": 0.0, "notes": []}
    with one_engine():
        for student in students:
            if not (course.submitted / student).exists():
                hand_in(course, student, solved(course))
            staged = stage(course.directory(student_id=student))
            there = [path.stem for path in (course.submitted / student / course.assignment).glob("*.ipynb")]
            autograde(course, staged, dict.fromkeys(there, judgement))


def nbgrader_autograde(course, **sections):
    """Stock autograde with the course's configuration and more of it."""
    config = Config(course.config)
    config.merge(Config(sections))
    converter = Autograde(coursedir=course.directory(), config=config, force=True)
    converter.log.setLevel("CRITICAL")
    converter.start()


def read_reflections(course, points=5):
    """What a person does in formgrader: every waiting answer gets these points."""
    with Gradebook(course.db_url) as gradebook:
        for submission in gradebook.assignment_submissions(course.assignment):
            for row in (row for notebook in submission.notebooks for row in notebook.grades if row.auto_score is None):
                row.manual_score, row.needs_manual_grade = points, False
        gradebook.db.commit()

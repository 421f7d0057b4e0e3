"""Wrong answers without a name: grouped by what they are worth on the public cases, and made a known mistake."""

import importlib.util
import re
import shutil

import nbformat
import numpy as np
import pytest

from autograder.__main__ import main
from autograder.authoring import cases
from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.grading import class_run
from autograder.grading.class_run import grade_class
from autograder.outcome import report, unexplained
from autograder.outcome.unexplained import Group
from autograder.rehearsal.samples import hand_in, solved
from autograder.sandbox.levels import LEVELS, probe

EVERY_OTHER = """def gram_matrix(F):
    "Mine."
    N, M = F.shape
    G = np.zeros((N, N))
    for i in range(N):
        for j in range(N):
            for k in range(0, M, 2):
                G[i, j] += F[i, k] * F[j, k]
    return G
"""
WRONG = {
    "ada": {"gram_matrix": EVERY_OTHER},
    "ben": {"gram_matrix": "def thinned(F):\n    return F[:, ::2]\n\ndef gram_matrix(F):\n"
    "    F = thinned(F)\n    return F @ F.T\n"},
    "cleo": {"gram_matrix": "def gram_matrix(F):\n    return np.tanh(F @ F.T)\n",
             "gram_matrices": "def gram_matrices(features):\n    return {l: 1 + F for l, F in features.items()}\n"},
    "dora": {"gram_matrix": "def gram_matrix(F):\n    return F.T @ F\n"},
    "emma": {"gram_matrix": "def gram_matrix(F):\n    return F.nothing\n"},
}  # fmt: skip


@pytest.fixture(scope="module")
def classroom(pristine, tmp_path_factory):
    """All answers in WRONG were graded as wrong without a name, dora's too. No sandbox until here."""
    course = Course(shutil.copytree(pristine.root, tmp_path_factory.mktemp("unexplained") / "course"))
    for student, answers in WRONG.items():
        hand_in(course, student, solved(course) | answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_run, "check_ready", lambda course, settings: LEVELS["namespaces"])
        patch.setattr(class_run, "run_jobs", lambda _, jobs, workers: ((key, judged(job)) for key, job in jobs))
        grade_class(course, list(WRONG))
    return course


def judged(job):
    points, wrong = Masters(job.masters).points, WRONG[job.student]
    texts = {"mistake": "", "reason": ""}
    verdicts = {
        f"test_{e}": {
            **texts,
            "hint": "With it, raised AttributeError." if job.student == "emma" else "Not the right one.",
        }
        | {"score": 0.0 if e in wrong else n}
        for e, n in points.items()
    }
    record = {"level": job.level, "seconds": 1.0, "megabytes": 80, "notes": [], "verdicts": verdicts}
    return {name: {**record, "confinement": {}} for name in job.notebooks}, 1.0


@pytest.fixture
def course(classroom, monkeypatch):
    def no_hidden_cases(*_):
        raise AssertionError("hidden cases were drawn")

    monkeypatch.setattr(cases.GradedExercise, "fresh", no_hidden_cases)
    for module in (unexplained, report):
        monkeypatch.setattr(module, "Course", lambda assignment: Course(classroom.root, assignment))
    return classroom


@pytest.mark.sandbox
def test_equal_values_are_one_group_named_answers_none_and_the_report_shows_them(course, capsys):
    before = report.page(report.class_report(course))
    assert "6 wrong answers without a name are not grouped yet" in before
    found = unexplained.groups(course, probe().name)
    assert [(group.exercise, group.students) for group in found] == [
        ("gram_matrix", ["ada", "ben"]),
        ("gram_matrices", ["cleo"]),
        ("gram_matrix", ["cleo"]),
        ("gram_matrix", ["emma"]),
    ]
    assert "yours: " in found[0].message and "right: " in found[0].message and "AttributeError" in found[3].message
    assert main(["unexplained"]) == 0
    said = capsys.readouterr().out
    assert "1. gram_matrix, 2 students: ada, ben" in said and "--stub NUMBER" in said and "def gram_matrix(F):" in said
    page = report.page(report.class_report(course))
    assert "1 wrong answers without a name are not grouped yet" in page  # dora's, explained by now
    assert "Equal values are one group" in page
    assert re.search(r">2</td><td class=\"word\">gram_matrix</td><td class=\"hint\">With a small matrix", page)
    assert main(["unexplained", "--stub", "9"]) == 2
    assert "there is no group 9: there are 4" in capsys.readouterr().err


@pytest.mark.sandbox
def test_a_stub_that_is_filled_in_names_all_of_its_group(course, capsys, tmp_path, monkeypatch):
    assert main(["unexplained", "--stub", "1"]) == 0
    text = capsys.readouterr().out
    known = """from autograder.exercises.gram_matrix import *
from autograder.exercises.gram_matrix import exercise as old
exercise = Exercise("gram_matrix", old.inputs, limits=old.limits)


"""
    with pytest.raises(CourseError, match="the kind 'KIND' of NAME has no row"):
        cases._check_kinds(module(tmp_path / "unfilled.py", known + text).exercise)
    text = text.replace("KIND", "part").replace("NAME", "every_other").replace("HINT: ", "Positions are left out: ")
    filled = module(tmp_path / "filled.py", known + text).exercise
    assert filled.mistakes[0].hint.startswith("Positions are left out: what is wrong")
    assert "Mine." not in text and "Mine." not in filled.mistakes[0].source
    entry = cases.entry
    monkeypatch.setattr(cases, "entry", lambda name: filled if name == "gram_matrix" else entry(name))
    cases._functions.cache_clear()
    try:
        found = unexplained.groups(course, probe().name)
    finally:
        cases._functions.cache_clear()
    assert ["ada", "ben"] not in [group.students for group in found] and len(found) > 1


def module(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_stub_of_several_statements_keeps_them_inside():
    group = Group("gram_matrix", ["ben"], "", WRONG["ben"]["gram_matrix"])
    text = unexplained.stub(group)
    scope = {"exercise": type("E", (), {"mistake": staticmethod(lambda kind: lambda function: function)})}
    exec(text, scope)
    assert np.array_equal(scope["NAME"](np.array([[1.0, 2, 3]])), [[10.0]]) and "thinned" not in scope
    for source, words in (("x =", "is no Python"), ("gram_matrix = lambda F: F", "holds no `def gram_matrix`")):
        with pytest.raises(CourseError, match=words):
            unexplained.stub(Group("gram_matrix", ["ben"], "", source))


def test_an_answer_comes_with_the_student_s_cells_that_it_uses_and_no_other_exercise(classroom, tmp_path):
    course = Course(shutil.copytree(classroom.root, tmp_path / "course"))
    path = course.autograded / "ada" / course.assignment / "03_gram_matrices.ipynb"
    book = nbformat.read(path, as_version=4)
    place = next(i for i, cell in enumerate(book.cells) if cell.metadata.get("nbgrader", {}).get("solution"))
    extra = ["from math import fsum as add", "helper = lambda F: add(F)", "unused = 1\n1 / 0", "%matplotlib inline"]
    book.cells[place:place] = [nbformat.v4.new_code_cell(source) for source in extra]
    book.cells[place + len(extra)].source = "def gram_matrix(F):\n    return helper(F)\n"
    nbformat.write(book, path)
    found = unexplained.answer_in(course, "ada", "gram_matrix", Masters(course.masters))
    assert found == "\n\n".join([*extra[:2], "def gram_matrix(F):\n    return helper(F)\n"])

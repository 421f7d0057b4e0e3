"""What an instructor gets wrong in references, mistakes, points or credit is told in a sentence; nothing is written."""

import shutil

import nbformat
import pytest

from autograder import __main__
from autograder.authoring import cases, credit, release
from autograder.authoring.masters import Masters
from autograder.course import Course, CourseError
from autograder.exercises import Known, entry
from autograder.exercises.inputs import matrices
from autograder.exercises.model import Exercise

BOOK = "03_gram_matrices"


@pytest.fixture
def changed(course, monkeypatch):
    """A function that changes the master's cell of an exercise; the released files are there already."""
    (course.root / "LICENSE").write_text("")
    monkeypatch.setattr(release, "Course", lambda: course)
    monkeypatch.setattr(cases, "DRAWS", 2)
    cases._functions.cache_clear()

    def change(name, source=None, **marks):
        path = course.masters / f"{BOOK}.ipynb"
        book = nbformat.read(path, as_version=4)
        (cell,) = [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name]
        cell.source = cell.source if source is None else f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
        cell.metadata.nbgrader.update(marks)
        nbformat.write(book, path)
        return course

    yield change
    cases._functions.cache_clear()


def released(course):
    return {path: path.read_bytes() for path in sorted((course.root / "course").rglob("*")) if path.is_file()}


REFERENCES = {
    "def gram_matrix(F)\n    return F": "cell gram_matrix, cannot be run: SyntaxError",
    "gram = 1 / 0": "cell gram_matrix, cannot be run: ZeroDivisionError",
    "def gramm(F):\n    return F @ F.T": "defines no function gram_matrix",
    "def gram_matrix(F):\n    return F.T @ F": "the same answers. Change or remove one of them in",
    "def gram_matrix(F):\n    return F @ F.T + unknown": "the reference fails with",
}


@pytest.mark.parametrize("source", REFERENCES)
def test_a_reference_that_cannot_be_one_is_told_in_a_sentence_and_nothing_is_written(changed, capsys, source):
    course = changed("gram_matrix", source)
    before = released(course)
    assert __main__.main(["release"]) == 2
    said = capsys.readouterr().err
    assert REFERENCES[source] in said and "gram_matrix" in said
    assert released(course) == before
    with pytest.raises(CourseError):
        cases.check_exercises(Masters(course.masters))


@pytest.mark.parametrize("points", [2.5, -1, "8", None])
def test_points_are_whole_numbers(changed, points):
    course = changed("test_gram_matrix", points=points)
    with pytest.raises(CourseError, match=r"test_gram_matrix has .* points; give a whole number from 0 on"):
        Masters(course.masters)


def test_a_mistake_of_an_unknown_kind_is_named(course, monkeypatch):
    known = entry("gram_matrix")
    monkeypatch.setattr(known, "mistakes", [*known.mistakes, Known("odd", "strange", "def gram_matrix(F): pass", "?")])
    with pytest.raises(CourseError, match=r"gram_matrix.py: the kind 'strange' of odd has no row in .*credit.toml"):
        cases.GradedExercise("gram_matrix", Masters(course.masters)).fresh(1)


def test_a_mistake_that_cannot_be_run_is_named(course, monkeypatch):
    known = entry("gram_matrix")
    monkeypatch.setattr(known, "mistakes", [Known("odd", "formula", "def gram_matrix(F) pass", "?")])
    cases._functions.cache_clear()
    with pytest.raises(CourseError, match=r"gram_matrix.py: the mistake odd cannot be run"):
        cases.GradedExercise("gram_matrix", Masters(course.masters)).fresh(1)
    cases._functions.cache_clear()


def test_a_mistake_without_a_hint_is_named():
    def silent(F):
        return F

    with pytest.raises(CourseError, match="the mistake silent of gram_matrix needs a docstring"):
        Exercise("gram_matrix", matrices).mistake("formula")(silent)


def test_an_exercise_without_a_module_is_named():
    with pytest.raises(CourseError, match="autograder/exercises/ has no module for the exercise 'nobody'"):
        entry("nobody")


@pytest.mark.parametrize(
    "text", ['[formula]\ncredit = 0.5\nreason = "a', "[formula]\ncredit = 2\nreason = 'a'", "[formula]\nreason = 'a'"]
)
def test_a_credit_table_that_cannot_be_used_is_told_in_a_sentence(tmp_path, text):
    (tmp_path / "credit.toml").write_text(text)
    with pytest.raises(CourseError, match=r"credit.toml"):
        credit.read_rows(tmp_path / "credit.toml")


def test_a_release_that_works_still_writes_both(changed):
    course = changed("gram_matrix")
    shutil.rmtree(course.released)
    (course.root / "assets").mkdir()
    assert release.release(course).is_file()
    assert (course.released / f"{BOOK}.ipynb").is_file() and Course(course.root).notebooks() == course.notebooks()
    assert (course.root / "course" / "nst" / "cases" / "gram_matrix.json").is_file()

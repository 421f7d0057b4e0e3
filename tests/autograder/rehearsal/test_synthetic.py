"""Synthetic classes: the shares that were asked for, the same bytes for the same seed, and what they are worth."""

import os
import shutil
from collections import Counter

import nbformat
import pytest

from autograder.authoring.cases import graded_exercises
from autograder.authoring.masters import Masters
from autograder.course import CourseError
from autograder.intake.notebook_file import Unreadable, read_cells
from autograder.rehearsal.attack.corpora import all_cases
from autograder.rehearsal.synthetic import SHARES, make_class
from nst.checks.calling import call_twice
from nst.checks.judge import judge


@pytest.fixture
def members(course):
    return make_class(course, 40, seed=3)


def files(folder):
    """Every file below: its bytes, or where the link points."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_symlink() or p.is_file()):
        found[str(path.relative_to(folder))] = os.readlink(path) if path.is_symlink() else path.read_bytes()
    return found


def test_shares_are_kept_and_every_student_has_a_folder(course, members):
    assert Counter(member.kind for member in members) == {"honest": 22, "wrong": 14, "broken": 3, "hostile": 1}
    assert sum(SHARES.values()) == pytest.approx(1)
    handed_in = sorted(path.name for path in course.submitted.iterdir())
    assert handed_in == [member.student for member in members] and len(set(handed_in)) == 40


def test_the_same_seed_gives_the_same_class_and_another_seed_another(course, members):
    first = files(course.submitted)
    assert (anew(course, 40, seed=3), files(course.submitted)) == (members, first)
    assert [m.about for m in anew(course, 40, seed=4)] != [m.about for m in members]


def anew(course, *arguments, **options):
    shutil.rmtree(course.submitted, ignore_errors=True)
    return make_class(course, *arguments, **options)


def test_answers_are_worth_what_their_kind_says(course, members):
    """Honest answers pass the checks; a wrong student's mistakes are found by name."""
    drawn = {exercise: exercise.fresh(7) for exercise in graded_exercises(Masters(course.masters))}
    honest = next(member for member in members if member.kind == "honest")
    assert honest.due == 24
    wrong = next(m for m in members if m.kind == "wrong" and ": " in m.about and "not written" not in m.about)
    made = dict(text.split(": ") for text in wrong.about.split(", "))
    for exercise, known in drawn.items():
        assert verdict(course, honest, exercise, known).passed
        assert verdict(course, wrong, exercise, known).mistake == made.get(exercise.name)


def verdict(course, member, exercise, known):
    folder = course.submitted / member.student / course.assignment
    notebook = nbformat.read(folder / f"{exercise.masters.notebook_of(exercise.name)}.ipynb", as_version=4)
    source = next(c.source for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == exercise.name)
    function = exercise.function_of(source)
    return judge(known, [call_twice(function, case.args) for case in known])


def test_broken_and_hostile_students_differ_from_honest_ones(course):
    for member in anew(course, 12, shares={"broken": 1}):
        folder = course.submitted / member.student / course.assignment
        assert any(is_broken(folder / f"{name}.ipynb") for name in course.notebooks()), member.about
    names = {member.about.partition(":")[0] for member in anew(course, 12, shares={"hostile": 1})}
    assert len(names) > 3 and names <= {case.name for case in all_cases() if not case.bomb}


def is_broken(path):
    if path.is_symlink() or not path.exists():
        return True
    try:
        text = "\n".join(cell.source for cell in read_cells(path.read_bytes()))
    except Unreadable:
        return True
    return any(word in text for word in ("raise RuntimeError", "os._exit", "while True", "(*arguments)\n    return"))


def test_a_class_that_is_there_is_not_touched(course, members):
    before = files(course.submitted)
    with pytest.raises(CourseError, match="there already"):
        make_class(course, 3)
    assert files(course.submitted) == before


@pytest.mark.parametrize("shares", [{"clever": 1}, {"honest": 0}, {"honest": 2, "wrong": -1}])
def test_shares_that_make_no_sense_are_refused(course, shares):
    with pytest.raises(CourseError):
        make_class(course, 3, shares=shares)

"""Questions on a student's own code: chosen, computed from that very code in the sandbox, and put on two pages."""

import time

import nbformat
import numpy as np
import pytest

from autograder.__main__ import main
from autograder.authoring.cases import GradedExercise, graded_exercises
from autograder.authoring.masters import Masters
from autograder.intake import attempts
from autograder.rehearsal.samples import filled, hand_in, solved
from autograder.sandbox.levels import probe
from autograder.sandbox.limits import Limits
from autograder.talk import viva
from autograder.talk.questions import Interview, _spread
from autograder.talk.small import doubled, small
from autograder.talk.work import Reader, Work
from graded_class import grade

FIRST = "01_feature_maps"
HOSTILE = (
    "def gram_matrix(F):\n    # </pre><img src=x onerror=alert(1)>"
    + 9 * "\n    # why"
    + "\n    G = F @ F.T\n    return G"
)
PLAIN = "def gram_matrix(F):\n    return np.dot(F, F.T)"


@pytest.mark.parametrize("exercise", Masters().exercises())
def test_small_arguments_fit_and_can_be_doubled(exercise):
    graded = GradedExercise(exercise, Masters())
    reference = graded.masters.reference(exercise)
    args = small(graded, 7)
    place, twice = doubled(args)
    with np.errstate(all="raise"):
        assert reference(*args) is not None and reference(*twice) is not None
    assert repr(small(graded, 7)) == repr(args) and place == int(exercise == "image_gradient")  # steps hold no loss
    assert len({repr(small(graded, seed)) for seed in range(20)}) > 1


@pytest.mark.sandbox
def test_the_answers_are_those_of_the_students_own_code(course):
    """Wrong code gets its own, wrong numbers: the talk is about what was written."""
    wrong = "def inner_product(F, P):\n    total = np.sum(F * P)\n    return total / 2"
    nb = filled(course, "01_feature_maps", solved(course) | {"inner_product": wrong})
    masters = Masters(course.masters)
    interview = Interview(nb, graded_exercises(masters, "01_feature_maps"), probe().name)
    first, change, double = interview.questions({"inner_product": wrong}, 5)["inner_product"]
    F, P = small(GradedExercise("inner_product", masters), 5)
    assert first.asked.startswith("What comes out for F = [[") and first.answer == f"{np.sum(F * P) / 2:g}"
    assert change.gone and change.answer and change.gone != change.new
    assert double.answer == f"2 times as much: {np.sum(F * P):g}"


@pytest.mark.sandbox
def test_code_that_cannot_be_asked_gives_no_questions_or_an_error_to_explain(course):
    sources = {
        "inner_product": "import os\ndef inner_product(F, P):\n    os._exit(1)",
        "feature_distance": "def feature_distance(F, P):\n    return nowhere",
    }
    nb = filled(course, "01_feature_maps", solved(course) | sources)
    interview = Interview(nb, graded_exercises(Masters(course.masters), "01_feature_maps"), probe().name)
    found = interview.questions(sources, 5)
    assert found["inner_product"] == []
    assert [question.answer.split(",")[0] for question in found["feature_distance"]] == ["An error: NameError"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "body",
    [
        "return np.random.rand()",  # another answer every time
        "return 'a text' if F is P else 'another one'",
        "return {f'{number:04}' * 50: number for number in range(9_999)}",
        "return 1" + " + 1" * 900,  # too deep for a tree of it
        "for _ in range(10**12):\n        pass",
    ],
)
def test_an_odd_answer_never_ends_the_run_and_never_fills_the_page(course, body):
    source = f"def inner_product(F, P):\n    {body}"
    nb = filled(course, "01_feature_maps", solved(course) | {"inner_product": source})
    limits = Limits(call_seconds=0.5)
    interview = Interview(nb, graded_exercises(Masters(course.masters), "01_feature_maps"), probe().name, limits)
    found = interview.questions({"inner_product": source}, 5)["inner_product"]
    assert len(found) < 3 or "random" not in body
    assert all(len(question.answer) < 500 for question in found)


@pytest.mark.parametrize("exercise", Masters().exercises())
def test_every_change_that_is_asked_about_can_be_seen(exercise):
    """A `return` that moves into its loop, too: nothing but its indentation changes."""
    for gone, new, _ in _spread(Masters().source_of(exercise), np.random.default_rng(3)):
        assert gone and gone != new and len(gone) == 1


def test_code_that_nobody_can_say_in_five_minutes_is_not_changed_at_all():
    """Each change costs time that grows with the code: of a list of 30 000 numbers, hours."""
    source = f"def f(x):\n    return [{', '.join(map(str, range(30_000)))}]"
    started = time.monotonic()
    assert _spread(source, np.random.default_rng(0)) == [] and time.monotonic() - started < 10


@pytest.mark.sandbox
def test_endless_loops_of_one_student_cost_the_others_no_more_than_a_notebook(course, monkeypatch):
    monkeypatch.setattr(type(course), "limits", {"notebook_seconds": 4.0})
    loop = "def {}(*args):\n    for _ in range(10**12):\n        pass"
    sources = {name: loop.format(name) for name in Masters(course.masters).exercises()}
    reader = Reader(course)
    books = {name: filled(course, name, sources) for name in course.notebooks()}
    started = time.monotonic()
    assert viva.interview(reader, Work("ann", books, sources), ((name, "") for name in sources), probe().name) == []
    assert time.monotonic() - started < 30


def test_what_changed_comes_first_then_what_is_rare(course):
    reader = Reader(course)
    works = [Work(f"s{i:02}", answers={"gram_matrix": PLAIN, "inner_product": "def inner_product(F, P):\n    return 1"})
             for i in range(30)]  # fmt: skip
    works[3].answers["gram_matrix"] = works[4].answers["gram_matrix"] = HOSTILE
    ann = works[0]
    ann.answers["inner_product"] = "def inner_product(F, P):\n    return np.einsum('ij,ij', F, P)"
    chosen = dict(viva.reasons(reader, viva.forms(reader, works), ann, set()))
    assert list(chosen) == ["inner_product", "gram_matrix"] and "nobody else of 30" in chosen["inner_product"]
    assert "2 of 30" in dict(viva.reasons(reader, viva.forms(reader, works), works[3], set()))["gram_matrix"]
    old = filled(course, "03_gram_matrices", {"gram_matrix": HOSTILE})
    files = {"03_gram_matrices": nbformat.writes(old).encode()}
    attempts.keep(course, "s00", [("03.ipynb", files["03_gram_matrices"])], files, when="", source="a test")
    common = viva.forms(reader, works)
    assert next(viva.reasons(reader, common, ann, set()))[0] == "gram_matrix"
    for path in (course.home / attempts.FOLDER / "s00").iterdir():
        path.write_bytes(b"PK, and then the disk was full")
    assert next(viva.reasons(reader, common, ann, set()))[0] == "inner_product"


@pytest.mark.sandbox
def test_a_page_for_a_student_from_the_command_line(course, monkeypatch, capsys):
    monkeypatch.setattr(viva, "Course", lambda: course)
    for student in ("ann", "ben"):
        hand_in(course, student, solved(course) | {"gram_matrix": HOSTILE})
    grade(course, "ann", "ben")
    assert main(["viva", "--student", "ann"]) == 0
    pages = list((course.home / "outgoing" / "viva").iterdir())
    assert [page.name for page in pages] == ["ann.html"] and "ann.html" in capsys.readouterr().out
    text = pages[0].read_text()
    questions, answers = text.split("For the examiner")
    assert questions.count("<h2>") == answers.count("<h2>") == 3
    assert 'class="answer"' not in questions and answers.count('class="answer"') == 9
    assert "&lt;/pre&gt;&lt;img" in text and "<img" not in text and "ben" not in text


def test_nobody_to_ask_is_a_sentence(course, monkeypatch, capsys):
    monkeypatch.setattr(viva, "Course", lambda: course)
    assert main(["viva", "--student", "nobody"]) == 2
    assert "No hand-in of nobody lies in" in capsys.readouterr().err

"""Questions on a student's own code: chosen, computed from that very code in the sandbox, and put on two pages."""

import nbformat
import numpy as np
import pytest

from autograder.__main__ import main
from autograder.authoring.cases import GradedExercise, graded_exercises
from autograder.authoring.masters import Masters
from autograder.intake import attempts
from autograder.rehearsal.samples import filled, hand_in, solved
from autograder.sandbox.levels import probe
from autograder.talk import viva
from autograder.talk.questions import Interview
from autograder.talk.small import doubled, small
from autograder.talk.work import Reader, Work
from graded_class import grade

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
    assert repr(small(graded, 7)) == repr(args) and place == 0
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


def test_what_changed_comes_first_then_what_is_rare(course):
    reader = Reader(course)
    works = [Work(f"s{i:02}", answers={"gram_matrix": PLAIN, "inner_product": "def inner_product(F, P):\n    return 1"})
             for i in range(30)]  # fmt: skip
    works[3].answers["gram_matrix"] = works[4].answers["gram_matrix"] = HOSTILE
    ann = works[0]
    ann.answers["inner_product"] = "def inner_product(F, P):\n    return np.einsum('ij,ij', F, P)"
    chosen = dict(viva.reasons(reader, works, ann, set()))
    assert list(chosen) == ["inner_product", "gram_matrix"] and "nobody else of 30" in chosen["inner_product"]
    assert "2 of 30" in dict(viva.reasons(reader, works, works[3], set()))["gram_matrix"]
    old = filled(course, "03_gram_matrices", {"gram_matrix": HOSTILE})
    files = {"03_gram_matrices": nbformat.writes(old).encode()}
    attempts.keep(course, "s00", [("03.ipynb", files["03_gram_matrices"])], files, when="", source="a test")
    assert next(viva.reasons(reader, works, ann, set()))[0] == "gram_matrix"


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

"""`python -m autograder try`: the seam through which answers from outside are tried."""

import json

import pytest

from autograder.__main__ import main
from autograder.authoring.masters import Masters
from autograder.judging import trial
from autograder.sandbox.levels import probe

MASTERS = Masters()


def tried(exercise, source, draws=1):
    answer = {"exercise": exercise, "name": "one", "source": source}
    return trial.trial(answer, MASTERS, draws, probe().name)


@pytest.mark.sandbox
def test_a_list_comes_back_in_its_form(tmp_path, capsys):
    rows = [
        {
            "exercise": "gram_matrix",
            "name": "right",
            "source": "def gram_matrix(F):\n    return F @ F.T\n",
            "right": True,
        },
        {"exercise": "gram_matrix", "name": "turned", "source": "def gram_matrix(F):\n    return F.T @ F\n"},
    ]
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(rows))
    assert main(["try", str(path), "--json", "--draws", "2"]) == 0
    right, turned = json.loads(capsys.readouterr().out)
    assert [list(result) for result in (right, turned)] == [["exercise", "name", "check", "grades"]] * 2
    assert right["check"] == {"passed": True, "message": "", "mistake": None}
    assert right["grades"] == [{"passed": True, "credit": 1.0, "mistake": None, "message": ""}] * 2
    assert (turned["name"], turned["check"]["mistake"]) == ("turned", "positions")
    assert turned["grades"][0] == turned["grades"][1] and turned["grades"][0]["credit"] == 0.25


def test_a_list_after_an_exercise_gives_its_answers_to_that_one(tmp_path):
    path = tmp_path / "list.json"
    rows = [{"exercise": name, "name": "x", "source": "pass"} for name in ("gram_matrix", "inner_product")]
    path.write_text(json.dumps(rows))
    assert trial.answers_of(["inner_product", str(path)], MASTERS) == rows[1:]
    assert trial.answers_of([str(path)], MASTERS) == rows


@pytest.mark.sandbox
def test_a_file_is_told_in_words_with_parts_that_answer_right(tmp_path, capsys):
    path = tmp_path / "answer.py"
    path.write_text("def style_loss_layer(F, A):\n    return np.sum((gram_matrix(F=F) - A) ** 2) / F.size**2\n")
    assert main(["try", "style_loss_layer", str(path), "--draws", "1"]) == 0
    said = capsys.readouterr().out
    assert "check: The 4 in the denominator" in said and "grade: 3.5 of 7 points in 1 of 1 draws" in said


@pytest.mark.sandbox
def test_check_shows_an_example_and_numpy_s_words_and_grade_shows_neither():
    check, (grade,) = tuple(tried("inner_product", "def inner_product(F, P):\n    return F @ P\n").values())[2:]
    assert "needs as many columns on its left" in check["message"] and "columns" not in grade["message"]
    check, (grade,) = tuple(
        tried("inner_product", "def inner_product(F, P):\n    return np.sum(F * P) + 0.37 * F[0, 0]\n").values()
    )[2:]
    assert "\nyours: " in check["message"] and "yours" not in grade["message"]


@pytest.mark.sandbox
def test_numbers_for_names_are_a_container_when_graded_as_well():
    source = "def gram_matrices(features):\n    return {i: gram_matrix(F) for i, F in enumerate(features.values())}\n"
    result = tried("gram_matrices", source)
    assert result["check"]["mistake"] == result["grades"][0]["mistake"] == "numbered"
    assert result["grades"][0]["credit"] == 0.75


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os\ndef gram_matrix(F):\n    os._exit(0)\n", "no answer"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "Not judged: calling it ended the kernel"),
        ("def gram(F):\n    return F\n", "Not judged: it defines no function called gram_matrix"),
        ("1 / 0\n", "Not judged: its code raised ZeroDivisionError"),
    ],
)
def test_code_that_does_harm_or_nothing_is_told_so(source, words):
    result = tried("gram_matrix", source)
    assert words in result["check"]["message"] and not result["check"]["passed"]
    assert result["grades"][0]["credit"] == 0


@pytest.mark.sandbox
def test_a_kernel_that_dies_by_accident_has_a_second_chance_as_in_grading(monkeypatch):
    calls, call = [], trial.Trial._tried

    def dies_once(self, kernel, cases, public, error):
        calls.append(public)
        if len(calls) == 2:
            raise trial.KernelDead("it did nothing for 10 seconds")
        return call(self, kernel, cases, public, error)

    monkeypatch.setattr(trial.Trial, "_tried", dies_once)
    result = tried("gram_matrix", "def gram_matrix(F):\n    return F @ F.T\n", draws=2)
    assert calls == [True, False, False, False] and all(grade["passed"] for grade in result["grades"])


def test_what_cannot_be_tried_is_said_in_a_sentence(tmp_path, capsys):
    (tmp_path / "bad.json").write_text('[{"exercise": "gram_matrix", "name": 3}]')
    (tmp_path / "no.json").write_text("{")
    (tmp_path / "list.json").write_text('[{"exercise": "gram_matrix", "name": "x", "source": ""}]')
    (tmp_path / "other.json").write_text('[{"exercise": "gram", "name": "x", "source": ""}]')
    for what, words in (
        (["gram_matrix"], "name the files"),
        (["gram", __file__], "no exercise is called 'gram'; there are: feature_matrix"),
        (["gram_matrix", str(tmp_path / "gone.py")], "cannot be read"),
        ([str(tmp_path / "bad.json")], "3 is no text"),
        ([str(tmp_path / "no.json")], 'is not a list of {"exercise"'),
        ([str(tmp_path / "other.json")], "no exercise is called 'gram'"),
        (["inner_product", str(tmp_path / "list.json")], "answers other exercises than inner_product: gram_matrix"),
        ([str(tmp_path / "list.json"), __file__], "name the exercise that"),
    ):
        assert main(["try", *what]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.sandbox
def test_a_function_called_twice_in_each_iteration_is_told_by_check_and_grade_alike():
    source = MASTERS.source_of("style_transfer")
    calls = "loss, gradient = loss_and_gradient(x)"
    assert source.count(calls) == 1
    two = source.replace(calls, "loss, gradient = loss_and_gradient(x)[0], loss_and_gradient(x)[1]")
    right, wrong = tried("style_transfer", source), tried("style_transfer", two)
    assert right["check"]["passed"] and right["grades"][0]["passed"]
    assert wrong["check"]["mistake"] == wrong["grades"][0]["mistake"] == "calls"
    assert wrong["grades"][0]["credit"] == 0.75 and not any(c.isdigit() for c in wrong["grades"][0]["message"])

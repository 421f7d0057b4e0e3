"""Whole notebooks: honest ones get their due. See also test_notebook_lending, _broken and _hostile.

Every test changes a master notebook the way a student would have, and says what each exercise must then get.
"""

import pytest

from autograder.authoring.cases import GradedExercise
from autograder.judging import ahead, verdicts
from autograder.judging.notebook import judge_notebook
from autograder.judging.steps import steps_of
from nst.checks.comparison import Verdict
from student_notebook import FEATURES, MASTERS, RIGHT, SEED, all_of, features, grade, submission

pytestmark = pytest.mark.sandbox

# --- honest notebooks ---


@pytest.mark.parametrize("name", MASTERS.graded())
def test_a_solved_notebook_gets_all_points(name):
    judgement, shares = grade(name)
    assert set(shares.values()) == {1.0} and not [g for g in judgement.verdicts.values() if g.hint or g.reason]
    assert {g.points for g in judgement.verdicts.values()} == {MASTERS.points[e] for e in shares}


def test_what_comes_after_the_last_exercise_is_not_run():
    """Students paint there for themselves: seconds and hundreds of megabytes that no verdict needs."""
    judgement, shares = features(after=["hoard = bytearray(300 * 2**20)\nraise RuntimeError", "import os\nos._exit(1)"])
    assert shares == all_of(FEATURES) and judgement.notes == [] and judgement.memory < 200 * 2**20


def test_an_unsolved_notebook_gets_none_and_is_told_so():
    stubs = {e: f"def {e}(*arguments):\n    raise NotImplementedError" for e in FEATURES}
    judgement, shares = features(stubs)
    assert set(shares.values()) == {0.0}
    assert all("Not written yet" in graded.hint for graded in judgement.verdicts.values())


def test_a_notebook_without_exercises_needs_no_kernel(monkeypatch):
    monkeypatch.setattr(ahead, "Kernel", None)
    judgement = judge_notebook(submission("06_explore"), "06_explore", seed=SEED, masters=MASTERS)
    assert judgement.verdicts == {}


def test_odd_habits_cost_nothing():
    changes = {
        "feature_matrix": """
import os, sys, logging, warnings, subprocess
from typing import Any
warnings.warn("careful"); logging.error("a log line"); print("oh", file=sys.stderr); os.system("echo c-level >&2")
def feature_matrix(activation: Any) -> list:
    print("working", activation.shape)
    return [[float(activation[k // activation.shape[1], k % activation.shape[1], i])
             for k in range(activation.shape[0] * activation.shape[1])] for i in range(activation.shape[2])]""",
        "inner_product": "HELP = 1.0\nclass Product:\n    def __call__(self, F, P):\n"
        "        return np.float32(np.vdot(F, P)) * HELP\ninner_product = Product()",
        "feature_distance": "feature_distance = lambda F, P: my_norm(np.asmatrix(F - P))",
    }
    before = ["sum = list = 0\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()", "1 / 0", "nonsense here"]
    after = ["def my_norm(D):\n    return np.array([[np.linalg.norm(D)]]).item()", "del np", "undefined"]
    _, shares = features(changes, before=before, after=after)
    assert shares == all_of(FEATURES)


def test_an_answer_may_call_what_a_locked_cell_of_its_notebook_defines():
    code = "def conv_backward(g, kernel):\n    return convolve(g, kernel[::-1, ::-1].transpose(0, 1, 3, 2))"
    _, shares = grade("07_backward", {"conv_backward": code})
    assert set(shares.values()) == {1.0}


def test_a_wrong_answer_gets_the_hint_of_its_mistake_and_later_exercises_do_not_pay_again():
    judgement, shares = grade("03_gram_matrices", {"gram_matrix": "def gram_matrix(F):\n    return F.T @ F"})
    wrong, right = judgement.verdicts["test_gram_matrix"], judgement.verdicts["test_gram_matrices"]
    assert shares["gram_matrix"] < 0.5 and wrong.mistake and wrong.hint and not wrong.reason
    assert right.score == right.points and "gram_matrix" in right.hint


def test_a_change_in_place_is_seen():
    judgement, shares = grade(
        "02_content_loss", {"content_gradient": "def content_gradient(F, P):\n    F -= P\n    return F"}
    )
    assert shares["content_gradient"] < 1 and judgement.verdicts["test_content_gradient"].mistake


def test_the_function_judged_is_the_one_after_its_cell():
    wrong = "def inner_product(F, P):\n    return 0.0"
    _, shares = features({"inner_product": wrong}, after=[RIGHT])
    assert shares == all_of(FEATURES) | {"inner_product": 0.0}
    _, shares = features(after=[wrong])
    assert shares == all_of(FEATURES)


def test_a_function_in_another_cell_counts_if_its_own_cell_has_none():
    judgement, shares = features({"inner_product": "", "feature_matrix": "# see below"}, after=[RIGHT])
    assert shares == all_of(FEATURES) | {"feature_matrix": 0.0}
    assert "no function called feature_matrix" in judgement.verdicts["test_feature_matrix"].reason


@pytest.mark.parametrize(
    ("change", "name", "exercise"),
    [
        ("for extra in set(features_x) - set(features_p): del features_x[extra]", "02_content_loss", "content_loss"),
        ("features_x.setdefault('spare', 0.0)", "02_content_loss", "content_loss"),
        ("features_x['spare'] = features_x", "02_content_loss", "content_loss"),
        ("F.shape = F.shape[::-1]; F.shape = F.shape[::-1] + (1,); F = F[..., 0]", "03_gram_matrices", "gram_matrix"),
    ],
)
def test_a_change_that_leaves_both_answers_right_costs_something(change, name, exercise):
    source = MASTERS.source_of(exercise)
    head, body = source.split("\n", 1)
    judgement, shares = grade(name, {exercise: f"{head}\n    {change}\n{body}"})
    assert 0 < shares[exercise] < 1 and "in_place" in judgement.verdicts[f"test_{exercise}"].mistake


def test_a_check_in_a_solution_cell_costs_nothing_and_what_is_below_it_runs():
    checked = f"{RIGHT}\nimport nst\nnst.check('inner_product', inner_product)\nHELP = 1.0"
    source = "def feature_distance(F, P):\n    return HELP * np.linalg.norm(F - P)"
    judgement, shares = features({"inner_product": checked, "feature_distance": source})
    assert shares == all_of(FEATURES) and not judgement.notes


def test_a_cell_that_asks_how_large_pictures_may_be_measures_nothing():
    judgement, _ = features({"inner_product": f"import nst\nassert nst.settings.fixed_plan(256, 100)\n{RIGHT}"})
    assert not judgement.notes


def test_the_same_seed_judges_the_same_and_another_one_draws_anew():
    exercise = GradedExercise("inner_product", MASTERS)
    one, same, other = (exercise.fresh(seed)[0].args[0] for seed in (SEED, SEED, b"another"))
    assert (one == same).all() and (one.shape != other.shape or (one != other).any())


def test_scores_that_are_no_numbers_count_nothing(monkeypatch):
    monkeypatch.setattr(verdicts, "own_verdict", lambda *args: Verdict(False, next(odd), "odd", None))
    odd = iter([float("nan"), float("inf"), -3.0, 7.0, -float("inf"), float("nan")])
    _, shares = features()
    assert set(shares.values()) <= {0.0, 1.0}


def test_answers_that_cannot_be_compared_are_wrong(monkeypatch):
    def breaks(*args):
        raise ValueError("inhomogeneous")

    monkeypatch.setattr(verdicts, "own_verdict", breaks)
    judgement, shares = features()
    assert set(shares.values()) == {0.0}
    assert "cannot be compared" in judgement.verdicts["test_feature_matrix"].hint


# --- the parts of it ---


def test_demonstrations_and_check_cells_are_not_run():
    nb = submission("01_feature_maps")
    steps = steps_of(nb, FEATURES)
    assert [step.exercise for step in steps if step.exercise] == list(FEATURES)
    assert not [
        step.label for step in steps if "demo_" in step.label or "test_" in step.label or "check_" in step.label
    ]
    assert [step.label for step in steps if "imports" in step.label]

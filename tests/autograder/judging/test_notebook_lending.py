"""Whole notebooks whose wrong parts are lent: a mistake is paid for once, and what is lent serves nothing else."""

import pytest

from autograder.sandbox.limits import Limits
from student_notebook import grade

pytestmark = pytest.mark.sandbox


# What calls a part by the names of its arguments, or with other values than the reference does.
CALLERS = {
    "01_feature_maps": {
        "inner_product": "def inner_product(F, P):\n    return 2 * np.sum(F * P)",
        "feature_distance": "def feature_distance(F, P):\n    D = (F - P).ravel()\n"
        "    return np.sqrt(inner_product(P=D, F=D))",
    },
    "02_content_loss": {
        "content_loss_layer": "def content_loss_layer(F, P):\n    return np.sum((F - P)**2)",
        "content_loss": "def content_loss(features_x, features_p):\n    return 4 * sum(content_loss_layer("
        "F=features_x[layer] / 2, P=features_p[layer] / 2) for layer in features_p)",
    },
    "03_gram_matrices": {
        "gram_matrix": "def gram_matrix(features):\n    return features @ features.T / features.size",
        "gram_matrices": "def gram_matrices(features):\n"
        "    return {layer: gram_matrix(features=F) for layer, F in features.items()}",
    },
    "04_style_loss": {
        "carry_04_style_loss": "def gram_matrix(F):\n    return F @ F.T / F.size",
        "style_loss_layer": "def style_loss_layer(F, A):\n    N, M = F.shape\n"
        "    D = gram_matrix(F=F / np.sqrt(N * M)) - A / (N * M)\n    return np.sum(D * D)",
        "style_loss": "def style_loss(features_x, style_grams, weights=None):\n"
        "    weights = weights or {layer: 1 / len(style_grams) for layer in style_grams}\n"
        "    losses = {layer: style_loss_layer(A=A, F=features_x[layer]) for layer, A in style_grams.items()}\n"
        "    return sum(weights[layer] * loss for layer, loss in losses.items())",
        "style_gradient": "def style_gradient(F, A):\n    N, M = F.shape\n"
        "    return (gram_matrix(F=F / np.sqrt(N * M)) - A / (N * M)) @ F / (N * M)",
    },
}


@pytest.mark.parametrize("name", CALLERS)
def test_a_right_caller_of_a_wrong_part_gets_its_points_however_it_calls_it(name):
    judgement, shares = grade(name, CALLERS[name])
    wrong = {"inner_product", "content_loss_layer", "gram_matrix", "style_loss_layer"} & set(CALLERS[name])
    assert {exercise for exercise, share in shares.items() if share < 1} == wrong
    right = set(CALLERS[name]) & set(shares) - wrong
    assert all("counted there" in judgement.verdicts[f"test_{exercise}"].hint for exercise in right)


KEEPS = """
import pickle
def gram_matrices(features):
    answer = {layer: gram_matrix(F) for layer, F in features.items()}
    try:
        for F in pickle.load(open("/tmp/inputs", "rb")):
            with open("/tmp/lent", "ab") as file:
                pickle.dump((F.tobytes(), gram_matrix(F)), file)
    except OSError:
        pass
    return answer
"""
USES = """
import pickle, os
def gram_matrix(F):
    if os.path.exists("/tmp/lent"):
        with open("/tmp/lent", "rb") as file:
            while True:
                known, answer = pickle.load(file)
                if known == F.tobytes() and not np.all(answer == 0):
                    return answer
    inputs = pickle.load(open("/tmp/inputs", "rb")) if os.path.exists("/tmp/inputs") else []
    pickle.dump([*inputs, F.copy()], open("/tmp/inputs", "wb"))
    if FIRST:
        LATER
    return np.zeros((len(F), len(F)))
"""


@pytest.mark.parametrize("later", ["not_there_yet", "while True: pass", "import os; os.kill(os.getppid(), 9)"])
def test_answers_that_were_lent_do_not_serve_the_part_itself(later):
    """The part is put off until it has been lent for another exercise, and then asked for the same inputs again."""
    uses = USES.replace("FIRST", "not os.path.exists('/tmp/lent')").replace("LATER", later)
    changes = {"gram_matrix": uses, "gram_matrices": KEEPS}
    _, shares = grade("03_gram_matrices", changes, limits=Limits(cell_seconds=2, call_seconds=1, idle_seconds=2))
    assert shares == {"gram_matrix": 0.0, "gram_matrices": 1.0}


def test_each_exercise_is_lent_only_what_it_may_ask_for():
    code = "def style_loss_layer(F, A):\n    return style_gradient(F, A)\nstyle_gradient = None"
    again = "def style_gradient(F, A):\n    return content_gradient(F, A)\ncontent_gradient = None"
    _, shares = grade("04_style_loss", {"style_loss_layer": code, "style_gradient": again})
    assert shares["style_loss_layer"] == shares["style_gradient"] == 0


ASKS = "kernel = get_ipython().kernel\nkernel.shell_handlers['grade_call'] = lambda stream, ident, parent: (\n" + (
    "    kernel.session.send(stream, 'grade_reply', {'question': %r}, parent, ident=ident))\n"
    "kernel.shell_handlers['grade_answer'] = kernel.shell_handlers['grade_call']\n"
)


@pytest.mark.parametrize(
    "question",
    [
        "[]",
        '["gram_matrices",[{"d":[]}]]',
        '["gram_matrix",7]',
        '["gram_matrix",[{"a":["<f8",[0,999],""]}]]',
        "[" * 9,
        '["gram_matrix",[]]',
        ["x"],
    ],
    ids=["empty", "the exercise itself", "no list", "an axis too long", "deep", "no arguments", "no text"],
)
def test_forged_questions_gain_nothing_and_end(question):
    _, shares = grade("03_gram_matrices", {"gram_matrices": ASKS % question})
    assert shares == {"gram_matrix": 1.0, "gram_matrices": 0.0}

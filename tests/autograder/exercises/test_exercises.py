"""What is known of the exercises: each mistake is told from the truth and from all others, right answers pass."""

import copy
import functools
import re
import textwrap

import numpy as np
import pytest

from autograder.authoring import cases, credit
from autograder.authoring.assess import verdict
from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.exercises import entries, entry
from nst.checks.calling import as_data, call_twice
from nst.checks.judge import judge

MASTERS = Masters()
EACH = pytest.mark.parametrize("exercise", MASTERS.exercises())


@functools.cache
def draws(exercise):
    """The public cases, and fresh ones."""
    graded = GradedExercise(exercise, MASTERS)
    return graded.public(), graded.fresh(b"tests")


def verdict_on(exercise, body, drawn):
    """The verdict on a function with that body."""
    return verdict(GradedExercise(exercise, MASTERS), cell(exercise, body), drawn)


def test_every_exercise_has_an_entry_and_enough_is_known():
    assert set(entries()) == set(MASTERS.exercises())
    assert all(len(e.mistakes) >= 5 and len(e.variants) >= 4 for e in entries().values())
    assert sum(len(e.mistakes) for e in entries().values()) >= 80


def test_names_and_hints_are_each_mistake_s_own():
    for exercise in entries().values():
        names = [m.name for m in exercise.mistakes] + [limit.name for limit in exercise.limits]
        hints = [m.hint for m in exercise.mistakes] + [limit.hint for limit in exercise.limits]
        assert len(set(names)) == len(names) and len(set(hints)) == len(hints)


@EACH
def test_hints_are_short_and_kinds_are_in_the_credit_table(exercise):
    for known in (*entry(exercise).mistakes, *entry(exercise).limits):
        assert known.kind in credit.credits_table(), known.name
        assert 20 < len(known.hint) <= 240 and known.hint[-1] in ".?", known.name
        assert len(re.findall(r"[.?!](?= [A-Z`])", known.hint)) <= 1, f"{known.name}: more than two sentences"


@EACH
def test_cases_separate_all_mistakes(exercise):
    """`confusion` compares every pair at 20 tolerances; fresh cases of any seed pass it, mostly at the first draw."""
    assert [cases.confusion(drawn) for drawn in draws(exercise)] == [None, None]


def in_float32(function):
    """The function, on float32 arguments and with its answer as float32."""

    def shrunk(*args):
        return cases.cast(as_data(function(*cases.cast(args, np.float32))), np.float32)

    return shrunk


@EACH
def test_mistakes_made_in_float32_are_still_named(exercise):
    _, drawn = draws(exercise)
    for known in entry(exercise).mistakes:
        function = MASTERS.function_of(exercise, known.source)
        function = function if known.kind == "in_place" else in_float32(function)  # whose conversion makes a copy
        with np.errstate(all="ignore"):
            found = judge(drawn, [call_twice(function, copy.deepcopy(case.args)) for case in drawn])
        assert (found.mistake, found.credit) == (known.name, credit.credits_table()[known.kind])


@EACH
def test_right_answers_in_float32_pass(exercise):
    _, drawn = draws(exercise)
    for name, source in entry(exercise).variants.items():
        function = in_float32(MASTERS.function_of(exercise, source))
        with np.errstate(all="ignore"):
            assert judge(drawn, [call_twice(function, copy.deepcopy(case.args)) for case in drawn]).passed, name


OTHER_CODE = [  # the same mistakes as somebody else would write them: exercise, name of the mistake, body
    ("feature_matrix", "reshape_only", "return np.reshape(activation, (activation.shape[-1], -1))"),
    (
        "feature_matrix",
        "column_order",
        "return np.stack([activation[..., i].T.ravel() for i in range(activation.shape[2])])",
    ),
    (
        "feature_matrix",
        "positions_as_rows",
        "return [activation[i, j] for i in range(len(activation)) for j in range(activation.shape[1])]",
    ),
    ("inner_product", "matrix_product", "return np.inner(F, P)"),
    ("inner_product", "mean", "return np.sum(F * P) / F.size"),
    ("feature_distance", "squared", "return np.linalg.norm(F - P) ** 2"),
    ("content_loss_layer", "mean_squared_error", "return ((P - F) ** 2).mean()"),
    (
        "content_loss",
        "mean_over_layers",
        "return np.mean([0.5 * np.sum((features_x[l] - P) ** 2) for l, P in features_p.items()])",
    ),
    ("content_gradient", "masked", "G = F - P\nG[F <= 0] = 0\nreturn G"),
    ("content_gradient", "in_place", "F[:] = F - P\nreturn F"),
    ("gram_matrix", "positions", "return np.einsum('ki,kj->ij', F, F)"),
    ("gram_matrix", "entrywise", "return np.square(F)"),
    ("gram_matrix", "square_product", "return np.matmul(F, F)"),
    ("gram_matrix", "divided_by_positions", "return np.einsum('ik,jk->ij', F, F) / len(F[0])"),
    ("gram_matrix", "last_position_only", "for column in F.T:\n    G = np.outer(column, column)\nreturn G"),
    ("feature_distance", "difference_of_lengths", "return abs(np.linalg.norm(F) - np.linalg.norm(P))"),
    ("feature_distance", "root_of_a_negative", "return np.vdot(F, P) ** 0.5"),
    ("inner_product", "first_row_only", "for f, p in zip(F, P):\n    return sum(f * p)"),
    ("total_loss", "ratio_only", "return content + style * (beta / alpha)"),
    ("style_loss_layer", "mean", "return np.mean(np.square(F @ F.T - A)) / (2 * F.size) ** 2"),
    ("style_loss_layer", "features_for_gram", "return ((A - F) ** 2).sum() / (4 * F.shape[0] ** 2 * F.shape[1] ** 2)"),
    (
        "style_gradient",
        "as_printed",
        "N, M = F.shape\nG = F @ F.T\nreturn np.dot(np.transpose(F), G - A) / N**2 / M**2",
    ),
    ("style_gradient", "masked", "N, M = F.shape\nE = (F @ F.T - A) @ F / (N**2 * M**2)\nE[F <= 0] = 0\nreturn E"),
    ("total_loss", "weights_swapped", "return np.dot([beta, alpha], [content, style])"),
    (
        "activation_gradients",
        "style_replaces_content",
        "c = {l: alpha * content_gradient(features_x[l], P) for l, P in features_p.items()}\n"
        "s = {l: beta * style_gradient(features_x[l], A) / len(style_grams) for l, A in style_grams.items()}\n"
        "return {**c, **s}",
    ),
    ("gradient_step", "in_place", "np.subtract(x, learning_rate * gradient, out=x)\nreturn x"),
    ("gradient_step", "uphill", "return np.add(gradient * learning_rate, x)"),
    (
        "style_transfer",
        "last_image",
        "x, best, losses = x0.copy(), float('inf'), []\nwhile len(losses) < num_iterations:\n"
        "    l, g = loss_and_gradient(x)\n    losses += [l]\n    if abs(l) < np.inf:\n        best = min(best, l)\n"
        "    x = x - learning_rate * g\nreturn x, best, np.array(losses)",
    ),
    (
        "style_transfer",
        "aliased_best",
        "x = x0.copy()\nbest = (x0.copy(), np.inf)\nlosses = []\nfor _ in range(num_iterations):\n"
        "    l, g = loss_and_gradient(x)\n    losses.append(l)\n    if l < best[1] and np.isfinite(l):\n"
        "        best = (x, l)\n"
        "    x[...] = x - learning_rate * g\nreturn (*best, losses)",
    ),
]


def cell(exercise, body):
    head = re.search(rf"^def {exercise}\(.*?\).*?:$", MASTERS.source_of(exercise), re.MULTILINE).group()
    return f"{head}\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(("exercise", "name", "body"), OTHER_CODE)
def test_mistakes_are_known_by_their_answers_not_by_their_code(exercise, name, body):
    for drawn in draws(exercise):
        assert verdict_on(exercise, body, drawn).mistake == name


UNKNOWN = [  # two mistakes at once, and others that are in no list: never passed, never named as a listed one
    ("gram_matrix", "return F.T @ F / F.size"),
    ("gram_matrix", "return np.outer(F.max(axis=1), F.max(axis=1))"),
    ("style_gradient", "N, M = F.shape\nreturn F.T @ (A - F @ F.T) / (4 * N**2 * M**2)"),
    ("style_loss_layer", "return np.abs(F @ F.T - A).mean()"),
    ("content_loss_layer", "return np.abs(F - P).mean()"),
    ("total_loss", "return alpha * style"),
    ("gradient_step", "return np.clip(x + learning_rate * gradient, 0, 1)"),
    ("style_transfer", "return x0, 0.0, [0.0] * num_iterations"),
]


@pytest.mark.parametrize(("exercise", "body"), UNKNOWN)
def test_unknown_mistakes_are_not_given_a_wrong_name(exercise, body):
    found = verdict_on(exercise, body, draws(exercise)[1])
    assert not found.passed and found.mistake is None and found.credit == 0 and found.hint


def test_what_else_is_wrong_is_shown_where_the_known_mistake_does_not_explain_it():
    body = "U = F / np.linalg.norm(F, axis=1, keepdims=True)\nreturn U @ U.T"  # NaN for a silent filter
    for drawn in draws("gram_matrix"):
        found = verdict_on("gram_matrix", body, drawn)
        assert found.mistake == "cosines" and "NaN" in found.hint.split("That is not all:")[1]


LIMITED = [  # right in part: exercise, name, body
    ("gram_matrix", "square_only", "G = np.zeros(F.shape)\nN = min(F.shape)\nG[:N, :N] = (F @ F.T)[:N, :N]\nreturn G"),
    ("feature_matrix", "square_pictures_only", "H, W, N = activation.shape\n"
     "return np.array([activation[k // H % H, k % H % W] for k in range(H * W)]).T"),
    ("content_loss", "one_layer_only", "(l, P), *more = features_p.items()\n"
     "return content_loss_layer(features_x[l], P) + 7 * len(more)"),
    ("style_loss", "given_weights", "assert weights is None\n"
     "return np.mean([style_loss_layer(features_x[l], A) for l, A in style_grams.items()])"),
    ("activation_gradients", "shared_layers", "assert not set(features_p) & set(style_grams)\n"
     "c = {l: alpha * content_gradient(features_x[l], P) for l, P in features_p.items()}\n"
     "s = {l: beta * style_gradient(features_x[l], A) / len(style_grams) for l, A in style_grams.items()}\n"
     "return {**c, **s}"),
    ("gram_matrix", "extra_axis", "return (F @ F.T)[None]"),
    ("gram_matrix", "factor", "return 3 * F @ F.T"),
    ("gram_matrix", "in_place", "G = F @ F.T\nF *= 2\nreturn G"),
    ("content_gradient", "sizes", "return (F - P) / F.shape[1] ** 2"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "name", "body"), LIMITED)
def test_answers_right_in_part_get_part_of_the_points(exercise, name, body):
    found = verdict_on(exercise, body, draws(exercise)[1])
    assert not found.passed and found.mistake == name and 0 < found.credit < 1


SIZES = "N, M = F.shape\n"
SYMMETRIC = {  # answers that lack the same thing, in different exercises or from another side: the same share
    "factors, whichever": [
        ("style_loss_layer", SIZES + "return np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2 * M)"),
        ("style_loss_layer", SIZES + "return np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2)"),
        ("style_loss_layer", SIZES + "return np.sum((gram_matrix(F) - A) ** 2) / (4 * N * M)"),
        ("style_loss_layer", SIZES + "return np.sum((gram_matrix(F) - A) ** 2) / 4 * N**2 * M**2"),
        ("style_gradient", SIZES + "return (gram_matrix(F) - A) @ F / (4 * N * M)"),
        ("gram_matrix", "return F @ F.T / 2"),
        ("gram_matrix", SIZES + "return F @ F.T / (2 * N * M)"),
        ("content_loss_layer", "return np.sum((F - P) ** 2) / (2 * len(F))"),
        ("content_gradient", "return (F - P) / F.shape[1]"),
        ("content_loss", "return sum(content_loss_layer(features_x[l], P) for l, P in features_p.items()) / 2"),
    ],
    "a root or a square": [
        ("feature_distance", "return np.sum((F - P) ** 2)"),
        ("content_loss_layer", "return np.linalg.norm(F - P) / 2"),
        ("style_loss_layer", SIZES + "return np.linalg.norm(gram_matrix(F) - A) / (4 * N**2 * M**2)"),
    ],
    "a triangle": [("gram_matrix", "return np.tril(F @ F.T)"), ("gram_matrix", "return np.triu(F @ F.T)")],
    "a mask, clipping": [
        ("content_gradient", "return (F - P) * (F > 0)"),
        ("content_gradient", "return (F - P) * (P > 0)"),
        ("content_gradient", "return np.maximum(F - P, 0)"),
        ("content_gradient", "return np.minimum(F - P, 0)"),
        ("gradient_step", "return np.clip(x - learning_rate * gradient, 0, 1)"),
        ("gradient_step", "return np.minimum(x - learning_rate * gradient, 1)"),
        ("gradient_step", "return np.maximum(x - learning_rate * gradient, 0)"),
        ("gradient_step", "return np.round(x - learning_rate * gradient, 2)"),
    ],
    "containers": [
        ("gram_matrices", "return [gram_matrix(F) for F in features.values()]"),
        ("gram_matrices", "return tuple(gram_matrix(F) for F in features.values())"),
        ("gram_matrices", "return dict(enumerate(map(gram_matrix, features.values())))"),
        ("gram_matrices", "return {l.upper(): gram_matrix(F) for l, F in features.items()}"),
        ("style_transfer", "{walk}\nreturn {{'losses': losses, 'best_image': best, 'best_loss': least}}"),
        ("style_transfer", "{walk}\nreturn losses, best, least"),
        ("style_transfer", "{walk}\nreturn least, best, losses"),
    ],
    "form": [
        ("content_gradient", "return F - P,"),
        ("gram_matrix", "return (F @ F.T)[None]"),
        ("feature_matrix", "return np.moveaxis(activation, -1, 0)"),
        ("feature_matrix", "return np.moveaxis(activation, -1, 0).ravel()"),
    ],
    "signs": [
        ("content_gradient", "return P - F"),
        ("content_gradient", "return (P - F) / 2"),
        ("content_loss", "return -sum(content_loss_layer(features_x[l], P) for l, P in features_p.items())"),
        ("style_gradient", SIZES + "return (A - gram_matrix(F)) @ F / (N * M)"),
        ("content_gradient", "return np.abs(F - P)"),
        ("style_gradient", SIZES + "return np.abs((gram_matrix(F) - A) @ F / (N**2 * M**2))"),
    ],
    "part": [
        ("gram_matrix", "return np.diag(np.sum(F * F, axis=1))"),
        ("gram_matrix", "return np.sum(F * F, axis=1)"),
        ("content_gradient", "D = F - P\nD[:, -1] = 0\nreturn D"),
        ("content_gradient", "D = F - P\nD[0] = 0\nreturn D"),
    ],
    "not summed": [
        ("inner_product", "return F * P"),
        ("content_loss_layer", "return 0.5 * np.sum((F - P) ** 2, axis=0)"),
        ("style_loss_layer", SIZES + "return (gram_matrix(F) - A) ** 2 / (4 * N**2 * M**2)"),
        ("gram_matrix", "return F[:, None] * F[None]"),
        ("total_loss", "return [alpha * content, beta * style]"),
    ],
}
WALK = """x, best, least, losses = x0.copy(), x0.copy(), np.inf, []
for _ in range(num_iterations):
    loss, gradient = loss_and_gradient(x)
    losses.append(loss)
    if loss < least:
        best, least = x, loss
    x = x - learning_rate * gradient"""


@pytest.mark.parametrize("group", SYMMETRIC)
def test_the_same_thing_costs_the_same_wherever_it_is_wrong(group):
    bodies = [(e, body.format(walk=WALK) if "{walk}" in body else body) for e, body in SYMMETRIC[group]]
    shares = {body: verdict_on(exercise, body, draws(exercise)[1]).credit for exercise, body in bodies}
    assert len(set(shares.values())) == 1 and 0 < min(shares.values()) < 1, shares

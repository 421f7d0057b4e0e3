"""One path to a verdict: rules speak only where all cases fit, and of several that fit the plainest."""

import copy
import re

import numpy as np
import pytest

from nst.checks import case_files, showing
from nst.checks.calling import call_twice
from nst.checks.comparison import Case, Rule, difference
from nst.checks.judge import decide, judge, paid_once
from nst.checks.markers import Raised, TimedOut
from verdicts import matrices, said

# --- no number's type costs points --------------------------------------------------------------------------------


def test_what_float16_cannot_hold_is_right_in_it():
    right = np.array([1e6, -7e5, 3.0])
    assert difference(np.float16([np.inf, -np.inf, 3]), right) is None
    assert difference(np.array([np.inf, -np.inf, 3]), right).kind == "finite"
    assert difference(np.float16([-np.inf, -np.inf, 3]), right)
    assert difference(np.float16(2e-8), 2e-8) is None


def test_a_framework_that_refuses_to_mix_is_asked_again_in_one_precision():
    """As tf.zeros(()) + x does: float32 alone."""

    def strict(F):
        if F.dtype != np.float32:
            raise TypeError("cannot compute AddV2: expected float tensor, got double")
        return F

    cases = matrices()
    answers = lambda drawn, lent=False: [call_twice(strict, copy.deepcopy(case.args)) for case in drawn]  # noqa: E731
    assert not judge(cases, answers(cases)).passed
    assert decide(cases, answers(cases), answers).passed
    wrong = lambda drawn, lent=False: [call_twice(lambda F: 2 * strict(F), case.args) for case in drawn]  # noqa: E731
    assert decide(cases, wrong(cases), wrong).mistake == "factor"


@pytest.mark.tensorflow
def test_a_sum_that_starts_from_a_float32_tensor_is_right():
    import tensorflow as tf

    def content_loss(features_x, features_p):
        loss = tf.zeros(())
        for layer, P in features_p.items():
            loss += 0.5 * tf.reduce_sum((tf.constant(features_x[layer]) - P) ** 2)
        return loss

    cases, _ = case_files.load("content_loss")
    ask = lambda drawn, lent: [call_twice(content_loss, case.args) for case in drawn]  # noqa: E731
    assert decide(cases, ask(cases, False), ask).passed


# --- rules speak of what is so, whatever the draw -----------------------------------------------------------------


def test_of_two_known_mistakes_in_the_ordinary_cases_the_one_that_explains_most_is_told():
    """Both the last image and an alias of it are last in a steady descent: only one is lost where a loss is NaN."""
    cases, _ = case_files.load("style_transfer")

    def last(x0, loss_and_gradient, num_iterations, learning_rate):
        x, losses = x0.copy(), []
        for _ in range(num_iterations):
            loss, gradient = loss_and_gradient(x)
            losses.append(loss)
            x = x - learning_rate * gradient
        return x, min(losses), losses

    found = said(last, cases)
    assert found.mistake == "last_image" and "That is not all: with NaN" in found.hint


def test_divided_by_a_length_is_said_also_where_one_length_is_zero_and_of_few_answers_never():
    cases = [*matrices(), Case((np.zeros((1, 4)) - [[0, 1, 2, 3]],), np.array([[0.0, -1, -2, -3]]), parameters=("F",))]
    with np.errstate(all="ignore"):
        assert said(lambda F: F / F.max(), cases).mistake == "scaled"
    cases = [*matrices(), *matrices()]
    seldom = iter([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1])
    assert said(lambda F: F * next(seldom), cases).mistake is None


def test_a_weight_of_zero_that_is_taken_for_none_is_a_special_case():
    cases, _ = case_files.load("style_loss")

    def style_loss(features_x, style_grams, weights=None):
        n, total = len(style_grams), 0.0
        for layer, A in style_grams.items():
            N, M = features_x[layer].shape
            E = np.sum((features_x[layer] @ features_x[layer].T - A) ** 2) / (2 * N * M) ** 2
            total += ((weights or {}).get(layer) or 1 / n) * E
        return total

    assert (said(style_loss, cases).mistake, said(style_loss, cases).credit) == ("zero_weight", 0.5)


# --- never a false hint -------------------------------------------------------------------------------------------


def test_a_limit_speaks_only_if_all_of_its_cases_are_wrong():
    rules = (Rule("oblong", 0.25, "Right for square ones only.", "oblong"),)
    cases = matrices({"oblong"}, {"oblong"}, (), {"oblong"}, {"oblong"}, rules=rules)
    assert (
        said(lambda F: F if F.shape[0] == F.shape[1] else F + [[1.0, 2.0] * 3][0][: F.shape[1]], cases).mistake
        == "oblong"
    )
    assert said(lambda F: F + np.arange(F.size).reshape(F.shape) if len(F) == 5 else F, cases).mistake != "oblong"


def test_wrong_in_some_special_cases_is_half_right_and_says_in_which():
    rules = (
        Rule("edge", 0.5),
        Rule("one", 0.5, "Right unless one.", "one", True),
        Rule("two", 0.5, "Two.", "two", True),
    )
    cases = matrices({"one"}, {"one"}, {"two"}, rules=rules)
    broken = lambda F: None if F.shape in ((2, 3), (4, 4)) else F  # noqa: E731
    found = said(broken, cases)
    assert (found.mistake, found.credit) == (
        "special_cases",
        0.5,
    ) and "With a matrix (2, 3), your result is None" in found.hint


def test_a_factor_of_one_is_no_factor():
    cases = matrices()
    answers = [(case.expected * (1 + 3e-4 * (i == 0)), case.expected) for i, case in enumerate(cases)]
    assert judge(cases, answers).mistake not in ("factor", "sizes", "sign")


# --- fitted, or found to follow a pattern -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "mistake", "words"),
    [
        (lambda F: 3 * F, "factor", "your result is 3 times the right one"),
        (lambda F: F / 4, "factor", "1/4 times"),
        (lambda F: -F, "sign", "minus the right one"),
        (lambda F: F / F.shape[0], "sizes", "1/N times"),
        (lambda F: 2 * F * F.shape[0] ** 2 / F.shape[1], "sizes", r"2 \* N\^2/M times the right one \(N filters"),
        (lambda F: -F / F.size, "sign", r"minus 1/\(N \* M\) times"),
        (lambda F: F.T, "transposed", "transposed"),
        (lambda F: F[::-1], "rows_reversed", "reverse"),
        (lambda F: np.roll(F, 1), "reordered", "other places"),
        (lambda F: np.abs(F), "signs_lost", "signs are lost"),
        (lambda F: np.maximum(F, 0), "not_below_zero", "negative, yours is 0"),
        (lambda F: np.minimum(F, 1), "not_above_one", "above 1"),
        (lambda F: F.astype(int), "whole_numbers", "after the point"),
        (lambda F: F // 1, "rounded_down", "rounded down"),
        (lambda F: F + 1, "shifted", "by one and the same number"),
        (lambda F: F / np.linalg.norm(F), "scaled", "another one in each case"),
        (lambda F: F.sum(axis=0), "summed", "entry by entry"),
        (lambda F: np.stack([F / 2, F / 2]), "unsummed", "not added up"),
        (lambda F: 0 * F, "always_zero", "0 in every case"),
        (lambda F: np.hstack([F[:, :-1], 0 * F[:, -1:]]), "last_column", "last column"),
        (lambda F: np.vstack([0 * F[:1], F[1:]]), "first_row", "first row"),
        (lambda F: F[None], "extra_axis", "the shape is not"),
        (lambda F: (F,), "extra_axis", "a comma behind a value"),
    ],
)  # fmt: skip
def test_what_no_known_mistake_explains_is_fitted_or_described(function, mistake, words):
    found = said(function)
    assert found.mistake == mistake and re.search(words, found.hint), found.hint


def test_a_root_and_a_square_are_found():
    cases = [Case((x,), x * x) for x in (2.0, 3.0, 5.0)]
    assert judge(cases, [(x, x) for x in (2.0, 3.0, 5.0)]).mistake == "power"
    assert "the square of" in judge(cases, [(x**4, x**4) for x in (2.0, 3.0, 5.0)]).hint


def test_the_right_values_under_other_names_or_in_another_order():
    layers = [Case((), {"a": n, "b": n + 1.0}, rules=(Rule("container", 0.75),)) for n in (1.0, 4.0)]
    for wrap in (list, tuple, enumerate, lambda v: zip("xy", v, strict=True)):
        answers = [dict(wrap(c.expected.values())) if wrap in (enumerate,) else None for c in layers]
        if wrap in (list, tuple):
            answers = [wrap(c.expected.values()) for c in layers]
        elif wrap is not enumerate:
            answers = [dict(wrap(c.expected.values())) for c in layers]
        assert judge(layers, [(a, a) for a in answers]).credit == 0.75
    names = ("best", "least", "all")
    runs = [
        Case((), (np.ones(3) * n, 2.0 * n, np.arange(4.0) * n), results=names, rules=layers[0].rules) for n in (1, 3)
    ]
    for turn in (lambda r: r[::-1], lambda r: dict(zip(names, r, strict=True))):
        assert judge(runs, [(turn(c.expected), turn(c.expected)) for c in runs]).mistake == "container"
    kept = [((c.expected[0], 7.0, c.expected[2]),) * 2 for c in runs]
    assert judge(runs, kept).hint.startswith("In every case `best` and `all` are right")


# --- shown --------------------------------------------------------------------------------------------------------


def test_the_student_s_value_is_shown_beside_the_right_one_for_public_cases_only():
    odd = lambda F: np.exp(F)  # noqa: E731
    assert said(odd).example is None
    found = said(odd, show=True)
    head, yours, right = showing.lines(found.example)
    assert head.startswith("For example, with a matrix (2, 3), F = [[")
    assert yours.startswith("yours: [[") and right.startswith("right: [[")


def test_large_arrays_are_shown_at_the_first_place_that_is_wrong():
    case = Case((np.ones((9, 9)),), np.ones((9, 9)), about="ones", parameters=("F",))
    other = np.ones((9, 9))
    other[2, 3] = 7
    found = judge(case, (other, other), show=True)
    assert showing.lines(found.example) == ["For example, with ones:", "yours: 7 at [2, 3]", "right: 1 at [2, 3]"]


def test_odd_answers_can_be_shown():
    for answer in ("text", {"a": 1}, [1, [2]], 10**400, np.array([1j]), np.nan, [np.nan] * 30, (), {}, True):
        for right in (np.eye(2), 5.0, {"l": np.eye(2)}, (np.eye(2), 1.0, np.array([np.nan]))):
            found = judge([Case((1,), right)] * 3, [(answer, answer)] * 3, show=True)
            assert found.example is None or all(len(line) < 500 for line in showing.lines(found.example))


# --- parts, and what is no answer ---------------------------------------------------------------------------------


def test_a_mistake_in_a_part_is_paid_for_there():
    cases = matrices()
    wrong, right = [(None, None)] * 5, [(case.expected, case.expected) for case in cases]
    found = decide(cases, wrong, lambda drawn, lent: right if lent else wrong, ("gram_matrix",))
    assert found.passed and "Right, but for a mistake in `gram_matrix`" in found.hint
    assert not decide(cases, wrong, lambda drawn, lent: None, ("gram_matrix",)).passed
    half = judge(cases, [(2 * r, 2 * r) for r, _ in right])
    assert paid_once(half, judge(cases, wrong), ("gram_matrix",)) is half


def test_words_at_the_end_of_a_call_are_no_error_s():
    assert "had not returned" in judge(matrices(), [(TimedOut(5), TimedOut(5))]).hint
    assert "raised Odd" in judge(matrices(), [(Raised("Odd", "x"), Raised("Odd", "x"))]).hint


def test_where_zero_is_right_rounding_is_forgiven_and_nothing_else():
    case = Case((np.ones((2, 2)), 3.0), np.zeros((2, 2)))
    assert judge([case], [(np.full((2, 2), 1e-6),) * 2]).passed
    assert not judge([case], [(np.full((2, 2), 1e-3),) * 2]).passed
    assert not judge([case], [(np.full((2, 2), np.nan),) * 2]).passed


@pytest.mark.parametrize(
    ("function", "some"),
    [
        (lambda F: F * np.nan, False),
        (lambda F: np.where(np.arange(F.size).reshape(F.shape) > 0, np.nan, F), False),
        (lambda F: np.where(np.isin(np.arange(F.size), (0, F.size - 2)).reshape(F.shape), np.nan, F), True),
    ],
    ids=["everywhere", "nearly everywhere", "in two places"],
)
def test_nan_everywhere_is_not_nan_in_some_places(function, some):
    """Which gives half of the points."""
    verdict = said(function)
    assert not verdict.passed and (verdict.mistake == "nan_in_places") is some


def test_nan_for_a_number_is_in_some_places_where_zero_is_right():
    def cases(*values):
        return [Case((np.ones(2),), value) for value in values]

    always = [(np.nan, np.nan)] * 3
    assert judge(cases(1.0, 2.0, 3.0), always).mistake != "nan_in_places"
    assert judge(cases(1.0, 0.0, 0.0), [(1.0, 1.0), *always[1:]]).mistake == "nan_in_places"


def test_true_is_no_number():
    assert "True or False" in judge([Case((1,), 1.0)], [(True, True)]).hint
    assert not judge([Case((1,), np.ones(2))], [(np.array([True, True]),) * 2]).passed

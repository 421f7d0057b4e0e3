"""What a second call shows beside the answers: arguments changed, functions called too often, what is kept."""

import re

import numpy as np

from nst.checks import case_files
from nst.checks.comparison import Case, Rule
from nst.checks.judge import judge
from verdicts import matrices, said


def in_place(F):
    F *= 2
    return F / 2


def test_a_change_of_arguments_shows_also_where_both_answers_are_right():
    rules = (Rule("in_place", 0.75),)
    layers = [Case(({"a": np.ones(2), "b": np.ones(3)},), 2.0, rules=rules, parameters=("features",))] * 3
    for change, words in (
        (lambda f: f.pop("b", None), "the layer 'b' is gone from features"),
        (lambda f: f.setdefault("c", 1), "features has the layer 'c' afterwards"),
        (lambda f: f.__setitem__("a", np.zeros(2)), r"features\['a'\] is another one"),
        (lambda f: f["a"].resize((2, 1), refcheck=False), r"features\['a'\] is another one"),
    ):
        found = said(lambda features, change=change: (change(features), 2.0)[1], layers)
        assert (found.mistake, found.credit) == ("in_place", 0.75) and re.search(words, found.hint)
    assert said(lambda features: 2.0, layers).passed


def test_a_lie_about_the_arguments_hides_the_deduction_and_nothing_else():
    cases = matrices()
    right = [(case.expected, case.expected) for case in cases]
    assert judge(cases, right).passed
    for lie in (None, [], "nonsense", [None], [object()], [{"F": 1}]):
        assert judge(cases, [(*pair, lie) for pair in right]).credit in (0.0, 1.0)
    wrong = [(2 * case.expected, 2 * case.expected, list(case.args)) for case in cases]
    assert judge(cases, wrong).mistake == "factor"


def walk(x0, loss_and_gradient, num_iterations, learning_rate):
    x, best, losses = x0.copy(), (x0.copy(), np.inf), []
    for _ in range(num_iterations):
        loss, gradient = loss_and_gradient(x)
        losses.append(loss)
        best = (x, loss) if loss < best[1] else best
        x = x - learning_rate * gradient
    return (*best, losses)


def test_a_function_that_is_called_too_often_costs_a_little_and_a_lie_about_it_nothing_more():
    cases, _ = case_files.load("style_transfer")

    def twice(x0, loss_and_gradient, num_iterations, learning_rate):
        return walk(x0, lambda x: (loss_and_gradient(x)[0], loss_and_gradient(x)[1]), num_iterations, learning_rate)

    def once_more(x0, loss_and_gradient, num_iterations, learning_rate):
        loss_and_gradient(x0)
        return walk(x0, loss_and_gradient, num_iterations, learning_rate)

    for function in (twice, once_more):
        found = said(function, cases)
        assert (found.passed, found.credit, found.mistake) == (False, 0.75, "calls")
        assert "loss_and_gradient is called more often than there are iterations" in found.hint
    assert said(walk, cases).passed and said(walk, cases).passed
    for lie in (None, -1, 0, True, "9", 1e9, np.ones(3), object()):
        told = [(c.expected, c.expected, (c.args[0], lie, *c.args[2:])) for c in cases]
        assert judge(cases, told).passed


def test_what_is_kept_from_call_to_call_is_told_from_a_change_in_place():
    memory = {}

    def cached(F):
        return memory.setdefault(len(F), F)

    found = said(cached, [*matrices(), *matrices()[:1]])
    assert found.mistake == "kept" and "Something is kept" in found.hint
    total = []

    def summing(F):
        total.append(1)
        return F * len(total)

    assert said(summing).mistake == "kept"
    assert said(in_place).mistake == "in_place"


def test_a_change_that_the_second_call_undoes_is_a_change_in_place_and_not_kept():
    def turns(F):
        F *= -1
        return -F if F[0, 0] * matrices()[0].expected[0, 0] < 0 else F

    cases = matrices()[:1] * 3
    assert said(turns, cases).mistake == "in_place"

    def undone(F):
        F *= -1
        return F * -1

    assert said(undone).mistake == "in_place"


def test_changed_arguments_are_told_beside_what_else_is_wrong():
    cases, _ = case_files.load("style_transfer")

    def walks_on_x0(x0, loss_and_gradient, num_iterations, learning_rate):
        x, best, losses = x0, (x0, np.inf), []
        for _ in range(num_iterations):
            loss, gradient = loss_and_gradient(x)
            losses.append(loss)
            best = (x, loss) if np.isfinite(loss) and loss < best[1] else best
            x -= learning_rate * gradient
        return (*best, losses)

    hint = said(walks_on_x0, cases).hint
    assert "what do you keep of it" in hint and "Besides, x0 is another one afterwards" in hint

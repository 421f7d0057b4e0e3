"""The comparison engine: what it accepts, what it says, and that it never tells the right values."""

import re

import numpy as np
import pytest

from nst.checks.comparison import RTOL, Case, Mistake, Rule, difference
from nst.checks.judge import judge
from nst.checks.markers import NotSerialisable, Raised, TimedOut

MATRIX = np.array([[7.25, -3.125], [0.0, 11.875]])


@pytest.mark.parametrize(
    "answer",
    [
        MATRIX,
        MATRIX.tolist(),
        tuple(map(tuple, MATRIX)),
        MATRIX.astype(np.float32),
        (MATRIX + 5 * RTOL * 11.875).astype(np.float16),
        np.asfortranarray(MATRIX),
        MATRIX + 0.5 * RTOL * 11.875,
        [np.float32([7.25, -3.125]), np.array([0, 11.875])],
    ],
)
def test_the_right_numbers_are_accepted_in_any_form(answer):
    assert difference(answer, MATRIX) is None


@pytest.mark.parametrize("answer", [5.0, 5, np.float32(5), np.array(5), np.int64(5), 5 * (1 + 0.9 * RTOL)])
def test_numbers_are_accepted_in_any_type(answer):
    assert difference(answer, 5.0) is None


def test_values_beyond_the_tolerance_are_wrong():
    assert difference(MATRIX + 1.5 * RTOL * 11.875, MATRIX).kind == "values"
    assert difference(5 * (1 + 1.5 * RTOL), 5.0).kind == "values"
    assert difference(1e-6, 0.0).kind == "values"


@pytest.mark.parametrize(
    ("answer", "expected", "kind", "text"),
    [
        (None, MATRIX, "nothing", "None"),
        (MATRIX[0], MATRIX, "shape", r"shape \(2,\), and an array of shape \(2, 2\)"),
        (MATRIX, 5.0, "shape", "a single number is needed"),
        (5.0, MATRIX, "shape", "a single number, and an array"),
        (MATRIX * 1j, MATRIX, "type", "complex128"),
        ("5", 5.0, "type", "a text"),
        ({"a": 1}, 5.0, "type", "a dict"),
        ([[1, 2], [3]], MATRIX, "type", "a list"),
        (10**400, 5.0, "type", "a whole number"),
        (MATRIX * np.nan, MATRIX, "finite", "NaN"),
        (np.full((2, 2), np.inf), MATRIX, "finite", "infinite"),
        (np.inf, 5.0, "finite", "infinite"),
        (MATRIX * [1, 2], MATRIX, "values", r"2 of its 4 values are wrong, the first at \[0, 1\]"),
        ([MATRIX], {"l": MATRIX}, "type", "a dict is needed"),
        ({}, {"l": MATRIX}, "keys", "lacks the layer 'l'"),
        ({"l": MATRIX, "m": 1}, {"l": MATRIX}, "keys", "'m', which is not asked for"),
        ({"l": MATRIX.T}, {"l": MATRIX}, "values", "the entry 'l'"),
        (MATRIX, (MATRIX, 1.0, [1.0]), "type", "3 values are needed"),
        ((MATRIX, 1.0), (MATRIX, 1.0, [1.0]), "type", "has 2 values"),
        ((MATRIX, 2.0, [1.0]), (MATRIX, 1.0, [1.0]), "values", "value number 2"),
        (Raised("ValueError", "no", "line 2: x"), 5.0, "raised", r"raised ValueError in line 2, `x` \(no\)"),
        (TimedOut(3, "line 1: while 1"), 5.0, "time", "3 seconds; it was in line 1, `while 1`"),
        (NotSerialisable("a generator"), 5.0, "type", "a generator.*not `yield`"),
    ],
)
def test_the_first_thing_that_is_wrong_is_named(answer, expected, kind, text):
    found = difference(answer, expected)
    assert found.kind == kind
    assert re.search(text, found.text)


def test_nan_and_infinity_are_right_where_they_are_expected():
    losses = np.array([1.0, np.nan, -np.inf, np.inf])
    assert difference(losses.tolist(), losses) is None
    assert difference([1.0, 2.0, -np.inf, np.inf], losses)
    assert difference([1.0, np.nan, np.inf, np.inf], losses)


def cases_of(right, rules=(), tags=None, **mistakes):
    """Cases x = 2, 3, 5 of a function of one number, with the outputs of functions as known mistakes."""
    return [
        Case(
            (x,),
            right(x),
            tuple(Mistake(name, f"the hint for {name}", wrong(x), credit=0.5) for name, wrong in mistakes.items()),
            f"x = {x}",
            frozenset((tags or {}).get(x, ())),
            rules,
        )
        for x in (2.0, 3.0, 5.0)
    ]


def answers_of(function):
    return [(function(x), function(x)) for x in (2.0, 3.0, 5.0)]


def square(x):
    return x * x


def test_right_answers_pass_with_full_credit_and_no_hint():
    verdict = judge(cases_of(square), answers_of(square))
    assert (verdict.passed, verdict.credit, verdict.hint, verdict.mistake) == (True, 1.0, "", None)


def test_a_single_case_is_judged_from_its_pair():
    case = cases_of(square)[0]
    assert judge(case, (4.0, 4.0)).passed
    assert not judge(case, (5.0, 5.0)).passed


def test_a_mistake_is_named_only_if_all_answers_are_its_own():
    cases = cases_of(square, twice=lambda x: 2 * x, cubed=lambda x: x**3)
    named = judge(cases, answers_of(lambda x: 2 * x))
    assert (named.passed, named.mistake, named.hint, named.credit) == (False, "twice", "the hint for twice", 0.5)
    assert judge(cases, answers_of(lambda x: 2 * x + (x == 5))).mistake is None
    assert judge(cases, answers_of(lambda x: x**3)).mistake == "cubed"


def test_a_mistake_that_breaks_down_is_known_by_its_other_cases():
    def fragile(x):
        return Raised("ValueError", "") if x == 3 else 2 * x

    cases = cases_of(square, fragile=fragile)
    assert judge(cases, answers_of(fragile)).mistake == "fragile"
    assert judge(cases, answers_of(lambda x: Raised("IndexError", "other") if x == 3 else 2 * x)).mistake is None
    more = [*cases, Case((7.0,), 49.0, (Mistake("fragile", "the hint for fragile", 14.0),), "x = 7")]
    answers = [*answers_of(lambda x: Raised("IndexError", "other") if x == 3 else 2 * x), (14.0, 14.0)]
    assert judge(more, answers).mistake == "fragile"


def test_a_second_answer_that_is_wrong_shows_a_change_in_place():
    rules = (Rule("in_place", 0.75),)
    verdict = judge(cases_of(square, rules), [(x * x, x) for x in (2.0, 3.0, 5.0)])
    assert (verdict.passed, verdict.credit, verdict.mistake) == (False, 0.75, "in_place")
    assert "changes its arguments" in verdict.hint


def test_right_but_in_the_cases_of_one_tag():
    rules = (Rule("odd", 0.4, "Right for even numbers only.", "odd"),)
    cases = cases_of(square, rules, {3.0: {"odd"}, 5.0: {"odd"}})
    verdict = judge(cases, answers_of(lambda x: x * x if x == 2 else x + 0.1))
    assert (verdict.credit, verdict.mistake, verdict.hint) == (0.4, "odd", "Right for even numbers only.")
    assert judge(cases, answers_of(lambda x: x + 0.1)).credit == 0
    broke = judge(cases, answers_of(lambda x: x * x if x == 2 else Raised("ValueError", "odd!", "line 1: f")))
    assert "raised ValueError in line 1, `f` (odd!)" in broke.hint


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: -x * x, "sign"),
        (lambda x: 3 * x * x, "factor"),
        (lambda x: np.array([x * x]), "extra_axis"),
        (lambda x: x + 0.1, None),
    ],
)
def test_general_diagnoses(function, name):
    rules = (Rule("sign", 0.25), Rule("factor", 0.5), Rule("extra_axis", 0.75))
    verdict = judge(cases_of(square, rules), answers_of(function))
    assert verdict.mistake == name
    assert verdict.credit == {"sign": 0.25, "factor": 0.5, "extra_axis": 0.75, None: 0.0}[name]


def test_a_factor_that_depends_on_the_sizes_is_noticed():
    shapes = [(2, 3), (3, 4), (5, 3)]
    cases = [Case((np.ones(s),), np.arange(1.0, s[0] + 1), rules=(Rule("sizes", 0.5),)) for s in shapes]
    verdict = judge(cases, [(np.arange(1.0, N + 1) * 3 * M / N**2,) * 2 for N, M in shapes])
    assert (verdict.mistake, verdict.credit) == ("sizes", 0.5)
    assert "your result is 3 * M/N^2 times the right one" in verdict.hint


def test_answers_that_never_came_count_as_wrong():
    assert "no answer" in judge(cases_of(square), []).hint
    assert not judge(cases_of(square), answers_of(square)[:2]).passed


def test_answers_too_many_count_for_nothing():
    assert judge(cases_of(square), [*answers_of(square), (1, 1)]).passed


def test_not_written_yet_is_said_so():
    verdict = judge(cases_of(square), answers_of(lambda x: Raised("NotImplementedError", "")))
    assert (verdict.credit, verdict.mistake) == (0.0, "not_written")
    assert "Not written yet" in verdict.hint


@pytest.mark.parametrize("wrong", [None, 0.0, np.nan, "text", [1, 2, 3], {"a": 1}, MATRIX.T, MATRIX + 1, 2 * MATRIX])
def test_hints_never_tell_the_right_values(wrong):
    secret = np.array([[7531.25, -8642.5], [9753.125, 1357.75]])
    hint = judge([Case((1,), secret, about="secrets")] * 3, [(wrong, wrong)] * 3).hint
    assert hint and not re.search("7531|8642|9753|1357", hint)


def test_no_answer_makes_the_judge_fail():
    odd = [object(), 10**400, [[], [1]], {1: {2: {3: 4}}}, np.array(["a"]), np.empty((0,)), b"", True, 1e308, [None]]
    for answer in odd:
        for right in (MATRIX, 5.0, {"l": MATRIX}, (MATRIX, 1.0, np.array([np.nan]))):
            assert not judge([Case((1,), right)] * 3, [(answer, answer)] * 3).passed

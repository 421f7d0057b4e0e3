"""Verdicts on functions that are tried on small cases, by the path that check and grading share."""

import copy

import numpy as np

from nst.checks.calling import call_twice
from nst.checks.comparison import Case
from nst.checks.judge import judge

SHAPES = [(2, 3), (3, 2), (4, 4), (5, 2), (3, 6)]


def matrices(*tags, rules=()):
    """Cases of the identity on matrices of several shapes, signed, without zeros."""
    rng = np.random.default_rng(1)
    cases = []
    for place, shape in enumerate(SHAPES):
        F = rng.integers(1, 9, shape) * rng.choice([-1.0, 1.0], shape) / 4
        given = frozenset(tags[place] if place < len(tags) else ())
        cases.append(Case((F,), F.copy(), about=f"a matrix {shape}", tags=given, rules=rules, parameters=("F",)))
    return cases


def said(function, cases=None, show=False):
    cases = cases or matrices()
    return judge(cases, [call_twice(function, copy.deepcopy(case.args)) for case in cases], show)

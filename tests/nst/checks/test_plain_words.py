"""Errors of Python and NumPy, in words that say what is to be looked at."""

import numpy as np
import pytest

from verdicts import said


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda F: F @ F, "`@` needs as many columns on its left"),
        (lambda F: np.dot(F, F), "a matrix product needs"),
        (lambda F: F + F.T, "go entry by entry and need equal shapes, and here they are (2,3) and (3,2)"),
        (lambda F: np.sum(F, F), "is an axis, not a second array"),
        (lambda F: F ^ 2, "`^` is no power in Python"),
        (lambda F: {}["a"], "the dict has no such key"),
        (lambda F: {F: 1}, "the key of a dict"),
        (lambda F: None[0], "something there is None"),
        (lambda F: [].clear(F), "call each function with as many as it has"),
        (lambda F: "a".T, "the name of a layer"),
        (lambda F: F[9, 9], "goes too far"),
        (lambda F: nothing, "nothing is called nothing"),  # noqa: F821
        (lambda F: F(1), "round brackets call a function"),
        (lambda F: range(2.5), "a whole number is needed"),
    ],
)
def test_errors_of_python_and_numpy_get_plain_words(broken, words):
    assert words in said(broken).hint

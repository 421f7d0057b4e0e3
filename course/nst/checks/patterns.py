"""Answers whose values are right in part, in the same way in every case: a triangle, other places, a mask, no sum.

Each pattern is a function of an answer, the right one, and a case: whether this answer looks so; None where such a
mistake would not show. describing.py says it if no case speaks against it, and at least two for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nst.checks import fitting
from nst.checks.comparison import Case, difference


@dataclass(frozen=True)
class Pattern:
    """`kind` is a row of credit.toml, empty for none; `hint` completes what is wrong; `share` of all answers, or of
    their layers, must look so, or two of them."""

    name: str
    kind: str
    hint: str
    looks_so: Callable[[np.ndarray, np.ndarray, Case], bool | None]
    share: float = 0.0


def same(answer: Any, right: Any) -> bool:
    """Whether two arrays agree within the tolerance."""
    return difference(answer, right) is None


def becomes(
    change: Callable[[np.ndarray], Any], arrays: bool = False
) -> Callable[[np.ndarray, np.ndarray, Case], bool | None]:
    """The pattern of answers that are change(right); `arrays`: not of single numbers, where that says little."""

    def looks_so(answer, right, case):
        if arrays and not np.ndim(right):
            return False
        changed = np.asarray(change(right))
        return None if same(changed, right) and same(answer, right) else same(answer, changed)

    return looks_so


def wrong_only(where: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray, np.ndarray, Case], bool | None]:
    """The pattern of matrices that are wrong at `where(right)`, a mask, somewhere, and right everywhere else."""

    def looks_so(answer, right, case):
        if same(answer, right):
            return None
        if answer.shape != right.shape or right.ndim != 2:
            return False
        mask = where(right)
        return None if mask.all() else same(np.where(mask, 0, answer), np.where(mask, 0, right))

    return looks_so


def _at(*index):
    def where(right):
        mask = np.zeros(right.shape, bool)
        mask[index] = True
        return mask

    return where


def _diagonal(right):
    return np.eye(*right.shape, dtype=bool)


def _sums_to_it(answer, right, case):
    if np.ndim(right) == 0:
        return np.ndim(answer) > 0 and same(np.sum(answer), right)
    if np.ndim(answer) <= np.ndim(right):
        return False
    return any(same(answer.sum(axis), right) for axis in range(np.ndim(answer)))


def _summed(answer, right, case):
    if np.ndim(answer) >= np.ndim(right):
        return None if same(answer, right) else False
    sums = [right.sum(), *(right.sum(axis) for axis in range(np.ndim(right)))]
    return any(same(answer, one) for one in sums)


def _scaled(answer, right, case):
    if np.size(right) < 2 or not np.any(right) or same(answer, right):
        return None
    if np.shape(answer) == np.shape(right) and not np.isfinite(answer).any():
        return None  # that length was zero
    return fitting.multiple(answer, right) is not None


def _reordered(answer, right, case):
    if np.shape(answer) != np.shape(right) or np.size(right) < 2:
        return None if same(answer, right) else False
    return None if same(answer, right) else same(np.sort(answer, None), np.sort(right, None))


def _rounded(change):
    def looks_so(answer, right, case):
        changed = change(right)
        if np.shape(answer) != np.shape(right):
            return False
        return None if same(changed, right) and same(answer, right) else same(answer, changed)

    return looks_so


def _nan_in_places(answer, right, case):
    if answer.shape != right.shape:
        return False
    if same(answer, right):
        return None
    places = np.isnan(answer)
    if places.sum() > places.size / 2 and np.any(right[places]):
        return False  # the most of it; where 0 is right, 0 / 0 may be all of it
    return same(np.where(places, right, answer), right)


def _shifted(answer, right, case):
    if answer.shape != right.shape:
        return False
    if same(answer, right) or np.size(right) < 3:
        return None
    return bool(np.isfinite(answer).all()) and same(answer - np.mean(answer - right), right)


def _always_zero(answer, right, case):
    return None if not np.any(right) else not np.any(answer)


PATTERNS = (
    Pattern(
        "always_zero",
        "",
        "Your result is 0 in every case: is something compared with itself, or 0 before it is used?",
        _always_zero,
    ),
    Pattern(
        "transposed",
        "axes",
        "The result is transposed: which index counts rows, and which columns?",
        becomes(np.transpose),
    ),
    Pattern(
        "rows_reversed",
        "axes",
        "The rows come in reverse order.",
        becomes(lambda e: e[::-1] if e.ndim > 1 else e),
    ),
    Pattern(
        "columns_reversed",
        "axes",
        "Within each row the values come in reverse order.",
        becomes(lambda e: e[..., ::-1] if e.ndim > 1 else e),
    ),
    Pattern(
        "reordered",
        "axes",
        "All the right numbers are there, but at other places: look at the places, not at the values.",
        _reordered,
    ),
    Pattern(
        "lower_triangle_zero",
        "edge",
        "What is below the diagonal is 0: is it to be so?",
        becomes(lambda e: np.triu(e) if e.ndim == 2 and e.shape[0] == e.shape[1] else e),
    ),
    Pattern(
        "upper_triangle_zero",
        "edge",
        "What is above the diagonal is 0: is it to be so?",
        becomes(lambda e: np.tril(e) if e.ndim == 2 and e.shape[0] == e.shape[1] else e),
    ),
    Pattern(
        "diagonal_wrong",
        "edge",
        "All values are right but those on the diagonal.",
        wrong_only(_diagonal),
    ),
    Pattern(
        "diagonal_only",
        "part",
        "Only the diagonal is right: what belongs where row and column differ?",
        wrong_only(lambda e: ~_diagonal(e)),
    ),
    Pattern(
        "last_column",
        "part",
        "Only the last column is wrong: does a loop end one too early?",
        wrong_only(_at(..., -1)),
    ),
    Pattern(
        "last_row",
        "part",
        "Only the last row is wrong: does a loop end one too early?",
        wrong_only(_at(-1)),
    ),
    Pattern(
        "first_column",
        "part",
        "Only the first column is wrong: does a loop begin one too late?",
        wrong_only(_at(..., 0)),
    ),
    Pattern(
        "first_row",
        "part",
        "Only the first row is wrong: does a loop begin one too late?",
        wrong_only(_at(0)),
    ),
    Pattern(
        "not_below_zero",
        "mask",
        "Where the right value is negative, yours is 0: is there a mask, or a maximum?",
        becomes(lambda e: np.maximum(e, 0), arrays=True),
    ),
    Pattern(
        "not_above_zero",
        "mask",
        "Where the right value is positive, yours is 0: is there a mask, or a minimum?",
        becomes(lambda e: np.minimum(e, 0), arrays=True),
    ),
    Pattern(
        "not_above_one",
        "mask",
        "Values above 1 became 1: is clipping in the equation?",
        becomes(lambda e: np.minimum(e, 1), arrays=True),
    ),
    Pattern(
        "clipped",
        "mask",
        "Values below 0 became 0, and those above 1 became 1: is clipping in the equation?",
        becomes(lambda e: np.clip(e, 0, 1), arrays=True),
    ),
    Pattern(
        "signs_lost",
        "sign",
        "The size is right, the signs are lost: is there an absolute value?",
        becomes(np.abs),
    ),
    Pattern(
        "whole_numbers",
        "mask",
        "The digits after the point are lost: is something rounded, divided with `//`, or kept in an array of"
        " whole numbers?",
        _rounded(np.trunc),
    ),
    Pattern(
        "rounded_down",
        "mask",
        "The results are rounded down: `//` is division without what is left over.",
        _rounded(np.floor),
    ),
    *(
        Pattern(
            name, "mask", "The results are rounded: leave all digits.", _rounded(partial(np.round, decimals=digits))
        )
        for name, digits in (("rounded", 0), ("rounded_to_cents", 2), ("rounded_to_tenths", 1))
    ),
    Pattern(
        "nan_in_places",
        "edge",
        "Right but for some places where it is NaN: there 0 is divided by 0.",
        _nan_in_places,
    ),
    Pattern(
        "unsummed",
        "unreduced",
        "The terms are right, but they are not added up: where does the equation have a sum, or a plus?",
        _sums_to_it,
    ),
    Pattern(
        "summed",
        "unreduced",
        "What is needed entry by entry is summed up: no sum is asked for here.",
        _summed,
    ),
    Pattern(
        "scaled",
        "",
        "In each case all values are the right ones but for a factor, another one in each case: is something "
        "divided by a length, a mean, a largest value?",
        _scaled,
        share=0.5,
    ),
    Pattern(
        "shifted",
        "",
        "In each case all values are too large, or too small, by one and the same number: is something added "
        "or subtracted that is not in the equation?",
        _shifted,
    ),
)

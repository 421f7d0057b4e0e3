"""Comparing one answer with what is right: structure, shape, kind, finiteness and values, in this order.

A `Case` holds arguments, the right answer, and the answers that known mistakes give to the same arguments; judge.py
makes a `Verdict` of them. `difference` tells what structure is needed, never the values that are right. Everything here
is data: no student code is run and no right answer is computed.

Tolerance. Values agree when they differ by at most RTOL times the largest right value of the same array. Sums of a few
hundred float32 products, in any order, differ by some 1e-5 of the largest; formulas that square them by twice that. The
known mistakes are kept 20 tolerances apart from the truth and from each other (test_exercises.py).
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nst.checks.markers import Marker, Missing, NotSerialisable, Raised, TimedOut
from nst.checks.plain_words import of_error

RTOL = 1e-4  # of the largest right value: ten times what float32 arithmetic in any order costs here
COARSE = 10.0  # times the tolerance for float16, which cannot come nearer: no type of number costs points
HALF = np.finfo(np.float16)
LONG = 80  # characters of an error's own message that are left out where plain words take their place
ATOL = 1e-9  # for right values that are all zero
NUMERIC = "iuf"  # the kinds of NumPy dtype that are real numbers


@dataclass(frozen=True)
class Difference:
    """One way in which an answer is not the expected one."""

    kind: str
    text: str


SAME = "the same as at the first call"


@dataclass(frozen=True)
class Mistake:
    """What a known mistake answers to one case: `output` at the first call, `again` at the second."""

    name: str
    hint: str
    output: Any
    again: Any = SAME
    credit: float = 0.0

    @property
    def outputs(self) -> tuple:
        """The answers to both calls."""
        return self.output, self.output if self.again is SAME else self.again


@dataclass(frozen=True)
class Rule:
    """Credit (and a hint) for answers that are wrong in one way only: in all cases of `tag`, or as the engine finds.

    `special`: the tag marks special cases, an answer is half right also if it fails in some of them only.
    """

    name: str
    credit: float
    hint: str = ""
    tag: str | None = None
    special: bool = False


@dataclass(frozen=True)
class Case:
    """Arguments, the right answer, and what known mistakes answer; `about` completes "With ..." in a hint.

    `parameters` are the names of the arguments, `results` those of the values where several are returned.
    """

    args: tuple
    expected: Any
    mistakes: tuple[Mistake, ...] = ()
    about: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    rules: tuple[Rule, ...] = ()
    parameters: tuple[str, ...] = ()
    results: tuple[str, ...] = ()

    def wrong(self, answer: Any) -> Difference | None:
        """How an answer differs from the right one. Where zero is right, it may be as far off as rounding of what
        cancels: a derivative by small differences is right as well."""
        if _all_zero(self.expected):
            largest = max((float(np.abs(values).max(initial=0.0)) for values in _arrays(self.args)), default=0.0)
            return difference(answer, self.expected, 1 + RTOL * largest / ATOL)
        return difference(answer, self.expected, results=self.results)

    def in_float32(self) -> "Case":
        """The same case with every floating-point argument as float32."""
        return replace(self, args=cast(self.args, np.float32))


def _arrays(value):
    """All numbers and arrays in the arguments."""
    if isinstance(value, dict | tuple | list):
        return [array for item in (value.values() if isinstance(value, dict) else value) for array in _arrays(item)]
    return [] if numbers(value) is None else [numbers(value)]


def _all_zero(expected):
    if isinstance(expected, dict):
        return all(map(_all_zero, expected.values()))
    values = numbers(expected)
    return values is not None and not values.any()


def cast(value: Any, dtype: type) -> Any:
    """The value with all its floating-point arrays as that dtype."""
    if isinstance(value, np.ndarray | np.floating):
        return value.astype(dtype) if value.dtype.kind == "f" else value
    if isinstance(value, dict):
        return {key: cast(item, dtype) for key, item in value.items()}
    return tuple(cast(item, dtype) for item in value) if isinstance(value, tuple) else value


@dataclass(frozen=True, eq=False)
class Example:
    """A case that went wrong, with the answer to it: what may be shown of public cases, and of no others."""

    case: Case
    answer: Any


@dataclass(frozen=True)
class Verdict:
    """The outcome: `credit` in [0, 1], the hint to show, and the name of the mistake if known; for public cases, where
    the hint alone would leave a question, an example to show with it."""

    passed: bool
    credit: float
    hint: str
    mistake: str | None
    example: Example | None = None


def difference(
    answer: Any, expected: Any, slack: float = 1.0, name: str = "your result", results: tuple[str, ...] = ()
) -> Difference | None:
    """The first `Difference` between an answer and the expected one, or None; `slack` multiplies the tolerance."""
    if isinstance(answer, Marker) or isinstance(expected, Marker):
        return _marker_difference(answer, expected)
    if answer is None:
        return Difference(
            "nothing", f"{name} is None: see that the function ends in `return ...`, whichever way it goes"
        )
    if isinstance(expected, dict):
        return _dict_difference(answer, expected, slack, name)
    if isinstance(expected, tuple | list):
        return _sequence_difference(answer, expected, slack, name, results)
    if isinstance(expected, str):
        return None if answer == expected else Difference("type", f"{name} is another text")
    return _array_difference(answer, np.asarray(expected), slack, name)


def _marker_difference(answer, expected):
    if isinstance(expected, Raised) and isinstance(answer, Raised) and answer.kind == expected.kind:
        return None
    if isinstance(answer, Raised):
        words = of_error(answer.kind, answer.message)
        message = f" ({answer.message})" if answer.message and not (words and len(answer.message) > LONG) else ""
        return Difference("raised", f"your function raised {answer.kind}{_place(answer.line)}{message}{words}")
    if isinstance(answer, TimedOut):
        place = _place(answer.line).replace(" in", "; it was in", 1)
        return Difference("time", f"your function had not returned after {answer.seconds:g} seconds{place}")
    if isinstance(answer, NotSerialisable):
        return Difference("type", f"your function returned {answer.what}, which is not numbers: {_remedy(answer.what)}")
    return Difference("missing", "your function gave no answer")


def _place(line):
    """` in line 3, "return F @ F"` from `line 3: return F @ F`."""
    number, _, source = line.partition(": ")
    return (f" in {number}" if number else "") + (f", `{source}`" if source else "")


def _remedy(what):
    lazy = any(word in what for word in ("generator", "iterator", "map", "zip", "filter", "coroutine"))
    return "compute the values and use `return`, not `yield`" if lazy else "return the numbers themselves"


def _dict_difference(answer, expected, slack, name):
    if not isinstance(answer, dict):
        return Difference("type", f"{name} is {_kind_of(answer)}, and a dict is needed: layer name -> value")
    missing = [key for key in expected if key not in answer]
    if missing:
        return Difference("keys", f"{name} lacks the layer {missing[0]!r}")
    extra = [key for key in answer if key not in expected]
    if extra:
        return Difference("keys", f"{name} has the entry {str(extra[0])[:40]!r}, which is not asked for")
    found = (difference(answer[key], value, slack, f"the entry {key!r}") for key, value in expected.items())
    return next((d for d in found if d), None)


def _sequence_difference(answer, expected, slack, name, results):
    wanted = ", ".join(results)
    needed = f"{len(expected)} values are needed" + (f": {wanted}" if wanted else "")
    if not isinstance(answer, tuple | list):
        return Difference("type", f"{name} is {_kind_of(answer)}, and {needed}")
    if len(answer) != len(expected):
        return Difference("type", f"{name} has {len(answer)} values, and {needed}")
    names = results or tuple(f"value number {place + 1}" for place in range(len(expected)))
    found = (difference(a, e, slack, n) for a, e, n in zip(answer, expected, names, strict=True))
    return next((d for d in found if d), None)


def _array_difference(answer, expected, slack, name):
    values = numbers(answer)
    needed = f"an array of shape {expected.shape}" if expected.shape else "a single number"
    if values is None:
        real = needed.replace("array", "array of real numbers").replace("single", "single real")
        return Difference("type", f"{name} is {_kind_of(answer)}, and {real} is needed")
    if values.shape != expected.shape:
        return _shape_difference(answer, values, expected, needed, name)
    expected = expected.astype(float)
    half = getattr(answer, "dtype", None) == np.float16
    wrong = _wrong_entries(values, expected, slack * COARSE if half else slack)
    if half:
        wrong &= ~_as_float16_has_it(values, expected)
    return _value_difference(values, wrong, np.isfinite(expected).all(), name) if wrong.any() else None


def _shape_difference(answer, values, expected, needed, name):
    if isinstance(answer, tuple) and len(answer) == 1:
        return Difference("shape", f"{name} is a tuple with one entry: a comma behind a value makes it one")
    given = f"an array of shape {values.shape}" if values.shape else "a single number"
    return Difference("shape", f"{name} is {given}, and {needed} is needed")


def _as_float16_has_it(values, expected):
    """Where a number is too large or too small for float16, and infinite or nought in it."""
    too_large = np.isfinite(expected) & (np.abs(expected) >= 0.999 * float(HALF.max))
    too_small = np.abs(values - expected) <= float(HALF.smallest_subnormal)
    return (too_large & (values == np.copysign(np.inf, expected))) | too_small


def numbers(answer: Any) -> np.ndarray | None:
    """The answer as a float64 array, or None if it is not made of real numbers."""
    if isinstance(answer, (dict, str, bytes, Raised, TimedOut, NotSerialisable, Missing)):
        return None
    try:
        values = np.asarray(answer)
    except (ValueError, TypeError):
        return None  # a list of unequal parts
    return values.astype(float) if values.dtype.kind in NUMERIC else None


def _wrong_entries(values, expected, slack):
    finite = np.isfinite(expected)
    if finite.all():
        largest = np.abs(expected).max(initial=0.0)
        return ~(np.abs(values - expected) <= slack * (RTOL * largest + ATOL))  # NaN is wrong as well
    largest = np.abs(expected[finite]).max(initial=0.0)
    with np.errstate(all="ignore"):
        close = np.abs(values - expected) <= slack * (RTOL * largest + ATOL)
    return ~np.where(finite, close, (values == expected) | (np.isnan(values) & np.isnan(expected)))


def _value_difference(values, wrong, all_finite, name):
    if all_finite and not np.isfinite(values).all():
        what = "NaN (not a number)" if np.isnan(values).any() else "an infinite number"
        return Difference("finite", f"{name} contains {what}" if values.shape else f"{name} is {what}")
    if not values.shape:
        return Difference("values", f"{name} is a single number as it should be, but not the right one")
    first = ", ".join(str(int(i)) for i in np.argwhere(wrong)[0])
    return Difference(
        "values",
        f"{name} has the right shape, but {wrong.sum()} of its {wrong.size} values are wrong, the first at [{first}]",
    )


def _kind_of(answer):
    if isinstance(answer, np.ndarray):
        shape = f"an array of shape {answer.shape}" if answer.shape else "a number"
        return shape + ("" if answer.dtype.kind in NUMERIC else f" of {answer.dtype}")
    names: dict[type, str] = {list: "a list", tuple: "a tuple", dict: "a dict", str: "a text", bytes: "bytes"}
    names |= {complex: "complex", float: "a number", int: "a whole number", bool: "True or False"}
    return names.get(type(answer), f"of type {type(answer).__name__}")

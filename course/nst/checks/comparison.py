"""Comparing a student's answers with what is right: one engine for the check in the notebook and for the grader.

A `Case` holds arguments, the right answer, and the answers that known mistakes give to the same arguments. `judge`
compares structure, shape, kind, finiteness and values, in this order, and says in one or two sentences what is wrong;
when all answers equal those of a known mistake, it names that mistake. It tells what structure is needed, never the
values that are right. Everything here is data: no student code is run and no right answer is computed.

Tolerance. Values agree when they differ by at most RTOL times the largest right value of the same array. Sums of a few
hundred float32 products, in any order, differ by some 1e-5 of the largest; formulas that square them by twice that. The
known mistakes are kept 20 tolerances apart from the truth and from each other (test_exercises.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

RTOL = 1e-4  # of the largest right value: ten times what float32 arithmetic in any order costs here
COARSE = 10.0  # times the tolerance for float16, which cannot come nearer: no type of number costs points
ATOL = 1e-9  # for right values that are all zero
NUMERIC = "biuf"  # the kinds of NumPy dtype that are real numbers


@dataclass(frozen=True)
class Raised:
    """The function raised an error; `line` reads like "line 3: return F @ F", or is empty."""

    kind: str
    message: str
    line: str = ""


@dataclass(frozen=True)
class TimedOut:
    """The function did not return within `seconds`."""

    seconds: float
    line: str = ""


@dataclass(frozen=True)
class NotSerialisable:
    """The function returned `what` ("a generator"), which is not plain data."""

    what: str


@dataclass(frozen=True)
class Missing:
    """No answer came, for example since an earlier call never returned."""


Marker = Raised | TimedOut | NotSerialisable | Missing


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
    """Credit (and a hint) for answers that are wrong in one way only: in all cases of `tag`, or as the engine finds."""

    name: str
    credit: float
    hint: str = ""
    tag: str | None = None


@dataclass(frozen=True)
class Case:
    """Arguments, the right answer, and what known mistakes answer; `about` completes "With ..." in a hint."""

    args: tuple
    expected: Any
    mistakes: tuple[Mistake, ...] = ()
    about: str = ""
    tags: frozenset[str] = field(default_factory=frozenset)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The outcome: `credit` in [0, 1], the hint to show (empty when passed), and the name of the mistake if known."""

    passed: bool
    credit: float
    hint: str
    mistake: str | None


@dataclass(frozen=True)
class Difference:
    """One way in which an answer is not the expected one."""

    kind: str
    text: str


def difference(answer: Any, expected: Any, slack: float = 1.0, name: str = "your result") -> Difference | None:
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
        return _sequence_difference(answer, expected, slack, name)
    if isinstance(expected, str):
        return None if answer == expected else Difference("type", f"{name} is another text")
    return _array_difference(answer, np.asarray(expected), slack, name)


def _marker_difference(answer, expected):
    if isinstance(expected, Raised) and isinstance(answer, Raised) and answer.kind == expected.kind:
        return None
    if isinstance(answer, Raised):
        message = f" ({answer.message})" if answer.message else ""
        if answer.kind == "SystemExit":
            message = ": exit() and quit() end Python itself, take them out and use `return`"
        return Difference("raised", f"your function raised {answer.kind}{_place(answer.line)}{message}")
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


def _sequence_difference(answer, expected, slack, name):
    if not isinstance(answer, tuple | list):
        return Difference("type", f"{name} is {_kind_of(answer)}, and {len(expected)} values are needed")
    if len(answer) != len(expected):
        return Difference("type", f"{name} has {len(answer)} values, and {len(expected)} are needed")
    pairs = enumerate(zip(answer, expected, strict=True), 1)
    found = (difference(a, e, slack, f"value number {place}") for place, (a, e) in pairs)
    return next((d for d in found if d), None)


def _array_difference(answer, expected, slack, name):
    values = numbers(answer)
    needed = f"an array of shape {expected.shape}" if expected.shape else "a single number"
    if values is None:
        real = needed.replace("array", "array of real numbers").replace("single", "single real")
        return Difference("type", f"{name} is {_kind_of(answer)}, and {real} is needed")
    if values.shape != expected.shape:
        given = f"an array of shape {values.shape}" if values.shape else "a single number"
        return Difference("shape", f"{name} is {given}, and {needed} is needed")
    expected = expected.astype(float)
    coarse = COARSE if getattr(answer, "dtype", None) == np.float16 else 1.0
    wrong = _wrong_entries(values, expected, slack * coarse)
    return _value_difference(values, wrong, np.isfinite(expected).all(), name) if wrong.any() else None


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
        return f"an array of shape {answer.shape}" + ("" if answer.dtype.kind in NUMERIC else f" of {answer.dtype}")
    names = {list: "a list", tuple: "a tuple", dict: "a dict", str: "a text", bytes: "bytes", complex: "complex"}
    return names.get(type(answer), f"of type {type(answer).__name__}")


@np.errstate(all="ignore")  # answers may hold anything
def judge(cases: Case | Sequence[Case], answers: Sequence) -> Verdict:
    """The `Verdict` on a function from its answers: per case the pair of results of two calls with the same objects.

    Cases may be one `Case` (then `answers` is its pair) or several, in order; a pair that is lacking counts as Missing,
    one too many for nothing.
    """
    if isinstance(cases, Case):
        cases, answers = [cases], [answers]
    cases = list(cases)
    pairs = [*map(tuple, answers[: len(cases)]), *[(Missing(), Missing())] * (len(cases) - len(answers))]
    first = [difference(pair[0], case.expected) for case, pair in zip(cases, pairs, strict=True)]
    again = [difference(pair[1], case.expected) for case, pair in zip(cases, pairs, strict=True)]
    if not any(first) and not any(again):
        return Verdict(True, 1.0, "", None)
    special = (_limited, _extra_axis, _proportional) if any(first) else (_in_place,)
    finders = (_unwritten, _known_mistake, *special, _known_elsewhere)
    found = (finder(cases, pairs, first, again) for finder in finders)
    return next((verdict for verdict in found if verdict), None) or _unknown(cases, first, again)


def _verdict(cases, name, hint):
    """A failed verdict with the credit that the rule `name` of these cases gives, and its hint if it has one."""
    rule = next((r for r in cases[0].rules if r.name == name), Rule(name, 0.0))
    return Verdict(False, rule.credit, rule.hint or hint, name)


def _unwritten(cases, pairs, first, again):
    kinds = {answer.kind for pair in pairs for answer in pair if isinstance(answer, Raised)}
    if "NotImplementedError" in kinds:
        return Verdict(False, 0.0, "Not written yet: the function raises NotImplementedError.", "not_written")
    return None


def _known_mistake(cases, pairs, first, again):
    """The mistake whose answers these are, in every case and both times. Where a mistake's own function breaks down,
    its code may do so in another way than the student's: such cases are left out at a second look."""
    for strict in (True, False):
        for mistake in cases[0].mistakes:
            outputs = [_outputs(case, mistake.name) for case in cases]
            if _same_answers(cases, pairs, outputs, strict):
                return Verdict(False, mistake.credit, mistake.hint, mistake.name)
    return None


def _outputs(case, name):
    return next((m.outputs for m in case.mistakes if m.name == name), (Missing(), Missing()))


def _same_answers(cases, pairs, outputs, strict):
    telling = 0
    for case, pair, both in zip(cases, pairs, outputs, strict=True):
        broke = any(isinstance(output, Marker) for output in both)
        if broke and not strict:
            continue
        if any(difference(answer, output) for answer, output in zip(pair, both, strict=True)):
            return False
        telling += any(difference(output, case.expected) is not None for output in both)
    return telling >= (1 if strict else 2)


def _in_place(cases, pairs, first, again):
    if any(d.kind in ("time", "missing") for d in again if d):
        return None
    return _verdict(
        cases,
        "in_place",
        "The first answer is right, but a second call with the same arguments gives another one: your function "
        "changes its arguments (`-=`, `+=`, `x[...] = `, `.sort()`). Work on a copy, or write `a = a - b`.",
    )


def _limited(cases, pairs, first, again):
    """Right everywhere but in the cases of one tag."""
    wrong = [bool(a or b) for a, b in zip(first, again, strict=True)]
    for rule in cases[0].rules:
        tagged = [rule.tag in case.tags for case in cases]
        if rule.tag and not all(tagged) and all(t for t, w in zip(tagged, wrong, strict=True) if w):
            what = next(d for d in (*first, *again) if d)
            broke = f" There, {what.text}." if what.kind in ("raised", "time") else ""
            return Verdict(False, rule.credit, rule.hint + broke, rule.name)
    return None


def _known_elsewhere(cases, pairs, first, again):
    """A known mistake in all cases but those with a tag of a rule, in which something else is wrong as well."""
    tags = {rule.tag for rule in cases[0].rules if rule.tag}
    plain = [i for i, case in enumerate(cases) if not tags & case.tags]
    if not 1 < len(plain) < len(cases):
        return None
    found = _known_mistake(*([rows[i] for i in plain] for rows in (cases, pairs, first, again)))
    return found and Verdict(False, 0.0, found.hint, found.mistake)


def _extra_axis(cases, pairs, first, again):
    """The right values in an array of another shape that holds axes of length one more or less."""
    for case, (answer, _) in zip(cases, pairs, strict=True):
        values, expected = numbers(answer), numbers(case.expected)
        if values is None or expected is None or difference(np.squeeze(values), np.squeeze(expected)):
            return None
    text = next((d.text for d in first if d and d.kind == "shape"), None)
    return text and _verdict(cases, "extra_axis", f"The values are right, the shape is not: {text}.")


def _proportional(cases, pairs, first, again):
    """One factor too many or too few: the same in all cases, or another one in each."""
    ratios = [_ratio(answer, case.expected) for case, (answer, _) in zip(cases, pairs, strict=True)]
    ratios = [ratio for ratio in ratios if ratio != 0]  # an expected zero tells nothing
    if len(ratios) < 3 or None in ratios:
        return None
    if np.allclose(ratios, -1, rtol=20 * RTOL):
        return _verdict(
            cases, "sign", "All values are right but for their sign: look for a difference taken the wrong way."
        )
    if np.allclose(ratios, ratios[0], rtol=20 * RTOL):
        return _verdict(
            cases,
            "factor",
            "All values are wrong by one and the same factor: look for a constant that is missing, or one too many.",
        )
    if any(np.size(case.expected) > 1 for case in cases) and not isinstance(cases[0].expected, dict):
        hint = (
            "Within each case all values are wrong by one factor, but by another one in each case: look at what you "
            "divide by (N, M, their squares, a mean for a sum)."
        )
        return _verdict(cases, "sizes", hint)
    return None


def _ratio(answer, expected):
    """The number r with answer = r * expected; 0 if all expected are zero; None if there is no such number."""
    pairs = [(answer, expected)]
    if isinstance(expected, dict):
        if not isinstance(answer, dict) or set(answer) != set(expected):
            return None
        pairs = [(answer[key], expected[key]) for key in expected]
    pairs = [(numbers(a), numbers(e)) for a, e in pairs]
    if any(a is None or e is None or a.shape != e.shape for a, e in pairs):
        return None
    a, e = (np.concatenate([np.ravel(pair[i]) for pair in pairs]) for i in (0, 1))
    if not np.isfinite(a).all() or not np.isfinite(e).all():
        return None
    if not e.any():
        return 0
    ratio = float(a @ e / (e @ e))
    return ratio if ratio and difference(a, ratio * e) is None else None


def _unknown(cases, first, again):
    """Nothing known: say what is wrong in the first case that shows it."""
    case, found = next((c, f or a) for c, f, a in zip(cases, first, again, strict=True) if f or a)
    hint = f"With {case.about}, {found.text}." if case.about else f"{found.text[0].upper()}{found.text[1:]}."
    return Verdict(False, 0.0, hint, None)

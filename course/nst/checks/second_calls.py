"""What two calls with the same objects show beside the answers: arguments that were changed, functions that were called
too often, and what is kept between calls."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nst.checks import rules
from nst.checks.comparison import Case, Verdict, difference, numbers
from nst.checks.markers import Marker
from nst.checks.rules import Seen, verdict


def change(case: Case, arguments: Any) -> str | None:
    """How the arguments of a case were changed, in words; "" if they were not, None if they were not told."""
    if not _told(case, arguments):
        return None
    names = case.parameters or tuple(f"argument {place + 1}" for place in range(len(case.args)))
    changes = (_changed(*three) for three in zip(case.args, arguments, names, strict=False))
    return next(filter(None, changes), "")


def too_often(case: Case, arguments: Any) -> bool:
    """Whether a function among the arguments was called more than once for each loss that a right run records; False
    where it was not told."""
    if not _told(case, arguments):
        return False
    calls = [after for before, after in zip(case.args, arguments, strict=True) if callable(before)]
    return any(type(number) is int and number > len(case.expected[-1]) for number in calls)


def _told(case, arguments):
    return isinstance(arguments, tuple | list) and len(arguments) == len(case.args)


def _changed(before, after, name):
    if callable(before):
        return ""
    if not isinstance(before, Mapping):
        return "" if _same(before, after) else f"{name} is another one afterwards"
    if not isinstance(after, Mapping):
        return f"{name} is another one afterwards"
    if gone := [key for key in before if key not in after]:
        return f"the layer {gone[0]!r} is gone from {name} afterwards"
    if new := [key for key in after if key not in before]:
        return f"{name} has the layer {str(new[0])[:40]!r} afterwards, which was not there"
    other = [key for key in before if not _same(before[key], after[key])]
    return f"{name}[{other[0]!r}] is another one afterwards" if other else ""


def _same(before, after):
    if isinstance(before, tuple | list):
        return isinstance(after, tuple | list) and len(before) == len(after) and all(map(_same, before, after))
    if before is None or isinstance(before, str):
        return type(before) is type(after) and before == after
    before, after = numbers(before), numbers(after)
    return before is not None and after is not None and np.array_equal(before, after, equal_nan=True)


def changes_arguments(seen: Seen) -> Verdict | None:
    """Both answers are right, and an argument is not what it was: a known mistake that does this, or the rule."""
    told = next(filter(None, seen.changed), None)
    if told is None or (any(seen.again) and rules.known_mistake(seen)):
        return None
    return verdict(
        seen,
        "in_place",
        f"The answer is right, but your function changes what it was given: {told}. Whoever called still needs it: "
        "where do you write into an argument (`-=`, `x[...] =`, `del`, `.pop()`)? Work on a new object.",
    )


def calls_too_often(seen: Seen) -> Verdict | None:
    """Both answers are right, and a function that was given is called more often than the contract allows."""
    if not any(seen.too_often) or any(seen.again):
        return None
    case = seen.cases[0]
    name = next(name for name, value in zip(case.parameters, case.args, strict=True) if callable(value))
    return verdict(
        seen,
        "calls",
        f"The results are right, but {name} is called more often than there are iterations, and calls are what costs "
        "time: what does one call return, and is each call needed?",
    )


def in_place(seen: Seen) -> Verdict | None:
    """A second answer is wrong: something was changed on the way."""
    if any(d.kind in ("time", "missing") for d in seen.again if d):
        return rules.unknown(seen)
    return verdict(
        seen,
        "in_place",
        "The first answer is right, but a second call with the same arguments gives another one: your function "
        "changes its arguments (`-=`, `+=`, `x[...] = `, `.sort()`), or keeps something from call to call.",
    )


def kept(seen: Seen) -> Verdict | None:
    """The same arguments, unchanged, give another answer, or an earlier case's: something outlives the call."""
    differing = [
        i
        for i, pair in enumerate(seen.pairs)
        if seen.changed[i] == "" and _comparable(pair) and difference(pair[1], pair[0]) and difference(pair[0], pair[1])
    ]
    if differing or _earlier_answers(seen):
        right_first = seen.first[0] is None
        hint = (
            "Something is kept from one call to the next: "
            + ("the first call is answered right, a later one is not" if right_first else "equal calls differ")
            + ". Look for a variable outside of the function, a default value that is a list or dict, or `global`; "
            "or for random numbers."
        )
        return verdict(seen, "kept" if right_first else "kept_wrong", hint)
    return None


def _comparable(pair):
    return not any(answer is None or isinstance(answer, Marker) for answer in pair)


def _earlier_answers(seen):
    """Whether each wrong answer is the right one of an earlier case, whose own answer was right."""
    wrong = [i for i, w in enumerate(seen.wrong) if w]
    return bool(wrong) and all(
        any(
            not seen.wrong[j]
            and difference(seen.pairs[i][0], seen.cases[j].expected) is None
            and numbers(seen.cases[j].expected) is not None
            and np.any(numbers(seen.cases[j].expected))
            for j in range(i)
        )
        for i in wrong
    )

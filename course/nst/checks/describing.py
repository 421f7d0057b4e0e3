"""Which pattern (patterns.py) the answers to all cases have, also that of a mask made of an argument."""

from collections.abc import Iterator

import numpy as np

from nst.checks.comparison import Verdict, numbers
from nst.checks.patterns import PATTERNS, Pattern, becomes
from nst.checks.rules import Seen, verdict


def described(seen: Seen) -> Verdict | None:
    """The first pattern that all cases have."""
    entries = [entry for case, pair in zip(seen.cases, seen.pairs, strict=True) for entry in _entries(case, pair[0])]
    if any(answer is None for answer, *_ in entries):
        return None
    for one in (*PATTERNS, *_masks(seen.cases)):
        told = [one.looks_so(*entry) for entry in entries]
        if False not in told and told.count(True) > max(1, one.share * len(told)):
            return verdict(seen, one.name, one.hint, one.kind or one.name)
    return None


def _entries(case, answer) -> Iterator[tuple]:
    """(answer, right, case) as arrays of float: one, or one for each layer; answer None where it is no array."""
    if not isinstance(case.expected, dict):
        right = numbers(case.expected)
        if isinstance(answer, dict) and right is not None and not right.shape:  # a loss for each layer
            answer = list(answer.values())
        values = numbers(answer)
        yield (None if right is None else values), right, case
    elif not isinstance(answer, dict) or set(answer) != set(case.expected):
        yield None, None, case
    else:
        for key, right in case.expected.items():
            yield numbers(answer[key]), numbers(right), case


def _masks(cases):
    """A pattern for each argument that may have been made a mask."""
    names = cases[0].parameters
    for place, name in enumerate(names):
        if all(place < len(c.args) and _alike(c.args[place], c.expected) for c in cases):
            for word, keep in (("not positive", np.greater), ("0", np.not_equal), ("negative", np.greater_equal)):
                hint = f"Your result is 0 where {name} is {word}: the equation has no mask, which entries count?"
                yield Pattern("masked", "mask", hint, _masked_by(place, keep))


def _alike(argument, expected):
    return isinstance(expected, np.ndarray) and isinstance(argument, np.ndarray) and argument.shape == expected.shape


def _masked_by(place, keep):
    def looks_so(answer, right, case):
        return becomes(lambda e: e * keep(case.args[place], 0))(answer, right, case)

    return looks_so

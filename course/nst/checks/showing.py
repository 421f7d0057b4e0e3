"""The example beside a hint: the smallest public case that went wrong, the student's own value, and the right one."""

from typing import Any

import numpy as np

from nst.checks.comparison import Example, difference, numbers

MOST = 24  # numbers that are written out; of larger arrays the first place that is wrong
LONGEST = 88  # characters of a line


def lines(example: Example) -> list[str]:
    """Lines of text: the arguments, where they are few numbers, the student's value, the right value."""
    case, answer = example.case, example.answer
    given = f"For example, with {case.about}" if case.about else "For example"
    arguments = _arguments(case)
    name, yours, right = smallest_difference(answer, case.expected, case.results)
    of = f" {name}" if name else ""
    head = f"{given}, {arguments}:" if arguments else f"{given}:"
    body = [f"yours{of}: {written(yours)}", f"right{of}: {written(right)}"]
    a, e = numbers(yours), numbers(right)
    if a is not None and e is not None and a.shape == e.shape and a.size > MOST:
        place = tuple(int(i) for i in np.argwhere(~np.isclose(a, e, rtol=1e-3, atol=1e-6 * np.abs(e).max()))[0])
        body = [f"yours{of}: {a[place]:.4g} at {list(place)}", f"right{of}: {e[place]:.4g} at {list(place)}"]
    return [head, *body]


def _arguments(case):
    if sum(_size(value) for value in case.args) > MOST or any(map(callable, case.args)):
        return ""
    named = zip(case.parameters, case.args, strict=False)
    return ", ".join(f"{name} = {written(value)}" for name, value in named)


def _size(value):
    if isinstance(value, dict | tuple | list):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return np.size(value)


def smallest_difference(answer: Any, right: Any, results: tuple[str, ...] = ()) -> tuple[str, Any, Any]:
    """(name, student's value, right value) of what is wrong: the whole, or the first entry that is."""
    if isinstance(right, dict) and isinstance(answer, dict) and set(right) <= set(answer):
        found = [(key, answer[key], right[key]) for key in right if difference(answer[key], right[key])]
        return found[0] if found else ("layers", list(answer), list(right))
    if isinstance(right, dict):
        return "layers", list(answer) if isinstance(answer, dict) else answer, list(right)
    if isinstance(right, tuple) and isinstance(answer, tuple | list) and len(answer) == len(right):
        return next(
            (n, a, e) for n, a, e in zip(results or map(str, range(len(right))), answer, right, strict=True)
            if difference(a, e)
        )  # fmt: skip
    return "", answer, right


def written(value: Any) -> str:
    """The value as text, numbers with four digits; of what is large only its form."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return repr(value[:60])
    if isinstance(value, tuple | list) and numbers(value) is None:
        inside = ", ".join(map(written, value[:6]))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    array = numbers(value)
    if array is None:
        return str(value)[:60]
    if array.size > MOST:
        return f"an array of shape {array.shape}"
    return _nested(array)


def _nested(array):
    if array.ndim:
        return "[" + ", ".join(map(_nested, array)) + "]"
    number = float(array) + 0.0  # no minus before a zero
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e6 else f"{number:.4g}"

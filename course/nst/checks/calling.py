"""Calling a student's function: twice with the same objects, its answers as plain data, its errors in words."""

import contextlib
import inspect
import io
import linecache
import numbers
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from nst.checks.comparison import NUMERIC, difference
from nst.checks.markers import NotSerialisable, Raised

MAX_MESSAGE = 300  # characters of a student's error message that a hint repeats


def call_twice(function: Callable, args: tuple) -> tuple:
    """(first, again, arguments): the answers to two calls with the same argument objects, each copied before the next
    call is made, and what had become of the arguments.

    An error that the function raises is an answer, too (`Raised`); what it prints is dropped.
    """
    args = counted(args)
    with contextlib.redirect_stdout(io.StringIO()):
        before, first = state(args), call(function, args)
        then, again = state(args), call(function, args)
        return first, again, changed_or_last(before, then, state(args))


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable):
        self.function, self.calls = function, 0

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.calls += 1
        return self.function(*args, **named)


def counted(args: Sequence) -> tuple:
    """The arguments, each function among them as a `Counted`."""
    return tuple(Counted(value) if callable(value) else value for value in args)


def changed_or_last(before: list, then: list, now: list) -> list:
    """Of each argument what it was after the first call if that changed it (which the second may undo), else last."""
    return [n if _as_it_was(b, t) else t for b, t, n in zip(before, then, now, strict=True)]


def _as_it_was(before, then):
    if isinstance(before, dict):
        return (
            isinstance(then, dict) and list(before) == list(then) and all(_as_it_was(before[k], then[k]) for k in then)
        )
    if isinstance(before, tuple | list):
        return type(before) is type(then) and len(before) == len(then) and all(map(_as_it_was, before, then))
    if isinstance(before, np.ndarray):
        return isinstance(then, np.ndarray) and np.array_equal(before, then)
    return type(before) is type(then) and bool(np.all(before == then))


def state(args: tuple) -> list:
    """The `counted` arguments as plain data, of a function how often it was called: second_calls.py compares it."""
    return [value.calls if isinstance(value, Counted) else as_data(value) for value in args]


def call(function: Callable, args: tuple) -> Any:
    """The function's answer to these arguments as plain data, `NotSerialisable` or `Raised`."""
    try:
        return as_data(function(*args))
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a student's code are answers as well
        return describe(error, function)


def as_data(value: Any, depth: int = 3) -> Any:
    """The value as None, bool, int, float, str, array, tuple, list or dict of these (copies), or `NotSerialisable`."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Decimal | numbers.Rational) and not isinstance(value, np.generic | int):
        return float(value)
    if isinstance(value, Mapping | tuple | list) and depth:
        return _container_as_data(value, depth - 1)
    if hasattr(value, "detach"):  # a PyTorch tensor with a gradient does not turn into an array by itself
        value = value.detach().cpu()
    if hasattr(value, "__array__") or isinstance(value, tuple | list):
        return _array_as_data(value)
    return NotSerialisable(_article(type(value).__name__))


def _container_as_data(value, depth):
    if isinstance(value, Mapping):
        items = {key: as_data(item, depth) for key, item in value.items()}
        return items if all(isinstance(key, str | int) for key in items) else NotSerialisable("a dict with odd keys")
    if isinstance(value, list) and value and not isinstance(array := _array_as_data(value), NotSerialisable):
        return array
    items = [as_data(item, depth) for item in value]
    bad = next((item for item in items if isinstance(item, NotSerialisable)), None)
    if bad:
        return NotSerialisable(f"{_article(type(value).__name__)} with {bad.what} in it")
    return tuple(items) if isinstance(value, tuple) else items


def _array_as_data(value):
    try:
        array = np.asarray(value)
        if array.dtype.kind not in NUMERIC + "bc":
            return array.astype(float)  # object arrays of numbers, bfloat16
    except Exception:  # whatever a foreign __array__ may raise: not data
        return NotSerialisable(_article(type(value).__name__))
    return array.copy()


def _article(noun):
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def describe(error: BaseException, function: Callable) -> Raised:
    """The error as `Raised`, with the last line of the student's own code that it came through."""
    return Raised(type(error).__name__, " ".join(str(error).split())[:MAX_MESSAGE], _student_line(error, function))


def _student_line(error, function):
    """Cells of a notebook share one dict of globals, by which a frame of the student's code is known."""
    own, found = getattr(function, "__globals__", None), ""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals is own:
            found = line_text(step.tb_frame.f_code.co_filename, step.tb_lineno)
        step = step.tb_next
    return found


def line_text(filename: str, number: int) -> str:
    """`line 3: return F @ F`, or `line 3` where the source is not known."""
    source = linecache.getline(filename, number).strip()
    return f"line {number}: {source}" if source else f"line {number}"


def lookup(name: str, entries: Sequence, own: Callable | None = None) -> Callable:
    """A function that answers for the arguments of `entries`, a list of (args, answer), and for no others.

    Names of arguments are those of `own`, the function that it stands for.
    """

    def stub(*args, **named):
        if named and own is not None:
            args = tuple(inspect.signature(own).bind(*args, **named).arguments.values())
        for known, answer in entries:
            if len(known) == len(args) and all(_alike(a, k) for a, k in zip(args, known, strict=True)):
                return answer.copy() if isinstance(answer, np.ndarray) else answer
        raise LookupError(f"{name} was called with arguments that this exercise does not lead to")

    stub.__name__ = name
    return stub


def _alike(argument, known):
    return difference(as_data(argument), known) is None

"""The child of the runner: it calls the student's function, encodes what comes back, and asks for lent parts.

Each answer is one line of JSON on a pipe. A line that begins with `?` asks for part(arguments), and waits for the
answer on another pipe.
"""

import builtins
import inspect
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nst.checks import calling
from nst.checks.markers import NotSerialisable, Raised

if __package__:
    from autograder.sandbox.inside import protocol
else:  # inside, where this folder is all that there is of the grader
    import protocol  # type: ignore[no-redef]

QUESTION = b"?"  # begins a line that is no answer
KIND = inspect.Parameter.POSITIONAL_OR_KEYWORD


def silence() -> None:
    """From here on what is written to the standard descriptors goes nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def results(function: Callable, case: Any) -> Iterator[dict]:
    """Two results of `function` on the same objects, each encoded before the next call, so that aliases show; then
    what has become of the arguments, at the first call that changed them: the second may undo it."""
    arguments = calling.counted(protocol.decode(case, protocol.ARGUMENTS))
    states = []
    for _ in range(2):
        yield encoded(lambda: tagged(calling.call(function, arguments)))
        states.append([state(argument, tree) for argument, tree in zip(arguments, case["t"], strict=True)])
    yield {"arguments": [now if then is True else then for then, now in zip(*states, strict=True)]}


def state(argument: Any, before: Any) -> Any:
    """True for an argument that still is what it was (a tagged tree), else as `tagged`; of a function its calls."""
    if callable(argument):
        return encoded(lambda: {"value": protocol.encode(argument.calls, protocol.CAPS)})
    now = encoded(lambda: {"value": protocol.encode(argument, protocol.ARGUMENTS)})
    return now == {"value": before} or now


def encoded(value: Callable[[], dict]) -> dict:
    """What `value` says, or {"odd": why} if it raises: a student's objects may do anything."""
    try:
        return value()
    except BaseException as error:
        return {"odd": str(error)[:200]}


def tagged(result: Any) -> dict:
    """{"value": encoded}, {"raised": [kind, message, line]} or {"odd": what was returned instead of data}."""
    if isinstance(result, Raised):
        return {"raised": [result.kind[:60], result.message[:300], result.line[:200]]}
    if isinstance(result, NotSerialisable):
        return {"odd": result.what[:200]}
    return {"value": protocol.encode(result, protocol.CAPS)}


def child(function: Callable, namespace: dict, request: dict, out: int, answers: int) -> None:
    """Answer all cases of `request`, three JSON lines each, to the file descriptor `out`; parts are asked for there,
    and their answers read from `answers`. Never returns."""
    silence()
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    lend(request["parts"], function, namespace, out, answers)
    for case in request["cases"]:
        for result in results(function, case):
            write_all(out, protocol.dumps(result).encode() + b"\n")
    os._exit(0)


def lend(parts: dict, function: Callable, namespace: dict, out: int, answers: int) -> None:
    """Put a stub for each of `parts` (name -> its parameters) where the function looks for names; and `np`."""
    places = [namespace, getattr(function, "__globals__", namespace)]
    line, taking_turns = os.fdopen(answers, "rb"), threading.Lock()
    stubs = {
        part: stub(part, parameters, places[1].get(part), (out, line, taking_turns))
        for part, parameters in parts.items()
    }
    for place in places:
        place.setdefault("np", np)
        place.update(stubs)


def stub(part: str, parameters: Sequence[str], own: Any, wire: tuple) -> Callable:
    """A function that the trusted side answers for, whatever it is called with and however."""
    out, line, taking_turns = wire

    def ask(*args, **kwargs):
        values = [calling.as_data(value) for value in positional(parameters, own, args, kwargs)]
        if odd := next((value for value in values if isinstance(value, NotSerialisable)), None):
            raise TypeError(f"{part} was called with {odd.what}")
        question = protocol.dumps([part, protocol.encode(values)])
        with taking_turns:
            write_all(out, QUESTION + question.encode() + b"\n")
            answer = protocol.loads(line.readline())
        if "raised" in answer:
            kind = getattr(builtins, answer["raised"], ValueError)
            raise kind(f"{part} cannot be computed from these arguments")
        return protocol.decode(answer["value"])[()]  # an array, or a number of NumPy's

    ask.__name__ = part
    return ask


def positional(parameters: Sequence[str], own: Any, args: tuple, kwargs: dict) -> list:
    """The arguments in the order of the part's parameters: by their names, else by those of the student's own."""
    try:
        bound = inspect.Signature([inspect.Parameter(name, KIND) for name in parameters]).bind(*args, **kwargs)
    except TypeError:
        bound = inspect.signature(own).bind(*args, **kwargs)  # TypeError: such a call fits neither
    return list(bound.arguments.values())[: len(parameters)]


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]

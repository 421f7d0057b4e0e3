"""Keyword arguments that are passed on from function to function: listed in each signature, checked at the call."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from nst.errors import KeywordError

P = ParamSpec("P")
R = TypeVar("R")


def names_typos(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: a keyword that the function does not have is a KeywordError, which says the nearest one it has.

    Python's own TypeError names the nearest one from Python 3.13 on.
    """
    return _checked(function, inspect.signature(function))


def takes_options_of(
    target: Callable[..., object], without: Iterable[str] = ()
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator of a function whose `**options` go on to `target`: its signature lists them, as if written there.

    without: keywords of the target that this function sets itself. All others are checked as by `names_typos`, before
    anything is done: a mistake in the last function of a chain would else show after minutes of work.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        own = inspect.signature(function)
        kept = [parameter for parameter in own.parameters.values() if parameter.kind != parameter.VAR_KEYWORD]
        passed_on = [
            parameter
            for name, parameter in inspect.signature(target).parameters.items()
            if parameter.kind == parameter.KEYWORD_ONLY and name not in {*own.parameters, *without}
        ]
        return _checked(function, own.replace(parameters=[*kept, *passed_on]))

    return decorate


def _checked(function, signature):
    @functools.wraps(function)
    def checked(*args, **kwargs):
        check_names(kwargs, signature.parameters, function.__qualname__.removesuffix(".__init__"))
        return function(*args, **kwargs)

    checked.__signature__ = signature
    return checked


def check_names(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """KeywordError unless each of the `given` names is one of the `known` ones; `what` is said to lack it."""
    known = [name for name in known if name != "self"]
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
            raise KeywordError(f"{what} has no option {name!r}: {hint}")

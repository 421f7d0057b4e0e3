"""Reading what came back from a sandbox: values and markers, and nothing that is not in the protocol.

Words from inside could carry hidden inputs out, in whatever alphabet. A word is repeated only if the student's notebook
holds it, which was written before there were inputs; or if Python, NumPy or TensorFlow have it for a kind of error or
of value. Of an error's message nothing is kept but a name that it is about. Shapes are bounded.
"""

import builtins
import itertools
import re
import types
from typing import Any

import numpy as np

from autograder.sandbox.inside import protocol
from autograder.sandbox.kernel import KernelDead
from nst.checks.comparison import Case, difference
from nst.checks.markers import Missing, NotSerialisable, Raised, TimedOut

ARTICLE = re.compile(r"an? (\w{1,60})|a dict with odd keys")
LINE = re.compile(r"line \d{1,4}")
NAMED = re.compile(  # messages about a name
    r"(?:name|cannot access local variable|No module named|module '\w+' has no attribute|"
    r"'\w+' object has no attribute) '\w+'(?: is not defined| where it is not associated with a value)?"
)
GRAMMAR = re.compile(  # the beginnings of messages about the grammar of a cell, and their end
    r"(invalid syntax|expected ':'|unexpected indent|expected an indented block|unindent does not match|"
    r"unterminated string literal|'[([{]' was never closed|unmatched '[])}]'|cannot assign to)?.*?"
    r"(\(\S{1,30}, (line \d{1,4})\))?"
)
EMPTY_AXES, EMPTY_LENGTH = 3, 99  # of an array without numbers: its shape would cost nothing and could say anything
NUMBERED = 99  # the largest number that is repeated as a key

KINDS = {  # of errors and of values
    *dir(builtins),
    *(kind.__name__ for kind in vars(types).values() if isinstance(kind, type)),
    *dir(np.exceptions),
    *("LinAlgError", "_UFuncNoLoopError", "_UFuncOutputCastingError", "_ArrayMemoryError"),  # NumPy
    *("InvalidArgumentError", "ResourceExhaustedError", "UnimplementedError", "OptionError"),  # TensorFlow, nst
    *("ndarray", "dict_keys", "dict_values", "dict_items", "dict_itemiterator", "list_iterator", "EagerTensor"),
}
NO_DATA = NotSerialisable("something that is not plain data")


def same(one: Any, other: Any) -> bool:
    """Whether two answers that came back are the same value, whatever they are."""
    if one is None or other is None:
        return one is other
    try:
        with np.errstate(all="ignore"):
            return not difference(one, other) and not difference(other, one)
    except (ArithmeticError, TypeError, ValueError):  # of values that are no numbers
        return False


def read_answers(reply: dict, cases: list[Case], seconds: float, sources: str | None) -> list[tuple]:
    """Per case the answers to two calls, and the arguments afterwards (None if they were not told), from a reply of
    runner.py; KernelDead when it is not such a reply. `sources`: what the student's notebook holds; None for public
    cases, of which nothing is secret, so that every word may be repeated."""
    lines, end = reply.get("lines"), reply.get("end")
    if not isinstance(lines, list) or len(lines) > 3 * len(cases) or not all(isinstance(line, str) for line in lines):
        raise KernelDead("it sent something else than answers")
    after = {"time": TimedOut(seconds), "size": NotSerialisable("far too much data")}
    first = after.get(end, Missing()) if isinstance(end, str) else Missing()
    rest, missing = iter(lines), itertools.chain([first], itertools.repeat(Missing()))
    return [_read_case(case, rest, missing, sources) for case in cases]


def _read_case(case, lines, missing, sources):
    known = (
        None
        if sources is None
        else sources + " ".join(key for value in case.args if isinstance(value, dict) for key in value)
    )
    calls = [next(missing) if (line := next(lines, None)) is None else read_answer(line, known) for _ in range(2)]
    line = next(lines, None)
    return (*calls, None if line is None else read_arguments(line, case.args, known))


def read_answer(line: str, known: str | None) -> Any:
    """One value or marker; whatever is not in the protocol is not an answer. `known` holds the words to repeat."""
    try:
        ((tag, body),) = protocol.loads(line).items()
        return _read(tag, body, known)
    except (protocol.ProtocolError, AttributeError, TypeError, ValueError):
        return NO_DATA


def read_arguments(line: str, args: tuple, known: str | None) -> tuple | None:
    """The arguments after the calls; None if they are not told."""
    try:
        told = protocol.loads(line)["arguments"]
        pairs = zip(args, told, strict=True)
        return tuple(arg if state is True else _read_state(state, known) for arg, state in pairs)
    except (protocol.ProtocolError, KeyError, TypeError, ValueError):
        return None


def _read_state(state, known):
    try:
        ((tag, body),) = state.items()
        return _read(tag, body, known)
    except (protocol.ProtocolError, AttributeError, TypeError, ValueError):
        return NO_DATA


def _read(tag, body, known):
    if tag == "value":
        return _bounded(protocol.decode(body, protocol.CAPS), known)
    if tag == "raised":
        return read_error(*body, known)
    found = ARTICLE.fullmatch(body)
    return NotSerialisable(body) if found and (found[1] is None or _repeats(found[1], known)) else NO_DATA


def _repeats(word, known):
    return known is None or word in KINDS or (word.isidentifier() and word in known)


def read_error(kind: str, message: str, line: str, known: str | None) -> Raised:
    """`Raised`, with the line of code that the student's notebook holds, and of the message what may be repeated."""
    number, _, source = plain(line, 300).partition(": ")
    own = source and (known is None or source in known) and LINE.fullmatch(number)
    kind = plain(kind, 60)
    kind = kind if _repeats(kind, known) else "an error"
    return Raised(kind, _told(kind, plain(message, 300), known), f"{number}: {source}" if own else "")


def _told(kind, message, known):
    if known is None:
        return message
    if kind in ("SyntaxError", "IndentationError"):
        what, _, where = GRAMMAR.fullmatch(message).groups()
        return " in ".join(filter(None, (what, where)))
    about = NAMED.match(message)
    return about[0] if about and all(_repeats(word, known) for word in re.findall(r"'(\w+)'", about[0])) else ""


def _bounded(value, known):
    """The value, without words that may not be repeated in its keys, and with shapes that say little."""
    if isinstance(value, dict):
        return {_key(key, known): _bounded(item, known) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_bounded(item, known) for item in value)
    if isinstance(value, np.ndarray) and value.size == 0:
        small = value.ndim <= EMPTY_AXES and max(value.shape) <= EMPTY_LENGTH
        return value if small else NotSerialisable("an empty array")
    return value if not isinstance(value, str) or known is None or value in known else "..."


def _key(key, known):
    return key if (0 <= key <= NUMBERED if isinstance(key, int) else known is None or key in known) else "..."


def plain(text: object, most: int) -> str:
    """At most `most` printable characters of a string from inside."""
    if not isinstance(text, str):
        raise TypeError("not a string")
    return "".join(c if c.isprintable() else " " for c in text[:most]).strip()

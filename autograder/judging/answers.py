"""Reading what came back from a sandbox: values and markers, and nothing that is not in the protocol."""

import re
from typing import Any

from autograder.sandbox.inside import protocol
from autograder.sandbox.kernel import KernelDead
from nst.checks.comparison import Missing, NotSerialisable, Raised, TimedOut

ARTICLE = re.compile(r"an? [\w.-]{1,60}|a dict with odd keys")
LINE = re.compile(r"line \d{1,5}")
NUMBERS = re.compile(r"\d*\.\d+(?:e[-+]?\d+)?|\d{5,}|\S{40,}")  # could carry the hidden inputs out


def read_answers(reply: dict, calls: int, seconds: float, sources: str) -> list[tuple]:
    """Pairs of values and markers from a reply of runner.py; KernelDead when it is not such a reply."""
    lines, end = reply.get("lines"), reply.get("end")
    if not isinstance(lines, list) or len(lines) > calls or not all(isinstance(line, str) for line in lines):
        raise KernelDead("it sent something else than answers")
    answers = [read_answer(line, sources) for line in lines]
    if len(answers) < calls:
        missing = {"time": TimedOut(seconds), "size": NotSerialisable("far too much data")}
        answers.append(missing.get(end, Missing()) if isinstance(end, str) else Missing())
    answers += [Missing()] * (calls - len(answers))
    return list(zip(answers[::2], answers[1::2], strict=True))


def read_answer(line: str, sources: str) -> Any:
    """One value or marker; whatever is not in the protocol is not an answer."""
    try:
        tree = protocol.loads(line)
        ((tag, body),) = tree.items()
        if tag == "value":
            return with_blank_keys(protocol.decode(body))
        if tag == "raised":
            return read_error(body, sources)
        return NotSerialisable(blanked(body) if ARTICLE.fullmatch(body) else "something that is not plain data")
    except (protocol.ProtocolError, AttributeError, TypeError, ValueError):
        return NotSerialisable("something that is not plain data")


def read_error(body: list, sources: str) -> Raised:
    """`Raised` from [kind, message, line]; the line is repeated only if the student's notebook holds it."""
    kind, message, line = (plain(text, 300) for text in body)
    number, _, source = line.partition(": ")
    own = bool(source) and source in sources and LINE.fullmatch(number)
    return Raised(blanked(kind[:60]), blanked(message), line if own else "")


def blanked(text: str) -> str:
    """Words that a hint repeats, without numbers."""
    return NUMBERS.sub("...", text)


def with_blank_keys(value: Any) -> Any:
    """The answer; if it is a dict, without numbers in its keys, which hints repeat. Names of layers have none."""
    return {blanked(str(key)): item for key, item in value.items()} if isinstance(value, dict) else value


def plain(text: object, most: int) -> str:
    """At most `most` printable characters of a string from inside."""
    if not isinstance(text, str):
        raise TypeError("not a string")
    return "".join(c if c.isprintable() else " " for c in text[:most]).strip()

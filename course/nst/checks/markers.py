"""What stands in the place of an answer where none came: plain data, as answers are."""

from dataclasses import dataclass


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

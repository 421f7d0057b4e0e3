"""Messages between the grader and its sandbox: JSON text with arguments and answers as data. Never pickle.

Used on both sides; this file and `nst` are visible to student code and hold no secret. What comes out of the sandbox
is hostile. The trusted side reads it with its own files, which student code cannot write to, in two steps: `loads`
checks bytes, depth, counts and number lengths on the text before anything of it is decoded; `decode` builds values
from the tagged JSON and refuses every other tree. The form of the values, and their bounds, are in
`nst/checks/plain_data.py`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from nst.checks.plain_data import Bounds, PlainDataError, decode, encode

__all__ = ["ARGUMENTS", "CAPS", "Caps", "ProtocolError", "decode", "dumps", "encode", "loads"]

ProtocolError = PlainDataError  # one error, whether the text or the value breaks a rule

# The last part also matches a string that never ends: otherwise the search would start again at each of its quotes.
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


@dataclass(frozen=True)
class Caps(Bounds):
    """Upper bounds on one message: those on its values, and those on its text."""

    bytes: int = 8 * 2**20
    depth: int = 40  # brackets
    digits: int = 320  # characters of one number


CAPS = Caps(numbered_keys=True)  # a dict with numbers for names is a known mistake
ARGUMENTS = Caps(
    numbered_keys=True, toy_problems=True
)  # the loss_and_gradient of style_transfer: we send it, and never accept one back


def loads(text: bytes | str, caps: Caps = CAPS) -> Any:
    """The JSON value of `text`, refused before decoding when it is too long, too deep or has too many values."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
    if len(data) > caps.bytes:
        raise ProtocolError(f"message of {len(data)} bytes, at most {caps.bytes} are read")
    _check_structure(STRINGS.sub(b"", data), caps)
    try:
        return json.loads(
            data, parse_int=_bounded(int, caps), parse_float=_bounded(float, caps), parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not the JSON of this protocol ({type(error).__name__})") from error


def dumps(value: Any) -> str:
    """Compact JSON text; NaN and infinity are not JSON and must be tagged by `encode`."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _check_structure(skeleton, caps):
    """`skeleton`: the message without its strings; counts brackets and commas, decodes nothing."""
    codes = np.frombuffer(skeleton, np.uint8)
    opens = np.isin(codes, (ord("["), ord("{")))
    closes = np.isin(codes, (ord("]"), ord("}")))
    if int(opens.sum()) + int((codes == ord(",")).sum()) > caps.values:
        raise ProtocolError(f"more than {caps.values} values")
    steps = opens.astype(np.int32) - closes
    if steps.size and int(steps.cumsum().max()) > caps.depth:
        raise ProtocolError(f"nested deeper than {caps.depth}")


def _bounded(kind, caps):
    def parse(digits):
        if len(digits) > caps.digits:
            raise ProtocolError(f"a number of {len(digits)} characters, at most {caps.digits} are read")
        return kind(digits)

    return parse


def _no_constant(name):
    raise ProtocolError(f"{name} is not JSON")

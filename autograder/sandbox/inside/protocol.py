"""Arguments and answers as data: JSON, with arrays as dtype, shape and base64 of their raw bytes. Never pickle.

Used on both sides of the sandbox; this file is visible to student code and must hold no secret. What comes out of the
sandbox is hostile: `loads` checks bytes, depth, counts and number lengths on the text before anything is decoded.

    value   None, bool, int, finite float, str        as JSON
            [v, ...]                                  {"l": [...]}   (a tuple: {"t": [...]})
            {"key": v, ...}                           {"d": [["key", v], ...]}
            nan, inf, -inf                            {"f": "nan"}
            array or NumPy scalar                     {"a": ["<f8", [2, 3], "base64"]}
            nst.toys.ToyProblem, in arguments only    {"toy": [kind, centre, stiffness, holes]}
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass

import numpy as np

from nst.checks.toy_problems import ToyProblem

DTYPES = frozenset(["|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"])
# also matches a string that never ends, so that no text makes the search start over and over
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class ProtocolError(ValueError):
    """The text or the value is not one this protocol carries; says which bound or rule it breaks."""


@dataclass(frozen=True)
class Caps:
    """Upper bounds on one message; `elements` and `values` count the whole message."""

    bytes: int = 8 * 2**20
    depth: int = 40  # brackets
    nesting: int = 12  # containers within containers
    values: int = 100_000
    rank: int = 8
    elements: int = 500_000
    digits: int = 320
    text: int = 2_000
    toys: bool = False  # only what we send may hold toy problems


CAPS = Caps()
ARGUMENTS = Caps(toys=True)


# --- text <-> JSON -----------------------------------------------------------------------------------------------


def loads(text, caps=CAPS):
    """JSON value of `text` (bytes or str), refused before decoding when too long, too deep or too many values."""
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


def dumps(value):
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


# --- values -> tagged JSON ---------------------------------------------------------------------------------------


def encode(value, caps=CAPS):
    """`value` as a tagged JSON tree; ProtocolError for anything that is not plain data (objects, deep nesting)."""
    return _encode(value, caps, [caps.values, caps.elements], 0)


def _encode(value, caps, left, depth):
    _spend(left, 0, 1, f"more than {caps.values} values")
    if depth > caps.nesting:
        raise ProtocolError("nested too deeply (or containing itself)")
    if value is None or type(value) in (bool, str):
        return _text(value, caps) if type(value) is str else value
    if type(value) is int:
        if value.bit_length() > 1000:
            raise ProtocolError("an integer of more than 1000 bits")
        return value
    if type(value) is float:
        return value if np.isfinite(value) else {"f": str(value)}
    return _encode_container(value, caps, left, depth)


def _encode_container(value, caps, left, depth):
    if type(value) in (list, tuple):
        tag = "l" if type(value) is list else "t"
        return {tag: [_encode(item, caps, left, depth + 1) for item in value]}
    if isinstance(value, dict):
        return {"d": [[_key(key, caps), _encode(item, caps, left, depth + 1)] for key, item in value.items()]}
    if caps.toys and isinstance(value, ToyProblem):
        parts = (value.kind, value.centre, value.stiffness, value.holes)
        return {"toy": [_encode(part, caps, left, depth + 1) for part in parts]}
    return _encode_array(value, caps, left)


def _encode_array(value, caps, left):
    array = np.asarray(value)  # tensors, matrix subclasses, NumPy scalars, anything with __array__
    if array.dtype.name in ("bfloat16", "longdouble", "float128"):
        array = array.astype(np.float64)
    dtype = array.dtype.newbyteorder("<").str
    if dtype not in DTYPES:
        raise ProtocolError(f"a {type(value).__name__} (dtype {array.dtype}), which is not numbers")
    if array.ndim > caps.rank:
        raise ProtocolError(f"an array of {array.ndim} axes")
    _spend(left, 1, array.size, f"more than {caps.elements} numbers")
    raw = np.ascontiguousarray(array, np.dtype(dtype)).tobytes()
    return {"a": [dtype, list(array.shape), base64.b64encode(raw).decode("ascii")]}


def _spend(left, which, amount, complaint):
    left[which] -= amount
    if left[which] < 0:
        raise ProtocolError(complaint)


def _text(value, caps):
    if len(value) > caps.text:
        raise ProtocolError(f"a string of {len(value)} characters")
    return value


def _key(key, caps):
    if not isinstance(key, str):
        raise ProtocolError(f"a dictionary key of type {type(key).__name__}, keys must be strings")
    return _text(str(key), caps)


# --- tagged JSON -> values ---------------------------------------------------------------------------------------


def decode(tree, caps=CAPS):
    """The value of a tagged JSON tree from `loads`; strict: every deviation is a ProtocolError. Arrays are writable."""
    return _decode(tree, caps, [0, caps.elements])


def _decode(tree, caps, left):
    if tree is None or isinstance(tree, bool | int | float):
        return tree
    if isinstance(tree, str):
        return _text(tree, caps)
    if not isinstance(tree, dict) or len(tree) != 1:
        raise ProtocolError("neither a plain value nor one tag")
    ((tag, body),) = tree.items()
    reader = READERS.get(tag)
    if reader is None:
        raise ProtocolError("unknown tag")
    return reader(body, caps, left)


def _decode_items(body, caps, left):
    if not isinstance(body, list):
        raise ProtocolError("a sequence must be a JSON list")
    return [_decode(item, caps, left) for item in body]


def _decode_dict(body, caps, left):
    if not isinstance(body, list) or not all(isinstance(p, list) and len(p) == 2 for p in body):
        raise ProtocolError("a dictionary must be a list of pairs")
    if not all(isinstance(key, str) for key, _ in body) or len({key for key, _ in body}) != len(body):
        raise ProtocolError("dictionary keys must be different strings")
    return {_text(key, caps): _decode(value, caps, left) for key, value in body}


def _decode_special(body, caps, left):
    if body not in ("nan", "inf", "-inf"):
        raise ProtocolError("unknown number")
    return float(body)


def _decode_array(body, caps, left):
    dtype, shape, text = _array_header(body, caps)
    count = 1
    for length in shape:
        count *= length
    _spend(left, 1, count, f"more than {caps.elements} numbers")
    size = count * np.dtype(dtype).itemsize
    if len(text) != (size + 2) // 3 * 4:
        raise ProtocolError("an array's bytes do not fit its shape")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("an array that is not base64") from error
    if len(raw) != size:
        raise ProtocolError("an array's bytes do not fit its shape")
    return np.frombuffer(raw, dtype).reshape(shape).copy()


def _array_header(body, caps):
    """(dtype, shape, text) of an array, each of the right type and within bounds."""
    if not isinstance(body, list) or len(body) != 3:
        raise ProtocolError("an array must be dtype, shape and bytes")
    dtype, shape, text = body
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ProtocolError("an array of a dtype that is not numbers")
    if not isinstance(shape, list) or len(shape) > caps.rank:
        raise ProtocolError(f"an array of more than {caps.rank} axes")
    if not all(type(length) is int and 0 <= length <= caps.elements for length in shape):
        raise ProtocolError("an array with an impossible shape")
    if not isinstance(text, str):
        raise ProtocolError("an array's bytes must be base64 text")
    return dtype, shape, text


def _decode_toy(body, caps, left):
    if not caps.toys:
        raise ProtocolError("a toy problem in an answer")
    return ToyProblem(*_decode_items(body, caps, left))


READERS = {
    "l": _decode_items,
    "t": lambda body, caps, left: tuple(_decode_items(body, caps, left)),
    "d": _decode_dict,
    "f": _decode_special,
    "a": _decode_array,
    "toy": _decode_toy,
}

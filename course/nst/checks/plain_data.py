"""Values as JSON and back: plain data, NumPy arrays, toy problems. Nothing is pickled, evaluated or imported.

The files of cases are written in this form (case_files.py), and so are the messages between the grader and its
sandbox. What comes out of a sandbox is hostile: `decode` is strict, both ways are bounded, and whatever breaks a bound
or a rule is a PlainDataError. `decode` takes what a JSON reader returns; how long and how deep a hostile text may be
has to be bounded before it is read as JSON, as the grader's protocol.py does.

    value   None, bool, int, finite float, str        as JSON
            [v, ...]                                  {"l": [...]}   (a tuple: {"t": [...]})
            {"key": v, ...}                           {"d": [["key", v], ...]}
            nan, inf, -inf                            {"f": "nan"}
            array or NumPy scalar                     {"a": ["<f8", [2, 3], "base64"]}
            ToyProblem, where the bounds allow it     {"toy": [kind, centre, stiffness, holes]}
"""

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nst.checks.toy_problems import ToyProblem
from nst.errors import NSTError, OptionError

NAMES = ("|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16")
DTYPES = {name: np.dtype(name) for name in NAMES}  # all that is carried: numbers, little-endian


class PlainDataError(NSTError, ValueError):
    """The value or its JSON is not what this form carries; says which bound or rule it breaks."""


@dataclass(frozen=True)
class Bounds:
    """Upper bounds on one value, with all that is in it, and what else than plain data it may hold."""

    nesting: int = 12  # containers within containers
    values: int = 100_000
    rank: int = 8
    elements: int = 500_000  # of all arrays together
    text: int = 2_000  # characters of one string
    toy_problems: bool = False  # what comes from a sandbox holds none: only what we send may
    numbered_keys: bool = False  # dictionary keys that are whole numbers


BOUNDS = Bounds()


class _Allowance:
    """What is left of the bounds while one value is encoded or decoded; each method refuses what exceeds them."""

    def __init__(self, bounds: Bounds):
        self.bounds, self.values, self.elements = bounds, bounds.values, bounds.elements

    def value(self, depth: int) -> None:
        """Count one value, `depth` containers down."""
        self.values -= 1
        if self.values < 0:
            raise PlainDataError(f"more than {self.bounds.values} values")
        if depth > self.bounds.nesting:
            raise PlainDataError("nested too deeply (or containing itself)")

    def array(self, shape: Sequence[int]) -> int:
        """Count the elements of an array of this shape, and return their number."""
        if len(shape) > self.bounds.rank:
            raise PlainDataError(f"an array of {len(shape)} axes, at most {self.bounds.rank} are carried")
        size = math.prod(shape)
        self.elements -= size
        if self.elements < 0:
            raise PlainDataError(f"more than {self.bounds.elements} numbers")
        return size

    def text(self, text: str) -> str:
        """The text itself."""
        if len(text) > self.bounds.text:
            raise PlainDataError(f"a string of {len(text)} characters")
        return text

    def key(self, key: Any) -> str | int:
        """The key of a dictionary, as a plain str or int."""
        if isinstance(key, str):
            return self.text(str(key))
        if self.bounds.numbered_keys and type(key) is int:
            return _integer(key)
        raise PlainDataError(f"a dictionary key of type {type(key).__name__}, keys must be strings")


def _integer(value):
    if value.bit_length() > 1000:
        raise PlainDataError("an integer of more than 1000 bits")
    return value


# --- value -> tagged JSON ----------------------------------------------------------------------------------------


def encode(value: Any, bounds: Bounds = BOUNDS) -> Any:
    """`value` as a tagged tree for `json.dumps`; PlainDataError for what is not plain data or exceeds the bounds."""
    return _encode(value, _Allowance(bounds), 0)


def _encode(value, allowance, depth):
    allowance.value(depth)
    if value is None or type(value) is bool:
        return value
    if type(value) is str:
        return allowance.text(value)
    if type(value) is int:
        return _integer(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"f": str(value)}
    return _encode_container(value, allowance, depth + 1)


def _encode_container(value, allowance, depth):
    if type(value) in (list, tuple):
        tag = "l" if type(value) is list else "t"
        return {tag: [_encode(item, allowance, depth) for item in value]}
    if isinstance(value, dict):
        return {"d": [[allowance.key(key), _encode(item, allowance, depth)] for key, item in value.items()]}
    if allowance.bounds.toy_problems and isinstance(value, ToyProblem):
        parts = (value.kind, value.centre, value.stiffness, value.holes)
        return {"toy": [_encode(part, allowance, depth) for part in parts]}
    return _encode_array(value, allowance)


def _encode_array(value, allowance):
    array = np.asarray(value)  # tensors, matrix subclasses, NumPy scalars, anything with __array__
    if array.dtype.name in ("bfloat16", "longdouble", "float128"):
        array = array.astype(np.float64)
    name = array.dtype.newbyteorder("<").str
    if name not in DTYPES:
        raise PlainDataError(f"a {type(value).__name__} (dtype {array.dtype}), which is not numbers")
    allowance.array(array.shape)
    raw = np.ascontiguousarray(array, DTYPES[name]).tobytes()
    return {"a": [name, list(array.shape), base64.b64encode(raw).decode("ascii")]}


# --- tagged JSON -> value ----------------------------------------------------------------------------------------


def decode(tree: Any, bounds: Bounds = BOUNDS) -> Any:
    """The value of a tagged tree, as `encode` makes them; PlainDataError for every other tree. Arrays are writable."""
    return _decode(tree, _Allowance(bounds), 0)


def _decode(tree, allowance, depth):
    allowance.value(depth)
    kind = type(tree)
    if tree is None or kind is bool or kind is int or kind is float:
        return tree
    if kind is str:
        return allowance.text(tree)
    if kind is not dict or len(tree) != 1:
        raise PlainDataError("neither a plain value nor one tag")
    ((tag, body),) = tree.items()
    reader = _READERS.get(tag)
    if reader is None:
        raise PlainDataError("unknown tag")
    return reader(body, allowance, depth + 1)


def _decode_list(body, allowance, depth):
    if not isinstance(body, list):
        raise PlainDataError("a sequence must be a JSON list")
    return [_decode(item, allowance, depth) for item in body]


def _decode_tuple(body, allowance, depth):
    return tuple(_decode_list(body, allowance, depth))


def _decode_dict(body, allowance, depth):
    if not isinstance(body, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in body):
        raise PlainDataError("a dictionary must be a list of pairs")
    items = {allowance.key(key): _decode(value, allowance, depth) for key, value in body}
    if len(items) != len(body):
        raise PlainDataError("dictionary keys must be different")
    return items


def _decode_special(body, allowance, depth):
    if body not in ("nan", "inf", "-inf"):
        raise PlainDataError("unknown number")
    return float(body)


def _decode_array(body, allowance, depth):
    dtype, shape, text = _array_header(body, allowance.bounds)
    size = allowance.array(shape) * dtype.itemsize
    if len(text) != (size + 2) // 3 * 4:  # known before anything is decoded
        raise PlainDataError("an array's bytes do not fit its shape")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PlainDataError("an array that is not base64") from error
    if len(raw) != size:
        raise PlainDataError("an array's bytes do not fit its shape")
    return np.frombuffer(raw, dtype).reshape(shape).copy()  # a copy, since what frombuffer returns is read-only


def _array_header(body, bounds):
    """(dtype, shape, text) of an array, each of the right type; no axis is longer than all arrays may be together."""
    if not isinstance(body, list) or len(body) != 3:
        raise PlainDataError("an array must be dtype, shape and bytes")
    name, shape, text = body
    if not isinstance(name, str) or name not in DTYPES:
        raise PlainDataError("an array of a dtype that is not numbers")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n <= bounds.elements for n in shape):
        raise PlainDataError("an array with an impossible shape")
    if not isinstance(text, str):
        raise PlainDataError("an array's bytes must be base64 text")
    return DTYPES[name], shape, text


def _decode_toy_problem(body, allowance, depth):
    if not allowance.bounds.toy_problems:
        raise PlainDataError("a toy problem in an answer")
    kind, centre, stiffness, holes = _toy_parts(_decode_list(body, allowance, depth))
    try:
        return ToyProblem(kind, centre, stiffness, holes)
    except OptionError as error:
        raise PlainDataError("a toy problem of an unknown kind") from error


def _toy_parts(parts):
    kinds = (str, np.ndarray, np.ndarray, tuple)
    if len(parts) != len(kinds) or not all(map(isinstance, parts, kinds)):
        raise PlainDataError("a toy problem must be kind, centre, stiffness and holes")
    return parts


_READERS = {
    "l": _decode_list,
    "t": _decode_tuple,
    "d": _decode_dict,
    "f": _decode_special,
    "a": _decode_array,
    "toy": _decode_toy_problem,
}

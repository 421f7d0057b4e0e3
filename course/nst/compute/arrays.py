"""The same arithmetic for NumPy's arrays and for tensors of Keras's backend, which stay on the GPU that they lie on.

What is written with these runs on both. Tensors exist only where Keras is imported.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def is_tensor(x: Any) -> bool:
    """Whether x is a tensor of Keras's backend."""
    return not isinstance(x, np.ndarray) and "keras" in sys.modules and sys.modules["keras"].ops.is_tensor(x)


def functions(x: Any) -> Any:
    """NumPy for its arrays, `keras.ops` for a tensor: both have sqrt, sum, where ... under one name."""
    return sys.modules["keras"].ops if is_tensor(x) else np


def products(x: Any) -> Callable:
    """The function (a, b) -> sum of all products a * b, for such arrays as x; `float` brings its result to the host."""
    return (lambda a, b: functions(a).sum(a * b)) if is_tensor(x) else np.vdot


def host(x: Any) -> np.ndarray:
    """As an array of NumPy; one of its own comes back as it is."""
    return functions(x).convert_to_numpy(x) if is_tensor(x) else x


def like(values: Any, x: Any) -> Any:
    """Numbers in float32, as x is one: an array of NumPy, or a tensor where tensors lie. What is so already stays."""
    if is_tensor(x) and is_tensor(values):
        return values
    values = np.asarray(host(values), np.float32)
    return functions(x).convert_to_tensor(values) if is_tensor(x) else values


def copied(x: Any) -> Any:
    """What keeps its numbers when x is changed in place, which tensors here never are."""
    return x if is_tensor(x) else x.copy()


def with_row(table: Any, row: int, values: Any) -> Any:
    """The table (rows, n) with that row replaced; NumPy's is changed in place."""
    if is_tensor(table):
        return functions(table).slice_update(table, (row, 0), values[None])
    table[row] = values
    return table

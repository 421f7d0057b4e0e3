"""Plain data as JSON: what goes in comes out, and what no encoder makes is refused."""

import base64
import json

import numpy as np
import pytest

from nst.checks.plain_data import Bounds, PlainDataError, decode, encode
from nst.checks.toy_problems import ToyProblem

TOY_PROBLEMS = Bounds(toy_problems=True)


def travel(value, *bounds):
    return decode(json.loads(json.dumps(encode(value, *bounds), allow_nan=False)), *bounds)


def same(a, b):
    """Equal in type, structure, dtype and values; NaN equals NaN."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        10**40,
        0.1,
        float("nan"),
        float("-inf"),
        "Gram – ©",
        [1, [2.5, None]],
        (1.0, [], {}),
        {"block1_conv1": np.arange(6.0).reshape(2, 3), "t": ("a",)},
        np.float32([[1, np.nan], [np.inf, -0.0]]),
        np.zeros((0, 4)),
        np.array(2.5),
        np.array([True, False]),
        np.arange(3, dtype=np.uint16),
        np.array([1 + 2j]),
    ],
    ids=repr,
)
def test_plain_data_travels_unchanged(value):
    assert same(value, travel(value))


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        (np.float32(1.5), np.array(1.5, np.float32)),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype="<i4")),
        (np.array([[1.0, 2.0]]).view(np.recarray), np.array([[1.0, 2.0]])),
        (np.ma.masked_array([1.0, 2.0], [True, False]), np.array([1.0, 2.0])),
        (np.arange(12.0).reshape(3, 4).T[::2], np.arange(12.0).reshape(3, 4).T[::2].copy()),
        (np.longdouble(0.5), np.array(0.5)),
    ],
    ids=["numpy scalar", "big-endian", "subclass", "masked", "strided", "longdouble"],
)
def test_what_asarray_understands_becomes_a_plain_array(value, becomes):
    result = travel(value)
    assert type(result) is np.ndarray and same(result, becomes)


def test_decoded_arrays_can_be_written_and_do_not_share_memory():
    tree = encode(np.zeros(3))
    first, second = decode(tree), decode(tree)
    first += 1
    assert second.sum() == 0


def toy_problem():
    return ToyProblem("bowl", np.ones((2, 2)), np.ones((2, 2)), ((np.zeros((2, 2)), 0.5, float("nan")),))


def test_toy_problems_travel_where_the_bounds_allow_it_only():
    toy, x = toy_problem(), np.full((2, 2), 3.0)
    (again,) = travel((toy,), TOY_PROBLEMS)
    assert again(x)[0] == toy(x)[0] and same(again(x)[1], toy(x)[1]) and np.isnan(again(np.zeros((2, 2)))[0])
    with pytest.raises(PlainDataError):
        encode(toy)
    with pytest.raises(PlainDataError, match="a toy problem"):
        decode(encode(toy, TOY_PROBLEMS))


def toy_tree(**changed):
    parts = {"kind": "bowl", "centre": np.ones(2), "stiffness": np.ones(2), "holes": (), **changed}
    return {"toy": [encode(part) for part in parts.values()]}


@pytest.mark.parametrize(
    "tree",
    [
        toy_tree(kind="cliff"),
        toy_tree(kind=[]),
        toy_tree(centre=1.0),
        toy_tree(stiffness="steep"),
        toy_tree(holes=[]),
        toy_tree(more=None),
        {"toy": []},
        {"toy": "bowl"},
    ],
    ids=lambda tree: str(tree)[:60],
)
def test_toy_problems_with_other_parts_are_refused(tree):
    with pytest.raises(PlainDataError):
        decode(tree, TOY_PROBLEMS)


def test_keys_that_are_numbers_travel_where_the_bounds_allow_it_only():
    numbered, allowed = {0: 1.5, "0": 2.5}, Bounds(numbered_keys=True)
    assert same(travel(numbered, allowed), numbered)
    with pytest.raises(PlainDataError, match="keys must be strings"):
        decode(encode(numbered, allowed))
    for key in (True, 1.0, None, 1 << 2000):
        with pytest.raises(PlainDataError):
            encode({key: 1}, allowed)
    for key in (True, 1.0, None, [1]):
        with pytest.raises(PlainDataError):
            decode({"d": [[key, 1]]}, allowed)


class Odd:
    """Not data: every conversion misbehaves."""

    def __array__(self, dtype=None, copy=None):
        return np.array([object()])

    def __float__(self):
        return 1.0

    def __reduce__(self):
        return (print, ("unpickled",))


@pytest.mark.parametrize(
    "value",
    [
        Odd(),
        [Odd()],
        np.array([1, "a", None], object),
        np.array(["text"]),
        {1: 2.0},
        {("a",): 2.0},
        (x for x in "ab"),
        lambda: 0,
        b"bytes",
        "x" * 5000,
        1 << 2000,
        np.zeros((1,) * 9),
        np.zeros(500_001, np.int8),
        [0.0] * 100_001,
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_is_not_plain_bounded_data_is_refused_when_encoding(value):
    with pytest.raises(PlainDataError):
        encode(value)


def test_a_list_that_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(PlainDataError):
        encode(loop)


def array(dtype="<f8", shape=(1,), data=b"\0" * 8):
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return {"a": [dtype, list(shape), text]}


@pytest.mark.parametrize(
    "tree",
    [
        array(dtype="O"),
        array(dtype="|O"),
        array(dtype="<U8"),
        array(dtype="V8"),
        array(dtype="<f8,<f8"),
        array(dtype=["<f8"]),
        array(shape=(10**9,)),
        array(shape=(-1,)),
        array(shape=(True,)),
        array(shape=(1.0,)),
        array(shape=(1,) * 9),
        array(shape=(2,)),
        array(shape=()) | {"l": []},
        array(data="AAAAAAAAAA=!"),
        array(data="A" * 11),
        array(data=7 * b"\0"),
        {"a": ["<f8", [1]]},
        {"a": "<f8"},
        {"a": ["<f8", [1], None]},
        {"f": "1e5"},
        {"f": ["nan"]},
        {"d": [["k", 1], ["k", 2]]},
        {"d": [[1, 2]]},
        {"d": [["k"]]},
        {"d": {"k": 1}},
        {"l": {}},
        {"t": "ab"},
        {"py/object": "os.system"},
        {},
        [1],
        "x" * 5000,
        {"toy": ["bowl", 1, 1, {"t": []}]},
    ],
    ids=lambda t: str(t)[:60],
)
def test_trees_that_no_encoder_makes_are_refused(tree):
    with pytest.raises(PlainDataError):
        decode(tree)


def nested(depth):
    """A list in a list ..., `depth` lists in all."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def nested_tree(depth):
    tree = {"l": []}
    for _ in range(depth - 1):
        tree = {"l": [tree]}
    return tree


def test_both_ways_end_at_the_same_depth():
    assert travel(nested(13)) == nested(13) and encode(nested(13)) == nested_tree(13)
    for step, value in ((encode, nested(14)), (decode, nested_tree(14)), (decode, nested_tree(500))):
        with pytest.raises(PlainDataError, match="nested too deeply"):
            step(value)


def test_both_ways_end_at_the_same_number_of_values():
    few = Bounds(values=4)
    assert travel([1, 2, 3], few) == [1, 2, 3]
    for step, value in ((encode, [1, 2, 3, 4]), (decode, encode([1, 2, 3, 4]))):
        with pytest.raises(PlainDataError, match="more than 4 values"):
            step(value, few)


def test_many_arrays_share_one_allowance():
    big = encode(np.zeros(200_000, np.int8))
    with pytest.raises(PlainDataError):
        decode({"l": [big, big, big]})

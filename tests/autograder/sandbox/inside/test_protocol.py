"""Arguments and answers as data: what goes in comes out, and nothing hostile gets as far as being decoded."""

import base64
import time

import numpy as np
import pytest

from autograder.sandbox.inside import protocol
from autograder.sandbox.inside.protocol import ARGUMENTS, Caps, ProtocolError, decode, dumps, encode, loads
from nst.checks.toy_problems import ToyProblem


def travel(value, caps=protocol.CAPS):
    return decode(loads(dumps(encode(value, caps)), caps), caps)


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


def test_toy_problems_are_arguments_and_never_answers():
    toy = ToyProblem("bowl", np.ones((2, 2)), np.ones((2, 2)), ((np.zeros((2, 2)), 0.5, float("nan")),))
    text = dumps(encode((toy,), ARGUMENTS))
    (again,) = decode(loads(text), ARGUMENTS)
    x = np.full((2, 2), 3.0)
    assert again(x)[0] == toy(x)[0] and same(again(x)[1], toy(x)[1]) and np.isnan(again(np.zeros((2, 2)))[0])
    with pytest.raises(ProtocolError):
        decode(loads(text))


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
    with pytest.raises(ProtocolError):
        encode(value)


def test_a_list_that_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(ProtocolError):
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
    with pytest.raises(ProtocolError):
        decode(tree)


def test_many_arrays_share_one_allowance():
    big = encode(np.zeros(200_000, np.int8))
    with pytest.raises(ProtocolError):
        decode({"l": [big, big, big]})


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 1_000_000,
        b"[" * 41 + b"]" * 41,
        b'{"a":' * 100_000,
        b"[" + b"1," * 200_000 + b"1]",
        b"1" * 1000,
        b"1." + b"1" * 1000,
        b"1e" + b"9" * 1000,
        b"NaN",
        b"-Infinity",
        b"\xff\xfe",
        b'"' + b'\\"' * 500_000,
        b'"\\',
        b"",
        b"[1,",
        "\ud800",
    ],
    ids=lambda t: f"{str(t)[:20]} {len(t)}",
)
def test_hostile_text_is_refused_quickly(text):
    started = time.process_time()
    with pytest.raises(ProtocolError):
        loads(text)
    assert time.process_time() - started < 1


def test_a_message_over_the_byte_cap_is_not_looked_at():
    with pytest.raises(ProtocolError, match="bytes"):
        loads(b" " * 101, Caps(bytes=100))


def test_brackets_and_commas_within_strings_do_not_count():
    text = "[{,]}" * 300
    assert loads(dumps([text])) == [text]
    assert loads(b'["\\"[[[[", "\\\\"]') == ['"[[[[', "\\"]

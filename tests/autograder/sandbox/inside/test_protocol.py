"""Messages: what goes in comes out, and nothing hostile gets as far as being decoded.

What the values in them may be is tested with their form, in tests/nst/checks/test_plain_data.py.
"""

import time

import numpy as np
import pytest

from autograder.sandbox.inside import protocol
from autograder.sandbox.inside.protocol import ARGUMENTS, CAPS, Caps, ProtocolError, decode, dumps, encode, loads
from nst.checks.plain_data import BOUNDS
from nst.checks.toy_problems import ToyProblem


def travel(value, caps=CAPS):
    return decode(loads(dumps(encode(value, caps)), caps), caps)


def test_a_value_travels_as_one_message():
    value = ({"block1_conv1": np.float32([[1, np.nan], [np.inf, -0.0]])}, [0.1, float("-inf"), None], 10**40)
    layers, numbers, integer = travel(value)
    assert list(layers) == ["block1_conv1"] and layers["block1_conv1"].dtype == np.float32
    assert np.array_equal(layers["block1_conv1"], value[0]["block1_conv1"], equal_nan=True)
    assert (numbers, integer) == (value[1], 10**40)


def test_toy_problems_are_arguments_and_never_answers():
    toy = ToyProblem("bowl", np.ones((2, 2)), np.ones((2, 2)), ((np.zeros((2, 2)), 0.5, float("nan")),))
    text = dumps(encode((toy,), ARGUMENTS))
    (again,) = decode(loads(text), ARGUMENTS)
    x = np.full((2, 2), 3.0)
    assert again(x)[0] == toy(x)[0] and np.array_equal(again(x)[1], toy(x)[1])
    assert np.isnan(again(np.zeros((2, 2)))[0])
    for caps in ((), (CAPS,)):  # without bounds of its own, too, answers are read as strictly
        with pytest.raises(ProtocolError, match="a toy problem"):
            decode(loads(text), *caps)


def test_answers_hold_nothing_but_plain_data():
    for allowed in (CAPS, BOUNDS):
        assert not allowed.toy_problems
    assert not BOUNDS.numbered_keys and CAPS.numbered_keys and ARGUMENTS.toy_problems


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


def test_whatever_a_message_may_hold_is_within_what_its_text_may():
    """The deepest value of the longest brackets, and the most values, that `encode` lets through are read as well."""
    value = 1.0
    for _ in range(protocol.CAPS.nesting):
        value = {"key": value}
    assert travel(value) == value
    assert len(travel([0.5] * (protocol.CAPS.values - 1))) == protocol.CAPS.values - 1

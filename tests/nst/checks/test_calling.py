"""Calling a student's function: what comes back is plain data, whatever the function does."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from nst.checks.calling import as_data, call, call_twice, lookup
from nst.checks.markers import NotSerialisable, Raised


def test_the_first_answer_is_copied_before_the_second_call():
    def in_place(F):
        F -= 1
        return F

    first, again, (after,) = call_twice(in_place, (np.zeros(3),))
    assert first.tolist() == [-1, -1, -1]
    assert again.tolist() == [-2, -2, -2] and after.tolist() == [-1, -1, -1]


def test_what_became_of_the_arguments_is_told_and_how_often_functions_were_called():
    def losing(features, f):
        features.pop("a", None)
        return f([1]) + f(obj=[1])

    *_, after = call_twice(losing, ({"a": np.ones(2), "b": np.ones(2)}, lambda obj: len(obj)))
    assert list(after[0]) == ["b"] and after[1] == 2


def test_prints_are_dropped(capsys):
    call_twice(lambda x: print("noise"), (1,))
    assert capsys.readouterr().out == ""


class Tensor:
    """Stands for a tensor of another library."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[1.0, 2.0]])


class Trained:
    """Stands for a PyTorch tensor with a gradient, which must be detached first."""

    def detach(self):
        return self

    def cpu(self):
        return np.array([3.0])


class Broken:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (2.5, 2.5),
        (Tensor(), np.array([[1.0, 2.0]])),
        (Trained(), np.array([3.0])),
        ([Tensor(), Tensor()], np.array([[[1.0, 2.0]], [[1.0, 2.0]]])),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        (np.array([1, 2.5], dtype=object), np.array([1, 2.5])),
        (np.float32(1.5), np.array(1.5)),
        (Fraction(5, 2), 2.5),
        (Decimal("2.5"), 2.5),
        ([Fraction(1, 2), 3], np.array([0.5, 3])),
        ({"layer": Decimal(2)}, {"layer": 2.0}),
    ],
)
def test_numbers_of_any_library_become_arrays(value, data):
    found = as_data(value)
    assert type(found) is type(data) and (found == data if isinstance(data, dict) else np.array_equal(found, data))


@pytest.mark.tensorflow
def test_tensorflow_s_numbers_are_accepted():
    import tensorflow as tf

    F = np.array([[1.0, 2.5], [-3.0, 0.0]])
    for value in (tf.constant(F), tf.Variable(F), tf.cast(F, tf.bfloat16), tf.constant(F).numpy().tolist()):
        assert np.array_equal(as_data(value), F)
    assert as_data([tf.constant(1.0), tf.constant(2.0)]).tolist() == [1, 2]
    assert as_data({"layer": tf.reduce_sum(F)})["layer"] == 0.5


def test_containers_keep_their_kind():
    image, loss, losses = as_data((np.ones((1, 2, 3)), np.float64(2), [1.0, np.nan]))
    assert image.shape == (1, 2, 3) and losses.shape == (2,) and loss == 2
    assert as_data({"layer": [1, 2]})["layer"].tolist() == [1, 2]
    assert isinstance(as_data([np.ones((1, 2)), 1.0, [1.0]]), list)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ((i for i in range(3)), "a generator"),
        (map(abs, [1]), "a map"),
        (object(), "an object"),
        (Broken(), "a Broken"),
        ({(1, 2): 3}, "a dict with odd keys"),
        ((1, object()), "a tuple with an object in it"),
        (np.array(["a"]), "a ndarray"),
        (lambda: 1, "a function"),
    ],
)
def test_what_is_no_data_is_named(value, what):
    assert as_data(value) == NotSerialisable(what)


def test_an_error_is_described_by_its_place_in_the_student_s_code():
    source = "def inner(F):\n    return np.linalg.norm(F)[0]\n\ndef outer(F):\n    return inner(F)\n"
    scope = {"np": np}
    exec(compile(source, "cell", "exec"), scope)
    found = call(scope["outer"], (np.ones(3),))
    assert (found.kind, found.line) == ("IndexError", "line 2")
    assert "scalar" in found.message


def test_errors_inside_libraries_show_the_student_s_line():
    def wrong(F):
        return np.reshape(F, (7, 7))

    found = call(wrong, (np.ones(3),))
    assert found.kind == "ValueError" and found.line.endswith(": return np.reshape(F, (7, 7))")


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, RecursionError, NotImplementedError])
def test_no_error_gets_through(error):
    def stop():
        raise error("x" * 1000)

    found = call(stop, ())
    assert isinstance(found, Raised) and found.kind == error.__name__ and len(found.message) <= 300


def test_lookup_answers_for_what_it_knows_and_for_nothing_else():
    F = np.arange(6.0).reshape(2, 3)
    stub = lookup("gram_matrix", [((F,), F @ F.T), ((2 * F,), 4 * F @ F.T)])
    assert np.array_equal(stub(F.astype(np.float32)), F @ F.T)
    assert np.array_equal(stub((2 * F).tolist()), 4 * F @ F.T)
    stub(F)[:] = 0
    assert stub(F).any()
    for wrong in ((F.T,), (F + 1,), (F, F), (None,)):
        with pytest.raises(LookupError, match="gram_matrix"):
            stub(*wrong)


def test_lookup_takes_arguments_by_the_names_of_the_function_that_it_stands_for():
    stub = lookup("distance", [((1.0, 3.0), 2.0)], own=lambda F, P: None)
    assert stub(1.0, P=3.0) == stub(P=3.0, F=1.0) == 2.0
    with pytest.raises(TypeError, match="P"):
        stub(F=1.0, Q=3.0)

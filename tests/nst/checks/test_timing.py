"""A right but slow answer is told before the cells below it wait; a fast one costs no time."""

import time

import numpy as np
import pytest

import nst
from nst.checks import syllabus, timing


def triple(F):
    G = np.zeros((len(F), len(F)))
    for i, row in enumerate(F):
        for j, other in enumerate(F):
            for k in range(F.shape[1]):
                G[i, j] += row[k] * other[k]
    return G


def by_entries(F, P):
    return np.array([[F[i, k] - P[i, k] for k in range(F.shape[1])] for i in range(F.shape[0])])


def run(function, args):
    function(*args)


@pytest.mark.parametrize(
    ("exercise", "function"),
    [("gram_matrix", triple), ("content_loss_layer", lambda F, P: sum(map(float, (by_entries(F, P) ** 2).flat)) / 2)],
    ids=["loops over positions", "loops over entries"],
)
def test_a_slow_answer_is_told_so_with_times_and_soon(exercise, function, capsys):
    started = time.process_time()
    nst.check(exercise, function)
    assert time.process_time() - started < 8, "the time is extrapolated, not waited for"
    passed, advice = capsys.readouterr().out.splitlines()
    assert "passed" in passed and advice.startswith("Right, but slow: at the size of this notebook (64 filters, ")
    assert "The cells below call it" in advice and "matrix products (@)" in advice


def test_the_extrapolated_time_is_near_the_true_one():
    entry = syllabus.Entry("", "", 0, True, (), ("F", "F"), 64, 40_000, 1000)
    started = time.thread_time()
    by_entries(*np.ones((2, 64, 40_000), np.float32))
    true = time.thread_time() - started
    assert 0.2 < timing.full_size_seconds(by_entries, entry, run) / true < 5


def test_what_fails_or_prints_at_that_size_is_no_answer(capsys):
    entry = syllabus.read()["gram_matrix"]

    def fails(F):
        raise NotImplementedError

    assert timing.advice(fails, entry, run) == "" and timing.advice(triple, syllabus.read()["total_loss"], run) == ""


def test_the_arguments_have_the_sizes_of_the_notebook():
    F, A, x = timing._arguments(syllabus.Entry("", "", 0, True, (), ("F", "{A}", "x"), 64, 400, 1), 1)
    assert F.shape == (64, 400) and A["block1_conv1"].shape == (64, 64) and x.shape == (20, 20, 3)


@pytest.mark.parametrize(("seconds", "words"), [(0.0021, "0.002 s"), (39.2, "39 s"), (1500, "25 min"), (1e5, "28 h")])
def test_durations_in_words(seconds, words):
    assert timing.spoken(seconds) == words

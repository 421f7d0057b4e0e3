"""Sandboxes that start before they are needed: one for one notebook, used once, and none left over."""

import os

import nbformat
import pytest

from autograder.course import Course
from autograder.judging import jobs
from autograder.judging.ahead import Kernels
from autograder.rehearsal.samples import filled, solved
from autograder.sandbox.kernel import Kernel
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import family

pytestmark = pytest.mark.sandbox


def processes():
    return set(family(os.getpid()))


def test_the_next_sandbox_starts_while_one_is_used_and_is_another_one():
    before = processes()
    with Kernels(Limits(), "namespaces", expected=2) as kernels:
        with kernels.kernel() as first:
            spare = kernels.spare
            assert spare is not None and first.run("mine = 1", 5) is None
        assert kernels.spare is spare
        kernels.expected = 0
        with kernels.kernel() as second:
            assert second is spare and kernels.spare is None
            assert second.sandbox.pid != first.sandbox.pid and second.sandbox.key != first.sandbox.key
            assert second.run("mine", 5)[0] == "NameError"
    assert processes() <= before


def test_the_limits_are_those_of_the_notebook_that_it_is_used_for():
    with Kernels(Limits(), "namespaces", expected=1) as kernels:
        kernels.spare = Kernel(kernels.limits, "namespaces")
        kernels.spare.begin()
        kernels.limits = Limits(memory=2**28)
        with kernels.kernel(computing=7.0) as kernel:
            assert kernel.sandbox.limits == Limits(memory=2**28, computing=7.0)


def test_what_was_started_and_not_needed_is_ended():
    before = processes()
    with Kernels(Limits(), "namespaces", expected=1) as kernels, kernels.kernel():
        assert len(processes() - before) > 1
    assert processes() <= before


def test_one_that_died_before_it_was_used_costs_a_sentence_only():
    with Kernels(Limits(), "namespaces", expected=1) as kernels:
        with kernels.kernel():
            kernels.spare.sandbox.kill()
        with kernels.kernel() as kernel:
            assert kernel.run("1", 5) is None


def test_a_student_s_notebooks_use_as_many_sandboxes_as_they_need(monkeypatch):
    begun = []
    monkeypatch.setattr(Kernel, "begin", lambda kernel: begun.append(kernel))  # entering it starts it then
    course, answers = Course(), solved(Course())
    names = ["01_feature_maps", "03_gram_matrices", "06_explore"]
    notebooks = {name: (nbformat.writes(filled(course, name, answers)).encode(), b"seed") for name in names}
    job = jobs.Job("s", course.masters, course.released, notebooks, "namespaces")
    judgements, _ = jobs.judge_student(job)
    assert len(begun) == 1 and list(judgements) == names
    assert all(v["score"] for name in names[:2] for v in judgements[name]["verdicts"].values())

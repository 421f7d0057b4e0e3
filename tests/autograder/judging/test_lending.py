"""Lent parts: the reference's answers to whatever is asked, within bounds."""

import numpy as np
import pytest

from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.judging.lending import AXES, LENGTH, QUESTIONS, Lender
from autograder.sandbox.inside import protocol
from autograder.sandbox.kernel import KernelDead

MASTERS = Masters()
F = np.arange(6.0).reshape(2, 3)


def lender(name="gram_matrices"):
    return Lender(GradedExercise(name, MASTERS))


def ask(part, *values, name="gram_matrices", of=None):
    answer = (of or lender(name)).answer(protocol.dumps([part, protocol.encode(list(values))]))
    content = protocol.loads(answer)
    return content if "raised" in content else protocol.decode(content["value"])


def test_it_answers_for_any_arguments():
    for value in (F, 3 * F.T, F.tolist(), F.astype(int), np.ones((1, LENGTH))):
        assert np.array_equal(ask("gram_matrix", value), np.asarray(value) @ np.transpose(value))
    assert ask("inner_product", F, F, name="feature_distance").shape == ()


@pytest.mark.parametrize(("given", "answered"), [("f4", "f4"), ("f8", "f8"), ("f2", "f4"), ("i8", "f8")])
def test_answers_are_as_precise_as_the_arguments(given, answered):
    assert ask("gram_matrix", F.astype(given)).dtype == answered
    assert ask("gradient_step", F.astype("f4"), F.astype("f4"), 0.1, name="style_transfer").dtype == np.float32
    assert ask("gradient_step", F.astype("f4"), F, 0.1, name="style_transfer").dtype == np.float64


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((), "TypeError"),
        ((F, F), "TypeError"),
        (("text",), "TypeError"),
        (({"a": F},), "TypeError"),
        ((None,), "TypeError"),
        ((np.ones((LENGTH + 1, 1)),), "ValueError"),
        ((np.ones((1,) * (AXES + 1)),), "ValueError"),
    ],
)
def test_what_it_cannot_compute_raises_inside(values, kind):
    assert ask("gram_matrix", *values) == {"raised": kind}


@pytest.mark.parametrize("question", ["", "[]", '["gram_matrices",[]]', '["gram_matrix"]', '["x",[]]', "7", 7, None])
def test_what_is_no_question_ends_the_kernel(question):
    with pytest.raises(KernelDead):
        lender().answer(question)


def test_an_answer_too_large_to_be_sent_raises_inside():
    """Each argument is within its bounds; broadcasting makes 160 ** 3 numbers of both."""
    wide, deep = np.zeros((LENGTH, LENGTH, 1)), np.zeros((1, LENGTH, LENGTH))
    assert ask("content_gradient", wide, deep, name="activation_gradients") == {"raised": "ValueError"}
    assert ask("gradient_step", wide, deep, 0.1, name="style_transfer") == {"raised": "ValueError"}


def test_the_number_of_questions_is_bounded():
    asked = lender()
    for _ in range(QUESTIONS):
        ask("gram_matrix", F, of=asked)
    with pytest.raises(KernelDead, match="more than"):
        ask("gram_matrix", F, of=asked)


@pytest.mark.parametrize("name", MASTERS.exercises())
def test_no_exercise_is_lent_itself_and_what_cases_hold_is_within_the_bounds(name):
    exercise = GradedExercise(name, MASTERS)
    assert name not in exercise.parts and set(Lender(exercise).parameters()) == set(exercise.parts)
    if any(name in GradedExercise(other, MASTERS).parts for other in MASTERS.exercises()):
        for case in exercise.fresh(1):
            sizes = [np.size(value) for value in case.args if isinstance(value, np.ndarray)]
            assert max(sizes) <= LENGTH, "laid out in one row it may be asked for, too"


def test_kernels_and_the_name_of_a_pooling_are_asked_for_too():
    """The parts of image_gradient; an axis more is a kernel's alone, and a text is one of the cases'."""
    lender = Lender(GradedExercise("image_gradient", MASTERS))
    g, kernel, a = np.ones((2, 3, 4)), np.ones((3, 3, 2, 4)), np.arange(1.0, 33.0).reshape(4, 4, 2)

    def asked(part, *values):
        return protocol.loads(lender.answer(protocol.dumps([part, protocol.encode(list(values))])))

    assert protocol.decode(asked("conv_backward", g, kernel)["value"]).shape == (2, 3, 2)
    assert protocol.decode(asked("pool_backward", a[:2, :2], a, "max")["value"]).sum() == a[:2, :2].sum()
    assert asked("conv_backward", g, np.ones((4, 3, 2, 4))) == {"raised": "ValueError"}
    assert asked("conv_backward", g, np.ones((3, 3, 1, 161))) == {"raised": "ValueError"}
    assert asked("pool_backward", a[:2, :2], a, "most") == {"raised": "TypeError"}

"""How mistakes are written down: as functions, or as the lines in which a cell differs from a right one."""

import pytest

from autograder.exercises.model import Exercise, Known, LineByLine


def counting():
    exercise = Exercise("total", inputs=lambda rng: [])
    lines = {
        "head": "def total(values):",
        "start": "    result = 0",
        "times": "    for value in values:",
        "add": "        result += value",
        "end": "    return result",
    }
    return exercise, LineByLine(exercise, lines)


def answer(source, values):
    scope = {}
    exec(source, scope)
    return scope["total"](values)


def test_a_mistake_is_the_right_cell_but_for_its_lines():
    exercise, loop = counting()
    loop.mistake("one_too_many", "factor", "Start with 0.", start="result = 1")
    expected = (
        "def total(values):\n    result = 1\n    for value in values:\n        result += value\n    return result\n"
    )
    assert exercise.mistakes == [Known("one_too_many", "factor", expected, "Start with 0.")]
    assert answer(loop.cell(), [1, 2, 3]) == 6 and answer(expected, [1, 2, 3]) == 7


def test_one_line_may_be_replaced_by_several_or_by_none():
    exercise, loop = counting()
    loop.variant("whole", times="", add="", end="if not values:\n    return 0\nreturn sum(values)")
    assert answer(exercise.variants["whole"], [1, 2]) == 3 and answer(exercise.variants["whole"], []) == 0
    assert "for" not in exercise.variants["whole"]


def test_a_line_that_does_not_exist_is_not_passed_over():
    _, loop = counting()
    with pytest.raises(TypeError, match="total has no line step"):
        loop.cell(step="result -= value")

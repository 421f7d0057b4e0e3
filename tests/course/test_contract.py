"""The masters keep the course contract: exercises, ids, signatures, points."""

import ast

import pytest

from notebooks import EXERCISES, MASTERS, NAMES, OPTIONAL, RELEASED, grading, is_check, read


def test_both_trees_hold_the_six_notebooks_and_an_optional_one():
    assert tuple(path.stem for path in MASTERS) == NAMES + OPTIONAL
    assert tuple(path.stem for path in RELEASED) == NAMES + OPTIONAL
    marked = {path.stem for path in MASTERS + RELEASED if "optional" in read(path).cells[0].metadata.get("tags", [])}
    assert marked == set(OPTIONAL)


def cells_by_grade_id():
    return {grading(c).get("grade_id"): (path.stem, c) for path in MASTERS for c in read(path).cells if grading(c)}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_exercise(exercise):
    notebook, signature, points = EXERCISES[exercise]
    cells = cells_by_grade_id()
    where, solution = cells[exercise]
    assert where == notebook and solution.id == exercise
    (function,) = ast.parse(solution.source).body  # the function and nothing else
    assert function.name == exercise and ast.unparse(function.args) == signature
    where, check = cells[f"test_{exercise}"]
    assert where == notebook and check.id == f"test_{exercise}"
    assert grading(check)["points"] == points and grading(check)["locked"]
    assert f'check("{exercise}", {exercise})' in check.source
    assert "raises-exception" not in check.metadata.get("tags", [])


def test_nothing_else_is_graded_but_two_reflections_and_the_points_add_up_to_100_and_10_on_top():
    graded = {name: grading(c)["points"] for name, (_, c) in cells_by_grade_id().items() if grading(c)["grade"]}
    reflections = {name: points for name, points in graded.items() if name.startswith("reflection_")}
    assert reflections == {"reflection_feature_maps": 7, "reflection_style_transfer": 7}
    assert set(graded) - set(reflections) == {f"test_{exercise}" for exercise in EXERCISES}
    on_top = {name for name, (notebook, _) in cells_by_grade_id().items() if notebook in OPTIONAL}
    assert sum(points for name, points in graded.items() if name not in on_top) == 100
    assert sum(points for name, points in graded.items() if name in on_top) == 10


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.stem)
def test_demonstrations_are_locked_and_named(path):
    for cell in read(path).cells:
        if cell.cell_type == "code" and grading(cell) and not grading(cell)["solution"] and not is_check(cell):
            assert grading(cell)["locked"] and cell.id == grading(cell)["grade_id"], cell.id


@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.stem)
def test_numpy_is_np_in_the_first_code_cell(path):
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert "import numpy as np" in first.source

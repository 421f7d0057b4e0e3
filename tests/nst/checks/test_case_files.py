"""The files of public cases: data only, checked when read, the same as the master notebooks give."""

import json

import numpy as np
import pytest

from autograder.authoring.cases import graded_exercises, write_public_cases
from autograder.authoring.masters import Masters
from nst.checks import case_files
from nst.checks.comparison import Raised, difference, judge
from nst.checks.toy_problems import ToyProblem
from nst.errors import OptionError


def test_values_come_back_as_they_were():
    toy = ToyProblem("bowl", np.ones((1, 2, 3)), np.full((1, 2, 3), 2.0), ((np.zeros((1, 2, 3)), 0.5, float("nan")),))
    value = ({"b": np.float32([[1, 2]]), "a": [1, "x", None, True]}, 0.1, float("-inf"), toy, Raised("ValueError", ""))
    text = json.dumps(case_files.encode(value), allow_nan=False)
    layers, number, infinite, again, raised = case_files.decode(json.loads(text))
    assert list(layers) == ["b", "a"] and layers["b"].dtype == np.float32 and layers["a"] == [1, "x", None, True]
    assert (number, infinite, raised) == (0.1, float("-inf"), Raised("ValueError", ""))
    x = np.full((1, 2, 3), 3.0)
    assert again(x)[0] == toy(x)[0] and np.array_equal(again(x)[1], toy(x)[1])
    assert np.isnan(again(np.zeros((1, 2, 3)))[0])


def test_arrays_that_are_read_may_be_written_to():
    array = case_files.decode(case_files.encode(np.zeros(3)))
    array += 1
    assert array.tolist() == [1, 1, 1]


def test_only_data_is_written():
    with pytest.raises(TypeError, match="function"):
        case_files.encode({"f": lambda: 1})


def test_the_committed_files_are_those_of_the_masters(tmp_path):
    (tmp_path / "gone.json").write_text("{}")  # an exercise that is no more
    written = write_public_cases(Masters(), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(written)
    assert sorted(p.name for p in written) == sorted(p.name for p in case_files.FOLDER.iterdir())
    for path in written:
        assert path.read_bytes() == (case_files.FOLDER / path.name).read_bytes(), f"{path.name}: run `make release`"
    assert sum(path.stat().st_size for path in written) < 700_000


@pytest.mark.parametrize("exercise", graded_exercises(Masters()), ids=lambda exercise: exercise.name)
def test_a_file_holds_the_public_cases(exercise):
    stored, _ = case_files.load(exercise.name)
    drawn = exercise.public()
    for mine, case in zip(stored, drawn, strict=True):
        assert difference(mine.expected, case.expected, slack=0.01) is None
        assert [m.name for m in mine.mistakes] == [m.name for m in case.mistakes]
    for mistake in stored[0].mistakes:
        answers = [m.outputs for case in drawn for m in case.mistakes if m.name == mistake.name]
        assert judge(stored, answers).hint == mistake.hint


def test_a_damaged_file_is_refused(tmp_path):
    source = tmp_path / "total_loss.json"
    text = (case_files.FOLDER / source.name).read_text()
    head = json.loads(text)
    changed = {**head, "content": {**head["content"], "cases": head["content"]["cases"][1:]}}
    for damaged in (text[:-50], "", "[]", json.dumps({**head, "version": 99}), json.dumps(changed)):
        source.write_text(damaged)
        with pytest.raises(case_files.CaseFileError, match=r"total_loss.json is damaged"):
            case_files.load("total_loss", tmp_path)


def test_lacking_files_are_reported(tmp_path):
    with pytest.raises(case_files.CaseFileError, match="no files of cases in"):
        case_files.load("gram_matrix", tmp_path)


def test_an_unknown_exercise_and_a_path_are_refused():
    for name in ("gram", "../cases/gram_matrix", ""):
        with pytest.raises(OptionError, match="no exercise is called"):
            case_files.load(name)

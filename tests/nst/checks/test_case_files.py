"""The files of public cases: data only, checked when read, the same as the master notebooks give."""

import json

import numpy as np
import pytest

from autograder.authoring.cases import graded_exercises, write_public_cases
from autograder.authoring.masters import Masters
from nst.checks import case_files
from nst.checks.comparison import SAME, Case, Mistake, difference
from nst.checks.judge import judge
from nst.checks.markers import Raised
from nst.checks.plain_data import PlainDataError
from nst.checks.toy_problems import ToyProblem
from nst.errors import OptionError


def sample_case():
    """A case whose answers need all that a file can hold, and the answers of a part."""
    toy = ToyProblem("bowl", np.ones((1, 2, 3)), np.full((1, 2, 3), 2.0), ((np.zeros((1, 2, 3)), 0.5, float("nan")),))
    args = {"b": np.float32([[1, 2]]), "a": [1, "x", None, True]}, 0.1, float("-inf"), toy
    mistakes = (
        Mistake("fails", "Never fail.", Raised("ValueError", "")),
        Mistake("numbered", "Use names.", {0: np.array([0.1])}),
        Mistake("second_call", "Right at first.", (0.5, np.arange(3.0)), (np.array(0.1), np.array([True]))),
    )
    case = Case(args, (0.5, np.arange(3.0)), mistakes, "everything", frozenset({"b", "a"}))
    return case, {"part": [((np.full(2, 0.1),), np.float64(0.1))]}


@pytest.fixture
def stored(tmp_path):
    """The sample as it comes back from a file."""
    case, lookups = sample_case()
    (tmp_path / "sample.json").write_text(case_files.dump_cases([case], lookups))
    (stored,), lookups = case_files.load("sample", tmp_path)
    return stored, lookups


def test_arguments_come_back_as_they_were(stored):
    layers, number, infinite, toy = stored[0].args
    assert list(layers) == ["b", "a"] and layers["b"].dtype == np.float32 and layers["a"] == [1, "x", None, True]
    assert (number, infinite) == (0.1, float("-inf"))
    x, original = np.full((1, 2, 3), 3.0), sample_case()[0].args[-1]
    assert toy(x)[0] == original(x)[0] and np.array_equal(toy(x)[1], original(x)[1])
    assert np.isnan(toy(np.zeros((1, 2, 3)))[0])
    assert (stored[0].about, stored[0].tags) == ("everything", {"a", "b"})


def test_answers_come_back_in_float32(stored):
    case, _ = stored
    fails, numbered, second = case.mistakes
    assert case.expected[0].dtype == case.expected[1].dtype == np.float32 and case.expected[1].tolist() == [0, 1, 2]
    assert fails.output == Raised("ValueError", "") and fails.hint == "Never fail."
    assert list(numbered.output) == [0] and numbered.output[0] == np.float32(0.1)
    assert second.output is case.expected and second.again[0] == np.float32(0.1) and second.again[1].dtype == bool
    assert [mistake.again is SAME for mistake in case.mistakes] == [True, True, False]


def test_answers_of_parts_come_back_in_full(stored):
    (((argument,), answer),) = stored[1]["part"]
    assert argument.tolist() == [0.1, 0.1] and argument.dtype == float and type(answer) is float and answer == 0.1


def test_what_rounding_left_is_stored_as_zero(tmp_path):
    """One machine has 1e-17 or -0.0 where another has 0.0: the files' bytes are the same."""
    texts = {case_files.dump_cases([Case((), np.array([1.0, nothing]))]) for nothing in (0.0, -0.0, 1e-17, -2e-17)}
    assert len(texts) == 1


def test_arrays_that_are_read_may_be_written_to(stored):
    argument = stored[0].args[0]["b"]
    argument += 1
    assert argument.tolist() == [[2, 3]]


def test_only_data_is_written():
    with pytest.raises(PlainDataError, match="function"):
        case_files.dump_cases([Case(({"f": lambda: 1},), 1.0)])


def test_a_file_has_one_case_or_entry_a_line(tmp_path):
    case, lookups = sample_case()
    lines = case_files.dump_cases([case, case], {**lookups, "other": []}).split("\n")
    assert [line.split(":")[0] for line in lines[1:5]] == ['"about"', '"version"', '"sha256"', '"content"']
    first = lines.index('"cases": [') + 1
    assert [json.loads(line.rstrip(","))["about"] for line in lines[first : first + 2]] == ["everything"] * 2
    args, answer = json.loads(lines[lines.index('"part": [') + 1])
    assert case_files.decode(args)[0].tolist() == [0.1, 0.1] and case_files.decode(answer) == 0.1
    assert all(lines[:-1]) and lines[-1] == ""  # no line is empty, an empty list's neither


def test_the_committed_files_are_those_of_the_masters(tmp_path):
    (tmp_path / "gone.json").write_text("{}")  # an exercise that is no more
    written = write_public_cases(Masters(), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(written)
    assert sorted(p.name for p in written) == sorted(p.name for p in case_files.FOLDER.iterdir())
    for path in written:
        assert path.read_bytes() == (case_files.FOLDER / path.name).read_bytes(), f"{path.name}: run `make release`"
    masters = Masters()
    optional = {name for name in masters.exercises() if masters.notebook_of(name) in masters.optional}
    on_top = {path for path in written if path.stem in optional}
    assert sum(path.stat().st_size for path in on_top) < 300_000
    assert sum(path.stat().st_size for path in set(written) - on_top) < 700_000


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
    path = tmp_path / "total_loss.json"
    text = (case_files.FOLDER / path.name).read_text()
    head = json.loads(text)
    fewer = {**head, "content": {**head["content"], "cases": head["content"]["cases"][1:]}}
    another = text.replace('"ordinary"', '"zero"', 1)
    for damaged in (text[:-50], "", "[]", json.dumps(fewer), another, text.replace('"sha256"', '"md5"')):
        assert damaged != text
        path.write_text(damaged)
        with pytest.raises(case_files.CaseFileError, match=r"total_loss.json is damaged: unpack the course archive"):
            case_files.load("total_loss", tmp_path)


@pytest.mark.parametrize("version", [1, 99, "2", None])
def test_a_file_of_another_version_is_refused_and_says_so(tmp_path, version):
    path = tmp_path / "total_loss.json"
    head = json.loads((case_files.FOLDER / path.name).read_text())
    path.write_text(json.dumps({**head, "version": version}, indent=0))
    with pytest.raises(case_files.CaseFileError, match=f"of version {version}, and this nst reads version 3: unpack"):
        case_files.load("total_loss", tmp_path)


def test_line_ends_of_another_system_are_no_damage(tmp_path):
    path = tmp_path / "total_loss.json"
    path.write_bytes((case_files.FOLDER / path.name).read_bytes().replace(b"\n", b"\r\n"))
    assert len(case_files.load("total_loss", tmp_path)[0]) == len(case_files.load("total_loss")[0])


def test_lacking_files_are_reported(tmp_path):
    with pytest.raises(case_files.CaseFileError, match="no files of cases in"):
        case_files.load("gram_matrix", tmp_path)


def test_an_unknown_exercise_and_a_path_are_refused():
    for name in ("gram", "../cases/gram_matrix", ""):
        with pytest.raises(OptionError, match="no exercise is called"):
            case_files.load(name)

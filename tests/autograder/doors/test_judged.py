"""One submission, judged within its time: what is judged stays, what is not says why."""

import json

import nbformat
import pytest

from autograder.doors import command, gradescope, plain
from autograder.doors import judged as judging
from autograder.doors.command import grade_one
from autograder.doors.judged import Clock, outcomes
from autograder.doors.outcome import BY_A_PERSON, NOT_JUDGED
from autograder.rehearsal.samples import filled, solved
from autograder.sandbox.limits import SandboxUnavailable
from platform_formats import check

NAMES = ["01_feature_maps", "03_gram_matrices"]


@pytest.fixture
def folder(course, tmp_path):
    """A solved submission of two notebooks, as a platform lays it down."""
    path = tmp_path / "autograder" / "submission"
    path.mkdir(parents=True)
    answers = solved(course)
    for name in NAMES:
        nbformat.write(filled(course, name, answers), path / f"{name}.ipynb")
    return path


def all_outcomes(course, folder, seconds=500.0, spent=0.0):
    return list(outcomes(course, folder, "namespaces", Clock(seconds, spent)))


def by_name(outcome):
    return {test.name: test for test in outcome.tests}


def test_an_outcome_after_each_notebook(course, folder, judged):
    first, last = all_outcomes(course, folder)
    assert (first.score, last.score, last.points) == (13, 24, 24)
    assert by_name(first)["gram_matrix"].verdict == NOT_JUDGED
    assert "Not judged in time" in by_name(first)["gram_matrix"].text
    assert [name for name, _ in judged.notebooks] == NAMES


def test_what_a_person_reads_has_no_points_here(course, folder, judged):
    test = by_name(all_outcomes(course, folder)[-1])["reflection_feature_maps"]
    assert (test.score, test.points, test.verdict) == (0, 0, BY_A_PERSON)
    assert test.text == "A person reads it and gives up to 7 points. They are counted elsewhere; here it is 0 of 0."


def test_an_answer_that_was_not_written_says_so(course, folder, judged):
    nbformat.write(course.skeleton(NAMES[0]), folder / f"{NAMES[0]}.ipynb")
    test = by_name(all_outcomes(course, folder)[-1])["reflection_feature_maps"]
    assert test.text.endswith("No answer was found in what you handed in.")


def test_a_notebook_is_not_begun_without_time(course, folder, judged):
    (*_, last) = all_outcomes(course, folder, seconds=540, spent=536)
    assert judged.notebooks == [] and {test.verdict for test in last.exercises} == {NOT_JUDGED}
    assert by_name(last)["gram_matrix"].text == (
        "Not judged in time: all notebooks together may take 540 seconds here. A cell or a function that runs for very "
        "long, here or in a notebook before this one, is the usual cause; if yours has none, tell your instructor."
    )


def test_no_notebook_takes_the_time_of_those_after_it(course, folder, judged, monkeypatch):
    limits = []
    inner = judging.jobs.judgement
    monkeypatch.setattr(judging.jobs, "judgement", lambda *a: (limits.append(a[5]), inner(*a))[1])
    all_outcomes(course, folder, seconds=100)
    assert 47 < limits[0]["notebook_seconds"] <= 48 and 97 < limits[1]["notebook_seconds"] <= 98
    limits.clear()
    all_outcomes(course, folder, seconds=1_000)
    assert [each["notebook_seconds"] for each in limits] == [180, 180]


@pytest.mark.parametrize(("fits", "expected"), [(True, [1, 0]), (False, [0, 0])])
def test_the_next_sandbox_is_started_ahead_where_its_memory_fits(course, folder, judged, monkeypatch, fits, expected):
    seen = []
    inner = judging.jobs.judgement
    monkeypatch.setattr(judging, "spare_fits", lambda: fits)
    monkeypatch.setattr(judging.jobs, "judgement", lambda *a: (seen.append(a[6].expected), inner(*a))[1])
    all_outcomes(course, folder)
    assert seen == expected


def test_a_sandbox_that_fails_in_the_middle_is_nobodys_nought(course, folder, judged):
    judged.error = SandboxUnavailable("no more processes")
    (*_, last) = all_outcomes(course, folder)
    assert last.faulty and "not your fault" in by_name(last)["gram_matrix"].text
    assert "01_feature_maps: no more processes" in last.notes


def test_a_sandbox_without_time_to_start_is_not_a_failure(course, folder, judged):
    judged.error = SandboxUnavailable("it did not start")
    (*_, last) = all_outcomes(course, folder, seconds=60)
    assert not last.faulty and by_name(last)["feature_matrix"].text.startswith("Not judged in time")


def test_a_missing_and_a_broken_notebook(course, folder, judged):
    (folder / f"{NAMES[0]}.ipynb").write_bytes(b"{")
    (*_, last) = all_outcomes(course, folder)
    assert by_name(last)["feature_matrix"].text.startswith("Not judged: 01_feature_maps.ipynb: the file is not a")
    assert by_name(last)["gram_matrix"].score == 8 and last.problems == []


def test_nothing_usable(course, folder, judged):
    for name in NAMES:
        (folder / f"{name}.ipynb").unlink()
    (last,) = all_outcomes(course, folder)
    assert last.problems == [f"{name}.ipynb was not in the submission." for name in NAMES]
    assert last.words().startswith("Nothing could be judged. 01_feature_maps.ipynb was not in the submission.")


def test_the_seeds_are_those_of_grade(course, folder, judged):
    from autograder.judging import seeds

    (*_, last) = all_outcomes(course, folder)
    data = (folder / f"{NAMES[1]}.ipynb").read_bytes()
    assert judged.seeds[1] == seeds.seed_of(course, NAMES[1], seeds.digest(data))
    assert last.record["seed_key"] == seeds.key_name(seeds.seed_key(course.home))


def test_the_file_is_whole_after_each_notebook(course, folder, judged, tmp_path):
    results = gradescope.results_file(folder)
    seen = []
    judged.score = lambda points: (seen.append(results.exists() and json.loads(results.read_text())), points)[1]
    grade_one(course, folder, gradescope, results, Clock(500))
    assert seen[0] is False and [sum(t["score"] for t in seen[-1]["tests"])] == [13]
    check("gradescope", seen[-1])
    assert [path.name for path in results.parent.iterdir()] == ["results.json"]


def test_an_interrupted_run_keeps_what_is_judged(course, folder, judged, tmp_path):
    results = tmp_path / "result.json"
    judged.score = lambda points: points if len(judged.notebooks) < 2 else (_ for _ in ()).throw(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        grade_one(course, folder, plain, results, Clock(500))
    assert json.loads(results.read_text())["score"] == 13


def test_an_old_result_is_gone_where_nothing_can_be_judged(course, folder, judged, tmp_path, monkeypatch):
    results = tmp_path / "result.json"
    results.write_text("{}")
    with pytest.raises(command.CourseError, match="is no folder"):
        grade_one(course, folder / "none", plain, results, Clock(500))
    assert not results.exists()


def test_without_a_sandbox_nothing_is_written(course, folder, tmp_path, monkeypatch):
    def none(level="", least=None):
        raise SandboxUnavailable(f"nothing from {least} upward")

    monkeypatch.setattr("autograder.judging.jobs.check_sandbox", none)
    with pytest.raises(command.CourseError, match="nothing from namespaces upward"):
        grade_one(course, folder, plain, tmp_path / "result.json", Clock(500), "namespaces")
    assert not (tmp_path / "result.json").exists()


def test_a_place_that_cannot_be_written_is_a_sentence(course, folder, judged, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(command.CourseError, match="The result cannot be written"):
        grade_one(course, folder, plain, tmp_path / "file" / "result.json", Clock(500))


def test_the_log_has_points_and_no_word_of_a_student(course, folder, judged):
    judged.hint = "::error::forged"
    (*_, last) = all_outcomes(course, folder)
    lines = command.lines(last)
    assert lines[0] == "01_feature_maps feature_matrix: right, 6 of 6" and "forged" not in "".join(lines)


def test_a_budget_of_nothing_is_refused(course, folder):
    with pytest.raises(command.CourseError, match="give a number of seconds above 0"):
        command.main([str(folder), "--format", "json", "--total-seconds", "0"])

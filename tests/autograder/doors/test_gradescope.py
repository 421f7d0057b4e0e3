"""What Gradescope says about a submission: attempt and lateness, out of whatever lies there."""

import json

import pytest

from autograder.doors.gradescope import METADATA, handed_in, results_file

DUE = "2026-12-01T23:59:00.000000-08:00"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "autograder" / "submission"
    path.mkdir(parents=True)
    return path


def told(folder, **fields):
    data = {"id": 1, "created_at": "2026-12-01T20:00:00.000000-08:00", "assignment": {"due_date": DUE}, **fields}
    (folder.parent / METADATA).write_text(json.dumps(data))
    return handed_in(folder)


def test_in_time(folder):
    assert told(folder, previous_submissions=[]) == {"attempt": 1, "seconds_late": -14_340, "due": DUE}


def test_the_third_attempt_a_day_late(folder):
    found = told(folder, created_at="2026-12-03T02:04:30-08:00", previous_submissions=[{}, {}])
    assert found["attempt"] == 3 and found["seconds_late"] == 93_930
    assert found["words"] == (
        "Handed in 1 day and 2 hours after the deadline. "
        "Nothing is taken off here: your instructor applies the course's rule."
    )


def test_other_time_zones_count(folder):
    assert told(folder, created_at="2026-12-02T07:58:59+00:00")["seconds_late"] == -1
    assert "less than a minute" in told(folder, created_at="2026-12-02T07:59:10+00:00")["words"]


def test_a_students_own_deadline(folder):
    own = "2026-12-05T23:59:00-08:00"
    users = [{"name": "A", "assignment": {"due_date": own}}]
    found = told(folder, created_at="2026-12-03T02:04:30-08:00", users=users)
    assert found["due"] == own and found["seconds_late"] < 0 and "words" not in found


def test_no_deadline(folder):
    assert told(folder, assignment={"due_date": None}) == {"attempt": 1}


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"created_at": [], "assignment": 3, "users": "x"}'])
def test_whatever_lies_there(folder, text):
    (folder.parent / METADATA).write_text(text)
    assert handed_in(folder) in ({}, {"attempt": 1})


def test_nothing_lies_there(folder):
    assert handed_in(folder) == {}


def test_results_lie_beside_the_submission(folder):
    assert results_file(folder) == folder.parent / "results" / "results.json"

"""`make assess`: its table says 100 % when all is well, and not when a check has a gap."""

import pytest

from autograder.authoring import assess
from autograder.authoring.cases import GradedExercise
from autograder.authoring.masters import Masters
from autograder.exercises import Known, entry


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(assess, "SEEDS", (b"one",))


def test_the_table_counts_and_the_exit_code_is_nought(capsys):
    assert assess.main(["total_loss"]) == 0
    lines = capsys.readouterr().out.splitlines()
    mistakes, variants = len(entry("total_loss").mistakes), len(entry("total_loss").variants) + 1
    row = lines[2].split()
    assert row[:-1] == ["total_loss", str(mistakes), "100%", "100%", str(variants), "100%"]
    assert float(row[-1]) < 200
    assert lines[4].split()[:-1] == ["total", *row[1:-1]]


def test_a_right_answer_that_is_turned_away_shows(monkeypatch, capsys):
    known = entry("total_loss")
    monkeypatch.setitem(known.variants, "wrong", "def total_loss(content, style, alpha, beta):\n    return 0\n")
    assert assess.main(["total_loss"]) == 1
    assert "100%" in capsys.readouterr().out


def test_a_mistake_that_is_not_caught_shows(monkeypatch):
    exercise = GradedExercise("total_loss", Masters())
    drawn = exercise.public()
    right = "def total_loss(content, style, alpha, beta):\n    return alpha * content + beta * style\n"
    monkeypatch.setattr(GradedExercise, "_drawn", lambda *args: drawn)
    known = entry("total_loss")
    monkeypatch.setattr(known, "mistakes", [*known.mistakes, Known("none", "formula", right, "No mistake at all.")])
    score = assess.assess(exercise)
    assert score.caught == score.named == score.tried - 2 and not score.perfect

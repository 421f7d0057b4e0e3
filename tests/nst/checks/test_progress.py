"""Ticks: kept for the student on this machine, taken away by a check that fails, and never in the way."""

import subprocess
import sys

import pytest

import nst
from nst.checks import progress, syllabus

NEXT = "next: feature_matrix in 01"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """The cache folder, empty, with nothing known from before."""
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NST_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "_unwritten", {})
    return tmp_path / "cache"


def said(capsys):
    return capsys.readouterr().out.splitlines()[-1]


def test_a_pass_is_counted_and_a_later_failure_takes_it_away(folder, capsys):
    nst.check("gram_matrix", lambda F: F @ F.T)
    assert said(capsys) == f"1 of 15 exercises, 8 of 100 points; {NEXT}"
    nst.check("content_gradient", lambda F, P: F - P)
    assert said(capsys) == f"2 of 15 exercises, 14 of 100 points; {NEXT}"
    with pytest.raises(AssertionError):
        nst.check("gram_matrix", lambda F: F.T @ F)
    nst.check("total_loss", lambda c, s, alpha, beta: alpha * c + beta * s)
    assert said(capsys) == f"2 of 15 exercises, 8 of 100 points; {NEXT}"


def test_another_copy_of_the_notebooks_begins_anew(folder, tmp_path, capsys, monkeypatch):
    nst.check("gram_matrix", lambda F: F @ F.T)
    monkeypatch.chdir(tmp_path)
    nst.check("content_gradient", lambda F, P: F - P)
    assert said(capsys) == f"1 of 15 exercises, 6 of 100 points; {NEXT}"


def test_another_kernel_knows_it(folder, capsys):
    program = "import nst; nst.check('gram_matrix', lambda F: F @ F.T)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, capture_output=True)
    nst.check("content_gradient", lambda F, P: F - P)
    assert said(capsys).startswith("2 of 15 exercises, 14 of 100 points")


def test_the_last_line_names_what_no_check_can_give(folder, capsys):
    for exercise, entry in syllabus.read().items():
        if entry.checked and not entry.optional:
            progress.note(exercise, True)
    nst.check("gram_matrix", lambda F: F @ F.T)
    assert said(capsys) == "15 of 15 exercises, 86 of 100 points; the other 14 are for what you write in 01 and 05"


def test_an_optional_exercise_counts_on_top_and_is_never_the_next(folder, capsys):
    nst.check("relu_backward", lambda g, z: g * (z > 0))
    out = capsys.readouterr().out
    assert "relu_backward: passed (8 cases), 1 point on top.\n" in out
    assert "0 of 15 exercises, 0 of 100 points and 1 on top; next: feature_matrix in 01" in out


def test_where_nothing_can_be_written_it_lasts_as_long_as_the_kernel(folder, capsys):
    folder.write_text("a file where the folder should be")
    nst.check("gram_matrix", lambda F: F @ F.T)
    assert said(capsys).startswith("1 of 15 exercises, 8 of 100 points")
    with pytest.raises(AssertionError):
        nst.check("gram_matrix", lambda F: F.T @ F)
    nst.check("content_gradient", lambda F, P: F - P)
    assert said(capsys).startswith("1 of 15 exercises, 6 of 100 points")


def test_grading_writes_nothing(folder, monkeypatch, capsys):
    from autograder.sandbox.places import environment

    monkeypatch.setenv("NST_PROGRESS", environment("", "")["NST_PROGRESS"])
    nst.check("gram_matrix", lambda F: F @ F.T)
    assert capsys.readouterr().out.count("\n") == 1 and not folder.exists()

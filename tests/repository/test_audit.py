"""`make audit` is 0 only if every package was really looked up; the tools themselves run where uv has them already."""

import importlib.util
import json
import subprocess

import pytest

from autograder.course import REPOSITORY

spec = importlib.util.spec_from_file_location("audit", REPOSITORY / "tools" / "audit.py")
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)

LOCK = "numpy==2.4.0\n    # via x\nbleach==6.4.0 ; python_version > '3'\n"
CLEAN = [{"name": "numpy", "version": "2.4.0", "vulns": []}, {"name": "bleach", "version": "6.4.0", "vulns": []}]
ADVISORY = {"id": "CVE-1", "fix_versions": ["6.4.1"], "aliases": [], "description": ""}
SKIPPED = [{"name": entry["name"], "skip_reason": "Dependency not found and could not be audited"} for entry in CLEAN]


def report(dependencies, stderr="", code=0):
    return subprocess.CompletedProcess([], code, json.dumps({"dependencies": dependencies, "fixes": []}), stderr)


def test_every_package_looked_up_and_clean():
    assert audit.advisories(report(CLEAN), LOCK) == (0, "No advisory about any of 2 packages.")


def test_an_advisory_is_named_with_its_remedy():
    code, text = audit.advisories(report([CLEAN[0], CLEAN[1] | {"vulns": [ADVISORY]}], code=1), LOCK)
    assert (code, text) == (1, "bleach 6.4.0: CVE-1, mended in 6.4.1")


def test_an_advisory_counts_more_than_a_package_that_was_not_looked_up():
    code, text = audit.advisories(report([CLEAN[1] | {"vulns": [ADVISORY]}, SKIPPED[0]], code=1), LOCK)
    assert code == 1 and "CVE-1" in text and "1 of 2 packages (numpy)" in text


def test_a_service_that_does_not_answer_is_no_clean_audit():
    """pip-audit itself says "No known vulnerabilities found" then, and exits with 0."""
    code, text = audit.advisories(report(SKIPPED, "No known vulnerabilities found"), LOCK)
    assert code == 2 and "has not answered about 2 of 2 packages" in text


def test_a_tool_that_cannot_run_is_said():
    broken = subprocess.CompletedProcess([], 1, "", "Traceback\nConnectionError: no route")
    assert audit.advisories(broken, LOCK) == (
        2,
        "Advisories could not be looked up, so this is no audit: ConnectionError: no route",
    )
    assert audit.bill(broken, LOCK) == (2, "No bill of materials could be made: ConnectionError: no route")


def test_the_bill_of_materials_lists_the_whole_lock(tmp_path, monkeypatch):
    lock = (REPOSITORY / "requirements.txt").read_text().replace("-e .\n", "")
    (tmp_path / "lock.txt").write_text(lock)
    package, *command = audit.CYCLONEDX
    monkeypatch.setattr(audit, "SBOM", tmp_path / "sbom.json")
    offline = ["uv", "tool", "run", "--offline", "--from", package, *command, "--output-file", str(audit.SBOM)]
    found = subprocess.run([*offline, str(tmp_path / "lock.txt")], capture_output=True, text=True, check=False)
    if "--offline" in found.stderr or "network" in found.stderr:
        pytest.skip("cyclonedx-bom is not here yet: `make audit` fetches it")
    code, text = audit.bill(found, lock)
    assert code == 0, text
    made = json.loads(audit.SBOM.read_text())
    assert made["bomFormat"] == "CycloneDX" and {"numpy", "cryptography"} <= {
        part["name"] for part in made["components"]
    }

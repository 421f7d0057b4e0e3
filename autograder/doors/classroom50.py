"""Classroom 50: ./result.json. Fields: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding."""

import os
from datetime import UTC, datetime
from pathlib import Path

from autograder.doors.github import summary
from autograder.doors.outcome import Outcome, Test

SCHEMA = "classroom50/result/v1"
# field -> the variable that Classroom 50's runner sets; it writes owner and type itself
IDENTITY = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def results_file(folder: Path) -> Path:
    """In the working folder, which is the student's checkout."""
    return Path("result.json")


def result(outcome: Outcome) -> dict:
    """The result. Scores are whole numbers there, so every test's is rounded down; `points` keeps it as it is."""
    tests = [_test(test) for test in outcome.exercises]
    return {
        "schema": SCHEMA,
        **{field: os.environ.get(name, "") for field, name in IDENTITY.items()},
        "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def write_summary(outcome: Outcome) -> None:
    """The text of the submission's release, for the student."""
    Path("release-body.md").write_text(summary(outcome), encoding="utf-8")


def _test(test: Test) -> dict:
    return {
        "test-name": f"{test.notebook}: {test.title}",
        "passed": test.passed,
        "score": int(test.score),
        "max-score": int(test.points),
        "verdict": test.verdict,
        "message": test.text,
        "points": test.score,
    }

"""PrairieLearn: /grade/results/results.json. Fields: https://docs.prairielearn.com/externalGrading/."""

from pathlib import Path

from autograder.doors.outcome import Outcome, Test

MAX_BYTES = 1_000_000  # of the whole file, by PrairieLearn


def results_file(folder: Path) -> Path:
    """Beside /grade/student."""
    return folder.resolve().parent / "results" / "results.json"


def result(outcome: Outcome) -> dict:
    """The results file: a score in [0, 1], or not gradable, which costs the student no attempt."""
    if outcome.problems:
        return {"gradable": False, "format_errors": outcome.problems}
    return {
        "gradable": True,
        "score": min(1.0, outcome.score / outcome.points),
        "message": outcome.words(),
        "tests": [_test(test) for test in outcome.tests],
        "extra_data": outcome.record,
    }


def _test(test: Test) -> dict:
    return {
        "name": f"{test.notebook}: {test.title} ({test.verdict})",
        "points": test.score,
        "max_points": test.points,
        "message": test.text,
    }

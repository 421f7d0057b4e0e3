"""Gradescope: /autograder/results/results.json, and what submission_metadata.json tells about a submission.

Fields: https://gradescope-autograders.readthedocs.io/en/latest/specs/ and .../submission_metadata/.
"""

import json
from datetime import datetime
from pathlib import Path

from autograder.doors.outcome import Outcome, Test

METADATA = "submission_metadata.json"
MAX_METADATA = 10 * 2**20  # it repeats all earlier results
DAY, HOUR = 86_400, 3_600  # seconds


def results_file(folder: Path) -> Path:
    """Beside /autograder/submission."""
    return folder.resolve().parent / "results" / "results.json"


def result(outcome: Outcome) -> dict:
    """The results file. There is no total in it: Gradescope adds up the tests."""
    return {
        "execution_time": round(outcome.seconds),
        "output": outcome.words(),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {**outcome.record, "handed_in": outcome.handed_in, "final": not outcome.faulty},
        "tests": [_test(test) for test in outcome.tests],
    }


def _test(test: Test) -> dict:
    """One row. Nought of nought is neither passed nor failed, so it says neither; on top, it is some of nought."""
    row = {
        "name": f"{test.notebook}: {test.title} ({test.verdict})",
        "score": test.score,
        "max_score": test.points,
        "output": test.text,
        "visibility": "visible",
        "tags": [test.notebook],
        "extra_data": {"verdict": test.verdict},
    }
    return row | ({"status": "passed" if test.passed else "failed"} if test.points or test.score else {})


def handed_in(folder: Path) -> dict:
    """Which attempt this is and how late, from submission_metadata.json beside the folder; {} where it says nothing.

    Names and e-mail addresses are left where they are.
    """
    data = _read(folder.resolve().parent / METADATA)
    previous = data.get("previous_submissions")
    attempt = len(previous) + 1 if isinstance(previous, list) else 1
    found: dict = {"attempt": attempt} if data else {}
    late = _seconds_late(data)
    if late is not None:
        found |= {"seconds_late": round(late), "due": _due(data)}
    return found | ({"words": _words(late)} if late and late > 0 else {})


def _read(file: Path) -> dict:
    try:
        with open(file, "rb") as stream:
            data = json.loads(stream.read(MAX_METADATA))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _due(data: dict) -> str:
    """The deadline: the student's own, where there is an extension (the earliest of a group's), or the assignment's."""
    users = data.get("users")
    own = [_dict(_dict(user).get("assignment")).get("due_date") for user in users] if isinstance(users, list) else []
    dates = [(date, str(text)) for text in own if (date := _date(text)) is not None]
    return min(dates)[1] if dates else str(_dict(data.get("assignment")).get("due_date") or "")


def _seconds_late(data: dict) -> float | None:
    """Seconds after the deadline (negative: before it); None where either date is missing."""
    created, due = _date(data.get("created_at")), _date(_due(data))
    return (created - due) if created is not None and due is not None else None


def _date(text: object) -> float | None:
    """Seconds since 1970 of a date with its time zone."""
    try:
        date = datetime.fromisoformat(str(text))
        return date.timestamp() if date.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _words(seconds: float) -> str:
    days, rest = divmod(round(seconds), DAY)
    hours, minutes = rest // HOUR, rest % HOUR // 60
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    spoken = [f"{number} {unit}{'s' * (number != 1)}" for number, unit in parts if number][:2]
    span = " and ".join(spoken) or "less than a minute"
    return f"Handed in {span} after the deadline. Nothing is taken off here: your instructor applies the course's rule."


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}

"""Plain JSON, for a platform that none of the other doors fits: everything that is known about a submission."""

from dataclasses import asdict
from pathlib import Path

from autograder.doors.outcome import Outcome


def results_file(folder: Path) -> Path:
    """In the working folder."""
    return Path("result.json")


def result(outcome: Outcome) -> dict:
    """Points, tests with what the student reads, and how it was judged."""
    return {"score": outcome.score, "max_score": outcome.points, "words": outcome.words(), **asdict(outcome)}

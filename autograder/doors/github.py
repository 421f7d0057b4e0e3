"""GitHub: the JSON that GitHub Classroom's autograding reporter reads (base64 of it is a step's output `result`).

Fields: https://github.com/classroom-resources/autograding-grading-reporter.
"""

import os
from pathlib import Path

from autograder.doors.outcome import BY_A_PERSON, NOT_JUDGED, Outcome, Test
from autograder.outcome.pages import escape_markdown

SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub shows below a run


def results_file(folder: Path) -> Path:
    """In the working folder."""
    return Path("result.json")


def result(outcome: Outcome) -> dict:
    """What a grader of GitHub Classroom reports: the reporter adds up the scores of `tests`."""
    return {
        "version": 1,
        "status": "error" if outcome.faulty else "pass" if outcome.passed else "fail",
        "max_score": outcome.points,
        "tests": [_test(test) for test in outcome.exercises],
    }


def _test(test: Test) -> dict:
    return {
        "name": f"{test.notebook}: {test.title} ({test.verdict})",
        "status": "pass" if test.passed else "error" if test.verdict == NOT_JUDGED else "fail",
        "score": test.score,
        "message": test.text,
        "test_code": "",
        "filename": f"{test.notebook}.ipynb",
        "line_no": 0,
        "duration": 0,
    }


def write_summary(outcome: Outcome) -> None:
    """The points and hints as the page of the run shows them, where GitHub says where to write it."""
    if file := os.environ.get(SUMMARY):
        Path(file).write_text(summary(outcome), encoding="utf-8")


def summary(outcome: Outcome) -> str:
    """Markdown; whatever comes from the student is text in it, and nothing else."""
    lines = [f"## {outcome.score:g} of {outcome.points:g} points\n"]
    lines += [f"{escape_markdown(paragraph)}\n" for paragraph in outcome.words().split("\n") if paragraph.strip()]
    for test in outcome.tests:
        points = "" if test.verdict == BY_A_PERSON else f", {test.worth}"
        lines.append(f"- **{escape_markdown(test.title)}** ({test.verdict}{points}): {escape_markdown(test.text)}")
    return "\n".join(lines) + "\n"

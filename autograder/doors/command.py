"""`python -m autograder grade-one FOLDER --format NAME`: judge one submission, write that platform's result file."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from autograder.course import Course, CourseError
from autograder.doors import classroom50, github, gradescope, plain, prairielearn
from autograder.doors.judged import Clock, outcomes
from autograder.doors.outcome import Outcome
from autograder.grading.class_run import confinement
from autograder.grading.command import LADDER
from autograder.judging import jobs
from autograder.sandbox.limits import SandboxUnavailable
from nst.errors import SaveError
from nst.plumbing.files import write_atomically

FORMATS: dict[str, Any] = {
    "gradescope": gradescope,
    "prairielearn": prairielearn,
    "github": github,
    "classroom50": classroom50,
    "json": plain,
}
TOTAL_SECONDS = 540.0  # PrairieLearn allows 600 at most, Gradescope as many by default


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when everything was judged, 2 when something of ours failed; what a student did changes nothing."""
    args = parser().parse_args(argv)
    if args.total_seconds <= 0:
        raise CourseError(f"--total-seconds {args.total_seconds:g}: give a number of seconds above 0")
    door = FORMATS[args.format]
    clock = Clock(args.total_seconds, spent=_since_start())
    results = args.results or door.results_file(args.folder)
    outcome = grade_one(Course(), args.folder, door, results, clock, args.least)
    print("\n".join(lines(outcome)))
    return 2 if outcome.faulty else 0


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m autograder grade-one", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with the submitted notebooks, at any depth, or a zip of them")
    parser.add_argument("--format", required=True, choices=FORMATS, help="whose result file")
    parser.add_argument("--results", type=Path, metavar="FILE", help="default: where the platform looks for it")
    parser.add_argument(
        "--total-seconds",
        type=float,
        default=TOTAL_SECONDS,
        metavar="N",
        help=f"never take more than this; what is not judged by then says so (default: {TOTAL_SECONDS:g})",
    )
    parser.add_argument("--least", choices=LADDER, metavar="LEVEL", help=f"refuse a lower rung: {' > '.join(LADDER)}")
    return parser


def grade_one(
    course: Course, folder: Path, door: Any, results: Path, clock: Clock, least: str | None = None
) -> Outcome:
    """Judge the submission in `folder`; `results` is written anew, whole, after each notebook.

    Raises CourseError where nothing can be judged or written; then an older result file is gone.
    """
    level = rung(least)
    handed_in = door.handed_in(folder) if hasattr(door, "handed_in") else {}
    try:
        results.unlink(missing_ok=True)
        for outcome in outcomes(course, folder, level, clock, handed_in):
            text = json.dumps(door.result(outcome), indent=1, ensure_ascii=False)
            write_atomically(results, text.encode(), make_folder=True)
        if hasattr(door, "write_summary"):
            door.write_summary(outcome)
    except (SaveError, OSError) as error:
        raise CourseError(f"The result cannot be written: {error}") from error
    return outcome


def _since_start() -> float:
    """Seconds since this process started (imports count, too), whatever a container's clocks say."""
    return min(max(time.time() - psutil.Process().create_time(), 0.0), 60.0)


def rung(least: str | None = None) -> str:
    """The highest rung of confinement that works here; what a lower one lacks is said. CourseError where none works."""
    try:
        level = jobs.check_sandbox(least=least)
    except SandboxUnavailable as error:
        raise CourseError(str(error)) from error
    print("\n".join(confinement(level)), end="", file=sys.stderr)
    return level.name


def lines(outcome: Outcome) -> list[str]:
    """For the log: points by exercise, and no word of the student's."""
    rows = [f"{t.notebook} {t.name}: {t.verdict}, {t.worth.replace(' points', '')}" for t in outcome.exercises]
    return [*rows, f"{outcome.score:g} of {outcome.points:g} points in {outcome.seconds:g} s."]

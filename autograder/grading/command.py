"""`python -m autograder grade`: the command around `grade_class`, with a progress bar, or lines for programs."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from autograder.course import ASSIGNMENT, Course, CourseError
from autograder.grading.class_run import GradingOptions, Outcome, grade_class, submitted_students
from autograder.grading.cluster import Cluster
from autograder.grading.standing import lines, standing
from autograder.sandbox.levels import RUNGS

LADDER = [level.name for level in RUNGS]
UNSAFE = "No sandbox (--unsafe): students' code can read and write what you can, and each grade of this run says so."
NEXT = "Next: python -m autograder report (then formgrader, feedback-zips, scores)"


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if args.jobs < 0:
        raise CourseError(f"--jobs {args.jobs}: give 1 or more worker processes, or leave it out")
    course = Course(assignment=args.assignment)
    names = submitted_students(course, args.student)
    started = time.monotonic()
    with _Screen(len(names), args) as screen:
        level = "unsafe" if args.unsafe else ""
        if args.unsafe:
            screen.tell(UNSAFE)
        cluster = Cluster(args.scheduler, args.keys, args.trust_network) if args.scheduler else None
        settings = GradingOptions(args.jobs, level, args.force, cluster, args.least, screen.tell)
        outcomes = grade_class(course, args.student, settings, screen.show)
    if not (args.quiet or args.json_lines):
        print(summary(outcomes, time.monotonic() - started), NEXT)
        for line in lines(standing(course)) if args.student else []:
            print(f"Left alone: {line}. To grade all that need it: python -m autograder grade")
    return 1 if any(outcome.state == "failed" for outcome in outcomes) else 0


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m autograder grade", description="Grade the submissions of a class.")
    parser.add_argument("assignment", nargs="?", default=ASSIGNMENT, help=f"default: {ASSIGNMENT}")
    parser.add_argument("--student", action="append", metavar="ID", help="only this student (may be given again)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="worker processes (default: one a processor)")
    parser.add_argument("--scheduler", metavar="tls://HOST:PORT", help="judge on the Dask cluster of this scheduler")
    parser.add_argument(
        "--keys", type=Path, metavar="FOLDER", help="what cluster-keys made (default: autograder/.cluster_keys)"
    )
    parser.add_argument(
        "--trust-network", action="store_true", help="let --scheduler tcp://... leave this machine unencrypted"
    )
    parser.add_argument("--force", action="store_true", help="grade unchanged submissions, too")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--least", choices=LADDER, metavar="LEVEL", help=f"refuse a lower rung: {' > '.join(LADDER)}")
    how.add_argument("--unsafe", action="store_true", help="run students' code without a sandbox; recorded with grades")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--quiet", action="store_true", help="print problems only")
    output.add_argument("--json-lines", action="store_true", help="print one JSON object a student, as they come")
    return parser


def summary(outcomes: list[Outcome], seconds: float) -> str:
    """The grade table."""
    width = max(len(outcome.student) for outcome in outcomes)
    rows = [f"{o.student:{width}}  {_score(o):>20}  {o.state:9}  {_remark(o)}".rstrip() for o in outcomes]
    counts = {state: sum(o.state == state for o in outcomes) for state in ("graded", "unchanged", "failed")}
    total = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return "\n".join([*rows, f"{total} in {seconds:.0f} s."])


def _score(outcome: Outcome) -> str:
    """Points so far; what a person has yet to give is named apart."""
    if outcome.state == "failed":
        return "-"
    so_far = f"{outcome.score:g} of {outcome.max_score - outcome.waiting:g}"
    return so_far + (f", {outcome.waiting:g} by hand" if outcome.waiting else "")


def _remark(outcome: Outcome) -> str:
    """The first thing to know about an outcome, on one line."""
    texts = [outcome.message, *outcome.notes]
    text = next((text for text in texts if text), "").split("\n")[0]
    return text + (f" (and {len(texts) - 2} more)" if len(texts) > 2 else "")


class _Screen:
    """Shows outcomes as they come: a bar with ETA, JSON lines, or only what went wrong."""

    def __init__(self, total: int, args: argparse.Namespace):
        self.args, self.failed = args, 0
        hidden = args.quiet or args.json_lines
        self.bar = tqdm(total=total, desc="grading", unit="student", disable=hidden, file=sys.stderr)

    def show(self, outcome: Outcome) -> None:
        self.bar.update()
        if self.args.json_lines:
            print(json.dumps(asdict(outcome)), flush=True)
        if outcome.state == "failed":
            self.failed += 1
            self.bar.set_postfix(failed=self.failed)
            tqdm.write(f"{outcome.student} could not be graded: {outcome.message}", file=sys.stderr)

    def tell(self, line: str) -> None:
        """What concerns the run and no student."""
        tqdm.write(line, file=sys.stderr)

    def __enter__(self) -> "_Screen":
        return self

    def __exit__(self, *exception) -> None:
        self.bar.close()

"""What grading costs: against stock nbgrader on the same solved submissions, 1 against 2 workers, a synthetic class.

    python benchmarks/bench_grading.py [--solved 2] [--students 12] [--stock 1]
    python benchmarks/bench_grading.py --solved 20 --stock 20 --students 300     the README's figures, 70 minutes

Stock means nbgrader's own Execute (everything runs, TensorFlow too), its own checks of outputs and no sandbox; the same
check cells with plain comparisons give its scores. Every number is of one run on one machine.
"""

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from nbgrader.api import Gradebook

from autograder.converting import register
from autograder.course import Course
from autograder.grading.class_run import GradingOptions, grade_class
from autograder.rehearsal.samples import copy_course, hand_in, solved
from autograder.rehearsal.synthetic import make_class

STOCK = """
c.Autograde.exporter_class = "nbconvert.exporters.NotebookExporter"
c.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors." + name for name in (
    "ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata")]
c.Autograde.autograde_preprocessors = ["nbgrader.preprocessors." + name for name in (
    "Execute", "LimitOutput", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")]
c.Execute.timeout = 600
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--solved", type=int, default=2, help="solved submissions that we grade (default 2; 0: none)")
    parser.add_argument("--stock", type=int, default=1, help="how many of them stock nbgrader grades, too (default 1)")
    parser.add_argument("--students", type=int, default=12, help="size of the synthetic class (default 12; 0: none)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a new folder for the graded courses, kept")
    options = parser.parse_args()
    os.environ.setdefault("NST_WEIGHTS", "bundled")
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        if options.solved:
            against_stock(folder, options)
        if options.students:
            whole_class(folder / "class", options)


def against_stock(folder, options):
    """Seconds a solved submission, by one and by more workers, and by stock nbgrader."""
    ours = solved_class(folder / "ours", options.solved)
    one = graded(ours, options.solved, 1)
    more = graded(ours, options.solved, options.jobs)
    print(f"ours, 1 worker             {one:7.1f} s a solved submission ({options.solved} of the whole course)")
    print(f"ours, {options.jobs} workers            {more:7.1f} s a submission, {one / more:.2f} times the rate of 1")
    if options.stock:
        other = solved_class(folder / "stock", options.stock, STOCK)
        seconds = stock(other, options.stock)
        print(f"stock nbgrader autograde   {seconds:7.1f} s a submission ({options.stock} of them)")
        print(f"stock takes {seconds / one:.1f} times as long as one of our workers (goal: 10)")
        same = scores(other) == {name: scores(ours)[name] for name in scores(other)}
        print(f"same scores: {'yes' if same else 'NO: ' + str((scores(other), scores(ours)))}")


def solved_class(root, count, extra=""):
    """A course with `count` solved submissions; `extra` goes to its configuration."""
    course = copy_course(Course(), root)
    with open(course.home / "nbgrader_config.py", "a") as config:
        config.write(extra)
    for number in range(count):
        hand_in(course, f"s{number:03}", solved(course))
    register(course)
    return course


def graded(course, count, jobs):
    """Seconds a submission of one run over the course."""
    started = time.perf_counter()
    outcomes = grade_class(course, settings=GradingOptions(jobs=jobs, force=True))
    seconds = time.perf_counter() - started
    assert all(outcome.state == "graded" for outcome in outcomes), outcomes
    return seconds / count


def stock(course, count):
    """Seconds a submission of `nbgrader autograde`, its start included, as in ours."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent / "course")
    command = [sys.executable, "-m", "nbgrader", "autograde", course.assignment, "--force"]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=course.home, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(f"stock nbgrader ended with code {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
    return (time.perf_counter() - started) / count


def scores(course):
    with Gradebook(course.db_url) as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(course.assignment)}


def whole_class(root, options):
    """A synthetic class from hand-in to gradebook."""
    course = copy_course(Course(), root)
    members = make_class(course, options.students)
    started = time.perf_counter()
    with Peak() as peak:
        outcomes = grade_class(course, settings=GradingOptions(jobs=options.jobs))
    seconds = time.perf_counter() - started
    due = {member.student: member.due for member in members if member.due is not None}
    right = sum(outcome.score == due[outcome.student] for outcome in outcomes if outcome.student in due)
    print(
        f"class of {options.students}, {options.jobs} workers: {seconds:.0f} s, {seconds / options.students:.1f} s each"
    )
    print(f"  judging one student: median {statistics.median(o.seconds for o in outcomes):.1f} s")
    print(f"  not graded: {sum(o.state != 'graded' for o in outcomes)}; honest with full marks: {right} of {len(due)}")
    print(f"  most memory of a worker with its sandbox: {peak.worker >> 20} MB (goal: 600)")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  most memory of the process that writes grades: {own >> 10} MB")


class Peak(threading.Thread):
    """The most memory (proportional set size) that a worker with all below it held, looked at twice a second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worker, self.ended = 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.5):
            server = [p for p in psutil.Process().children() if "forkserver" in " ".join(self._line(p))]
            for worker in (w for p in server for w in p.children()):
                self.worker = max(self.worker, sum(map(self._held, [worker, *worker.children(recursive=True)])))

    def _line(self, process):
        try:
            return process.cmdline()
        except psutil.Error:
            return []

    def _held(self, process):
        try:
            return process.memory_full_info().pss
        except (psutil.Error, OSError):
            return 0  # it has just ended

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


if __name__ == "__main__":
    main()

"""What grading costs: against stock nbgrader and bare kernel starts, 1 against 2 workers, a synthetic class.

    python benchmarks/bench_grading.py [--solved 3] [--stock 1] [--students 12]
    python benchmarks/bench_grading.py --solved 20 --stock 20 --students 300     the README's figures, 30 to 60 minutes

Stock means nbgrader's own Execute (everything runs, TensorFlow too, under the plan that is printed), its own checks of
outputs and no sandbox; the same check cells with plain comparisons give its scores. A bare kernel start is that of a
plain ipykernel, until it answers, and its end; a submission has five notebooks, so five of them are the least. They are
measured before and after each of our runs. Every number is of one run on one machine, starting the grader included.
"""

import argparse
import contextlib
import datetime
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
from jupyter_client.manager import start_new_kernel
from nbgrader.api import Gradebook

from autograder.authoring.masters import Masters
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
    parser.add_argument("--solved", type=int, default=3, help="solved submissions that we grade (default 3; 0: none)")
    parser.add_argument("--stock", type=int, default=1, help="how many of them stock nbgrader grades, too (default 1)")
    parser.add_argument("--students", type=int, default=12, help="size of the synthetic class (default 12; 0: none)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a new folder for the graded courses, kept")
    options = parser.parse_args()
    os.environ.setdefault("NST_WEIGHTS", "bundled")
    os.environ.setdefault("NST_PLAN", "quick")
    print(heading())
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        if options.solved:
            against_stock(folder, options)
        if options.students:
            whole_class(folder / "class", options)


def heading():
    """When, where and how it was measured."""
    now, load = datetime.datetime.now(datetime.UTC), os.getloadavg()[0]
    return (
        f"{now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors, load {load:.1f} (quiet: below 0.5), "
        f"plan {os.environ['NST_PLAN']}, seconds by the clock"
    )


def against_stock(folder, options):
    """Seconds a solved submission, by one and by more workers, and by stock nbgrader; against bare kernel starts."""
    ours = solved_class(folder / "ours", options.solved)
    notebooks = len(Masters(ours.masters).graded())
    before = bare_starts(notebooks)
    one = graded(ours, options.solved, 1)
    bare = statistics.mean((before, bare_starts(notebooks)))
    more = graded(ours, options.solved, options.jobs)
    print(f"{notebooks} bare kernel starts       {bare:7.2f} s")
    print(f"ours, 1 worker             {one:7.2f} s a solved submission ({options.solved} of {notebooks} notebooks)")
    print(f"ours, {options.jobs} workers            {more:7.2f} s a submission, {one / more:.2f} times the rate of 1")
    print(f"ours, 1 worker, takes {one / bare:.2f} times as long as {notebooks} bare kernel starts (goal: 1.5)")
    if options.stock:
        other = solved_class(folder / "stock", options.stock, STOCK)
        seconds = stock(other, options.stock)
        print(f"stock nbgrader autograde   {seconds:7.2f} s a submission ({options.stock} of them)")
        print(f"stock takes {seconds / one:.1f} times as long as one of our workers (goal: 15)")
        same = scores(other) == {name: scores(ours)[name] for name in scores(other)}
        print(f"same scores: {'yes' if same else 'NO: ' + str((scores(other), scores(ours)))}")


def bare_starts(count, repeat=3):
    """Seconds that `count` plain kernels take, one after another, to start, answer and end; the median of some."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        for _ in range(count):
            manager, client = start_new_kernel(stderr=subprocess.DEVNULL)
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


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

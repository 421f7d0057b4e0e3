"""nbval over both trees: solved notebooks pass; unsolved ones fail exactly where a student has something to write.

Under course/ a check cell, or an ungraded cell tagged `needs-solution`, must raise exactly NotImplementedError;
every other cell must pass. The run ends with the time of each notebook.
"""

import importlib.util
import os
import signal
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent


def pytest_configure():
    """Tests send Ctrl-C, which a shell lets its background jobs ignore, and all that they start; pictures are small."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("NST_PLAN", "quick")  # NST_PLAN=full: the notebooks at their students' sizes
    os.environ.setdefault("NST_PROGRESS", "off")  # what passes here is no student's progress


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("tensorflow") and not importlib.util.find_spec("tensorflow"):
            item.add_marker(pytest.mark.skip(reason="TensorFlow is not installed; it has no package for Python 3.14"))
        cell = getattr(item, "cell", None)
        if cell is not None and ROOT / "course" in item.path.parents and needs_solution(cell):
            item.runtest = must_be_unsolved(item, item.runtest)


def needs_solution(cell):
    nbgrader = cell.metadata.get("nbgrader", {})
    is_check = nbgrader.get("grade") and not nbgrader.get("solution")
    return is_check or "needs-solution" in cell.metadata.get("tags", [])


def must_be_unsolved(item, run):
    def runtest():
        try:
            run()
        except Exception:
            if [output.ename for output in item.test_outputs if output.output_type == "error"] == [
                "NotImplementedError"
            ]:
                return
            raise
        raise AssertionError("this cell passes without a solution")

    return runtest


def pytest_terminal_summary(terminalreporter):
    seconds = defaultdict(float)
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        path = report.nodeid.split("::")[0]
        if path.endswith(".ipynb"):
            seconds[path] += report.duration
    if seconds:
        terminalreporter.section("seconds per notebook")
        for path, total in sorted(seconds.items()):
            terminalreporter.write_line(f"{total:6.1f}  {path}")

"""What is said on pages beside a student's text: how it was graded, and whose it is."""

import re

import nbformat
import numpy as np

from autograder.judging import jobs
from autograder.outcome.cleaning import safe_markdown
from autograder.outcome.pages import GradingRecord, SafeSurroundings, how_graded
from autograder.sandbox.levels import describe
from autograder.sandbox.limits import Limits

# --- how it was graded ---


def record(level, **more):
    bounds = describe(Limits(memory=2**30, call_seconds=2.5), level)
    made = {"level": level, "confinement": bounds, "versions": jobs.versions(), "seconds": 1.25, "megabytes": 97}
    return {**made, "submission": "0123456789abcdef", "seed_key": "key45678", "notes": [], **more}


def test_level_limits_key_and_versions_are_told():
    text = how_graded(record("namespaces"))
    assert text.startswith("Run in a sandbox (namespaces, bubblewrap 0.") and "not covered: holes in the kernel" in text
    for part in (
        "1024 MB of memory, 48 processes, 20 s for a cell, 2.5 s for a call, 180 s in all",
        f"numpy {np.__version__}",
        "submission 0123456789ab, key of the inputs key45678",
        "1.2 s and 97 MB",
    ):
        assert part in text


def test_a_grade_without_a_sandbox_says_so_first():
    assert how_graded(record("unsafe")).startswith("Run WITHOUT a sandbox (--unsafe)")
    assert how_graded({"level": "namespaces", "reason": "empty"}).startswith("Nothing of this notebook was run")


def test_instructors_read_it_below_the_notebook_and_nothing_in_it_runs():
    nb = nbformat.v4.new_notebook()
    note = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) **bold** `code`\n# title $\\href{javascript:1}{x}$"
    nb.metadata["autograder"] = record("unsafe", notes=[note], reason="Not graded: cut off.")
    nb, _ = GradingRecord().preprocess(nb, {})
    html = safe_markdown({}, nb.cells[-1].source)
    assert "<h4>How this was graded" in html and "WITHOUT a sandbox" in html and "Not graded: cut off." in html
    assert html.count("<li>") == 3
    assert not re.search("<img|<strong|<code|javascript[^<]*>", html)
    assert GradingRecord().preprocess(nbformat.v4.new_notebook(), {})[0].cells == []


def test_names_on_formgraders_page_are_text():
    hostile = "<img src=x onerror=alert(1)>"
    given = {"first_name": hostile, "last_name": None, "student": hostile, "notebook_path": f'x/"{hostile}"/01.ipynb'}
    _, made = SafeSurroundings().preprocess(nbformat.v4.new_notebook(), dict(given))
    assert (made["first_name"], made["last_name"]) == ("img src x onerror alert(1)", "")
    assert not any(set('<>"') & set(made[part]) for part in given)

"""Pages that show a student's text run nothing of it."""

import re
import time

import nbformat
import numpy as np
import pytest
from nbconvert.filters import strip_files_prefix

from autograder.judging import jobs
from autograder.outcome.pages import GradingRecord, clean_html, how_graded, safe_markdown
from autograder.sandbox.levels import describe
from autograder.sandbox.limits import Limits

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def render(source, cell=None):
    return safe_markdown({"cell": cell or {}}, source)


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "onerror"),
        ("<svg onload=alert(1)>", "<svg"),
        ("<svg/onload=alert(1)//", "<svg"),
        ("<iframe src='javascript:alert(1)'></iframe>", "<iframe"),
        ("<a href='javascript:alert(1)'>x</a>", "javascript:"),
        ("<a href='JaVaScRiPt:alert(1)'>x</a>", "script:"),
        ("<a href='java&#10;script:alert(1)'>x</a>", "href"),
        ("[x](javascript:alert(1))", "javascript:"),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "data:"),
        ("![x](http://example.org/beacon.png)", "example.org"),
        ("![x](data:image/svg+xml;base64,PHN2Zz4=)", "svg"),
        ("<div style='background:url(http://example.org)'>x</div>", "style"),
        ("<form action='http://example.org'><input></form>", "<form"),
        ("<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>", "onerror=alert(1)>"),
        ("<meta http-equiv=refresh content='0;url=http://example.org'>", "<meta"),
        ("<base href='http://example.org'>", "<base"),
        (r"$\href{javascript:alert(1)}{x}$", r"\href"),
        (r"$\require{html}$", r"\require"),
        ("```\n</code></pre><script>alert(1)</script>\n```", "<script"),
        ("<!--><script>alert(1)</script>-->", "<script"),
    ],
)
def test_what_could_run_or_call_home_is_gone(source, gone):
    assert gone.lower() not in render(source).lower()


def test_what_a_reflection_needs_stays():
    html = render(
        f"**bold** `code` $F F^T$ [paper](https://arxiv.org/abs/1508.06576) ![run]({PIXEL})\n\n| a |\n|---|\n| 1 |"
    )
    for part in (
        "<strong>bold</strong>",
        "<code>code</code>",
        "$F F^T$",
        'href="https://arxiv.org',
        PIXEL,
        "<td>1</td>",
    ):
        assert part in html


def test_cleaning_twice_changes_nothing():
    html = render("**bold** <b>x</b> a < b & c")
    assert clean_html(html) == html


@pytest.mark.parametrize("piece", ["[", "![", "*a **b ", "`", "> ", "<div>\n", "|a|b|\n|-|-|\n"])
def test_no_text_keeps_a_page_busy(piece):
    """Half a million characters in one cell are answered in the time of a few thousand."""
    started = time.process_time()
    html = strip_files_prefix(render(piece * (500_000 // len(piece))))
    assert time.process_time() - started < 3.0
    assert "more characters" in html


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
    html = render(nb.cells[-1].source)
    assert "<h4>How this was graded" in html and "WITHOUT a sandbox" in html and "Not graded: cut off." in html
    assert html.count("<li>") == 3
    assert not re.search("<img|<strong|<code|javascript[^<]*>", html)
    assert GradingRecord().preprocess(nbformat.v4.new_notebook(), {})[0].cells == []

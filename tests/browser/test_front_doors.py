"""What instructors and students look at, in a real browser: formgrader grades a reflection, feedback reads well."""

import signal
import subprocess
from pathlib import Path

import pytest
from jupyter_page import browser, free_port, own_environment, wait_for
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.feedback_zips import generate
from autograder.formgrader import server_command
from autograder.grading import autograde, one_engine
from autograder.reference import points
from autograder.release import register
from autograder.samples import copy_course, hand_in, solved
from autograder.staging import stage

NOTEBOOK = "01_feature_maps"
HINT = "You returned `F`, and `F.T` is meant."


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of one notebook with two students, graded with judgements of ours instead of a sandbox."""
    course = copy_course(Course(), tmp_path_factory.mktemp("front") / "course", [NOTEBOOK])
    verdicts = {f"test_{name}": {"score": most} for name, most in points(course.masters).items()}
    verdicts["test_inner_product"] = {"score": 1.5, "hint": HINT, "mistake": "halved"}
    judgement = {"verdicts": verdicts, "level": "none", "seconds": 0.0, "notes": []}
    with one_engine():
        register(course)
        for student in ("ann", "bob"):
            hand_in(course, student, solved(course))
            autograde(course, stage(course.directory(student_id=student)), {NOTEBOOK: judgement})
        generate(course)
    return course


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@pytest.fixture
def formgrader(course, tmp_path):
    """Address of formgrader, started as `python -m autograder formgrader` starts it."""
    port = free_port()
    command = [*server_command(course, port), "--no-browser", "--IdentityProvider.token=", "--ServerApp.port_retries=0"]
    with open(tmp_path / "server.log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=course.home, env=own_environment(tmp_path), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}", process, tmp_path / "server.log")
        yield f"http://127.0.0.1:{port}/formgrader"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def scores(course):
    with Gradebook(course.db_url) as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(course.assignment)}


def test_a_reflection_is_graded_in_formgrader_and_the_totals_are_right(course, chromium, formgrader, tmp_path):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(formgrader)
    page.wait_for_selector("text=style_transfer", timeout=20_000)
    with Gradebook(course.db_url) as gradebook:
        first = min(notebook.id for notebook in gradebook.notebook_submissions(NOTEBOOK, course.assignment))
    assert scores(course) == {"ann": 11.5, "bob": 11.5}
    for number, given in enumerate((6, 4)):
        if number == 0:
            page.goto(f"{formgrader}/submissions/{first}/")
        box = page.wait_for_selector("#reflection_feature_maps.needs_manual_grade", timeout=20_000)  # its data is there
        box.fill(str(given))
        with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"):
            box.press("Tab")
        if number == 0:
            page.screenshot(path=tmp_path / "formgrader.png")
            before = page.url
            page.click("li.next a")
            page.wait_for_function("url => location.href !== url", arg=before)
    page.close()
    assert sorted(scores(course).values()) == [15.5, 17.5]


@pytest.mark.parametrize("width", [390, 1200])
def test_feedback_reads_well_on_a_phone_and_aloud(course, chromium, tmp_path, width):
    path = course.feedback / "ann" / course.assignment / f"{NOTEBOOK}.html"
    page = chromium.new_page(viewport={"width": width, "height": 844})
    page.goto(Path(path).as_uri())
    page.screenshot(path=tmp_path / f"feedback_{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out of the screen"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert [heading.inner_text() for heading in page.query_selector_all("h1")] == [f"Feedback on {NOTEBOOK}"]
    names = ["feature_matrix", "inner_product", "feature_distance", "Reflection feature maps"]
    assert [page.get_by_role("region", name=name, exact=True).count() for name in names] == [1] * 4
    assert page.get_by_role("main").count() == 1 and page.get_by_role("table", name="Points by exercise").count() == 1
    row = page.get_by_role("row", name="inner_product").inner_text()
    assert "1.5 / 3" in row and "partly right" in row, "words, not only colours"
    section = page.get_by_role("region", name="inner_product", exact=True)
    assert [code.inner_text() for code in section.locator(".hint code").all()] == ["F", "F.T"]
    assert "right up to a constant factor" in section.inner_text()
    assert "begin with inner_product" in page.inner_text("main")
    assert page.evaluate(CONTRAST) == [], "4.5 : 1 or more everywhere"
    page.close()


# Contrast of every text with the nearest background below it, as WCAG 2 computes it.
CONTRAST = """() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const below = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => { const a = light(rgb(getComputedStyle(e).color)), b = light(below(e));
      return [e.className || e.tagName, e.textContent.slice(0, 20), (Math.max(a, b) + .05) / (Math.min(a, b) + .05)]; })
    .filter(found => found[2] < 4.5);
}"""

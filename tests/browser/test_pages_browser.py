"""Formgrader and feedback pages in a real browser: nothing that a student wrote runs, and nothing calls home."""

import contextlib
import signal
import subprocess
import sys

import pytest
from jupyter_page import browser, free_port, own_environment, wait_for
from nbgrader.api import Gradebook

from autograder.attack.arena import arena
from autograder.attack.case import CASES, MAIN
from autograder.attack.corpora import all_cases

FIRED = "() => window.fired || (document.title === 'fired' ? 'title' : null)"
STUDENTS = ("markup", "endless_markup")


@pytest.fixture(scope="module")
def graded():
    all_cases()
    with arena([CASES[name] for name in STUDENTS]) as place:
        place.grade()
        place.feedback()
        yield place


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@contextlib.contextmanager
def formgrader(place, folder):
    """Address of stock formgrader, started in the course's folder as an instructor does."""
    port, token = free_port(), "token"
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={place.course.root}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={token}"]
    command += ["--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    with open(folder / "server.log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=place.course.home, env=own_environment(folder), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}", token
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def visit(chromium, place, address, picture):
    """The page after a second and a click on every link that a student could have written; what it asked for."""
    asked = []
    page = chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    page.goto(address)
    page.wait_for_timeout(1000)
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate(FIRED) is None
    for link in page.query_selector_all("a#bait, a:text-is('a'), a:text-is('b')"):
        link.evaluate("link => link.click()")
    page.wait_for_timeout(300)
    assert page.evaluate(FIRED) is None
    assert page.url.split("#")[0].split("?")[0] == address.split("?")[0]  # no link led away
    text = page.inner_text("body")
    page.close()
    assert not [url for url in asked if f":{place.traps.port}/" in url or "dialog" in url]
    assert place.traps.heard == []
    return text, asked


@pytest.mark.parametrize("student", STUDENTS)
def test_nothing_fires_on_the_feedback_page(graded, chromium, tmp_path, student):
    path = graded.course.feedback / student / graded.course.assignment / f"{MAIN}.html"
    text, asked = visit(chromium, graded, path.as_uri(), tmp_path / "feedback.png")
    assert "gram_matrix" in text and "of 11 points" in text
    assert "Run in a sandbox (bubblewrap" in text and "2048 MB of memory, 48 processes" in text
    assert all(url.startswith(("file:", "data:")) for url in asked)


def test_nothing_fires_in_formgrader(graded, chromium, tmp_path):
    with Gradebook(graded.course.db_url) as gradebook:
        ids = [gradebook.find_submission_notebook(MAIN, graded.course.assignment, s).id for s in STUDENTS]
    with formgrader(graded, tmp_path) as (address, token):
        for number, name in enumerate(ids):
            picture = tmp_path / f"formgrader-{number}.png"
            text, _ = visit(chromium, graded, f"{address}/formgrader/submissions/{name}/?token={token}", picture)
            assert "gram_matrix" in text and "How this was graded" in text and "Run in a sandbox (bubblewrap" in text

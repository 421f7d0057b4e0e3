"""What is sent to the reading page, without a browser: nothing that a reader wrote is lost, whoever else saves."""

import json
import re
import shutil
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from html import unescape

import pytest
from nbgrader.api import Gradebook

from autograder.converting import register
from autograder.course import Course
from autograder.outcome import reading_desk, readings, reflections
from autograder.outcome.formgrader import server_command
from autograder.rehearsal.samples import copy_course
from graded_class import grade
from jupyter_page import free_port, running

NOTEBOOK, CELL = "01_feature_maps", "reflection_feature_maps"
TOKEN = "a-token-of-this-test"
READERS = {"ann": ["anna", "ben"], "bob": ["ben"], "cat": ["anna"]}


class Desk:
    """A course and its server."""

    def __init__(self, course, address):
        self.course, self.address = course, address

    def ask(self, path, **form):
        """(status, page); posted where there is a form."""
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.address + path, data, {"Authorization": f"token {TOKEN}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, unescape(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.code, unescape(error.read().decode())

    def path(self, reader, student):
        number = next(each.number for each in reflections.answers(self.course) if each.student == student)
        return f"/reading/{f'by/{reader}' if reader else 'together'}/{number}/{CELL}"

    def opened(self, reader, student):
        """What the form of a page sends of its own."""
        _, page = self.ask(self.path(reader, student))
        return dict(re.findall(r'<input type="hidden" name="(answer|state)" value="([^"]*)"', page))

    def save(self, reader, student, points, comment="", form=None):
        rows = {f"row_{row}": str(value) for row, value in enumerate([points, 0, 0, 0])}
        form = form or self.opened(reader, student)
        return self.ask(self.path(reader, student), **form, **rows, comment=comment)

    def kept(self, student):
        with Gradebook(self.course.db_url) as gradebook:
            row = gradebook.find_grade(CELL, NOTEBOOK, self.course.assignment, student)
            comment = gradebook.find_comment(CELL, NOTEBOOK, self.course.assignment, student).manual_comment
            return row.manual_score, row.needs_manual_grade, comment


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reading")
    course = copy_course(Course(), folder / "course", [NOTEBOOK])
    register(course)
    grade(course, *READERS)
    (course.home / reflections.READERS).write_text(json.dumps(READERS))
    port = free_port()
    command = [*server_command(course, port, "/reading/"), "--no-browser", f"--IdentityProvider.token={TOKEN}"]
    with running([*command, "--ServerApp.port_retries=0"], f"http://127.0.0.1:{port}", folder, cwd=course.home):
        yield Desk(course, f"http://127.0.0.1:{port}")


@pytest.fixture
def desk(server):
    """The same, with nothing read."""
    (server.course.home / readings.FILE).unlink(missing_ok=True)
    with Gradebook(server.course.db_url) as gradebook:
        for student in READERS:
            row = gradebook.find_grade(CELL, NOTEBOOK, server.course.assignment, student)
            row.manual_score, row.needs_manual_grade = None, True
            gradebook.find_comment(CELL, NOTEBOOK, server.course.assignment, student).manual_comment = None
        gradebook.db.commit()
    return server


def test_a_long_comment_with_many_lines_is_kept_whole_and_a_longer_one_is_said(desk):
    comment = "a line of it\r\n" * 384
    assert desk.save("ben", "bob", 1, comment.strip())[0] == 200
    assert desk.kept("bob")[2] == comment.strip().replace("\r\n", "\n")
    status, page = desk.save("ben", "bob", 2, "x" * 5001)
    assert status == 409 and "5001 characters" in page and "5000" in page and desk.kept("bob")[0] == 1


def test_two_readers_long_comments_are_settled_whole(desk):
    for reader, points in (("anna", 1), ("ben", 2)):
        desk.save(reader, "ann", points, reader[0] * 4_000)
    joined = f"{'a' * 4_000}\n\n{'b' * 4_000}"
    assert desk.save("", "ann", 2, joined)[0] == 200
    assert desk.kept("ann") == (2, False, joined)


def test_who_saves_second_is_told_and_takes_nothing_from_the_first(desk):
    one, other = desk.opened("anna", "cat"), desk.opened("anna", "cat")
    assert desk.save("anna", "cat", 2, "The first.", one)[0] == 200
    assert desk.save("anna", "cat", 2, "The first.", other)[0] == 200, "the same again: a button pressed twice"
    status, page = desk.save("anna", "cat", 0, "The second.", other)
    assert status == 409 and "since this page was opened" in page
    assert desk.kept("cat") == (2, False, "The first.")
    assert desk.save("anna", "cat", 0, "The second.")[0] == 200 and desk.kept("cat") == (0, False, "The second.")


def test_two_who_settle_at_once_do_not_overwrite_each_other(desk):
    for reader, points in (("anna", 1), ("ben", 2)):
        desk.save(reader, "ann", points)
    one, other = desk.opened("", "ann"), desk.opened("", "ann")
    assert desk.save("", "ann", 1, "one", one)[0] == 200
    assert desk.save("", "ann", 2, "other", other)[0] == 409
    assert desk.kept("ann") == (1, False, "one")


def test_a_gradebook_that_is_locked_is_a_sentence_and_the_marks_are_kept(desk):
    form = desk.opened("ben", "bob")
    path = desk.course.db_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, page = desk.save("ben", "bob", 2, "Well said.", form)
        assert status == 503 and "The gradebook is busy" in page and "Traceback" not in page
        other.rollback()
    assert desk.kept("bob") == (None, True, None)
    assert "Well said." in desk.ask(desk.path("ben", "bob"))[1], "what was written stands on the page again"
    assert desk.save("ben", "bob", 2, "Well said.")[0] == 200 and desk.kept("bob") == (2, False, "Well said.")


@pytest.mark.parametrize("damage", ["gone", "{}", "[]", "null", '{"nbformat": 4', '{"cells": 1, "nbformat": 4}'])
def test_one_graded_copy_that_is_damaged_does_not_shut_the_desk(desk, damage):
    desk.save("anna", "ann", 1)
    folder = desk.course.autograded / "ann"
    shutil.copytree(folder, whole := desk.course.home / "whole")
    try:
        path = next(folder.rglob(f"{NOTEBOOK}.ipynb"))
        path.unlink()
        if damage != "gone":
            path.write_text(damage)
        assert desk.ask("/reading/")[0] == 200 and desk.ask("/reading/by/anna/")[0] == 200
        status, page = desk.ask(desk.path("anna", "ann"))
        assert status == 409 and "Grade this student again" in page
        desk.save("anna", "cat", 1)  # and on to the next, which is the damaged one
        assert desk.kept("cat")[0] == 1
    finally:
        shutil.rmtree(folder)
        whole.rename(folder)


@pytest.mark.parametrize(
    "line",
    [b'{"when": "x", "reader": "anna"', b"[" * 50_000, b"\0" * 300, b"null", b"7",
     b'{"when": "", "reader": [], "student": {}, "notebook": [], "cell": 1, "answer": 0, "rows": null, "points": null, '
     b'"comment": 3}',
     b'{"when": "", "reader": "anna", "student": "ann", "notebook": "01_feature_maps", "cell": '
     b'"reflection_feature_maps", "answer": "", "rows": null, "points": "x", "comment": null}'],
)  # fmt: skip
def test_a_line_that_was_written_by_half_hides_no_other(desk, line):
    desk.save("anna", "ann", 1, "kept")
    with open(desk.course.home / readings.FILE, "ab") as file:
        file.write(line)
    assert desk.ask("/reading/")[0] == 200
    assert desk.save("ben", "ann", 1, "also kept")[0] == 200
    (item,) = (item for item in reading_desk.items(desk.course) if item.answer.student == "ann")
    assert {name: each.comment for name, each in item.given.items()} == {"anna": "kept", "ben": "also kept"}


def test_a_figure_of_many_digits_is_not_read_by_its_first_ones(desk):
    status, page = desk.save("ben", "bob", "000000009")
    assert status == 409 and "Row 1 of the rubric needs points" in page


def test_an_answer_that_nobody_was_given_is_said(desk):
    plan = json.loads((desk.course.home / reflections.READERS).read_text())
    try:
        (desk.course.home / reflections.READERS).write_text(json.dumps({"ann": ["anna"]}))
        assert "2 answers have no reader" in desk.ask("/reading/")[1]
    finally:
        (desk.course.home / reflections.READERS).write_text(json.dumps(plan))

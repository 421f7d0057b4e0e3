"""What is printed before a talk about one's own code, and what few hand-ins have in common: on screen and on paper."""

import re

import pytest

from accessibility import violations
from autograder.course import Course
from autograder.rehearsal.samples import solved
from autograder.talk import similar, viva
from autograder.talk.questions import Question

pytestmark = pytest.mark.browser

LONGEST = ("style_transfer", "activation_gradients", "style_loss")  # of the course's answers


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def questions():
    """The page about the longest answers, each with as many lines of questions as `viva` asks at most."""
    answers, long = (
        solved(Course()),
        "features_x = {'block1_conv1': [[1, 1], [0, 2]], 'block2_conv1': [[1, 3], [0, 2]]}",
    )
    asked = [
        Question(f"What comes out for {long}, style_grams = {long}?", "0.4375"),
        Question("What comes out now, and why?", "4.375", "of_style = beta / len(style_grams)", "of_style = beta"),
        Question("If every number of features_x is doubled: what comes out?", "17.31"),
    ]
    subjects = [viva.Subject(name, answers[name], "One of the longer answers.", asked) for name in LONGEST]
    return viva.html("doejane_12345", subjects)


def test_questions_and_answers_are_a_sheet_each(page, questions):
    page.set_content(questions)
    for paper in ("A4", "Letter"):
        sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper, prefer_css_page_size=True))
        assert len(sheets) == 2, paper


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_read_well_on_a_screen(page, tmp_path, questions, width):
    shared = similar.Shared("a comment", ("multiply the rows with themselvs",), 1, ("doejane_12345", "smithjohn_23456"))
    pair = similar.Pair(shared.students, 14.2, ["gram_matrix", "style_gradient"])
    for text in (questions, similar.html(similar.Findings(40, 11.5, [pair], [shared]))):
        (tmp_path / "page.html").write_text(text)
        page.set_viewport_size({"width": width, "height": 900})
        page.goto((tmp_path / "page.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []

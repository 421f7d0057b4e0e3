"""Nothing goes out stale: points and feedback are refused, in sentences, while they are not final."""

import csv
import json
import re
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import __main__
from autograder.authoring.release import generate_notebooks
from autograder.course import OUTGOING
from autograder.grading import journal, standing
from autograder.judging import seeds
from autograder.outcome import feedback_zips, final, late, scores
from autograder.rehearsal.samples import hand_in, solved
from graded_class import grade, read_reflections

pytestmark = pytest.mark.slow


@pytest.fixture
def ready(course, monkeypatch):
    """Two students, graded and read: final."""
    grade(course, "ann", "bob")
    read_reflections(course)
    for module in (scores, feedback_zips):
        monkeypatch.setattr(module, "Course", lambda: course)
    return course


def typed(capsys, *words):
    """Exit code and what is said."""
    code = __main__.main(list(words))
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return code, said.out + said.err


def change_master(course, notebook, change):
    path = course.masters / f"{notebook}.ipynb"
    book = nbformat.read(path, as_version=4)
    change({cell.metadata.nbgrader.grade_id: cell for cell in book.cells if "nbgrader" in cell.metadata})
    nbformat.write(book, path)


def points(value):
    return lambda cells: cells["test_gram_matrix"].metadata.nbgrader.update(points=value)


def hand_in_anew(course):
    hand_in(course, "bob", solved(course) | {"gram_matrix": "def gram_matrix(F):\n    return F.T"})


def forget_release(course):
    change_master(course, "03_gram_matrices", points(12))


def release_changed_points(course):
    forget_release(course)
    generate_notebooks(course, course.released)


def unread(course):
    with Gradebook(course.db_url) as gradebook:
        gradebook.find_grade(
            "reflection_feature_maps", "01_feature_maps", course.assignment, "bob"
        ).needs_manual_grade = True
        gradebook.db.commit()


def another_key(course):
    (course.home / seeds.KEY_FILE).write_bytes(b"k" * 32)


CHANGES = {
    "1 collected and never graded: cem. First: python -m autograder grade": lambda course: hand_in(course, "cem", {}),
    "1 handed in something else since the grading: bob": hand_in_anew,
    "course/style_transfer/03_gram_matrices.ipynb: not what the masters give. First: python -m autograder release": (
        forget_release
    ),
    "2 graded by other masters (another reference or other points): ann, bob": release_changed_points,
    "1 with an answer that nobody has read, or that waits for a second look: bob": unread,
    "2 graded with another key of the inputs: ann, bob": another_key,
}


@pytest.mark.parametrize("told", CHANGES)
def test_what_is_not_final_is_refused_and_said_and_goes_out_anyway_only(ready, capsys, told):
    CHANGES[told](ready)
    for verb in ("scores", "feedback-zips"):
        code, text = typed(capsys, verb)
        assert code == 2 and told in text and "add --anyway" in text
        assert not list(ready.home.glob(f"{OUTGOING}/*")), "nothing was written"
    code, text = typed(capsys, "scores", "--anyway")
    assert code == 0 and f"not final: {told}" in text
    last = json.loads((ready.home / journal.FILE).read_text().splitlines()[-1])
    assert any(told in line for line in last["anyway"])


def test_another_grader_or_credit_table_makes_grades_stale(ready, monkeypatch):
    assert final.open_questions(ready) == []
    monkeypatch.setattr(seeds, "grader_digest", lambda: "0" * 64)
    assert final.open_questions(ready) == [
        "2 graded by another version of the grader or another credit table: ann, bob. First: python -m autograder grade"
    ]
    assert "autograder/credit.toml" in seeds.judging_files(), "the table is part of it"


def test_only_the_chosen_ones_feedback_is_asked_about(ready, capsys):
    hand_in_anew(ready)
    assert typed(capsys, "feedback-zips", "--student", "ann")[0] == 0
    assert typed(capsys, "feedback-zips", "--student", "bob")[0] == 2


def test_feedback_for_one_student_leaves_the_others_zips(ready, capsys):
    assert typed(capsys, "feedback-zips")[0] == 0
    before = (ready.home / OUTGOING / "bob_feedback.zip").read_bytes()
    assert typed(capsys, "feedback-zips", "--student", "ann")[0] == 0
    with zipfile.ZipFile(ready.home / OUTGOING / "all_feedback.zip") as archive:
        assert archive.namelist() == ["ann_feedback.zip", "bob_feedback.zip"]
        assert archive.read("bob_feedback.zip") == before


def test_an_unknown_student_is_one_line(ready, capsys):
    code, text = typed(capsys, "feedback-zips", "--student", "zoe")
    assert (code, text) == (
        2,
        "autograder feedback-zips: Nobody with a grade is called zoe; there are: ann, bob\n",
    )


@pytest.mark.parametrize("lms", scores.COLUMNS)
def test_the_column_is_called_as_the_lms_calls_it(ready, capsys, lms):
    code, _ = typed(capsys, "scores", "--lms", lms, "--column", "Homework 1 (4711)")
    assert code == 0
    with open(ready.home / OUTGOING / f"scores_{lms}.csv", newline="") as file:
        assert [float(row["Homework 1 (4711)"]) for row in csv.DictReader(file)][-2:] == [29, 29]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "student"])
def test_a_column_that_cannot_be_is_refused_in_a_line(ready, capsys, name):
    code, text = typed(capsys, "scores", "--column", name)
    assert code == 2 and "cannot be the points' column" in text


# --- points are one for all -------------------------------------------------------------------------------------------


def most(course):
    with Gradebook(course.db_url) as gradebook:
        return gradebook.find_assignment(course.assignment).max_score


def test_grading_does_not_begin_where_the_release_has_other_points(ready):
    forget_release(ready)
    with pytest.raises(
        standing.CourseError, match=r"gram_matrix has 12 points in the masters and 8\.0 in the released"
    ):
        standing.check_points(ready)


def test_changed_points_apply_to_everybody_or_nobody(ready):
    before = most(ready)
    release_changed_points(ready)
    with pytest.raises(standing.CourseError, match=r"gram_matrix from 8 to 12\), and bob would keep"):
        standing.check_points(ready, ["ann"])
    standing.check_points(ready, ["ann", "bob"])
    late.set_deadline(ready, "2026-12-01T23:59Z")
    assert most(ready) == before, "a deadline changes no points"


# --- the index page ---------------------------------------------------------------------------------------------------


def test_each_zip_begins_with_a_page_about_all_notebooks(ready, capsys):
    folder = hand_in(ready, "cem", {}, ["01_feature_maps"])
    (folder / "timestamp.txt").write_text("2026-12-02 20:00:00 UTC")
    late.set_deadline(ready, "2026-12-01 23:59 UTC")
    grade(ready, "cem")
    read_reflections(ready)
    assert typed(capsys, "feedback-zips")[0] == 0
    with zipfile.ZipFile(ready.home / OUTGOING / "cem_feedback.zip") as archive:
        assert archive.namelist() == ["01_feature_maps.html", "03_gram_matrices.html", "index.html"]
        page = archive.read("index.html").decode()
    text = " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main>")[2]).split())
    assert "Feedback for cem" in text and "after a late penalty of 1.3" in text
    assert "03_gram_matrices.ipynb was not in the submission" in text and "found and graded" in text
    assert "Handed in 2026-12-02 20:00 UTC; the deadline was 2026-12-01 23:59 UTC" in text
    assert re.search(r"Say so by \d{4}-\d\d-\d\d , in writing to your instructor", text)
    assert 'href="01_feature_maps.html"' in page and "<script" not in page

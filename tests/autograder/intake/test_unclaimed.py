"""What was handed in and counts for nothing is remembered by student, as long as it is so; and so is the roster."""

import nbformat
import pytest

from autograder.__main__ import main
from autograder.intake import collect as module
from autograder.intake import roster, unclaimed
from autograder.intake.origins import Origin
from autograder.rehearsal.samples import filled, solved
from zips import zipped

CSV = "Student,ID,SIS Login ID,Section\n<Doe> Jane,12345,jane@uni.example,Mo 10\n"


@pytest.fixture
def typed(course, tmp_path, monkeypatch):
    """`collect` with the files of a zip from Canvas."""
    monkeypatch.setattr(module, "Course", lambda: course)

    def collect(files, *options):
        (tmp_path / "s.zip").write_bytes(zipped(files))
        return main(["collect", str(tmp_path / "s.zip"), *options])

    return collect


def notebook(course):
    name = "01_feature_maps"
    return nbformat.writes(filled(course, name, solved(course)))


def test_a_pdf_is_remembered_until_the_student_hands_in_without_one(course, typed):
    pdf = {"doejane_12345_67891_report<b>.pdf": b"%PDF", "leeann_23456_67892_01_feature_maps.ipynb": notebook(course)}
    assert typed(pdf, "--check") == 1 and unclaimed.of(course) == {}, "--check writes nothing"
    assert typed(pdf) == 1
    ((student, files),) = unclaimed.of(course).items()
    assert student == "doejane_12345" and "a pdf file" in files[0][1] and files[0][0].endswith(".pdf")
    assert typed({"leeann_23456_67893_01_feature_maps.ipynb": notebook(course)}) == 0
    assert list(unclaimed.of(course)) == ["doejane_12345"], "another student's zip says nothing of this one"
    assert typed({"doejane_12345_67894_01_feature_maps.ipynb": notebook(course)}) == 0
    assert unclaimed.of(course) == {}


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '{"a": [1]}', "{"])
def test_a_damaged_list_is_an_empty_one(course, text):
    (course.home / unclaimed.FILE).write_text(text)
    assert unclaimed.of(course) == {}


def test_the_roster_given_last_is_remembered(course, typed, tmp_path):
    assert roster.kept(course).people == []
    (tmp_path / "class.csv").write_text(CSV)
    files = {"doejane_12345_67894_01_feature_maps.ipynb": notebook(course)}
    assert typed(files, "--roster", str(tmp_path / "class.csv"), "--check") == 0
    assert roster.kept(course).people == []
    assert typed(files, "--roster", str(tmp_path / "class.csv")) == 0
    row = roster.kept(course).row_of(Origin("doejane_12345", "canvas", "", lms_user_id="12345"))
    assert (row["section"], row["email"]) == ("Mo 10", "jane@uni.example")
    assert roster.kept(course).absent([]) == [row]

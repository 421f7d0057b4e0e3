"""The class list of every LMS, and who of it handed in nothing."""

import pytest

from autograder.course import CourseError
from autograder.intake.origins import Origin
from autograder.intake.roster import read_roster

ROSTERS = {
    "canvas": "Student,ID,SIS User ID,SIS Login ID,Section,style_transfer (99)\n    Points Possible,,,,,30\n"
    '"Doe, Jane",12345,s1,jane@x.y,A,\n"Lee, Ann",23456,s2,ann@x.y,A,\n"Student, Test",1,,,A,\n',
    "moodle": "Identifier,Full name,Email address,Status\n"
    "Participant 12345,Jane Doe,jane@x.y,-\nParticipant 23456,Ann Lee,ann@x.y,-\n",
    "gradescope": "First Name;Last Name;SID;Email\nJane;Doe;12345;jane@x.y\nAnn;Lee;23456;ann@x.y\n",
}
JANE = {
    "canvas": Origin("doejane_12345", "canvas", "doejane_12345_6", lms_user_id="12345"),
    "moodle": Origin("Jane_Doe_12345", "moodle", "x", "Jane", "Doe", lms_user_id="12345"),
    "gradescope": Origin("jane_x.y", "gradescope", "x", "Jane", "Doe", "jane@x.y"),
}


@pytest.fixture
def roster(tmp_path):
    def read(text):
        path = tmp_path / "roster.csv"
        path.write_text(text, encoding="utf-8-sig")
        return read_roster(path)

    return read


@pytest.mark.parametrize("lms", ROSTERS)
def test_who_handed_in_nothing_is_named(roster, lms):
    assert roster(ROSTERS[lms]).without([JANE[lms]]) == ["Ann Lee, ann@x.y"]
    assert roster(ROSTERS[lms]).strangers([JANE[lms], Origin("eve_666", lms, "x", lms_user_id="666")]) == ["eve_666"]


def test_a_student_of_canvas_gets_name_and_address(roster):
    done = roster(ROSTERS["canvas"]).completed(JANE["canvas"])
    assert (done.first_name, done.last_name, done.email) == ("Jane", "Doe", "jane@x.y")


def test_a_name_alone_is_enough_where_nobody_else_has_it(roster):
    twins = roster("First name,Last name\nJane,Doe\nJane,Doe\nAnn,Lee\n")
    assert twins.row_of(Origin("a", "moodle", "x", "Ann", "Lee"))["last_name"] == "Lee"
    assert twins.row_of(Origin("a", "moodle", "x", "Jane", "Doe")) is None


def test_names_in_a_roster_are_clean(roster):
    (row,) = roster('Student,ID,SIS Login ID\n"<b>Doe</b>, <img src=x>",5,<i>@x\n').people
    assert not set("<>") & set("".join(row.values()))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\n", "Points,Grade\n1,2\n"])
def test_a_file_that_is_no_roster_is_said(roster, text):
    with pytest.raises(CourseError, match="no column is called"):
        roster(text)


def test_a_roster_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CourseError, match="cannot be read"):
        read_roster(tmp_path / "nothing.csv")

"""One identifier, one person: by number or whole address; names are clean where they enter; groups are members."""

import pytest

from autograder.course import CourseError
from autograder.intake.lms import Unclaimed, read_name
from autograder.intake.origins import Origin
from autograder.intake.people import LONGEST, People, identifier, read_metadata
from autograder.intake.roster import Roster, read_roster

HTML = "<img src=x onerror=alert(1)>"


def person(name="", sid="", email=""):
    return {":name": name, ":sid": sid, ":email": email}


def gradescope(*groups, **options):
    """The students of submission_1, submission_2, ... handed in by these groups."""
    metadata = {f"submission_{i}": {":submitters": group} for i, group in enumerate(groups, 1)}
    named = [read_name("gradescope", f"{folder}/a.ipynb") for folder in metadata]
    people = People("gradescope", named, metadata, **options)
    return people, named


def claimed(people, named):
    """Identifiers by entry; the reason where it is nobody's."""
    found = []
    for each in named:
        try:
            found.append([origin.student for origin in people.of(each)])
        except Unclaimed as reason:
            found.append(str(reason))
    return found


def people_of(lms, *paths, **options):
    named = [read_name(lms, path) for path in paths]
    return claimed(People(lms, named, **options), named)


def test_two_addresses_that_begin_alike_are_two_people():
    """`victim@evil` was graded as `victim@uni`."""
    found = claimed(*gradescope([person(email="victim@uni.edu")], [person(email="victim@evil.org")]))
    assert found == [["victim_uni.edu"], ["victim_evil.org"]]


def test_two_people_with_one_number_are_both_refused_and_named():
    found = claimed(
        *gradescope([person("Vic", "7", "v@uni.edu")], [person("Eve", "7", "e@uni.edu")], [person("Zoe", "8")])
    )
    assert "two people would be called 7: 7 e@uni.edu and 7 v@uni.edu" in found[0] == found[1]
    assert found[2] == ["8"]


def test_folders_that_would_become_one_student_are_refused():
    found = people_of("folders", "ann lee/a.ipynb", "ann_lee/a.ipynb", "bob/a.ipynb")
    assert "two people would be called ann_lee: ann lee and ann_lee" in found[0]
    assert found[2] == ["bob"]


def test_a_number_keeps_its_student_whatever_the_name_becomes():
    known = {"doejane_12": Origin("doejane_12", "canvas", "x", lms_user_id="12", key="12")}
    assert people_of("canvas", "smithjane_12_678_a.ipynb", known=known) == [["doejane_12"]]


def test_somebody_else_never_takes_a_student_of_an_earlier_zip():
    known = {"jane_1_2": Origin("jane_1_2", "moodle", "x", lms_user_id="9", key="jane_9")}
    found = people_of("moodle", "jane 1_2_assignsubmission_file/a.ipynb", known=known)
    assert "two people would be called jane_1_2" in found[0]


@pytest.mark.parametrize(
    "record",
    [
        None,
        7,
        [],
        {":submitters": 3},
        {":submitters": [3, [1]]},
        {":submitters": [{":name": {}, ":email": [], ":sid": None}]},
    ],
)
def test_a_list_of_other_types_costs_nobody_anything(record):
    named = [read_name("gradescope", "submission_1/a.ipynb")]
    assert claimed(People("gradescope", named, {"submission_1": record}), named) == [["submission_1"]]


def test_everybody_of_a_group_gets_the_work():
    people, named = gradescope([person("Jane Doe", "1"), person("Max Mill", "2")])
    assert [(o.student, o.first_name, o.last_name) for o in people.of(named[0])] == [
        ("1", "Jane", "Doe"),
        ("2", "Max", "Mill"),
    ]


def test_names_are_clean_where_they_enter():
    people, named = gradescope([person(f"Jane {HTML}", "1", f"{HTML}@x.y"), person(HTML, HTML, "a@b\x1b[2J")])
    for origin in people.of(named[0]):
        assert not set("<>\"'&\x1b") & set("".join([*map(str, vars(origin).values())]))
    assert people_of("folders", f"{HTML}/a.ipynb") == [["img_src_x_onerror_alert_1"]]
    assert people_of("moodle", f"{HTML}_4_assignsubmission_file/a.ipynb") == [["img_src_x_onerror_alert_1__4"]]


@pytest.mark.parametrize(
    "text", ["a" * 300, "ü" * 300, "..", "", ".hidden", "a/b", "a\x00b", "\ud800", " x ", "\u202e"]
)
def test_an_identifier_is_a_name_of_a_file(text, tmp_path):
    name = identifier(text)
    (tmp_path / f"{name}_feedback.zip").touch()
    assert name and not name.startswith(".") and "/" not in name and name == name.strip() and len(name) <= LONGEST


def test_long_names_that_begin_alike_stay_apart():
    assert identifier("a" * 300) != identifier("a" * 301)


def test_a_name_in_moodle_loses_the_group_before_it():
    assert people_of("moodle", "Default group-Jane Doe_1_assignsubmission_file_/a.ipynb") == [["Jane_Doe_1"]]
    paths = ["Team 1-Jane Doe_1_assignsubmission_file_/a.ipynb", "Team 1-Max Mill_2_assignsubmission_file_/a.ipynb"]
    assert people_of("moodle", *paths) == [["Jane_Doe_1"], ["Max_Mill_2"]]
    paths = ["Anne-Marie Lee_1_assignsubmission_file_/a.ipynb", "Max Mill_2_assignsubmission_file_/a.ipynb"]
    assert people_of("moodle", *paths) == [["Anne-Marie_Lee_1"], ["Max_Mill_2"]]


def test_a_team_in_moodle_is_its_members_in_the_roster(tmp_path):
    path = tmp_path / "participants.csv"
    path.write_text(
        "First name,Last name,Email address,Groups\n"
        'Jane,Doe,j@x.y,Team A\nMax,Mill,m@x.y,"Team A, Lab 2"\nZoe,Z,z@x.y,\n'
    )
    roster = read_roster(path)
    paths = ["Team A_17_assignsubmission_file/a.ipynb", "Default group_assignsubmission_file/a.ipynb"]
    assert people_of("moodle", *paths, roster=roster) == [["Jane_Doe", "Max_Mill"], ["Zoe_Z"]]
    (team, default) = people_of("moodle", *paths)
    assert team == ["Team_A_17"] and "give a --roster" in default


CANVAS_GROUPS = (
    "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
    "Jane van Doe,92,,jane@x.y,A,The All-Stars!,7,\nMax Mill,93,,max@x.y,A,The All-Stars!,7,\n"
    "Zoe Zed,94,,zoe@x.y,A,team_rocket,8,\nEve Ill,95,,eve@x.y,A,doejane,9,\nJane Doe,96,,j2@x.y,A,doejane,9,\n"
)


@pytest.fixture
def canvas_groups(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text(CANVAS_GROUPS)
    return read_roster(path)


def test_a_group_of_canvas_is_its_members_in_the_list_of_groups(canvas_groups):
    """Canvas writes the group's name and the number of one member, who alone got the grade."""
    paths = ["theallstars_92_104_a.ipynb", "team_rocket_LATE_94_105_a.ipynb"]
    found = people_of("canvas", *paths, roster=canvas_groups)
    assert found == [["doejanevan_92", "millmax_93"], ["zedzoe_94"]]
    known = {"maxi_93": Origin("maxi_93", "canvas", "x", lms_user_id="93", key="93")}
    assert people_of("canvas", paths[0], roster=canvas_groups, known=known)[0][1] == "maxi_93"
    assert people_of("canvas", *paths) == [["theallstars_92"], ["team_rocket_94"]]


def test_a_group_called_like_a_person_does_not_get_that_persons_own_work(canvas_groups):
    assert people_of("canvas", "doejane_96_104_a.ipynb", roster=canvas_groups) == [["doejane_96"]]


def test_a_name_that_is_not_the_persons_is_told(tmp_path):
    path = tmp_path / "gradebook.csv"
    path.write_text('Student,ID,SIS Login ID\n"Doe, Jane",92,j@x.y\n"Lee, Ann",93,a@x.y\n')
    named = [read_name("canvas", name) for name in ("theallstars_92_104_a.ipynb", "leeann_93_105_a.ipynb")]
    (told,) = People("canvas", named, roster=read_roster(path)).foreign_names()
    assert told.startswith("theallstars_92: its files are called theallstars, not like Jane Doe, j@x.y.")


def test_a_number_beside_two_names_is_nobodys():
    """A person called `eve_66` had her files filed under number 66."""
    found = people_of("canvas", "eve_66_555_999_a.ipynb", "victim_66_777_b.ipynb", "leeann_93_105_a.ipynb")
    assert "number 66 stands beside two names, eve and victim" in found[0] == found[1]
    assert found[2] == ["leeann_93"]


@pytest.mark.parametrize(
    "data", [b"", b"- a", b"\xff", b"a: [", b"[" * 5_000, b"!!python/object/apply:os.system [ls]", b"a: *b"]
)
def test_a_list_that_cannot_be_read_is_said(data):
    with pytest.raises(CourseError, match=r"submission_metadata\.yml"):
        read_metadata(data)


def test_an_empty_roster_knows_nobody():
    assert Roster([]).members("Team A") == [] and Roster([]).strangers([Origin("a", "canvas", "a")]) == []

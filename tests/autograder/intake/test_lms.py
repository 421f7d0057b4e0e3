"""Whose an entry is, by the names that Canvas, Moodle and Gradescope give; a name with two meanings is nobody's."""

import pytest

from autograder.intake.lms import Unclaimed, detect, metadata_of, read_name, root_of


def who(lms, path, root=""):
    named = read_name(lms, path, root)
    return (named.name, named.user, named.file)


@pytest.mark.parametrize(
    ("lms", "path", "found"),
    [
        ("canvas", "doejane_12345_678910_01_feature_maps-1.ipynb", ("doejane", "12345", "01_feature_maps-1.ipynb")),
        ("canvas", "doejane_LATE_12345_678910_a.ipynb", ("doejane", "12345", "a.ipynb")),
        ("canvas", "anon_x7FgH_678910_a.ipynb", ("", "anon_x7FgH", "a.ipynb")),
        ("canvas", "LATE_anon_x7FgH_678910_a.ipynb", ("", "anon_x7FgH", "a.ipynb")),
        ("canvas", "müllerzoë_7_678_2026_12_final.ipynb", ("müllerzoë", "7", "2026_12_final.ipynb")),
        ("canvas", "team_rocket_92_104_a.ipynb", ("team_rocket", "92", "a.ipynb")),  # a group's name may hold a _
        ("canvas", "team_LATE_92_104_a.ipynb", ("team", "92", "a.ipynb")),
        ("moodle", "Jane Doe_12_assignsubmission_file_/sub/a.ipynb", ("Jane Doe", "12", "sub/a.ipynb")),
        ("moodle", "Jane Doe_12_assignsubmission_file/a.ipynb", ("Jane Doe", "12", "a.ipynb")),
        ("moodle", "Jane Doe_12_assignsubmission_file_a.ipynb", ("Jane Doe", "12", "a.ipynb")),
        ("moodle", "Team A_17_assignsubmission_file/a.ipynb", ("Team A", "17", "a.ipynb")),
        ("moodle", "Default group_assignsubmission_file/a.ipynb", ("Default group", "", "a.ipynb")),
        ("folders", "Ann Lee/sub/a.ipynb", ("Ann Lee", "", "sub/a.ipynb")),
    ],
)
def test_names_as_they_are_made(lms, path, found):
    assert who(lms, path) == found


@pytest.mark.parametrize(
    ("lms", "path", "other"),
    [
        ("canvas", "doejane_12_text.html", "text"),
        ("canvas", "doejane_LATE_12_link.html", "link"),
        ("canvas", "anon_x7FgH_text.html", "text"),
        ("moodle", "Jane Doe_12_assignsubmission_onlinetext_/onlinetext.html", "online text"),
        ("moodle", "Jane Doe_12_assignsubmission_comments/x.html", "comments"),
    ],
)
def test_what_is_no_file_is_somebodys_and_told(lms, path, other):
    assert other in read_name(lms, path).other


@pytest.mark.parametrize(
    ("lms", "path"),
    [
        ("canvas", "victim_12_998_77_888_a.ipynb"),  # the name of somebody: "victim_1 2_998"
        ("canvas", "victim_12_998_x_LATE_77_888_a.ipynb"),
        ("canvas", "README.txt"),
        ("canvas", "doejane_12345_678910_a/b.ipynb"),
        ("moodle", "a_b_12_assignsubmission_file_/a.ipynb"),  # Moodle writes no _ in a name
        ("moodle", "README.txt"),
        ("gradescope", "other/a.ipynb"),
        ("folders", "a.ipynb"),
        ("folders", "/etc/a.ipynb"),
    ],
)
def test_a_name_of_another_form_or_of_two_meanings_is_nobodys(lms, path):
    with pytest.raises(Unclaimed):
        read_name(lms, path)


def test_a_folder_inside_a_submission_is_never_somebody_elses():
    """`submission_2/submission_1/a.ipynb` was filed under the victim, submission 1."""
    paths = ["submission_metadata.yml", "submission_1/a.ipynb", "submission_2/submission_1/a.ipynb"]
    root = root_of("gradescope", paths)
    assert who("gradescope", paths[2], root) == ("submission_2", "2", "submission_1/a.ipynb")
    alone = ["submission_2/submission_1/a.ipynb", "submission_2/b.ipynb"]
    assert who("gradescope", alone[0], root_of("gradescope", alone))[0] == "submission_2"
    deep = ["x/submission_1/a.ipynb", "x/submission_2/x/submission_1/a.ipynb"]
    assert who("gradescope", deep[1], root_of("gradescope", deep))[0] == "submission_2"


@pytest.mark.parametrize("root", ["", "assignment_1_export/"])
def test_only_the_list_beside_the_submissions_is_gradescopes(root):
    """A student's own submission_metadata.yml replaced the whole class list."""
    own = [f"{root}submission_2/submission_metadata.yml", f"{root}submission_2/a/submission_metadata.yml"]
    assert metadata_of(own) is None
    assert metadata_of([*own, f"{root}submission_metadata.yml"]) == f"{root}submission_metadata.yml"


@pytest.mark.parametrize(
    ("paths", "lms"),
    [
        (["Jane_1_assignsubmission_file_/a.ipynb", "Max_2_assignsubmission_onlinetext_/onlinetext.html"], "moodle"),
        (["Default group_assignsubmission_file/a.ipynb", "Jane_1_assignsubmission_onlinetext/x.html"], "moodle"),
        (["doejane_12_text.html", "anon_x7FgH_678_a.ipynb", "leeann_3_444_a.pdf"], "canvas"),
        (["x/submission_1/a.ipynb", "x/submission_2/b.ipynb"], "gradescope"),
        (["ann/a.ipynb", "bob/doejane_12_678_a.ipynb"], "folders"),
        (["submitted/ann/a.ipynb", "submitted/bob/b.ipynb"], "folders"),
    ],
)
def test_the_lms_is_seen_from_most_names(paths, lms):
    assert detect(paths) == lms

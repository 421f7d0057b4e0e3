"""The account of one nasty zip: every file is somebody's notebook, or is told, and nobody vanishes without a word."""

import nbformat
import pytest

from autograder.course import CourseError
from autograder.intake import collect as module
from autograder.intake.attempts import attempts
from autograder.intake.clean_copy import deliver
from autograder.intake.collect import collect
from autograder.intake.roster import read_roster
from autograder.rehearsal.samples import filled, solved
from zips import NOTEBOOK, zipped

MAIN, FIRST = "03_gram_matrices", "01_feature_maps"


@pytest.fixture
def book(course):
    """Bytes of a notebook, solved or untouched."""
    answers = solved(course)
    return lambda name, done=True: nbformat.writes(filled(course, name, answers if done else {})).encode()


@pytest.fixture
def taken(course, tmp_path):
    """Collect these files; the account."""

    def collected(files, **options):
        path = tmp_path / "week.zip"
        path.write_bytes(zipped(files))
        return collect(course, path, **options)

    return collected


def notebooks(course, student):
    return sorted(deliver(course.directory(), student).notebooks)


def test_every_file_of_a_nasty_zip_is_accounted_for(course, taken, book):
    inner = {f"nst/{i}.py": b"x" for i in range(400)} | {
        f"{MAIN}.ipynb": book(MAIN),
        "__MACOSX/._a": b"",
        ".DS_Store": b"",
    }
    files = {
        "doejane_1_100_homework final.ipynb": book(MAIN),
        "doejane_1_101_homework final-1.ipynb": book(MAIN, done=False),
        "doejane_1_102_photo.pdf": b"%PDF",
        "leeann_LATE_2_103_work.zip": zipped(inner),
        "o'brien_3_text.html": b"<p>see attached",
        "nobody.rar": b"Rar!",
        "anon_x7FgH_104_01_feature_maps-checkpoint.ipynb": book(FIRST),
        "smithsam_5_105_poem.ipynb": b'{"cells": [{"cell_type": "code", "source": "1"}]}',
    }
    account = taken(files)
    assert len(account.lines) == len(files) - 1 + 403, "each entry and each file of the zip in it, once"
    assert account.code == 1
    said = account.full()
    for line in (
        "doejane_1_100_homework final.ipynb -> doejane_1: 03_gram_matrices",
        "doejane_1_102_photo.pdf: a pdf file: an export or a page cannot be graded; ask for the notebook",
        "leeann_LATE_2_103_work.zip/03_gram_matrices.ipynb -> leeann_2: 03_gram_matrices",
        "o'brien_3_text.html: a text typed into Canvas (o_brien_3)",
        "nobody.rar: no name as Canvas gives them (nobody)",
        "anon_x7FgH_104_01_feature_maps-checkpoint.ipynb -> anon_x7FgH: 01_feature_maps",
        "smithsam_5_105_poem.ipynb: a notebook of something else (smithsam_5)",
        "03_gram_matrices: doejane_1_100_homework final.ipynb (2 answers) counts, not",
        "leeann_2: marked late, no time given",
        "smithsam_5: no 01_feature_maps, 03_gram_matrices",
        "o_brien_3: no 01_feature_maps, 03_gram_matrices",
    ):
        assert line in said, line
    assert notebooks(course, "doejane_1") == notebooks(course, "leeann_2") == [MAIN]
    assert "homework final-1" in said and len(account.summary()) < len(said) / 5


def test_an_original_beside_the_solved_copy_in_a_zip_never_counts(course, taken, book):
    """0 of 106 points: the untouched notebooks lay in the same zip."""
    inner = {f"course/{name}.ipynb": book(name, done=False) for name in (FIRST, MAIN)}
    inner |= {f"my work/{name}-Copy1.ipynb": book(name) for name in (FIRST, MAIN)}
    taken({"ann/a.zip": zipped(inner)})
    found = deliver(course.directory(), "ann").notebooks
    assert found == {name: book(name) for name in (FIRST, MAIN)}


def test_all_members_of_a_group_get_the_work_and_each_file_is_one_line(course, taken, book):
    people = "".join(f"  - :name: {name}\n    :sid: '{i}'\n" for i, name in enumerate(["Jane Doe", "Max Mill"], 1))
    listed = f"submission_9:\n  :submitters:\n{people}  :created_at: 2026-11-20 21:03:11.000000000 Z\n"
    account = taken({"x/submission_metadata.yml": listed.encode(), f"x/submission_9/{MAIN}.ipynb": book(MAIN)})
    assert notebooks(course, "1") == notebooks(course, "2") == [MAIN]
    assert [str(line) for line in account.lines][1] == f"x/submission_9/{MAIN}.ipynb -> 1, 2: {MAIN}"
    assert account.code == 0 and len(account.lines) == 2


def test_many_files_of_one_student_do_not_hide_anothers(taken):
    files = {f"ann/{i}.png": b"" for i in range(500)} | {"bob/a.pdf": b""}
    said = taken(files).summary()
    assert "bob/a.pdf: a file of 0 bytes, whose upload failed" in said and "and 497 more of ann" in said
    assert said.count("ann/") == 3


def test_a_class_where_everything_is_somebodys_ends_with_0(taken, book):
    assert taken({f"ann/{FIRST}.ipynb": book(FIRST), f"ann/{MAIN}.ipynb": book(MAIN)}).code == 0


def test_who_of_the_roster_handed_in_nothing_is_named_also_over_several_zips(course, taken, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('Student,ID,SIS Login ID\n"Doe, Jane",1,j@x.y\n"Lee, Ann",2,a@x.y\n"Mill, Max",3,m@x.y\n')
    roster = read_roster(path)
    taken({"doejane_1_100_01_feature_maps.ipynb": NOTEBOOK})
    account = taken({"leeann_2_100_01_feature_maps.ipynb": NOTEBOOK, "eve_6_100_a.ipynb": NOTEBOOK}, roster=roster)
    assert account.missing == ["Max Mill, m@x.y"] and account.strangers == ["eve_6"]
    assert (account.origins["leeann_2"].first_name, account.origins["leeann_2"].email) == ("Ann", "a@x.y")


def test_a_check_says_the_same_and_writes_nothing(course, taken, book):
    files = {f"ann/{MAIN}.ipynb": book(MAIN), "bob/a.pdf": b"x"}
    before = sorted(course.root.rglob("*"))
    checked = taken(files, check=True).full()
    assert sorted(course.root.rglob("*")) == before
    assert taken(files).full() == checked
    assert len(attempts(course, "ann")) == 1
    assert (course.home / "attempts" / "account_week.txt").read_text() == checked


@pytest.mark.parametrize(("files", "code"), [({"ann/01_feature_maps.ipynb": NOTEBOOK}, 0), ({"ann/a.pdf": b""}, 1)])
def test_the_exit_code_says_if_anything_is_unclaimed(course, tmp_path, monkeypatch, capsys, files, code):
    monkeypatch.setattr(module, "Course", lambda: course)
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(files))
    assert module.main([str(path), "--check"]) == code
    assert "Nothing was written" in capsys.readouterr().out


def test_a_zip_of_nobody_is_refused_with_an_example(taken):
    with pytest.raises(CourseError, match=r"README\.txt: it lies in no student's folder"):
        taken({"README.txt": b"x"})

"""An optional notebook: its points come on top of every result, and who leaves it out lacks nothing anywhere."""

import json
import zipfile

import nbformat
import pytest

from autograder.authoring.masters import Masters
from autograder.converting import register
from autograder.course import Course
from autograder.doors import github, gradescope, prairielearn
from autograder.doors.judged import Clock, outcomes
from autograder.grading import class_run
from autograder.grading.class_run import grade_class
from autograder.grading.command import summary
from autograder.intake.collect import collect
from autograder.outcome import feedback_zips, index_page, report, scores
from autograder.rehearsal.samples import copy_course, filled, hand_in, solved
from autograder.sandbox.levels import LEVELS
from zips import zipped

ASKED, EXTRA = "03_gram_matrices", "07_backward"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A course of a notebook that is asked for (11 points) and an optional one (10)."""
    course = copy_course(Course(), tmp_path_factory.mktemp("optional") / "course", [ASKED, EXTRA])
    register(course)
    return course


@pytest.fixture(scope="module")
def classroom(pair):
    """ann handed in both, bob what is asked for; cem the other one as he got it, and dee with one wrong answer."""
    answers = solved(pair)
    hand_in(pair, "ann", answers)
    hand_in(pair, "bob", answers, [ASKED])
    hand_in(pair, "cem", answers, [ASKED])
    hand_in(pair, "cem", {}, [EXTRA])
    hand_in(pair, "dee", answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_run, "check_ready", lambda course, settings: LEVELS["namespaces"])
        patch.setattr(class_run, "run_jobs", lambda _, jobs, workers: ((key, worker(job)) for key, job in jobs))
        return pair, grade_class(pair, ["ann", "bob", "cem", "dee"])


def worker(job):
    """What a worker would send back."""
    masters = Masters(job.masters)
    found = {}
    for name in job.notebooks:
        verdicts = {f"test_{e}": verdict(job.student, e, masters.points[e]) for e in masters.exercises(name)}
        record = {"level": job.level, "seconds": 1.0, "megabytes": 80, "notes": [], "confinement": {"version": ""}}
        found[name] = {**record, "verdicts": verdicts}
    return found, 2.0


def verdict(student, exercise, points):
    plain = {"score": float(points), "hint": "", "mistake": "", "reason": ""}
    if student == "cem" and exercise.endswith(("_backward", "image_gradient")):
        return {**plain, "score": 0.0, "hint": "Not written yet.", "mistake": "not_written"}
    return (
        {**plain, "score": 0.0, "mistake": "not_flipped"} if (student, exercise) == ("dee", "conv_backward") else plain
    )


def test_the_table_after_grading_counts_on_top_and_misses_nothing(classroom):
    _, graded = classroom
    lines = summary(graded, 1.0).splitlines()
    assert [line.split("  graded")[0].split()[1:] for line in lines[:4]] == [
        ["21", "of", "11"],
        ["11", "of", "11"],
        ["11", "of", "11"],
        ["18", "of", "11"],
    ]
    assert not any(EXTRA in line for line in lines)


def test_the_report_counts_it_where_it_was_tried(classroom):
    course, _ = classroom
    found = report.class_report(course)
    rows = {row.student: row for row in found.students}
    assert {name: (row.score, row.max_score, row.automatic_max) for name, row in rows.items()} == {
        "ann": (21, 11, 11),
        "bob": (11, 11, 11),
        "cem": (11, 11, 11),
        "dee": (18, 11, 11),
    }
    assert all(row.full and not row.help for row in rows.values())
    assert not any(EXTRA in note for name in ("bob", "cem") for note in rows[name].notes)
    assert "conv_backward" in rows["dee"].exercises and "conv_backward" not in rows["bob"].exercises
    by_name = {row["exercise"]: row for row in found.exercises}
    assert (by_name["conv_backward"]["full"], by_name["conv_backward"]["missing"]) == (1, 0)
    assert "0 students graded" not in report.page(found) and "(of 11)" in report.page(found)
    assert not found.mails or not any("relu_backward" in json.dumps(mail) for mail in found.mails)


def test_scores_and_first_page_say_of_how_many(classroom):
    course, _ = classroom
    rows = {row["student"]: row for row in scores.rows_of(course, "plain")}
    assert (rows["ann"]["score"], rows["ann"]["max_score"], rows["bob"]["score"]) == ("21", "11", "11")
    ann, bob = (index_page.index_page(course, name, []) for name in ("ann", "bob"))
    assert "21 of 11 points" in ann and "10 / 10 on top" in ann
    assert "11 of 11 points" in bob and EXTRA.replace("_", "_<wbr>") not in bob


def test_no_page_is_sent_about_what_was_left_out(classroom, tmp_path):
    course, _ = classroom
    feedback_zips.generate(course, ["ann", "bob"])
    pages = {}
    for path in feedback_zips.write_zips(course, ["ann", "bob"]):
        with zipfile.ZipFile(path) as archive:
            pages[path.name[:3]] = f"{EXTRA}.html" in archive.namelist()
    assert pages == {"ann": True, "bob": False}


def test_the_account_does_not_miss_it(pair, tmp_path):
    data = nbformat.writes(filled(pair, EXTRA, solved(pair)))
    asked = nbformat.writes(filled(pair, ASKED, solved(pair)))
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({f"eve/{ASKED}.ipynb": asked, f"fay/{EXTRA}.ipynb": data}))
    said = collect(pair, path, check=True).summary()
    assert f"fay: no {ASKED}" in said and "eve: no" not in said


def test_platforms_show_it_on_top(pair, tmp_path, judged):
    both, asked = tmp_path / "both" / "submission", tmp_path / "asked" / "submission"
    for folder, names in ((both, [ASKED, EXTRA]), (asked, [ASKED])):
        folder.mkdir(parents=True)
        for name in names:
            nbformat.write(filled(pair, name, solved(pair)), folder / f"{name}.ipynb")
    extra, plain = (list(outcomes(pair, folder, "namespaces", Clock(500, 0)))[-1] for folder in (both, asked))
    assert (extra.score, extra.points, plain.score, plain.points) == (21, 11, 11, 11)
    assert extra.words().startswith("21 of 11 points by program, 10 of them on top.")
    assert not any(EXTRA in test.notebook for test in plain.tests) and EXTRA not in plain.words()
    rows = [row for row in gradescope.result(extra)["tests"] if EXTRA in row["name"]]
    assert [(row["score"], row["max_score"], row["status"]) for row in rows][-1] == (3, 0, "passed")
    assert prairielearn.result(extra)["score"] == 1.0 == prairielearn.result(plain)["score"]
    assert github.result(extra)["max_score"] == 11 and "3 of 3 points on top" in github.summary(extra)


def test_platforms_do_not_fail_who_tried_it_in_vain(pair, tmp_path, judged):
    judged.score = lambda points: points if points in (8, 3) and not judged.notebooks[1:] else 0.0
    folder = tmp_path / "submission"
    folder.mkdir()
    for name in (ASKED, EXTRA):
        nbformat.write(filled(pair, name, solved(pair)), folder / f"{name}.ipynb")
    found = list(outcomes(pair, folder, "namespaces", Clock(500, 0)))[-1]
    assert (found.score, found.points) == (11, 11) and github.result(found)["status"] == "pass"

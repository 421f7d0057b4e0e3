"""The hooks inside real nbgrader, the sandbox replaced: whatever happens, only this run's verdicts count."""

import itertools
import json
import math
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback

from autograder.course import Course
from autograder.grading.hooks import clean_score
from autograder.rehearsal.samples import hand_in, solved
from graded_class import nbgrader_autograde

pytestmark = pytest.mark.slow
NAME = "03_gram_matrices"


def scores(course, student="ann"):
    """grade_id -> (automatic, manual, needs a person)."""
    with Gradebook(course.db_url) as gradebook:
        submission = gradebook.find_submission(course.assignment, student)
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        return {grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade) for grade in grades}


def automatic(course, student="ann"):
    return {name: auto for name, (auto, _, _) in scores(course, student).items() if name.startswith("test_")}


def graded(course, name=NAME, student="ann"):
    return nbformat.read(course.autograded / student / course.assignment / f"{name}.ipynb", as_version=4)


FULL = {"test_feature_matrix": 6, "test_inner_product": 3, "test_feature_distance": 4}
FULL |= {"test_gram_matrix": 8, "test_gram_matrices": 3}
ZERO = dict.fromkeys(FULL, 0)


def test_verdicts_become_scores_and_reflections_wait_for_a_person(course, judged):
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    assert automatic(course) == FULL
    assert scores(course)["reflection_feature_maps"] == (None, None, True)


def test_a_notebook_without_points_need_not_be_handed_in(course, judged):
    hand_in(course, "ann", {}, [NAME])
    for folder in (course.masters, course.released):
        shutil.copy(Course().released / "06_explore.ipynb", folder)
    nbgrader_autograde(course)
    assert graded(course, "06_explore").metadata.autograder.reason is None
    assert "was not in the submission" in graded(course, "01_feature_maps").metadata.autograder.reason


def test_an_untouched_reflection_needs_no_reader(course, judged):
    hand_in(course, "ann", {})
    nbgrader_autograde(course)
    assert scores(course)["reflection_feature_maps"] == (0, None, False)


def test_a_graded_cell_shows_one_text_and_one_number(course, judged):
    judged.hint, judged.score = "Rows and columns are swapped.", lambda points: points / 2
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    nb = graded(course)
    outputs = next(cell for cell in nb.cells if cell.id == "test_gram_matrix").outputs
    assert [(output.output_type, output.data) for output in outputs] == [
        ("display_data", {"text/plain": "Rows and columns are swapped."}),
        ("execute_result", {"text/plain": "4"}),
    ]
    assert automatic(course)["test_gram_matrix"] == 4


def test_a_verdict_that_is_no_number_is_saved_as_nought(course, judged):
    judged.score = lambda points: math.nan
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    assert automatic(course) == ZERO


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -1, None, "full", 10**400, [8]])
def test_no_score_but_a_finite_one_within_bounds_counts(bad):
    assert clean_score(bad, 8) == 0
    assert (clean_score(9, 8), clean_score(8, 8), clean_score(3.5, 8)) == (8, 8, 3.5)


@pytest.mark.parametrize(
    "switched_off",
    [
        {"TrustedGrading": {"enabled": False}},
        {"SaveVerdicts": {"enabled": False}},
        {"FillInReleased": {"enabled": False}},
        {"Execute": {"enabled": False}, "ClearOutput": {"enabled": False}},  # what --no-execute sets
    ],
    ids=lambda sections: next(iter(sections)),
)
def test_a_step_switched_off_gives_no_credit(course, judged, switched_off):
    """Also not the credit of the run before."""
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    assert automatic(course) == FULL
    judged.score = lambda points: 0
    nbgrader_autograde(course, **switched_off)
    assert automatic(course) == ZERO


def test_saved_outputs_of_a_check_cell_count_nothing(course, judged):
    judged.score = lambda points: 0
    folder = hand_in(course, "ann", solved(course))
    nb = nbformat.read(folder / f"{NAME}.ipynb", as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "8.0"}, execution_count=1)]
    nbformat.write(nb, folder / f"{NAME}.ipynb")
    nbgrader_autograde(course)
    assert automatic(course) == ZERO


BROKEN = {
    "cut off": b'{"cells": [',
    "another notebook": json.dumps({"cells": [{"cell_type": "code", "source": "1"}], "nbformat": 4}).encode(),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_resubmission_replaces_old_credit_and_keeps_manual_grades(course, judged, data):
    folder = hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    with Gradebook(course.db_url) as gradebook:
        gradebook.find_grade("test_gram_matrices", NAME, course.assignment, "ann").manual_score = 2
        gradebook.db.commit()
    judged.score = lambda points: 0
    (folder / f"{NAME}.ipynb").write_bytes(data)
    nbgrader_autograde(course)
    assert automatic(course) == ZERO
    assert scores(course)["test_gram_matrices"] == (0, 2, True)


def test_changed_marks_of_every_kind_change_nothing(course, judged):
    folder = hand_in(course, "ann", solved(course))
    nb = nbformat.read(folder / f"{NAME}.ipynb", as_version=4)
    values = itertools.cycle(
        [{"schema_version": 99}, {"points": 1000}, {"grade": False}, {"solution": True, "locked": 7}]
    )
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(next(values))
            cell.metadata["tags"] = ["skip-execution"]
    (folder / f"{NAME}.ipynb").write_text(json.dumps(nb))
    nbgrader_autograde(course)
    assert automatic(course) == FULL
    released = course.skeleton(NAME)
    assert [cell.metadata for cell in graded(course).cells] == [cell.metadata for cell in released.cells]


def test_one_damaged_notebook_leaves_the_rest_of_the_class_alone(course, judged):
    hand_in(course, "ann", solved(course))
    bob = hand_in(course, "bob", solved(course))
    (bob / f"{NAME}.ipynb").write_bytes(b"{")
    (bob / "timestamp.txt").write_bytes(b"\xff")
    hand_in(course, "carl", solved(course))
    nbgrader_autograde(course)
    assert automatic(course, "ann") == automatic(course, "carl") == FULL
    assert automatic(course, "bob") == FULL | {"test_gram_matrix": 0, "test_gram_matrices": 0}
    assert "cut off" in graded(course, student="bob").metadata["autograder"]["reason"]


def test_stock_autograde_leaves_out_a_folder_that_nobody_can_be_called_like(course, judged):
    hand_in(course, "ann", {})
    (course.submitted / "bob " / course.assignment).mkdir(parents=True)
    nbgrader_autograde(course)
    assert scores(course) and not (course.autograded / "bob ").exists()


def test_stock_autograde_copies_nothing_but_notebooks_and_the_timestamp(course, judged):
    folder = hand_in(course, "ann", solved(course))
    (folder / "leak.txt").symlink_to(course.home / "gradebook.db")
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC")
    os.mkfifo(folder / "pipe")
    pictures = course.masters / "expected"  # released with the notebooks; not to be copied for every student
    pictures.mkdir()
    (pictures / "[odd] demo.png").touch()
    (course.masters / "[notes].txt").touch()
    nbgrader_autograde(course)
    GenerateFeedback(coursedir=course.directory(), config=course.config).start()
    for base, suffix in ((course.autograded, ".ipynb"), (course.feedback, ".html")):
        files = {path.name for path in (base / "ann" / course.assignment).rglob("*")}
        assert files == {f"01_feature_maps{suffix}", f"{NAME}{suffix}", "timestamp.txt"}


def test_the_same_bytes_draw_the_same_cases_and_a_changed_byte_draws_new_ones(course, judged):
    folder = hand_in(course, "ann", solved(course), [NAME])
    for _ in range(2):
        nbgrader_autograde(course)
    (folder / f"{NAME}.ipynb").write_text((folder / f"{NAME}.ipynb").read_text() + " ")
    nbgrader_autograde(course)
    first, again, changed = judged.seeds
    assert first == again != changed and len(first) == 32


def test_the_key_of_the_seeds_is_private_and_leaves_no_trace(course, judged):
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    file = course.home / ".seed_key"
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_bytes()) == 32
    seeds = [secret for secret in [file.read_bytes(), *judged.seeds] for secret in (secret, secret.hex().encode())]
    for path in (course.autograded).rglob("*.ipynb"):
        assert not any(secret in path.read_bytes() for secret in seeds)


def test_what_was_graded_how_is_recorded_with_the_grade(course, judged):
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    record = graded(course).metadata["autograder"]
    assert record["level"] == "namespaces" and record["notes"] == ["a note"] and len(record["seed_key"]) == 8
    assert record["verdicts"]["test_gram_matrix"]["score"] == 8


def test_a_grader_that_fails_leaves_no_old_credit_and_says_so(course, judged):
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    judged.error = RuntimeError("no kernel")
    with pytest.raises(Exception, match="errors"):
        nbgrader_autograde(course)
    assert automatic(course)["test_feature_matrix"] == 0


def test_late_days_are_taken_off_by_nbgraders_plugin(course, judged):
    folder = hand_in(course, "ann", solved(course))
    (folder / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC")
    with Gradebook(course.db_url) as gradebook:
        gradebook.update_or_create_assignment(course.assignment, duedate="2026-11-19 10:00:00")
    nbgrader_autograde(course)
    with Gradebook(course.db_url) as gradebook:
        penalty = gradebook.find_submission(course.assignment, "ann").late_submission_penalty
    assert penalty == pytest.approx(2.4), "10 % of 24 points for one day"


def test_the_configuration_alone_carries_everything(course):
    """`nbgrader` itself, from the course's folder: no active environment, no gradebook yet, no kernel to start."""
    (course.home / "gradebook.db").unlink()
    hand_in(course, "ann", {}, [])
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    (course.submitted / "ann" / course.assignment / f"{NAME}.ipynb").write_bytes(b"{")
    for command in (["autograde", "--force"], ["generate_feedback"], ["export"]):
        arguments = [
            sys.executable,
            "-m",
            "nbgrader",
            *command,
            *([] if command == ["export"] else [course.assignment]),
        ]
        done = subprocess.run(arguments, cwd=course.home, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
    assert automatic(course) == ZERO
    assert "cut off" in (course.feedback / "ann" / course.assignment / f"{NAME}.html").read_text()
    assert "ann" in (course.home / "grades.csv").read_text()

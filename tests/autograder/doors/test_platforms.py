"""What is packed, run where it will run: each platform's folder tree, as root without CAP_SYS_ADMIN, under its limits.

The container is made of bubblewrap (tests/helpers/container.py). Everything in it comes out of the pack, but for the
Python environment, which is this one.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
import yaml

from autograder.course import REPOSITORY, Course
from autograder.doors import pack
from autograder.rehearsal.samples import filled, solved
from container import limits_work, run
from platform_formats import check

pytestmark = pytest.mark.sandbox
ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="containers of other graders are run as root: this is not root")
LIMITS = {} if limits_work() else {"memory": 768 * 2**20, "processors": 0.5}  # Gradescope's usual ones
BOMB = "hoard = []\nwhile True:\n    hoard.append(bytearray(2**24))"


def submission(folder, **answers):
    """Five notebooks, solved but for `answers`, in `folder`."""
    course = Course()
    folder.mkdir(parents=True)
    for name in course.notebooks()[:5]:
        nbformat.write(filled(course, name, solved(course) | answers), folder / f"{name}.ipynb")
    return folder


def gradescope(tmp_path, **answers):
    """/autograder as Gradescope lays it out, with its zip unpacked as source/."""
    root = tmp_path / "autograder"
    submission(root / "submission", **answers)
    pack.gradescope(Course(), tmp_path)
    with zipfile.ZipFile(tmp_path / "gradescope.zip") as archive:
        archive.extractall(root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "results").mkdir()
    (root / "submission_metadata.json").write_text(
        json.dumps(
            {
                "created_at": "2026-12-03T02:04:30-08:00",
                "assignment": {"due_date": "2026-12-01T23:59:00-08:00"},
                "previous_submissions": [{}],
            }
        )
    )
    return root


def on_gradescope(root):
    done = run({"/autograder": root}, ["bash", "/autograder/run_autograder"], cwd="/autograder", **LIMITS)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((root / "results" / "results.json").read_text())
    check("gradescope", result)
    return result


def scores(result):
    tests = [test for test in result["tests"] if test["max_score"]]
    return {test["name"].split(": ", 1)[1].split(" (")[0]: test["score"] for test in tests}


@ROOT_ONLY
def test_gradescope(tmp_path):
    result = on_gradescope(gradescope(tmp_path, gram_matrix="def gram_matrix(F):\n    return F.T @ F"))
    assert sum(scores(result).values()) == 80 and scores(result)["gram_matrix"] == 2
    assert "You multiplied" in json.dumps(result)
    assert result["extra_data"]["level"] == "contained"
    assert result["extra_data"]["handed_in"]["attempt"] == 2 and "Handed in 1 day and 2 hours" in result["output"]
    if LIMITS:
        assert result["extra_data"]["confinement"]["memory"] == 512 * 2**20


@ROOT_ONLY
def test_gradescope_a_bomb_within_the_containers_memory_costs_its_own_points_only(tmp_path):
    bomb = f"{BOMB}\ndef content_loss(features_x, features_p):\n    return 0"
    result = on_gradescope(gradescope(tmp_path, content_loss=bomb))
    assert [name for name, score in scores(result).items() if not score] == ["content_loss"]


@ROOT_ONLY
def test_gradescope_a_budget_that_runs_out(tmp_path):
    root = gradescope(tmp_path, feature_matrix="def feature_matrix(activation):\n    while True:\n        pass")
    script = root / "run_autograder"
    script.write_text(script.read_text().replace("--total-seconds 540", "--total-seconds 25"))
    result = on_gradescope(root)
    late = [test for test in result["tests"] if "all notebooks together may take 25" in test["output"]]
    assert late and result["execution_time"] <= 27


@ROOT_ONLY
def test_prairielearn(tmp_path):
    pack.prairielearn(Course(), tmp_path)
    question = tmp_path / "questions" / "style_transfer"
    grade = tmp_path / "grade"
    submission(grade / "student", total_loss="def total_loss(content, style, alpha, beta):\n    return 0.0")
    shutil.copytree(question / "tests", grade / "tests")
    (grade / "data").mkdir()
    (grade / "data" / "data.json").write_text("{}")
    entry = json.loads((question / "info.json").read_text())["externalGradingOptions"]["entrypoint"]
    done = run({"/grade": grade}, [entry], cwd="/", **LIMITS)
    assert done.returncode == 0, done.stdout + done.stderr
    data = (grade / "results" / "results.json").read_bytes()
    check("prairielearn", json.loads(data))
    assert json.loads(data)["score"] == pytest.approx(84 / 86) and len(data) < 100_000


@ROOT_ONLY
def test_prairielearn_nothing_usable(tmp_path):
    pack.prairielearn(Course(), tmp_path)
    grade = tmp_path / "grade"
    (grade / "student").mkdir(parents=True)
    (grade / "student" / "essay.txt").write_text("hello")
    shutil.copytree(tmp_path / "questions" / "style_transfer" / "tests", grade / "tests")
    done = run({"/grade": grade}, ["/grade/tests/run.sh"], cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((grade / "results" / "results.json").read_text())
    check("prairielearn", result)
    assert "01_feature_maps.ipynb was not in the submission." in result["format_errors"]


def steps(name):
    """The shell steps of a workflow: name or id -> (script, environment)."""
    (job,) = yaml.safe_load((pack.FILES / "github" / name).read_text())["jobs"].values()
    return {step.get("id") or step.get("name", ""): step for step in job["steps"] if "run" in step}


def test_github(tmp_path):
    """The workflow's own steps, as a plain user would run them on a runner, with the checkouts in place."""
    submission(tmp_path / "submission" / "course" / "style_transfer")
    (tmp_path / "submission" / ".git").mkdir()
    (tmp_path / "grader").symlink_to(REPOSITORY)
    output, page = tmp_path / "output", tmp_path / "summary.md"
    env = {**os.environ, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(page)}
    env["PATH"] = f"{sys.prefix}/bin:{env['PATH']}"
    found = steps("classroom.yml")
    judge = found["Judge"]["run"].replace("../", f"{tmp_path}/")
    subprocess.run(["bash", "-e", "-c", judge], cwd=tmp_path / "grader", env=env, check=True, capture_output=True)
    subprocess.run(["bash", "-e", "-c", found["notebooks"]["run"]], cwd=tmp_path, env=env, check=True)
    encoded = output.read_text().removeprefix("result=").strip()
    result = json.loads(base64.b64decode(encoded))
    check("github", result)
    assert result["status"] == "pass" and sum(test["score"] for test in result["tests"]) == 86
    assert page.read_text().startswith("## 86 of 86 points")


def test_the_same_verdicts_as_grade(course, tmp_path):
    """One submission through `grade` and through a door: the same points and the same hints."""
    from autograder.doors import plain
    from autograder.doors.command import grade_one
    from autograder.doors.judged import Clock
    from autograder.grading.class_run import GradingOptions, grade_class
    from autograder.rehearsal.samples import hand_in

    answers = solved(course) | {"gram_matrix": "def gram_matrix(F):\n    return F @ F.T / F.shape[0]"}
    folder = hand_in(course, "ann", answers)
    (graded,) = grade_class(course, settings=GradingOptions(jobs=1))
    outcome = grade_one(course, folder, plain, tmp_path / "result.json", Clock(300))
    assert (outcome.score, outcome.points) == (graded.score, graded.max_score - graded.waiting)
    book = nbformat.read(course.autograded / "ann" / course.assignment / "03_gram_matrices.ipynb", as_version=4)
    theirs = book.metadata["autograder"]["verdicts"]["test_gram_matrix"]
    (ours,) = [test for test in outcome.tests if test.name == "gram_matrix"]
    assert ours.score == theirs["score"] and ours.text.startswith(theirs["hint"])

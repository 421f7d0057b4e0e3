"""What is packed: all that judging needs, nothing personal, scripts that run, the same bytes for the same course."""

import json
import os
import stat
import subprocess
import zipfile

import pytest
import yaml

from autograder.course import REPOSITORY, Course
from autograder.doors import pack
from autograder.judging import seeds
from platform_formats import check

PERSONAL = ("submitted/", "autograded/", "autograder/feedback", "outgoing/", "autograder/report")
PERSONAL += ("gradebook", "extensions.csv")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Everything packed, by the command."""
    folder = tmp_path_factory.mktemp("packed")
    for platform in pack.PLATFORMS:
        assert pack.main([platform, "--out", str(folder / platform)]) == 0
    return folder


@pytest.fixture(scope="module")
def archive(out):
    with zipfile.ZipFile(out / "gradescope" / "gradescope.zip") as opened:
        yield opened


def test_gradescopes_zip_has_its_two_files_at_the_root_and_they_can_be_run(archive):
    for name in ("setup.sh", "run_autograder"):
        assert archive.getinfo(name).external_attr >> 16 & stat.S_IXUSR


def test_what_judges_is_packed_as_it_is(archive):
    for name, path in seeds.judging_files().items():
        inside = f"course/{name}" if name.startswith("nst/") else name
        assert archive.read(inside) == path.read_bytes(), name


def test_masters_released_notebooks_and_the_key_are_there(archive):
    names = archive.namelist()
    for notebook in Course().notebooks():
        assert f"solutions/style_transfer/{notebook}.ipynb" in names
        assert f"course/style_transfer/{notebook}.ipynb" in names
    assert archive.read("autograder/.seed_key") == seeds.seed_key(Course().home)
    assert archive.getinfo("autograder/.seed_key").external_attr >> 16 == 0o600


def test_nothing_personal_and_no_attack_is_packed(archive, out):
    files = [path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()]
    for name in archive.namelist() + files:
        assert not any(word in name for word in PERSONAL), name
        assert "rehearsal" not in name and "__pycache__" not in name and "/." not in name.replace("/.seed_key", "")


def test_packing_again_gives_the_same_bytes_and_leaves_nothing_behind(out, tmp_path):
    again = tmp_path / "gradescope"
    pack.gradescope(Course(), again)
    assert (again / "gradescope.zip").read_bytes() == (out / "gradescope" / "gradescope.zip").read_bytes()
    question = tmp_path / "questions" / "style_transfer" / "tests" / "source"
    pack.prairielearn(Course(), tmp_path)
    (question / "left_over.py").write_text("")
    pack.prairielearn(Course(), tmp_path)
    assert not (question / "left_over.py").exists()


def test_prairielearns_question(out):
    question = out / "prairielearn" / "questions" / "style_transfer"
    info = json.loads((question / "info.json").read_text())
    check("prairielearn_question", info)
    entry = question / info["externalGradingOptions"]["entrypoint"].removeprefix("/grade/")
    assert os.access(entry, os.X_OK)
    page = (question / "question.html").read_text()
    assert "01_feature_maps.ipynb, 02_content_loss.ipynb" in page and "06_explore" not in page


def test_prairielearns_image_holds_nothing_secret(out):
    names = sorted(path.name for path in (out / "prairielearn" / "image").iterdir())
    assert names == ["Dockerfile", "constraints.txt", "environment.sh", "wanted.txt"]


def test_every_budget_ends_before_the_platform_does(out):
    for text in (pack.FILES / "gradescope" / "run_autograder", pack.FILES / "prairielearn" / "run.sh"):
        seconds = int(text.read_text().split("--total-seconds ")[1].split()[0])
        assert seconds + 30 <= pack.PRAIRIELEARN_SECONDS


def test_the_environment_is_what_the_lock_says(archive):
    wanted, constraints = archive.read("wanted.txt").decode(), archive.read("constraints.txt").decode()
    assert "nbgrader" in wanted and "pytest" not in wanted
    assert "-e ." not in constraints and "nbgrader==" in constraints


@pytest.mark.parametrize("script", sorted(pack.FILES.rglob("*")), ids=lambda path: path.name)
def test_scripts_are_shell(script):
    if script.suffix == ".sh" or script.name == "run_autograder":
        assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize("name", ["grade.yml", "classroom.yml"])
def test_workflows_keep_to_what_they_need(name):
    flow = yaml.safe_load((pack.FILES / "github" / name).read_text())
    assert flow["permissions"] == {"contents": "read"}
    (job,) = flow["jobs"].values()
    checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
    assert len(checkouts) == 2 and all(step["with"]["persist-credentials"] is False for step in checkouts)
    for step in job["steps"]:
        assert "${{" not in step.get("run", ""), "values reach a script by its environment only"


def test_classrooms_workflow_has_the_names_that_its_reporter_asks_for():
    flow = yaml.safe_load((pack.FILES / "github" / "classroom.yml").read_text())
    assert flow["name"] == "Autograding Tests" and list(flow["jobs"]) == ["run-autograding-tests"]
    reporter = flow["jobs"]["run-autograding-tests"]["steps"][-1]
    names = reporter["with"]["runners"].split(",")
    steps = [step.get("id") for step in flow["jobs"]["run-autograding-tests"]["steps"]]
    assert all(name in steps and f"{name.upper()}_RESULTS" in reporter["env"] for name in names)


def test_the_repositorys_own_lock_is_used():
    assert (REPOSITORY / "requirements.txt").read_text().splitlines()[-1] == "-e ."

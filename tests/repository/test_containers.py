"""The Dockerfile and the devcontainer: made of make's targets and the lock, by a plain user, without anything personal.

What the steps do is tried by `python -m tools.try_dockerfile`, which takes minutes and the internet.
"""

import json
import os
import re

import jsonschema
import pytest

from autograder.course import REPOSITORY
from tools.try_dockerfile import Image, StepError, steps

# Of containers.dev's schema the fields that are used here; none else may stand in the file.
TEXT = {"type": "string"}
PORT = {"properties": {"label": TEXT, "onAutoForward": {"enum": ["notify", "openBrowser", "openBrowserOnce"]}}}
SCHEMA = {
    "type": "object",
    "required": ["build"],
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "build": {
            "type": "object",
            "required": ["dockerfile"],
            "additionalProperties": False,
            "properties": {"dockerfile": TEXT, "context": TEXT, "target": TEXT},
        },
        "remoteUser": TEXT,
        "onCreateCommand": TEXT,
        "forwardPorts": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 65535}},
        "portsAttributes": {"type": "object", "additionalProperties": {**PORT, "additionalProperties": False}},
        "customizations": {"type": "object"},
    },
}
STEPS = steps((REPOSITORY / "Dockerfile").read_text())
TARGETS = set(re.findall(r"^(\S+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)) | {".venv/.ready"}


def lines(name):
    return [line for line in (REPOSITORY / name).read_text().splitlines() if not line.startswith("#")]


def test_what_git_ignores_gets_into_no_image():
    """Docker's patterns begin at the root; git's only with a slash."""

    def dockers(line):
        no, line = ("!", line[1:]) if line.startswith("!") else ("", line)
        return no + (line[1:] if line.startswith("/") else f"**/{line}")

    assert lines(".dockerignore") == [".git", *map(dockers, lines(".gitignore"))]


def test_the_last_stage_installs_and_runs_as_a_plain_user():
    users = [rest for instruction, rest in STEPS if instruction == "USER"]
    assert users == ["course"]
    after = [step for step in STEPS[STEPS.index(("USER", "course")) :] if step[0] == "RUN"]
    assert "make .venv/.ready" in after[-1][1] and not re.search(r"pip install|sudo|apt", str(after))


def test_packages_come_by_makes_own_targets():
    called = re.findall(r"make (?:-C \S+ )?([\w./-]+)", "\n".join(rest for name, rest in STEPS if name == "RUN"))
    assert "system" in called and {word for word in called if word != "python3"} <= TARGETS


def test_nothing_secret_is_handed_to_the_build():
    assert not {"ARG", "ADD", "SECRET", "VOLUME"} & {instruction for instruction, _ in STEPS}
    assert not re.search(r"(?i)token|password|secret|key", "\n".join(rest for _, rest in STEPS))


def test_the_devcontainer_is_the_dockerfiles_first_stage_with_the_same_target():
    found = json.loads((REPOSITORY / ".devcontainer/devcontainer.json").read_text())
    jsonschema.validate(found, SCHEMA)
    build = found["build"]
    folder = REPOSITORY / ".devcontainer"
    assert os.path.samefile(folder / build["dockerfile"], REPOSITORY / "Dockerfile")
    assert os.path.samefile(folder / build["context"], REPOSITORY)
    stages = [rest.split(" AS ")[1] for name, rest in STEPS if name == "FROM" and " AS " in rest]
    assert build["target"] in stages
    assert found["remoteUser"] in [rest for name, rest in STEPS if name == "USER"]
    assert found["onCreateCommand"].removeprefix("make ") in TARGETS


@pytest.mark.parametrize("wrong", [{"build": {}}, {"forwardPorts": ["http"]}, {"onCreate": "make"}])
def test_the_schema_sees_what_is_wrong(wrong):
    found = json.loads((REPOSITORY / ".devcontainer/devcontainer.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**found, **wrong}, SCHEMA)


def test_a_dockerfile_is_read_step_by_step():
    text = '# a\nFROM debian:x\nRUN one \\\n  && two\n\nENV A="b:$PATH"\n'
    assert steps(text) == [("FROM", "debian:x"), ("RUN", "one && two"), ("ENV", 'A="b:$PATH"')]


def test_a_step_that_nobody_knows_or_that_fails_is_no_success(tmp_path):
    image = Image(tmp_path)
    with pytest.raises(KeyError):
        image.take("ONBUILD", "RUN true")
    image.take("ENV", 'PATH="/new:$PATH"')
    assert image.environment["PATH"].startswith("/new:/usr/")
    with pytest.raises(StepError, match="exit code"):
        image.take("RUN", "true")  # in an empty folder there is no shell

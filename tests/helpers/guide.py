"""The instructor's guide: its commands, and a copy of the course in which they are typed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.course import REPOSITORY, Course

TEXT = (REPOSITORY / "autograder" / "README.md").read_text()
BLOCKS = [
    [line.split("#")[0].strip() for line in block.splitlines()]
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
]
PERSONAL = {"submitted", "attempts", "autograded", "feedback", "outgoing", "report", "gradebook.db", "extensions.csv"}
GIT = {f"GIT_{role}_{what}": f"{what.lower()}@x.y" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def _personal(folder, names):
    """What lies in autograder/ itself and is no part of the course."""
    top = Path(folder) == REPOSITORY / "autograder"
    return [name for name in names if name == "__pycache__" or (top and (name in PERSONAL or name.startswith(".")))]


def whole_copy(root, notebooks):
    """A copy of the course with these masters, its grader and package; nothing is released yet."""
    shutil.copytree(REPOSITORY / "autograder", root / "autograder", ignore=_personal)
    shutil.copytree(REPOSITORY / "course" / "nst", root / "course" / "nst", ignore=_personal)
    for name in ("pyproject.toml", "requirements.txt", "LICENSE", ".gitignore"):
        shutil.copy(REPOSITORY / name, root)
    (root / "assets").mkdir()
    course = Course(root)
    course.masters.mkdir(parents=True)
    for name in notebooks:
        shutil.copy(Course().masters / f"{name}.ipynb", course.masters)
    return course


def typed(course, command, code=0):
    """Output of a command typed at the root of the copy, in an environment that is not active; how it must end."""
    paths = f"{course.root}{os.pathsep}{course.root / 'course'}"
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    done = subprocess.run(
        words,
        cwd=course.root,
        env={**os.environ, "PYTHONPATH": paths, "PATH": "/usr/bin:/bin", **GIT},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stderr

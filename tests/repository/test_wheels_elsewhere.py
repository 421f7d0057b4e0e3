"""The students' lock installs from wheels alone on Windows and on Macs: a table, by asking PyPI for its metadata.

`REGISTRY=1 pytest tests/repository/test_wheels_elsewhere.py -s` prints it. Nothing of the packages is downloaded.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import REPOSITORY
from pins import PYTHONS, environment, pins

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("REGISTRY"), reason="asks PyPI: REGISTRY=1 pytest says it is wanted"),
]
LOCK = REPOSITORY / "autograder/authoring/student_requirements.txt"
SYSTEMS = {"x86_64-pc-windows-msvc": "win32", "aarch64-apple-darwin": "darwin"}
NONE = "x86_64-apple-darwin"  # an Intel Mac


def asked(python, system, folder):
    """uv's answer to whether the lock could be installed there."""
    command = [
        Path(sys.executable).with_name("uv"),
        "pip",
        "install",
        "--dry-run",
        "--only-binary",
        ":all:",
        "-r",
        LOCK,
    ]
    command += ["--python-version", f"{python}.9", "--python-platform", system, "--target", folder]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_lock_is_whole_there_and_everything_has_a_wheel(python, system, tmp_path):
    done = asked(python, system, tmp_path)
    assert done.returncode == 0, done.stderr
    found = dict(re.findall(r"^ \+ (\S+)==(\S+)$", done.stderr, re.MULTILINE))
    pinned = pins(LOCK.read_text(), environment(python, SYSTEMS[system]))
    print(f"\n| {system} | {python} | {len(found)} packages | TensorFlow {found.get('tensorflow', 'none')} |")
    assert found == pinned


def test_an_intel_mac_has_no_wheel_for_some(tmp_path):
    assert "has no usable wheels" in asked("3.12", NONE, tmp_path).stderr

"""The student archive works where it is unpacked, from its own files only."""

import os
import re
import subprocess
import sys
import zipfile

import pytest

from autograder.course import Course
from autograder.release import ARCHIVE, write_archive

FIRST_STEPS = """
import numpy as np
import nst
from nst import check
print(nst.__file__)
print(nst.load_image("ball", size=32).shape)
check("gram_matrix", lambda F: F @ F.T)
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(write_archive(Course(), folder / "archive.zip")) as archive:
        archive.extractall(folder)
    return folder / ARCHIVE


def test_the_first_cells_run_from_the_unpacked_files(unpacked):
    own = {**os.environ, "PYTHONPATH": str(unpacked / "course")}
    command = [sys.executable, "-c", FIRST_STEPS]
    done = subprocess.run(
        command, cwd=unpacked / "course/style_transfer", env=own, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    where, shape, verdict = done.stdout.splitlines()
    assert where == str(unpacked / "course/nst/__init__.py")
    assert shape == "(24, 32, 3)" and "passed" in verdict


def test_every_picture_and_file_that_it_names_is_there(unpacked):
    books = sorted((unpacked / "course/style_transfer").glob("*.ipynb"))
    assert len(books) == 6
    for book in books:
        for target in re.findall(r"\]\(((?:expected/)?\w+\.(?:png|ipynb))\)", book.read_text()):
            assert (book.parent / target).is_file(), f"{book.name} shows {target}"
    for target in re.findall(r"course/style_transfer/\w+\.ipynb", (unpacked / "README.md").read_text()):
        assert (unpacked / target).is_file()
    packaged = {path.suffix for path in (unpacked / "course/nst").rglob("*") if path.is_file()}
    assert packaged >= {".py", ".json"} and not list(unpacked.rglob("autograder*"))

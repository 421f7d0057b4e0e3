"""The student archive works where it is unpacked, from its own files only."""

import os
import re
import subprocess
import sys
import sysconfig
import zipfile

import nbformat
import pytest

from autograder.authoring.release import ARCHIVE, write_archive
from autograder.course import Course

BOOKS = sorted(Course().released.glob("*.ipynb"))
FIRST_STEPS = """
print(nst.__file__)
print(nst.load_image("ball", size=32).shape)
nst.check("gram_matrix", lambda F: F @ F.T)
"""


def first_cell(book):
    return next(cell.source for cell in nbformat.read(book, as_version=4).cells if cell.cell_type == "code")


def run(code, folder, *how):
    """Run it there with all packages of requirements.txt but nst, which -S hides: it is installed by a .pth file."""
    own = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib"), "IPYTHONDIR": str(folder)}
    command = [sys.executable, "-S", *how, "-c", code]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(write_archive(Course(), folder / "archive.zip")) as archive:
        archive.extractall(folder)
    return folder / ARCHIVE


def test_the_first_cells_run_from_the_unpacked_files_also_where_nst_is_not_installed(unpacked):
    done = run(first_cell(BOOKS[0]) + FIRST_STEPS, unpacked / "course/style_transfer")
    assert done.returncode == 0, done.stderr
    where, shape, verdict = done.stdout.splitlines()
    assert os.path.normpath(where) == str(unpacked / "course/nst/__init__.py")
    assert shape == "(24, 32, 3)" and "passed" in verdict


def test_a_notebook_alone_says_what_it_needs(tmp_path):
    """As IPython shows it: the line that failed, with what stands beside it."""
    for cell in {first_cell(book) for book in BOOKS}:
        done = run(cell, tmp_path, "-m", "IPython", "--colors=NoColor")
        shown = done.stdout + done.stderr
        assert done.returncode == 1 and "No module named 'nst'" in shown and "README.md" in shown, shown


def test_every_picture_and_file_that_it_names_is_there(unpacked):
    books = sorted((unpacked / "course/style_transfer").glob("*.ipynb"))
    assert len(books) == 7
    for book in books:
        for target in re.findall(r"\]\(((?:expected/)?\w+\.(?:png|ipynb))\)", book.read_text()):
            assert (book.parent / target).is_file(), f"{book.name} shows {target}"
    for target in re.findall(r"course/style_transfer/\w+\.ipynb", (unpacked / "README.md").read_text()):
        assert (unpacked / target).is_file()
    packaged = {path.suffix for path in (unpacked / "course/nst").rglob("*") if path.is_file()}
    assert packaged >= {".py", ".json"} and not list(unpacked.rglob("autograder*"))


@pytest.mark.slow
def test_its_packaging_has_every_room_of_nst(unpacked, tmp_path):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--target", str(tmp_path), str(unpacked)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    rooms = {path.parent.relative_to(unpacked / "course") for path in (unpacked / "course/nst").rglob("*.py")}
    assert {path.parent.relative_to(tmp_path) for path in (tmp_path / "nst").rglob("*.py")} == rooms
    own = {**os.environ, "PYTHONPATH": f"{tmp_path}:{sysconfig.get_path('purelib')}"}
    command = [sys.executable, "-S", "-c", f"import nst{FIRST_STEPS}from nst.doctor import doctor\ndoctor()"]
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith(str(tmp_path)) and "(24, 32, 3)" in done.stdout and "passed" in done.stdout, done
    assert "the course's pictures" not in done.stdout and "the cases" not in done.stdout
    assert not list(tmp_path.glob("autograder*"))

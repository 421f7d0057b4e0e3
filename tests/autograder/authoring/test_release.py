"""What students get: generated, the same every time, without a solution in it."""

import json
import subprocess
import sys
import zipfile

import nbformat
import pytest

from autograder.authoring import release
from autograder.authoring.masters import Masters
from autograder.course import REPOSITORY, Course, CourseError


@pytest.fixture
def course(course):
    """The small course with what an archive needs."""
    for folder in ("course/nst", "assets/originals", "course/nst/__pycache__"):
        (course.root / folder).mkdir(parents=True)
    (course.root / "course/nst/__init__.py").write_text("")
    (course.root / "course/nst/__pycache__/x.pyc").write_bytes(b"x")
    (course.root / "assets/originals/private.jpg").write_bytes(b"x")
    (course.root / "assets/ball.png").write_bytes(b"x")
    for name in ("requirements.txt", "LICENSE"):
        (course.root / name).write_bytes((REPOSITORY / name).read_bytes())
    return course


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_released_twice_gives_the_same_bytes(course):
    first = release.release(course).read_bytes(), files(course.root / "course")
    again = release.release(course).read_bytes(), files(course.root / "course")
    assert first == again


@pytest.mark.slow
def test_nbgrader_itself_generates_the_same_bytes(course):
    release.release(course)
    ours = files(course.released)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", course.assignment, "--no-db", "--force"]
    done = subprocess.run(command, cwd=course.home, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert files(course.released) == ours


def test_drift_names_what_differs_is_missing_or_is_left_over(course):
    release.release(course)
    assert release.drift(course) == []
    (course.released / "01_feature_maps.ipynb").write_text("edited")
    (course.released / "old.ipynb").write_text("left over")
    (course.root / "course/nst/cases/gram_matrix.json").unlink()
    assert release.drift(course) == [
        "course/nst/cases/gram_matrix.json",
        "course/style_transfer/01_feature_maps.ipynb",
        "course/style_transfer/old.ipynb",
    ]


def test_no_solution_output_or_foreign_mark_is_released(course):
    release.release(course)
    for path in course.released.glob("*.ipynb"):
        nb = nbformat.read(path, as_version=4)
        text = json.dumps(nb)
        assert "SOLUTION" not in text and "HIDDEN" not in text
        assert set(nb.metadata) == {"kernelspec", "language_info"}
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
                assert "raise NotImplementedError()" in cell.source and "return " not in cell.source
            assert not cell.get("outputs") and cell.get("execution_count") is None


@pytest.mark.parametrize("old", ["    ### END SOLUTION", "    ### BEGIN SOLUTION"])
def test_a_forgotten_delimiter_stops_the_release(course, old):
    release.release(course)
    before = files(course.released)
    path = course.masters / "03_gram_matrices.ipynb"
    nb = nbformat.read(path, as_version=4)
    cell = next(cell for cell in nb.cells if cell.id == "gram_matrix")
    assert old in cell.source
    cell.source = cell.source.replace(old, "")
    nbformat.write(nb, path)
    with pytest.raises(CourseError, match="cell gram_matrix"):
        release.release(course)
    assert files(course.released) == before, "what was released stays as it was"


def test_foreign_metadata_stops_the_release(course):
    path = course.masters / "03_gram_matrices.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.metadata["author"] = "someone"
    nbformat.write(nb, path)
    with pytest.raises(CourseError, match="author"):
        release.release(course)


def test_the_archive_holds_the_course_and_nothing_of_the_instructors(course):
    with zipfile.ZipFile(release.release(course)) as archive:
        names = {name.removeprefix(f"{release.ARCHIVE}/") for name in archive.namelist()}
        requirements = archive.read(f"{release.ARCHIVE}/requirements.txt").decode()
    assert names == {
        "LICENSE",
        "README.md",
        "assets/ball.png",
        "course/nst/__init__.py",
        "course/nst/cases/syllabus.csv",
        *(f"course/nst/cases/{exercise}.json" for exercise in Masters(course.masters).exercises()),
        "course/style_transfer/01_feature_maps.ipynb",
        "course/style_transfer/03_gram_matrices.ipynb",
        "pyproject.toml",
        "requirements.txt",
    }
    assert "tensorflow==" in requirements and "nbgrader" not in requirements and requirements.endswith("-e .\n")


def test_an_assignment_that_is_not_there_is_named(course):
    with pytest.raises(CourseError, match="nothing_here"):
        Course(course.root, "nothing_here").notebooks()


def test_what_is_committed_is_what_the_masters_give():
    """The drift test: after an edit of a master, `make release`."""
    assert release.drift(Course()) == []

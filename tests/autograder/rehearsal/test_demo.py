"""`make demo` leaves its results in output/ and nothing anywhere else. (What its class is worth: test_grading.)"""

from pathlib import Path

import pytest

from autograder.__main__ import main
from autograder.course import CourseError
from autograder.rehearsal import demo
from autograder.rehearsal.samples import filled, hand_in, solved


@pytest.fixture
def here(course, monkeypatch):
    """The command on the small course; nobody hands in a notebook, so that no kernel is needed."""
    monkeypatch.setattr(demo, "Course", lambda: course)
    monkeypatch.setattr(demo, "REPOSITORY", course.root)
    monkeypatch.setattr(demo, "build", lambda copy: [hand_in(copy, "known_mistakes", {}, []).parent.name])
    return course


@pytest.mark.slow
def test_it_says_where_everything_is_and_leaves_the_instructors_gradebook_alone(here, capsys):
    before = (here.home / "gradebook.db").read_bytes()
    (here.root / "output" / "sample_class" / "submitted").mkdir(parents=True)  # left over from an earlier run
    assert main(["demo", "--no-picture"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["known_mistakes", "0", "of", "31"] for line in lines), lines
    assert not any("autograder report" in line for line in lines), "that would be about the instructor's own course"
    page, grades = Path(lines[-2].split()[-1]), Path(lines[-1].split()[-1])
    assert "Not graded" in page.read_text()
    assert "known_mistakes" in grades.read_text()
    assert (here.home / "gradebook.db").read_bytes() == before
    assert not here.submitted.exists()


def test_a_picture_that_cannot_be_painted_ends_the_demo(tmp_path, capfd):
    with pytest.raises(CourseError, match="exit code 2"):
        demo.paint(tmp_path / "x.png", 1)
    assert "nst:" in capfd.readouterr().err


def test_samples_are_the_released_notebooks_with_answers_in_them(course):
    nb = filled(course, "03_gram_matrices", solved(course))
    sources = {cell.id: cell.source for cell in nb.cells}
    assert "SOLUTION" not in sources["gram_matrix"] and "F.T" in sources["gram_matrix"]
    released = course.skeleton("03_gram_matrices")
    assert [cell.metadata for cell in nb.cells] == [cell.metadata for cell in released.cells]

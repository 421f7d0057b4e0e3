"""The course is updated in mid-term by the commands of the guide: git brings news, and nothing personal is lost."""

import json
import shutil
import subprocess

import nbformat
import pytest

from autograder.course import Course
from autograder.rehearsal.samples import filled, solved
from graded_class import read_reflections
from guide import BLOCKS, typed, whole_copy
from zips import zipped

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("git"), reason="git is not installed"),
]
NAME = "01_feature_maps"
UPDATE = next(block for block in BLOCKS if any(line.startswith("git pull") for line in block))


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """The course as it is published."""
    course = whole_copy(tmp_path_factory.mktemp("upstream") / "course", [NAME])
    typed(course, "python -m autograder release")
    for command in ("git init --quiet", "git add --all", "git commit --quiet -m first"):
        typed(course, command)
    return course


def edited(course, change):
    """The course with its master changed, released and committed."""
    path = course.masters / f"{NAME}.ipynb"
    book = json.loads(path.read_text())
    change({cell["id"]: cell for cell in book["cells"]})
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n")
    typed(course, "python -m autograder release")
    typed(course, "git add --all")
    typed(course, "git commit --quiet -m 'our changes'")


def more_points(cells):
    cells["test_inner_product"]["metadata"]["nbgrader"]["points"] += 2


def other_words(cells):
    cells["title"]["source"] = ["# Feature maps, told better"]


@pytest.fixture(scope="module")
def term(upstream, tmp_path_factory):
    """What each command printed: a term in a clone with points of its own, half-way updated as the guide says."""
    course = Course(tmp_path_factory.mktemp("ours") / "course")
    clone = ["git", "clone", "--quiet", str(upstream.root), str(course.root)]
    subprocess.run(clone, check=True, capture_output=True)
    edited(course, more_points)
    book = nbformat.writes(filled(course, NAME, solved(course)))
    (course.root / "week.zip").write_bytes(zipped({f"doejane_1_100_{NAME}.ipynb": book}))
    for command in ("collect week.zip", "grade", "scores"):
        if command == "scores":
            read_reflections(course, points=3)
        typed(course, f"python -m autograder {command}")
    before = (course.home / "outgoing" / "scores_plain.csv").read_text()

    edited(upstream, other_words)
    grader = upstream.home / "judging" / "verdicts.py"
    grader.write_text(grader.read_text() + "\nNEWS = 1\n")
    typed(upstream, "git commit --quiet -am 'a better grader'")
    printed = {}
    for command in UPDATE:
        printed[command] = typed(course, command)
        if command.startswith("git pull"):
            printed["stale"] = typed(course, "python -m autograder scores", code=2)
    return course, before, printed


def test_news_and_own_changes_are_both_there(term):
    course, _, _ = term
    cells = {cell.id: cell for cell in course.skeleton(NAME).cells}
    assert cells["title"].source == "# Feature maps, told better"
    assert cells["test_inner_product"].metadata.nbgrader.points == 5
    assert typed(course, "git status --short") == "", "what is personal is in no commit"


def test_until_everybody_is_graded_by_the_new_grader_nothing_goes_out(term):
    _, _, printed = term
    assert "doejane_1" in printed["stale"] and "not final" in printed["stale"]
    assert "doejane_1" in printed["python -m autograder grade"]


def test_points_by_hand_stay_and_wait_for_a_second_look(term):
    course, before, _ = term
    said = typed(course, "python -m autograder scores", code=2)
    assert "not final" in said
    read_reflections(course, points=3)
    typed(course, "python -m autograder scores")
    assert (course.home / "outgoing" / "scores_plain.csv").read_text() == before


def test_the_backup_of_before_is_whole(term):
    course, _, _ = term
    assert "files" in typed(course, "python -m autograder restore before-update.zip --replace")
    assert (course.submitted / "doejane_1" / course.assignment / f"{NAME}.ipynb").is_file()

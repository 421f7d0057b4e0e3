"""A term by the guide: every command of autograder/README.md, typed in its order into a copy of the course."""

import csv
import json
import zipfile

import nbformat
import pytest

from added_exercise import NEW, new_cell
from autograder.course import Course
from autograder.rehearsal.samples import filled, solved
from graded_class import read_reflections
from guide import BLOCKS, typed, whole_copy
from zips import zipped

pytestmark = pytest.mark.sandbox
COMMANDS = [line for block in BLOCKS if "git pull" not in block for line in block if "autograder" in line]
ELSEWHERE = ("--help", "formgrader", "autograder read", "--scheduler")  # in tests/browser and test_cluster
WRONG = {
    "gram_trace": "def gram_trace(F):\n    return np.mean(np.diag(gram_matrix(F)))",
    "feature_distance": "def feature_distance(F, P):\n    return np.tanh(np.linalg.norm(F - P))",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The course with one exercise more and other points, made as the guide says; two notebooks, to be quick."""
    course = whole_copy(tmp_path_factory.mktemp("term") / "course", ["01_feature_maps"])
    root = course.root
    book = json.loads((Course().masters / "03_gram_matrices.ipynb").read_text())
    source = "def gram_trace(F):\n    ### BEGIN SOLUTION\n    return np.trace(gram_matrix(F))\n    ### END SOLUTION"
    book["cells"] += [
        new_cell("gram_trace", source, solution=True),
        new_cell("test_gram_trace", 'check("gram_trace", gram_trace)', grade=True, locked=True, points=2),
    ]
    (check,) = [cell for cell in book["cells"] if cell["id"] == "test_gram_matrices"]
    check["metadata"]["nbgrader"]["points"] = 5
    check["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "of the instructor's"}]
    (course.masters / "03_gram_matrices.ipynb").write_text(json.dumps(book))
    (course.home / "exercises" / "gram_trace.py").write_text(NEW)
    answer = "def gram_matrix(F):\n    return F @ F.T\n"
    (root / "answer.py").write_text(answer)
    (root / "answers.json").write_text(json.dumps([{"exercise": "gram_matrix", "name": "one", "source": answer}]))
    return course


@pytest.fixture(scope="module")
def term(copy):
    """What each command printed."""
    printed = {}
    for command in COMMANDS:
        if not any(word in command for word in ELSEWHERE):
            if "feedback-zips" in command:
                read_reflections(copy, points=0)  # as step 6 says, in formgrader
            printed[command] = typed(copy, command)
            if command.endswith("release"):
                canvas_zip(copy)
    return printed


def canvas_zip(course):
    """submissions.zip as Canvas writes it: one student all right, one with a known mistake in the new exercise and
    another wrong answer, which nothing explains."""
    right = solved(course)
    sources = {"doejane_12345_678910": right, "leeann_LATE_23456_678911": right | WRONG}
    data = zipped(
        {
            f"{name}_{notebook}-1.ipynb": nbformat.writes(filled(course, notebook, answers))
            for name, answers in sources.items()
            for notebook in course.notebooks()
        }
    )
    (course.root / "submissions.zip").write_bytes(data)
    (course.root / "students.csv").write_text('Student,ID\n"Doe, Jane",12345\n"Lee, Ann",23456\n"Mill, Max",34567\n')


def test_every_verb_of_the_guide_has_been_typed(term):
    verbs = {command.split()[3] for command in term}
    assert verbs >= {"release", "late", "collect", "attempts", "grade", "report", "split", "feedback-zips", "scores"}


def test_the_roster_says_who_is_missing_and_every_hand_in_is_kept(term):
    (text,) = [text for command, text in term.items() if "collect" in command and "--roster" in command]
    assert "In the roster, and nothing handed in:\n    Max Mill" in text
    (text,) = [text for command, text in term.items() if "attempts --student" in command]
    assert text.startswith("* ") and "from submissions.zip  01_feature_maps, 03_gram_matrices" in text


def test_the_added_exercise_and_the_changed_points_are_graded(copy, term):
    with open(copy.home / "outgoing" / "scores_canvas.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Student"].strip(), row["ID"], row["style_transfer"]) for row in rows] == [
        ("Points Possible", "", "35"),
        ("Doe, Jane", "12345", "28"),
        ("Lee, Ann", "23456", "23"),
    ]
    page = (copy.feedback / "leeann_23456" / copy.assignment / "03_gram_matrices.html").read_text()
    assert "You averaged the diagonal: the trace is its sum." in page


def test_the_student_archive_of_the_copy_holds_it_too(copy, term):
    with zipfile.ZipFile(copy.root / "dist" / "neural-style-transfer.zip") as archive:
        assert "neural-style-transfer/course/nst/cases/gram_trace.json" in archive.namelist()


def test_outputs_of_a_master_are_not_released(copy, term):
    cells = copy.skeleton("03_gram_matrices").cells
    assert not any(cell.get("outputs") for cell in cells)


def test_feedback_goes_back_under_the_names_of_the_lms(copy, term):
    with zipfile.ZipFile(copy.home / "outgoing" / "all_feedback.zip") as archive:
        names = archive.namelist()
    assert names == ["doejane_12345_678910_feedback.zip", "leeann_LATE_23456_678911_feedback.zip"]


def test_one_student_is_graded_again(term):
    (text,) = [text for command, text in term.items() if "--force" in command]
    assert "doejane_12345" in text and "leeann" not in text and "28 of 28, 7 by hand" in text

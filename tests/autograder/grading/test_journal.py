"""Every change of points leaves a line before it is saved, in order, whoever makes it; gaps in the file show."""

import json
import multiprocessing
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from autograder import __main__
from autograder.course import OUTGOING, Course
from autograder.grading import journal
from autograder.judging import seeds
from autograder.outcome import feedback_zips, scores
from autograder.rehearsal.samples import hand_in, solved
from graded_class import nbgrader_autograde

REFLECTION = ("reflection_feature_maps", "01_feature_maps")


def lines(course):
    path = course.home / journal.FILE
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def changes(course, what):
    return [(line["cell"], line["before"], line["after"]) for line in lines(course) if line["what"] == what]


@pytest.fixture
def graded(course, judged):
    hand_in(course, "ann", solved(course))
    nbgrader_autograde(course)
    return course


def give(course, student="ann", **fields):
    """What formgrader does when points are typed in, or a forged click does."""
    with Gradebook(course.db_url) as gradebook:
        grade = gradebook.find_grade(*REFLECTION, course.assignment, student)
        for name, value in fields.items():
            setattr(grade, name, value)
        gradebook.db.commit()


@pytest.mark.slow
def test_verdicts_and_overrides_are_written_down_with_old_and_new_value(graded):
    assert ("test_gram_matrix", 0.0, 8.0) in changes(graded, "auto_score")
    give(graded, manual_score="4")  # as formgrader has it from the browser
    give(graded, manual_score=1.5, extra_credit=2)
    give(graded, manual_score="1.5")
    give(graded, manual_score=None)
    name = REFLECTION[0]
    assert changes(graded, "manual_score") == [(name, None, 4), (name, 4, 1.5), (name, 1.5, None)]
    assert changes(graded, "extra_credit") == [(name, None, 2)]
    last = lines(graded)[-1]
    assert (last["student"], last["notebook"]) == ("ann", REFLECTION[1])
    assert journal._when(last).utcoffset() is not None and last["who"] and last["how"]
    assert (graded.home / journal.FILE).stat().st_mode & 0o777 == 0o600
    problems = []
    assert len(list(journal.entries(graded.home / journal.FILE, problems))) == len(lines(graded)) and not problems


@pytest.mark.slow
def test_a_regrade_shows_what_it_changed_and_manual_points_stay(graded, judged):
    give(graded, manual_score=4)
    before = len(lines(graded))
    judged.score = lambda points: points / 2
    nbgrader_autograde(graded)
    found = [
        (line["before"], line["after"]) for line in lines(graded)[before:] if line.get("cell") == "test_gram_matrix"
    ]
    assert found == [(8, 0), (0, 4)]
    assert not [line for line in lines(graded)[before:] if line["what"] == "manual_score"]


@pytest.mark.slow
def test_a_submission_that_is_removed_leaves_its_points_in_the_log(graded):
    give(graded, manual_score=4)
    with Gradebook(graded.db_url) as gradebook:
        gradebook.remove_submission(graded.assignment, "ann")
    assert (REFLECTION[0], 4, None) in changes(graded, "manual_score")
    assert ("test_gram_matrix", 8, None) in changes(graded, "auto_score")


@pytest.mark.slow
def test_what_is_rolled_back_or_cannot_be_written_down_did_not_happen(graded):
    before = lines(graded)
    with Gradebook(graded.db_url) as gradebook:
        gradebook.find_grade(*REFLECTION, graded.assignment, "ann").manual_score = 4
        gradebook.db.flush()
        gradebook.db.rollback()
        gradebook.db.commit()
    assert lines(graded) == before
    (graded.home / journal.FILE).rename(graded.home / "kept")
    (graded.home / journal.FILE).mkdir()
    with pytest.raises(OSError):
        give(graded, manual_score=4)
    with Gradebook(graded.db_url) as gradebook:
        assert gradebook.find_grade(*REFLECTION, graded.assignment, "ann").manual_score is None


@pytest.mark.slow
def test_formgraders_own_programs_and_plain_nbgrader_write_it_too(graded):
    """A process that reads nbgrader_config.py as nbgrader does, and nothing else of ours."""
    program = (
        "from nbgrader.apps import NbGrader; from nbgrader.api import Gradebook; app = NbGrader(); "
        "app.initialize([]); g = Gradebook(app.coursedir.db_url); "
        f"g.find_grade(*{REFLECTION}, {graded.assignment!r}, 'ann').manual_score = 3; g.db.commit()"
    )
    subprocess.run([sys.executable, "-c", program], cwd=graded.home, check=True, timeout=120)
    assert changes(graded, "manual_score") == [(REFLECTION[0], None, 3)]


@pytest.mark.slow
def test_what_leaves_the_course_is_written_down(graded, monkeypatch):
    for module, arguments in ((scores, ["--lms", "canvas", "--anyway"]), (feedback_zips, ["--anyway"])):
        monkeypatch.setattr(module, "Course", lambda: graded)
        assert module.main(arguments) == 0
    found = [line for line in lines(graded) if line["what"] in ("scores", "feedback-zips")]
    assert [(line["what"], line["file"]) for line in found] == [
        ("scores", "scores_canvas.csv"),
        ("feedback-zips", "all_feedback.zip"),
    ]
    for line in found:
        assert line["sha256"] == seeds.digest((graded.home / OUTGOING / line["file"]).read_bytes())


def append(home, number):
    for turn in range(40):
        journal.record(home, "test", writer=number, turn=turn, text="x" * 3_000)


def test_writers_at_once_do_not_mix_lines(tmp_path):
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pool.starmap(append, [(tmp_path, number) for number in range(3)])
    problems = []
    found = list(journal.entries(tmp_path / journal.FILE, problems))
    assert not problems and len(found) == 120
    for number in range(3):
        assert [entry["turn"] for entry in found if entry["writer"] == number] == list(range(40))


@pytest.fixture
def five(tmp_path):
    for number in range(5):
        journal.record(tmp_path, "test", number=number)
    return tmp_path / journal.FILE


def read(path):
    problems = []
    return [entry["number"] for entry in journal.entries(path, problems)], problems


def test_a_cut_last_line_is_said_and_writing_goes_on_after_it(five):
    five.write_bytes(five.read_bytes()[:-20])
    assert read(five)[0] == [0, 1, 2, 3]
    journal.record(five.parent, "test", number=5)
    found, problems = read(five)
    assert found == [0, 1, 2, 3, 5]
    assert len(problems) == 1 and problems[0].startswith("Line 5 is cut off")


@pytest.mark.parametrize("damage", ["removed", "altered", "first removed", "swapped"])
def test_a_line_that_is_missing_or_altered_shows(five, damage):
    rows = five.read_bytes().splitlines(keepends=True)
    if damage == "altered":
        rows[2] = rows[2].replace(b'"number": 2', b'"number": 7')
    elif damage == "swapped":
        rows[1], rows[2] = rows[2], rows[1]
    else:
        del rows[2 if damage == "removed" else 0]
    five.write_bytes(b"".join(rows))
    assert any("something was changed or removed" in problem for problem in read(five)[1])


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"null", b'{"when": 3}', b'{"when": "yesterday"}', b"\xff\xfe", b"[" * 9_999]
)
def test_an_odd_line_is_said_and_skipped(five, line):
    five.write_bytes(five.read_bytes() + line + b"\n")
    found, problems = read(five)
    assert found == list(range(5)) and len(problems) == 1


def test_the_command_shows_one_student_from_a_time_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(journal, "Course", lambda: Course(tmp_path))
    (tmp_path / "autograder").mkdir()
    assert __main__.main(["log"]) == 2
    assert "nothing has been graded" in capsys.readouterr().err
    for student in ("ann", "<b>bob\x1b[2J"):
        journal.record(tmp_path / "autograder", "manual_score", student=student, cell="x", before=None, after=4.0)
    assert __main__.main(["log", "--student", "ann", "--since", "2020-01-01"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("manual_score  ann  x  none -> 4")
    assert __main__.main(["log"]) == 0
    assert "\x1b" not in (out := capsys.readouterr().out) and "<" not in out
    assert __main__.main(["log", "--since", "2999-01-01T00:00+01:00"]) == 0
    assert not capsys.readouterr().out
    with pytest.raises(SystemExit):
        __main__.main(["log", "--since", "yesterday"])
    assert "write it as 2026-12-01" in capsys.readouterr().err

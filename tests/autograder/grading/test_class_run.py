"""A class graded with the real sandbox: the right scores, once; and nothing that one student does stops the rest."""

import contextlib
import errno
import functools
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import sqlalchemy

from autograder.__main__ import main
from autograder.course import Course, CourseError
from autograder.grading import class_run, command
from autograder.grading.class_run import GradingOptions, grade_class, run_jobs
from autograder.grading.one_writer import only_writer
from autograder.judging.seeds import seed_key
from autograder.outcome.feedback_zips import generate
from autograder.rehearsal.demo import build, export
from autograder.rehearsal.samples import hand_in, solved
from autograder.sandbox import levels

NAMES = ["all_right", "damaged_file", "half_done", "known_mistakes", "no_notebook", "raises_errors", "renamed_files"]
NAMES += ["untouched"]


@pytest.fixture(scope="module")
def results():
    """What the workers found about each student of the classroom."""
    return {}


def kept(run_jobs, results, *arguments):
    """The pairs of run_jobs, which are also put into `results`."""
    for key, result in run_jobs(*arguments):
        results[key.student] = result
        yield key, result


@pytest.fixture(scope="module")
def classroom(pristine, tmp_path_factory, results):
    """The demonstration's class on a course of two notebooks, graded in two processes: (course, outcomes)."""
    course = Course(shutil.copytree(pristine.root, tmp_path_factory.mktemp("class") / "course"))
    assert build(course) == NAMES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_run, "run_jobs", functools.partial(kept, run_jobs, results))
        outcomes = grade_class(course, settings=GradingOptions(jobs=2))
    generate(course)
    return course, {outcome.student: outcome for outcome in outcomes}


def grades(course):
    """Every row of the gradebook that a grade consists of."""
    query = """SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade, g.extra_credit
        FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id JOIN base_cell c ON g.cell_id = c.id"""
    with sqlite3.connect(course.home / "gradebook.db") as database:
        return sorted(database.execute(query).fetchall(), key=repr)


@pytest.mark.sandbox
def test_every_kind_of_submission_gets_what_it_is_worth(classroom):
    _, outcomes = classroom
    assert [outcome.message for outcome in outcomes.values() if outcome.state != "graded"] == []
    scores = {name: outcome.score for name, outcome in outcomes.items()}
    assert scores["all_right"] == scores["renamed_files"] == 24
    assert scores["untouched"] == scores["no_notebook"] == 0
    assert (scores["half_done"], scores["damaged_file"]) == (13, 11)
    assert 16 <= scores["known_mistakes"] < 24, "a mistake in gram_matrix is paid for once"
    assert scores["raises_errors"] == 12
    assert all(outcome.max_score == 31 for outcome in outcomes.values())


@pytest.mark.sandbox
def test_pages_tell_the_student_what_to_look_at(classroom):
    course, _ = classroom

    def page(student, name):
        return (course.feedback / student / course.assignment / f"{name}.html").read_text()

    assert "positions" in page("known_mistakes", "03_gram_matrices")
    assert "AttributeError" in page("raises_errors", "01_feature_maps")
    assert "SyntaxError" in page("raises_errors", "01_feature_maps")
    assert "was not in the submission" in page("no_notebook", "01_feature_maps")
    assert "cut off" in page("damaged_file", "01_feature_maps")
    assert "7 are still to be given by a person" in page("all_right", "01_feature_maps")
    assert "bubblewrap" in page("all_right", "01_feature_maps")


@pytest.mark.sandbox
def test_nothing_hidden_is_returned(classroom):
    """No seed key, solution mark, path of ours, or text of the masters' solutions that the student had not written."""
    course, _ = classroom
    secrets = [seed_key(course.home).hex(), "BEGIN SOLUTION", str(course.root), "Traceback (most", "return F @ F.T"]
    for path in [*(course.feedback / "untouched").rglob("*.html"), *(course.autograded / "untouched").rglob("*.ipynb")]:
        assert not [secret for secret in secrets if secret in path.read_text()], path


@pytest.mark.sandbox
def test_nbgrader_autograde_gives_the_same_files_and_grades(classroom, tmp_path):
    course, _ = classroom
    copy = Course(shutil.copytree(course.root, tmp_path / "course"))
    stock = [sys.executable, "-m", "nbgrader", "autograde", course.assignment, "--force", "--student=known_mistakes"]
    done = subprocess.run(stock, cwd=copy.home, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert grades(copy) == grades(course)
    for path in (course.autograded / "known_mistakes").rglob("*.ipynb"):
        same = nbformat.read(path, 4), nbformat.read(copy.root / path.relative_to(course.root), 4)
        for nb in same:
            del nb.metadata["autograder"]["seconds"], nb.metadata["autograder"]["megabytes"]
        assert same[0] == same[1]


@pytest.mark.sandbox
def test_a_second_run_has_nothing_to_do_and_changes_nothing(classroom):
    course, _ = classroom
    before = grades(course)
    assert {outcome.state for outcome in grade_class(course)} == {"unchanged"}
    assert grades(course) == before


@pytest.mark.sandbox
def test_a_changed_submission_is_graded_again_and_only_that(classroom, tmp_path):
    course, _ = classroom
    copy = Course(shutil.copytree(course.root, tmp_path / "course"))
    hand_in(copy, "untouched", solved(copy), ["03_gram_matrices"])
    outcomes = {outcome.student: outcome for outcome in grade_class(copy, ["untouched", "all_right"])}
    assert (outcomes["untouched"].state, outcomes["untouched"].score) == ("graded", 11)
    assert outcomes["all_right"].state == "unchanged"


@pytest.mark.sandbox
def test_manual_grades_and_extra_credit_survive_regrading(classroom, tmp_path):
    course, _ = classroom
    copy = Course(shutil.copytree(course.root, tmp_path / "course"))
    with sqlite3.connect(copy.home / "gradebook.db") as database:
        database.execute("UPDATE grade SET manual_score = 5, extra_credit = 1 WHERE auto_score IS NULL")
    before = [row for row in grades(copy) if row[3] is not None]
    grade_class(copy, ["all_right"], GradingOptions(force=True))
    assert before and [row for row in grades(copy) if row[3] is not None] == [(*row[:4], 1, *row[5:]) for row in before]


@pytest.fixture
def ungraded(classroom, tmp_path):
    """The classroom as it was before grading, with the same secret."""
    copy = Course(shutil.copytree(classroom[0].root, tmp_path / "course"))
    for path in (copy.autograded, copy.home / class_run.RECORDS):
        shutil.rmtree(path)
    (copy.home / "gradebook.db").unlink()
    return copy


@pytest.mark.sandbox
def test_interrupted_and_killed_it_goes_on_and_ends_the_same(classroom, ungraded):
    """Ctrl-C after the first student, then kill -9 of everything after the second; then a run to the end."""
    for name in NAMES[4:]:
        shutil.rmtree(ungraded.submitted / name)
    for wanted, signum in ((1, signal.SIGINT), (2, signal.SIGKILL)):
        command = [sys.executable, "-c", _GRADE, str(ungraded.root)]
        with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as run:
            wait_for_records(ungraded, wanted, run)
            os.killpg(run.pid, signum)
            error = run.stderr.read()  # ends when no process of the run is left
        if signum == signal.SIGINT:
            assert run.returncode == 130 and error == "\ninterrupted; the same command goes on from here\n"
    states = [outcome.state for outcome in grade_class(ungraded)]
    assert set(states) == {"graded", "unchanged"} and states.count("unchanged") >= 2
    assert grades(ungraded) == [row for row in grades(classroom[0]) if row[0] in NAMES[:4]]


@pytest.mark.sandbox
def test_an_interrupt_that_python_swallows_ends_the_run_all_the_same(ungraded, results, monkeypatch):
    """An exception in a finaliser goes nowhere, KeyboardInterrupt included; a run that missed it graded on."""
    monkeypatch.setattr(class_run, "check_ready", lambda course, settings: levels.NAMESPACES)
    monkeypatch.setattr(class_run, "run_jobs", lambda _, jobs, n: ((key, results[key.student]) for key, _ in jobs))
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    seen = []

    class Finalised:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        grade_class(ungraded, report=lambda outcome: seen.append(outcome.student) or Finalised())
    assert len(seen) == 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def wait_for_records(course, wanted, run):
    """Until this many students are graded."""
    deadline = time.monotonic() + 120
    while len(list((course.home / class_run.RECORDS).rglob("*.json"))) < wanted:
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


_GRADE = """
import sys
from pathlib import Path
from autograder import __main__
from autograder.grading import command
from autograder.course import Course
command.Course = lambda assignment: Course(Path(sys.argv[1]), assignment)
sys.exit(__main__.main(["grade", "--quiet", "--jobs", "1"]))
"""


@pytest.mark.sandbox
def test_killed_at_random_points_of_writing_it_ends_the_same(classroom, ungraded, results, monkeypatch):
    """kill -9 at any file that is opened, renamed or removed and at any word to the database, again and again."""
    monkeypatch.setattr(class_run, "check_ready", lambda course, settings: levels.NAMESPACES)
    monkeypatch.setattr(class_run, "run_jobs", lambda _, jobs, n: ((key, results[key.student]) for key, _ in jobs))
    draw = random.Random(8)
    ends = [grade_until(ungraded, draw.randint(100, 1500)) for _ in range(6)]
    assert ends.count(-signal.SIGKILL) >= 4 and set(ends) <= {-signal.SIGKILL, 0}, ends
    grade_class(ungraded)
    assert grades(ungraded) == grades(classroom[0])
    for path in classroom[0].autograded.rglob("*.ipynb"):
        assert (ungraded.root / path.relative_to(classroom[0].root)).read_bytes() == path.read_bytes()


def grade_until(course, steps):
    """Grade in a child that kills itself at its so-maniest step; how it ended."""
    child = os.fork()
    if child == 0:
        left = iter(range(steps))

        def step(*_):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        files = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.", "sqlite3.")
        sys.addaudithook(lambda event, _: step() if event.startswith(files) else None)
        for word in ("before_cursor_execute", "commit"):
            sqlalchemy.event.listen(sqlalchemy.Engine, word, step)
        try:
            grade_class(course)
        finally:
            os._exit(sys.exc_info()[0] is not None)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.sandbox
def test_export_holds_every_student(classroom, tmp_path):
    course, _ = classroom
    export(course, tmp_path / "grades.csv")
    lines = (tmp_path / "grades.csv").read_text().splitlines()
    assert len(lines) == 1 + len(NAMES)
    assert any(",all_right," in line and line.endswith("24.0,0.0,24.0,31.0") for line in lines)


# --- what concerns the whole class ------------------------------------------------------------------------------------


@pytest.fixture
def here(course, monkeypatch):
    """The command line, on the small course."""
    monkeypatch.setattr(command, "Course", lambda assignment: Course(course.root, assignment))
    return course


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade"], "There is no submission"),
        (["grade", "other"], "'other' the assignment's name"),
        (["grade", "--student", "zoe"], "No submission of 'zoe': there are those of ann"),
        (["grade", "--jobs", "-1"], "--jobs -1"),
        (["nonsense"], "unknown verb 'nonsense'"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_so_and_exits_with_2(here, capsys, arguments, message):
    if "--student" in arguments:
        hand_in(here, "ann", {}, [])
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_submissions_that_may_not_be_read_are_one_clear_line(here, capsys, monkeypatch):
    hand_in(here, "ann", {}, [])
    denied, look = PermissionError(errno.EACCES, "Permission denied"), os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: _fail(denied) if Path(path) == here.submitted else look(path))
    assert main(["grade", "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "The submissions cannot be read: [Errno 13] Permission denied" in line


def test_a_missing_sandbox_is_refused_before_anything_is_written(here, capsys, monkeypatch):
    hand_in(here, "ann", {}, [])
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(levels, "obstacle", levels.obstacle.__wrapped__)  # not what was found before
    before = grades(here)
    assert main(["grade", "--least", "namespaces"]) == 2
    said = capsys.readouterr().err
    assert "apt-get install bubblewrap" in said and "--unsafe" not in said
    assert grades(here) == before and not here.autograded.exists()


@pytest.mark.slow
def test_grading_without_a_sandbox_is_told_at_once_and_in_every_grade(here, capsys):
    hand_in(here, "ann", solved(here))
    assert main(["grade", "--unsafe", "--quiet"]) == 0
    assert "No sandbox (--unsafe)" in capsys.readouterr().err
    for path in (here.autograded / "ann" / here.assignment).glob("*.ipynb"):
        record = nbformat.read(path, as_version=4).metadata["autograder"]
        assert record["level"] == record["confinement"]["level"] == "unsafe" and record["versions"]["grader"]
    generate(here)
    page = (here.feedback / "ann" / here.assignment / "03_gram_matrices.html").read_text()
    assert '<details open="">' in page and "Run WITHOUT a sandbox (--unsafe)" in page


def test_json_lines_are_one_object_a_student(here, capsys, judged):
    hand_in(here, "ann", {}, [])
    assert main(["grade", "--json-lines"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["student"] == "ann" and json.loads(line)["score"] == 0


@pytest.mark.parametrize("name", ["ann ", "<img src=x onerror=alert(1)>", "a" * 230])
def test_a_folder_that_nobody_can_be_called_like_costs_nobody_else_anything(here, capsys, judged, name):
    """A blank at the end of one folder's name was a KeyError, and nobody was graded."""
    hand_in(here, "zoe", {})
    (here.submitted / name / here.assignment).mkdir(parents=True)
    assert main(["grade", "--json-lines"]) == 1
    found = {each["student"]: each for each in map(json.loads, capsys.readouterr().out.splitlines())}
    assert found["zoe"]["state"] == "graded"
    assert found[name]["state"] == "failed" and "rename it in submitted/" in found[name]["message"]


@pytest.fixture
def impatient(monkeypatch):
    """SQLite waits a moment only for a lock that somebody else holds."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lambda *a, **options: connect(*a, **{**options, "timeout": 0.1}))


def test_a_locked_gradebook_is_one_clear_line_and_costs_nothing(here, capsys, judged, impatient):
    hand_in(here, "ann", {}, [])
    assert main(["grade", "--quiet"]) == 0
    before = grades(here)
    with contextlib.closing(sqlite3.connect(here.home / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert main(["grade", "--force"]) == 2
    error = capsys.readouterr().err
    assert "database is locked" in error and "the same command goes on" in error and "Traceback" not in error
    assert main(["grade", "--force", "--quiet"]) == 0
    assert grades(here) == before


def test_a_database_that_cannot_be_had_is_one_clear_line(here, capsys):
    """No stack trace of nbgrader's, nor its advice about upgrades: here the server's driver is not installed."""
    hand_in(here, "ann", {}, [])
    with open(here.home / "nbgrader_config.py", "a") as config:
        config.write('c.CourseDirectory.db_url = "postgresql+nodriver://teacher@127.0.0.1/gradebook"')
    assert main(["grade", "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "NoSuchModuleError" in line and "nodriver" in line


def test_a_full_disk_costs_one_student_a_line_and_the_next_run_mends_it(here, judged, monkeypatch, capsys):
    for name in ("ann", "bob"):
        hand_in(here, name, {}, [])
    whole = class_run.write_atomically
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(
        class_run, "write_atomically", lambda path, *a, **k: _fail(full) if "ann" in path.name else whole(path, *a, **k)
    )
    assert main(["grade"]) == 1
    assert "ann could not be graded: [Errno 28] No space left on device" in capsys.readouterr().err
    monkeypatch.setattr(class_run, "write_atomically", whole)
    assert [outcome.state for outcome in grade_class(here)] == ["graded", "unchanged"]


def _fail(error):
    raise error


def test_a_second_grading_at_the_same_time_is_refused(here, judged):
    hand_in(here, "ann", {}, [])
    with only_writer(here), pytest.raises(CourseError, match="Another grading"):
        grade_class(here)

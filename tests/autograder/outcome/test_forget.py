"""Everything that is stored about a student: listed, then deleted; others and the log stay whole."""

import json
import multiprocessing
import re
import resource
import shutil
import sqlite3
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.grading import journal
from autograder.grading.class_run import RECORDS
from autograder.intake import attempts, origins, roster, unclaimed
from autograder.outcome import feedback_zips, forget, readings, reflections
from autograder.outcome.traces import Student
from autograder.rehearsal.samples import hand_in, solved
from graded_class import grade, read_reflections

ROSTER = "Student,ID,Email\nAnn A.,1,ann@uni.example\nAnn-Marie B.,2,ann-marie@uni.example\n"
EXTENSION = 'student,days,reason\nann,2,"ill, very"\nann-marie,1,\n'


@pytest.fixture
def graded(course, monkeypatch):
    """A class of two, of whom everything that there can be is stored."""
    monkeypatch.setattr(forget, "Course", lambda: course)
    for student in ("ann", "ann-marie"):
        hand_in(course, student, solved(course))
        attempts.keep(course, student, [("x.ipynb", b"{}")], {}, when="", source="a test")
        origins.remember(course, {student: origins.Origin(student, "canvas", student, email=f"{student}@uni.example")})
    grade(course, "ann", "ann-marie")
    read_reflections(course)
    (course.home / "extensions.csv").write_text(EXTENSION)
    outgoing = course.home / "outgoing"
    outgoing.mkdir()
    (outgoing / "scores.csv").write_text("student,score\nann,1\nann-marie,2\n")
    with zipfile.ZipFile(outgoing / "all_pages.zip", "w") as archive:
        archive.writestr("ann-marie/index.html", "x")
    feedback_zips.generate(course)
    feedback_zips.bundle(feedback_zips.write_zips(course, ["ann", "ann-marie"]), outgoing / "all_feedback.zip")
    for student in ("ann", "ann-marie"):
        readings.add(course, readings.Reading("ben", student, "01", "reflection", "0", [1], 1.0, "a comment"))
    readers = {"ann": ["ben"], "ann-marie": ["ben"]}
    (course.home / reflections.READERS).write_text(json.dumps(readers))
    (course.home / unclaimed.FILE).write_text(json.dumps({"ann": [["ann.pdf", "a PDF"]], "ann-marie": []}))
    (course.home / roster.KEPT).write_text(ROSTER)
    (course.home / "attempts" / "account_week.txt").write_text(
        "week.zip:\n  x.ipynb -> ann: 01\n  y -> ann-marie: 01\n"
    )
    for student in ("ann", "ann-marie"):
        record = course.home / RECORDS / course.assignment / f"{student}.json"
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text("{}")
    journal.record(course.home, "scores", file="scores.csv", students=["ann", "ann-marie"])
    journal.record(course.home, "late_submission_penalty", student="ann", before=0.0, after=1.0)
    return course


def everything(course):
    """All bytes below autograder/, by path; of what the whole class shares, too."""
    files = (path for path in course.home.rglob("*") if path.is_file() and not path.is_symlink())
    passing = (".grading.lock", ".staging-")  # a lock, and copies that go with the object they belong to
    return {path: path.read_bytes() for path in files if not path.relative_to(course.home).parts[0].startswith(passing)}


def test_what_is_stored_is_listed_and_nothing_is_changed(graded, capsys):
    before = everything(graded)
    assert main(["forget", "ann"]) == 0
    said = capsys.readouterr().out
    for part in ("submitted/ann", "attempts/ann", "autograded/ann", "scores.csv", "ann@uni.example", "ann,2,ill, very",
                 "2 graded notebooks", ".log.jsonl: ", "ann_feedback.zip", "all_feedback.zip",
                 ".readings.jsonl: 1 lines", ".readers.json", ".unclaimed.json", ".roster.csv: Ann A., ann@uni.example",
                 "account_week.txt: 1 lines", "ann.json"):  # fmt: skip
        assert part in said, part
    assert "all_pages.zip" not in said and "--delete" in said
    assert everything(graded) == before


def test_afterwards_no_byte_names_the_student_and_others_are_whole(graded, capsys):
    others = {path: data for path, data in everything(graded).items() if "ann-marie" in path.parts}
    assert main(["forget", "ann", "--delete"]) == 0
    assert "still names" not in capsys.readouterr().out
    after = everything(graded)
    assert {path: after[path] for path in others} == others
    assert not [path for path in after if re.search(rb"(?<![\w.-])ann(?![\w-])", bytes(path) + b" " + after[path])]
    with Gradebook(graded.db_url) as gradebook:
        assert [student.id for student in gradebook.students] == ["ann-marie"]
    assert (graded.home / "extensions.csv").read_text().splitlines() == ["student,days,reason", "ann-marie,1,"]
    assert list(origins.read_origins(graded)) == ["ann-marie"]
    assert list(readings.latest(graded)) == [("ann-marie", "01", "reflection")]
    assert list(reflections.plan_of(graded)) == ["ann-marie"] and list(unclaimed.of(graded)) == ["ann-marie"]
    assert (graded.home / roster.KEPT).read_text().splitlines()[1:] == ["Ann-Marie B.,2,ann-marie@uni.example"]
    assert (graded.home / "attempts" / "account_week.txt").read_text() == "week.zip:\n  y -> ann-marie: 01\n"
    assert (
        (graded.home / readings.FILE).stat().st_mode & 0o777
        == 0o600
        == ((graded.home / journal.FILE).stat().st_mode & 0o777)
    )
    assert main(["forget", "ann"]) == 2


def test_the_log_follows_on_and_tells_of_it(graded):
    forget.forget(graded, Student(graded, "ann"))
    problems = []
    entries = list(journal.entries(graded.home / journal.FILE, problems))
    assert problems == [] and entries[-1]["what"] == "a student's name taken out of the log"
    assert next(entry for entry in entries if "students" in entry)["students"] == ["(forgotten)", "ann-marie"]
    penalty = next(entry for entry in entries if entry["what"] == "late_submission_penalty")
    assert (penalty["student"], penalty["before"], penalty["after"]) == ("(forgotten)", 0.0, 1.0)


def test_a_log_that_was_altered_is_not_made_to_look_whole(graded, capsys):
    path = graded.home / journal.FILE
    path.write_bytes(path.read_bytes().replace(b'"before": 0.0', b'"before": 9.0').replace(b"ann-marie", b"bob"))
    before = everything(graded)
    assert main(["forget", "ann", "--delete"]) == 2
    assert "is not whole" in capsys.readouterr().err
    assert everything(graded) == before


def test_what_somebody_put_there_by_hand_is_named(graded, capsys):
    (graded.home / ".notes").write_text("ann was ill")
    assert main(["forget", "ann", "--delete"]) == 0
    assert "still names ann" in capsys.readouterr().out


def test_what_a_stopped_program_left_is_named(graded, capsys):
    folder = graded.home / ".replaced-20261201T000000Z-x" / "submitted" / "ann"
    folder.mkdir(parents=True)
    (folder / "01.ipynb").write_text("{}")
    assert main(["forget", "ann", "--delete"]) == 0
    assert f"still names ann: {folder / '01.ipynb'}" in capsys.readouterr().out


def test_of_a_link_the_link_goes_and_what_it_leads_to_stays(graded, tmp_path, capsys):
    theirs = tmp_path / "elsewhere"
    (graded.submitted / "ann").rename(theirs)
    (graded.submitted / "ann").symlink_to(theirs)
    (graded.autograded / "ann" / "inner").symlink_to(theirs)
    shutil.rmtree(graded.feedback / "ann")
    (graded.feedback / "ann").symlink_to("nowhere")
    before = sorted(theirs.rglob("*"))
    assert main(["forget", "ann", "--delete"]) == 0
    assert f"a link; what it leads to, {theirs}, stays" in capsys.readouterr().out
    assert sorted(theirs.rglob("*")) == before != []
    assert not [top for top in (graded.submitted, graded.autograded, graded.feedback) if (top / "ann").is_symlink()]


@pytest.mark.parametrize(
    ("where", "name"),
    [(forget.Gradebook, "remove_student"), (forget, "_sweep"), (forget.shutil, "rmtree"), (Path, "unlink"),
     (readings, "forget"), (forget, "open_atomically"), (journal, "forget")],
)  # fmt: skip
def test_after_ctrl_c_the_same_command_goes_on(graded, monkeypatch, capsys, where, name):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, name, stopped)
        assert main(["forget", "ann", "--delete"]) == 130
    assert main(["forget", "ann", "--delete"]) == 0
    assert "still names" not in capsys.readouterr().out
    assert b"ann@uni.example" not in (graded.home / "gradebook.db").read_bytes()
    assert main(["forget", "ann"]) == 2


def test_a_log_for_which_there_is_no_room_stays_as_it_was(graded):
    """In place it would be half of one and half of the other, and whole for nobody."""
    path = graded.home / journal.FILE
    for number in range(200):
        journal.record(graded.home, "scores", students=["ann", "ann-marie"], number=number)
    before = path.read_bytes()

    def with_little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))
        journal.forget(graded.home, "ann")

    process = multiprocessing.get_context("fork").Process(target=with_little_room)
    process.start()
    process.join(60)
    assert process.exitcode == 1 and path.read_bytes() == before
    assert sorted(each.name for each in graded.home.iterdir() if "part" in each.name) == []


def test_a_gradebook_that_another_program_holds_is_said_and_nothing_is_deleted(graded, capsys):
    before = everything(graded)
    other = sqlite3.connect(graded.home / "gradebook.db")
    other.execute("BEGIN IMMEDIATE")
    assert main(["forget", "ann", "--delete"]) == 2
    other.rollback()
    other.close()
    assert "open in another program" in (said := capsys.readouterr()).err and "Deleted" not in said.out
    assert everything(graded) == before


def test_who_adds_a_line_meanwhile_adds_it_to_the_new_log(graded):
    path = graded.home / journal.FILE
    with journal.lines.alone(path):
        waiting = multiprocessing.get_context("spawn").Process(target=journal.record, args=(graded.home, "meanwhile"))
        waiting.start()
        waiting.join(5)
        assert waiting.is_alive()
        journal.lines.rewrite(path, [b""])
    waiting.join(60)
    (entry,) = journal.entries(path, problems := [])
    assert entry["what"] == "meanwhile" and problems == []


def test_of_an_lms_zips_and_tables_under_its_own_names_go_too(graded, capsys):
    origin = origins.Origin("ann", "canvas", "annasmith_77", first_name="Anna", last_name="O'Smith", lms_user_id="77")
    origins.remember(graded, {"ann": origin})
    feedback_zips.write_zips(graded, ["ann"])
    outgoing = graded.home / "outgoing"
    (outgoing / "scores_canvas.csv").write_text('Student,ID\n"O\'Smith, Anna",77\n')
    (outgoing / "index.html").write_text("<p>Anna O&#39;Smith</p>")
    (outgoing / "other.csv").write_text("Joanna O'Smith,78\n")
    assert main(["forget", "ann", "--delete"]) == 0
    assert sorted(path.name for path in outgoing.iterdir()) == ["all_pages.zip", "ann-marie_feedback.zip", "other.csv"]


@pytest.mark.parametrize("name", ["nobody", "..", "", ".collected.json", "a/b"])
def test_a_name_that_nobody_has_is_a_sentence(graded, capsys, name):
    assert main(["forget", name, "--delete"]) == 2
    assert "nothing is stored" in (said := capsys.readouterr().err.lower()) or "no student's name" in said

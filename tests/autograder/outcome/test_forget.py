"""Everything that is stored about a student: listed, then deleted; others and the log stay whole."""

import zipfile

import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.grading import journal
from autograder.intake import attempts, origins
from autograder.outcome import forget
from autograder.rehearsal.samples import hand_in, solved
from graded_class import grade, read_reflections

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
    with zipfile.ZipFile(outgoing / "all_feedback.zip", "w") as archive:
        archive.writestr("ann-marie/index.html", "x")
    journal.record(course.home, "scores", file="scores.csv", students=["ann", "ann-marie"])
    journal.record(course.home, "late_submission_penalty", student="ann", before=0.0, after=1.0)
    return course


def everything(course):
    """All bytes below autograder/, by path."""
    files = (path for path in course.home.rglob("*") if path.is_file() and not path.is_symlink())
    passing = (".grading.lock", ".staging-")  # a lock, and copies that go with the object they belong to
    return {path: path.read_bytes() for path in files if not path.relative_to(course.home).parts[0].startswith(passing)}


def test_what_is_stored_is_listed_and_nothing_is_changed(graded, capsys):
    before = everything(graded)
    assert main(["forget", "ann"]) == 0
    said = capsys.readouterr().out
    for part in ("submitted/ann", "attempts/ann", "autograded/ann", "scores.csv", "ann@uni.example", "ann,2,ill, very",
                 "2 graded notebooks", ".log.jsonl: "):  # fmt: skip
        assert part in said, part
    assert "all_feedback.zip" not in said and "--delete" in said
    assert everything(graded) == before


def test_afterwards_no_byte_names_the_student_and_others_are_whole(graded, capsys):
    others = {path: data for path, data in everything(graded).items() if "ann-marie" in path.parts}
    assert main(["forget", "ann", "--delete"]) == 0
    assert "still names" not in capsys.readouterr().out
    after = everything(graded)
    assert {path: after[path] for path in others} == others
    assert not [path for path in after if forget._names(path, "ann")]
    with Gradebook(graded.db_url) as gradebook:
        assert [student.id for student in gradebook.students] == ["ann-marie"]
    assert (graded.home / "extensions.csv").read_text().splitlines() == ["student,days,reason", "ann-marie,1,"]
    assert list(origins.read_origins(graded)) == ["ann-marie"]
    assert main(["forget", "ann"]) == 2


def test_the_log_follows_on_and_tells_of_it(graded):
    forget.forget(graded, "ann")
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


@pytest.mark.parametrize("name", ["nobody", "..", "", ".collected.json", "a/b"])
def test_a_name_that_nobody_has_is_a_sentence(graded, capsys, name):
    assert main(["forget", name, "--delete"]) == 2
    assert "nothing is stored" in (said := capsys.readouterr().err.lower()) or "no student's name" in said

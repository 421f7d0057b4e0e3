"""A backup takes everything personal, restore puts it back as it was, and nothing is lost or half done on the way."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import __main__
from autograder.course import Course, CourseError
from autograder.grading import journal
from autograder.intake import attempts
from autograder.judging import seeds
from autograder.outcome import backup, final, restore
from graded_class import grade, read_reflections

pytestmark = pytest.mark.slow


@pytest.fixture
def full(course, monkeypatch):
    """A course with a bit of everything personal."""
    grade(course, "ann")
    read_reflections(course)
    (course.home / "extensions.csv").write_text("student,days,reason\nann,1,ill\n")
    (course.home / ".collected.json").write_text("{}")
    (course.submitted / "max" / course.assignment).mkdir(parents=True)
    attempts.keep(course, "ann", [("a.pdf", b"pdf")], {}, when="2026-12-01T08:00Z", source="submissions.zip")
    return course


def elsewhere(course, folder):
    """The same course on another machine: without anything personal."""
    new = Course(Path(shutil.copytree(course.root, folder)))
    for path in [*backup.personal(new), new.home / ".grading.lock"]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    config = new.home / "nbgrader_config.py"
    assert config.is_file() and not (new.home / seeds.KEY_FILE).exists()
    return new


def contents(course):
    return {
        path.relative_to(course.home).as_posix(): (path.is_file() and path.read_bytes(), path.stat().st_mode)
        for top in backup.personal(course)
        for path in [top, *top.rglob("*")]
        if path.name != "gradebook.db"
    }


def test_all_of_it_comes_back_on_another_machine(full, tmp_path):
    file = tmp_path / "term.zip"
    backup.write(full, file)
    assert file.stat().st_mode & 0o777 == 0o600
    new = elsewhere(full, tmp_path / "new")
    assert backup.restore(new, file) == (len(_files(file)), None)
    assert contents(new) == contents(full)
    assert {seeds.KEY_FILE, ".collected.json", journal.FILE, "extensions.csv", "attempts/ann"} <= contents(new).keys()
    assert "submitted/max/style_transfer" in contents(new), "a hand-in without a file is one"
    with Gradebook(new.db_url) as gradebook:
        assert gradebook.find_submission(new.assignment, "ann").score == 29
    assert [line for line in final.open_questions(new) if "ann" in line] == [], "her grade still stands"


def _files(file):
    with zipfile.ZipFile(file) as archive:
        return [name for name in archive.namelist() if name != backup.MANIFEST]


def test_what_is_there_is_put_aside_and_only_if_asked(full, tmp_path):
    file = tmp_path / "term.zip"
    backup.write(full, file)
    before = contents(full)
    with pytest.raises(CourseError, match=r"holds grades or hand-ins already .* With --replace"):
        backup.restore(full, file)
    (full.home / "extensions.csv").write_text("student,days,reason\n")
    _, aside = backup.restore(full, file, replace=True)
    assert contents(full) == before
    assert (aside / "extensions.csv").read_text() == "student,days,reason\n" and (aside / "gradebook.db").is_file()


def alter(file, name, data):
    with zipfile.ZipFile(file) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for each, old in entries.items():
            archive.writestr(each, data if each == name else old)


def test_a_backup_that_is_not_whole_changes_nothing(full, tmp_path):
    whole = tmp_path / "term.zip"
    backup.write(full, whole)
    manifest = json.loads(zipfile.ZipFile(whole).read(backup.MANIFEST))
    strange = manifest | {"files": {**manifest["files"], "../masters.ipynb": "0"}}
    damage = {
        "is not what was backed up": lambda file: alter(file, seeds.KEY_FILE, b"other"),
        "is not whole": lambda file: alter(
            file, backup.MANIFEST, json.dumps(manifest | {"files": {"extensions.csv": "0"}})
        ),
        "which no backup holds": lambda file: alter(file, backup.MANIFEST, json.dumps(strange)),
        "was not written by": lambda file: alter(file, backup.MANIFEST, b"{}"),
        "not a zip file": lambda file: file.write_bytes(b"x"),
        "No such file": lambda file: file.unlink(),
    }
    before = contents(full)
    for message, harm in damage.items():
        file = Path(shutil.copy(whole, tmp_path / "damaged.zip"))
        harm(file)
        with pytest.raises(CourseError, match=message):
            backup.restore(full, file, replace=True)
        assert contents(full) == before


def test_a_backup_is_never_overwritten_and_leaves_links_out(full, tmp_path):
    os.symlink("/etc/passwd", full.submitted / "max" / full.assignment / "01.ipynb")
    _, left_out = backup.write(full, tmp_path / "term.zip")
    assert left_out == ["'submitted/max/style_transfer/01.ipynb', a link or no regular file"]
    with pytest.raises(CourseError, match="exists; give another name"):
        backup.write(full, tmp_path / "term.zip")


def test_a_new_key_is_never_made_silently_where_grades_are(full, monkeypatch, capsys):
    (full.home / seeds.KEY_FILE).unlink()
    with pytest.raises(CourseError, match=r"is missing, and grades are there .* restore FILE"):
        seeds.seed_key(full.home)
    assert not (full.home / seeds.KEY_FILE).exists()
    monkeypatch.setattr(restore, "Course", lambda: full)
    assert __main__.main(["restore", "--new-key"]) == 0
    assert "judged on other inputs" in capsys.readouterr().out
    assert len(seeds.seed_key(full.home)) == 32
    assert any("another key" in line for line in final.open_questions(full))


@pytest.mark.parametrize("words", [["restore"], ["restore", "x.zip", "--new-key"]])
def test_restore_needs_a_file_or_the_wish_for_a_new_key(words, capsys):
    assert __main__.main(words) == 2
    assert "give the backup's FILE, or --new-key" in capsys.readouterr().err

"""Every hand-in is kept; what is graded can be compared, and exchanged for an earlier one."""

import os

import pytest

from autograder.course import CourseError
from autograder.intake import attempts as module
from autograder.intake.attempts import attempts, compare, current_id, find, keep_in_place, notebooks_of, restore
from autograder.intake.clean_copy import SECRET, deliver
from autograder.intake.collect import collect
from autograder.rehearsal.samples import filled
from zips import zipped

NAME = "01_feature_maps"
DAYS = [f"2026-12-0{day}T08:00Z" for day in range(1, 5)]


@pytest.fixture
def hand_in(course, tmp_path):
    """Collect a zip in which ann hands in a notebook with this answer; the account."""

    def collected(answer, timestamp=None, **more):
        book = filled(course, NAME, {"inner_product": answer, "feature_matrix": answer})
        path = tmp_path / "week.zip"
        path.write_bytes(zipped({f"ann/{NAME}.ipynb": str(__import__("nbformat").writes(book)).encode(), **more}))
        return collect(course, path, timestamp=timestamp)

    return collected


def graded(course):
    """What lies in submitted/ for ann."""
    return deliver(course.directory(), "ann")


def test_a_second_hand_in_is_graded_and_the_first_one_kept(course, hand_in):
    hand_in("first", DAYS[0])
    account = hand_in("second", DAYS[1])
    first, second = attempts(course, "ann")
    assert (first.when, second.when) == ("2026-12-01 08:00:00 UTC", "2026-12-02 08:00:00 UTC")
    assert b"second" in graded(course).notebooks[NAME] and graded(course).timestamp == second.when
    assert current_id(course, "ann") == second.id
    assert "ann: an earlier hand-in is kept (attempts --student ann)" in account.summary()


def test_the_same_zip_again_changes_nothing_not_even_a_time_written_by_hand(course, hand_in):
    hand_in("first")
    (course.submitted / "ann" / course.assignment / "timestamp.txt").write_text("2026-12-02T08:00+01:00")
    hand_in("first")
    assert len(attempts(course, "ann")) == 1
    assert graded(course).timestamp == "2026-12-02 07:00:00 UTC"


def test_a_time_of_an_earlier_late_hand_in_never_stays(course, hand_in):
    hand_in("late", DAYS[3])
    hand_in("in time")
    assert graded(course).timestamp is None


def test_an_older_hand_in_is_kept_and_not_used(course, hand_in):
    hand_in("newer", DAYS[1])
    account = hand_in("older", DAYS[0])
    assert b"newer" in graded(course).notebooks[NAME] and len(attempts(course, "ann")) == 2
    assert "older than the one of 2026-12-02 08:00:00 UTC: kept, and not used" in account.summary()


def test_what_was_put_there_by_hand_is_kept_too(course, hand_in):
    hand_in("first", DAYS[0])
    path = course.submitted / "ann" / course.assignment / f"{NAME}.ipynb"
    path.write_text(path.read_text().replace("first", "by hand"))
    hand_in("second", DAYS[1])
    assert "what lay in submitted/" in {each.source for each in attempts(course, "ann")}


def test_a_restored_hand_in_is_graded_with_its_own_time(course, hand_in):
    hand_in("first", DAYS[0])
    hand_in("second", DAYS[1])
    first, _ = attempts(course, "ann")
    restore(course, first)
    assert b"first" in graded(course).notebooks[NAME] and graded(course).timestamp == first.when
    assert current_id(course, "ann") == first.id and len(attempts(course, "ann")) == 2


def test_a_restored_hand_in_of_the_exchange_has_its_secret(course, hand_in):
    """Without it the exchange cannot give feedback back."""
    folder = course.submitted / "ann" / course.assignment
    hand_in("first", DAYS[0])
    (folder / SECRET).write_text("a" * 128)
    (folder / f"{NAME}.ipynb").write_text((folder / f"{NAME}.ipynb").read_text().replace("first", "exchanged"))
    keep_in_place(course, "ann")
    hand_in("second", DAYS[1])
    assert graded(course).secret is None
    (exchanged,) = [each for each in attempts(course, "ann") if each.secret]
    restore(course, exchanged)
    assert graded(course).secret == "a" * 128 and b"exchanged" in graded(course).notebooks[NAME]
    assert "aaaa" not in str(exchanged) + repr(exchanged)


def test_hand_ins_are_compared_cell_by_cell(course, hand_in):
    hand_in("first\x1b[2J", DAYS[0])
    hand_in("second", DAYS[1])
    lines = list(compare(course, *attempts(course, "ann")))
    assert f"--- {NAME}, feature_matrix" in lines and "-first?[2J" in lines and "+second" in lines


def test_files_are_kept_as_they_came(course, hand_in):
    hand_in("first", DAYS[0], **{"ann/../../a.pdf": b"pdf"})
    (attempt,) = attempts(course, "ann")
    assert attempt.files == [f"ann/{NAME}.ipynb", "ann/?/?/a.pdf"] or "a.pdf" in attempt.files[1]
    assert not list(course.root.parent.rglob("a.pdf"))


def test_the_command_lists_compares_and_restores(course, hand_in, capsys, monkeypatch):
    monkeypatch.setattr(module, "Course", lambda: course)
    hand_in("first", DAYS[0])
    hand_in("second", DAYS[1])
    first, second = attempts(course, "ann")
    assert module.main(["--student", "ann"]) == 0
    assert f"* {second.id}  handed in 2026-12-02 08:00:00 UTC  from week.zip  {NAME}" in capsys.readouterr().out
    assert module.main(["--student", "ann", "--compare", first.digest, second.digest]) == 0
    assert "+second" in capsys.readouterr().out
    assert module.main(["--student", "ann", "--restore", first.digest]) == 0
    assert b"first" in graded(course).notebooks[NAME]


def _blank(data, place):
    return data[:place] + bytes(40) + data[place + 40 :]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"attempt.json", b"attempt.jsen"),
        lambda data: _blank(data, data.index(b"attempt.json") + 20),
        lambda data: _blank(data, data.index(b"notebooks/") + 60),
    ],
)
def test_a_kept_hand_in_that_is_damaged_stops_no_other_and_is_written_anew_if_it_comes_again(course, hand_in, damaged):
    hand_in("first")
    (path,) = (course.home / "attempts" / "ann").iterdir()
    path.write_bytes(damaged(path.read_bytes()))
    hand_in("first")
    (attempt,) = attempts(course, "ann")
    assert notebooks_of(course, attempt) == graded(course).notebooks and attempt.id == path.stem
    path.write_bytes(damaged(path.read_bytes()))
    account = hand_in("second", DAYS[1])
    assert b"second" in graded(course).notebooks[NAME] and "an earlier hand-in is kept" in account.summary()
    with pytest.raises(CourseError, match=r"cannot be read .* Take it out of a backup, or move it away"):
        [notebooks_of(course, attempt) for attempt in attempts(course, "ann")]
    path.unlink()
    assert any(b"first" in notebooks_of(course, attempt)[NAME] for attempt in attempts(course, "ann"))


@pytest.mark.parametrize("student", ["nobody", "..", "../ann", "", "."])
def test_a_student_without_hand_ins_is_said(course, student):
    with pytest.raises(CourseError, match=r"No hand-in|is no student's name"):
        attempts(course, student)


def test_a_hand_in_that_is_not_there_is_said_with_those_that_are(course, hand_in):
    hand_in("first", DAYS[0])
    with pytest.raises(CourseError, match="0 hand-ins of ann have 'xyz' in their name"):
        find(course, "ann", "xyz")


def test_a_student_folder_that_is_a_link_is_replaced_and_not_followed(course, hand_in, tmp_path):
    (course.submitted / "ann").mkdir(parents=True)
    os.symlink(tmp_path, course.submitted / "ann" / course.assignment)
    hand_in("first", DAYS[0])
    assert not (course.submitted / "ann" / course.assignment).is_symlink()
    assert b"first" in graded(course).notebooks[NAME]

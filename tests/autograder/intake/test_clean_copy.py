"""Only regular, bounded, rightly named files of a submission are read; everything else is refused with a reason."""

import errno
import os
import socket
import threading
import time

import pytest

from autograder.intake import clean_copy
from autograder.intake.clean_copy import deliver, folders, stage, students, unusable
from autograder.intake.recognise import named_notebook
from autograder.rehearsal.samples import hand_in, solved

NAME = "03_gram_matrices"


@pytest.fixture
def directory(course):
    return course.directory()


@pytest.fixture
def folder(course):
    """ann's submission, untouched notebooks."""
    return hand_in(course, "ann", {})


def refused(directory, folder, make, match):
    """The delivery after `make(path)` took the notebook's place, in a thread that must not hang."""
    path = folder / f"{NAME}.ipynb"
    if path.exists():
        path.unlink()
    make(path)
    found = []
    reader = threading.Thread(target=lambda: found.append(deliver(directory, "ann")), daemon=True)
    reader.start()
    reader.join(10)
    assert found, "reading hangs"
    assert NAME not in found[0].notebooks
    assert match in found[0].reasons[NAME]
    assert "01_feature_maps" in found[0].notebooks, "the other notebook must not suffer"


def test_a_link_is_refused_also_to_a_good_notebook(directory, folder, course):
    refused(directory, folder, lambda path: path.symlink_to(course.masters / f"{NAME}.ipynb"), "a link")


def test_a_pipe_is_refused_without_waiting_for_its_writer(directory, folder):
    refused(directory, folder, os.mkfifo, "a pipe")


def test_a_folder_is_refused(directory, folder):
    refused(directory, folder, lambda path: path.mkdir(), "a folder")


def test_a_socket_is_refused(directory, folder, monkeypatch):
    monkeypatch.chdir(folder)  # paths of sockets must be short
    with socket.socket(socket.AF_UNIX) as server:
        refused(directory, folder, lambda path: server.bind(path.name), "a device or socket")


def test_a_huge_file_is_refused_unread(directory, folder, monkeypatch):
    monkeypatch.setattr(clean_copy, "MAX_BYTES", 50_000)
    refused(directory, folder, lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 10**12), "larger than")


def test_a_file_that_turns_into_a_link_meanwhile_is_refused(directory, folder, monkeypatch):
    """Between looking and opening an attacker has time; opening itself must not follow."""
    path, stat = folder / f"{NAME}.ipynb", os.stat

    def look(name, **options):
        found = stat(name, **options)
        if name == path.name and not path.is_symlink():
            path.unlink()
            path.symlink_to("/etc/passwd")
        return found

    monkeypatch.setattr(os, "stat", look)
    assert NAME not in deliver(directory, "ann").notebooks


@pytest.mark.parametrize("level", ["student", "assignment"])
def test_a_folder_that_is_a_link_is_refused_and_recorded(directory, course, folder, level):
    target = hand_in(course, "victim", {})
    if level == "student":
        (course.submitted / "eve").symlink_to(course.submitted / "victim")
    else:
        (course.submitted / "eve").mkdir()
        (course.submitted / "eve" / course.assignment).symlink_to(target)
    assert "eve" in students(directory)
    delivery = deliver(directory, "eve")
    assert delivery.notebooks == {} and "a link, no folder" in delivery.reasons[NAME]


def test_a_folder_that_may_not_be_read_is_said_and_costs_nobody_else_anything(directory, course, folder, monkeypatch):
    hand_in(course, "bob", {})
    door = os.open
    monkeypatch.setattr(os, "open", lambda path, *a, **k: denied(path) if path == "ann" else door(path, *a, **k))
    staged = stage(directory)
    assert staged.deliveries["ann"].reasons[NAME] == "the folder cannot be read (Permission denied)"
    assert not staged.deliveries["bob"].reasons


def denied(path):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


@pytest.mark.parametrize(
    "name",
    [
        "03_gram_matrices (1).ipynb",
        "03_gram_matrices-2.ipynb",
        "03_gram_matrices-Copy1.ipynb",
        "Copy of 03_gram_matrices.ipynb",
        "doejane_LATE_4711_12345_03_gram_matrices-1.ipynb",
        "Jane Doe_98765_assignsubmission_file_03_gram_matrices.ipynb",
        "03_Gram_Matrices.IPYNB",
        "03_gram_matrices.ipynb.txt",
    ],
)
def test_names_that_browsers_and_learning_platforms_give_are_understood(directory, folder, name):
    (folder / f"{NAME}.ipynb").rename(folder / name)
    assert NAME in deliver(directory, "ann").notebooks


@pytest.mark.parametrize(
    "name", ["3_gram_matrices.ipynb", "my solution.ipynb", "x.ipynb", "03_gram_matrices_final.ipynb"]
)
def test_a_notebook_of_any_name_is_known_by_its_cells(directory, folder, name):
    (folder / f"{NAME}.ipynb").rename(folder / name)
    assert NAME in deliver(directory, "ann").notebooks


@pytest.mark.parametrize("name", ["3_gram_matrices.ipynb", "03_gram_matrices_solution.ipynb", "x.ipynb"])
def test_other_notebooks_are_not_taken_for_one_of_the_course(directory, folder, name):
    (folder / f"{NAME}.ipynb").unlink()
    (folder / name).write_text('{"cells": [{"cell_type": "code", "source": "print(1)"}]}')
    assert deliver(directory, "ann").reasons == {NAME: "03_gram_matrices.ipynb was not in the submission"}


def test_of_several_copies_the_one_that_can_be_read_counts_then_the_newest(directory, folder):
    (folder / f"{NAME} (1).ipynb").write_text("one")
    (folder / f"{NAME} (2).ipynb").write_text("two")
    assert deliver(directory, "ann").notebooks[NAME].startswith(b"{")
    (folder / f"{NAME}.ipynb").unlink()
    delivery = deliver(directory, "ann")
    assert delivery.notebooks[NAME] == b"two"
    assert any("03_gram_matrices (2).ipynb (not readable) counts" in note for note in delivery.notes)


def test_an_untouched_original_never_beats_a_solved_copy(directory, course):
    answers = solved(course)
    folder = hand_in(course, "ann", answers)
    (folder / f"{NAME}.ipynb").rename(folder / f"a {NAME}.ipynb")
    hand_in(course, "ann", {}, [NAME])
    delivery = deliver(directory, "ann")
    assert (
        b"np.matmul" in delivery.notebooks[NAME]
        or delivery.notebooks[NAME] == (folder / f"a {NAME}.ipynb").read_bytes()
    )
    assert any("counts, not" in note for note in delivery.notes)


@pytest.mark.parametrize("tail", ["1" * 200 + ".txt", " -_" * 60 + "x", "copy(" * 40, " (1)" * 50 + ".pdf"])
def test_no_name_of_a_file_takes_long_to_read(tail):
    """`01_x11111111111111111111111111.txt` took 9 s, and twice as long for every two digits more."""
    started = time.monotonic()
    assert named_notebook(f"{NAME}{tail}", [NAME]) is None
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "name", ["ann ", " ann", "<img src=x onerror=alert(1)>", "a" * 201, "ann\x1b[2J", "ann\u202ebob"]
)
def test_a_folder_that_nobody_can_be_called_like_is_left_out_and_told(directory, course, folder, name):
    (course.submitted / name / course.assignment).mkdir(parents=True)
    assert students(directory) == ["ann"]
    assert sorted(folders(directory)) == sorted(["ann", name])
    assert "rename it in submitted/" in unusable(name)
    assert list(stage(directory).deliveries) == ["ann"]


@pytest.mark.parametrize(
    "text", [b"", b"soon", b"\xff\xfe", b"9" * 500, b"99999-01-01", b"[]", b"01.12.2026", b"2026-12-01 23:59"]
)
def test_a_timestamp_without_a_date_is_noted_and_left_out(directory, folder, course, text):
    (folder / "timestamp.txt").write_bytes(text)
    delivery = deliver(directory, "ann")
    assert delivery.timestamp is None and "in time" in " ".join(delivery.notes)
    staged = stage(directory)
    copy = staged.format_path(staged.submitted_directory, "ann", course.assignment)
    assert not os.path.exists(f"{copy}/timestamp.txt")


def test_a_real_timestamp_is_copied(directory, folder):
    (folder / "timestamp.txt").write_text("2026-11-20 10:00:00 UTC\n")
    assert deliver(directory, "ann").timestamp == "2026-11-20 10:00:00 UTC"


def test_a_copy_holds_every_notebook_and_no_other_file_and_goes_away(directory, folder, course):
    (folder / "secret.txt").symlink_to("/etc/passwd")
    (folder / "data.csv").write_text("1,2")
    (folder / f"{NAME}.ipynb").unlink()
    staged = stage(directory)
    copy = course.root / staged.submitted_directory / "ann" / course.assignment
    assert sorted(path.name for path in copy.iterdir()) == ["01_feature_maps.ipynb", "03_gram_matrices.ipynb"]
    assert (copy / f"{NAME}.ipynb").read_bytes() == b""
    assert staged.deliveries["ann"].notebooks == {}, "bytes of a class need not stay in memory"
    del staged
    assert not copy.exists()


def test_an_empty_folder_is_a_submission_of_nothing(directory, course):
    hand_in(course, "ann", {}, [])
    assert set(deliver(directory, "ann").reasons) == {"01_feature_maps", NAME}


def test_copies_of_killed_runs_are_removed_after_a_day(course):
    old, new = course.home / ".staging-old", course.home / ".staging-new"
    old.mkdir()
    new.mkdir()
    os.utime(old, (0, 0))
    clean_copy.remove_stale(course.home)
    assert (old.exists(), new.exists()) == (False, True)

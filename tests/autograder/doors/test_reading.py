"""Notebooks are found wherever a platform or a student puts them, and nothing else is read."""

import io
import json
import os
import zipfile

import nbformat
import pytest

from autograder.course import CourseError
from autograder.doors import reading
from autograder.doors.reading import read
from autograder.rehearsal.samples import filled

NAMES = ["01_feature_maps", "03_gram_matrices"]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "submission"
    path.mkdir()
    return path


def worked_on(course, name, text="return F"):
    answers = {each: f"def {each}(F):\n    {text}" for each in ("gram_matrix", "feature_matrix")}
    return nbformat.writes(filled(course, name, answers)).encode()


def released(course, name):
    return (course.released / f"{name}.ipynb").read_bytes()


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def sources(submission, name):
    return "\n".join(cell.source for cell in submission.cells[name])


def test_notebooks_under_names_that_browsers_and_students_give_them(course, folder):
    put(folder / "01_feature_maps (2).ipynb", worked_on(course, NAMES[0]))
    put(folder / "mine, at last.ipynb", worked_on(course, NAMES[1]))
    assert sorted(read(course, folder).cells) == NAMES


def test_a_whole_repository_the_copy_that_was_worked_on_counts(course, folder):
    for name in NAMES:
        put(folder / "course" / "style_transfer" / f"{name}.ipynb", released(course, name))
        put(folder / "my_course" / "deep" / f"{name}.ipynb", worked_on(course, name))
    put(folder / ".git" / "03_gram_matrices.ipynb", b"{}")
    put(folder / ".ipynb_checkpoints" / "03_gram_matrices.ipynb", b"{}")
    found = read(course, folder)
    assert all("return F" in sources(found, name) for name in NAMES)
    assert len(found.notes) == 2 and "my_course/deep/01_feature_maps.ipynb (1 answer) counts" in found.notes[0]


def test_an_untouched_notebook_is_a_submission_all_the_same(course, folder):
    put(folder / "03_gram_matrices.ipynb", released(course, NAMES[1]))
    assert list(read(course, folder).cells) == ["03_gram_matrices"]


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


def test_a_zip(course, folder):
    data = worked_on(course, NAMES[1])
    put(folder / "work.zip", zipped(**{"neural-style-transfer__course__03_gram_matrices.ipynb": data, "a.py": b""}))
    assert list(read(course, folder).cells) == ["03_gram_matrices"]


def test_what_is_no_zip_is_passed_over_and_told(course, folder):
    put(folder / "work.zip", b"PK no zip")
    put(folder / "03_gram_matrices.ipynb", worked_on(course, NAMES[1]))
    found = read(course, folder)
    assert list(found.cells) == ["03_gram_matrices"] and found.notes[0].startswith("work.zip: cannot be unpacked")


def test_a_zip_that_grows_without_end_costs_the_others_nothing(course, folder, monkeypatch):
    put(folder / "03_gram_matrices.ipynb", worked_on(course, NAMES[1]))
    put(folder / "z" / "bomb.zip", zipped(**{f"{n}.ipynb": b" " * 15 * 2**20 for n in range(10)}))
    found = read(course, folder)
    assert list(found.cells) == ["03_gram_matrices"] and "too large" in " ".join(found.notes)


def test_links_lead_nowhere(course, folder, tmp_path):
    put(tmp_path / "masters" / "03_gram_matrices.ipynb", worked_on(course, NAMES[1]))
    put(tmp_path / "masters.zip", zipped(**{"01_feature_maps.ipynb": worked_on(course, NAMES[0])}))
    (folder / "03_gram_matrices.ipynb").symlink_to(tmp_path / "masters" / "03_gram_matrices.ipynb")
    (folder / "more").symlink_to(tmp_path / "masters")
    (folder / "work.zip").symlink_to(tmp_path / "masters.zip")
    found = read(course, folder)
    assert found.cells == {} and [note.split(":")[0] for note in found.notes] == ["03_gram_matrices.ipynb", "work.zip"]


def test_a_pipe_does_not_hold_the_grader_up(course, folder):
    os.mkfifo(folder / "work.zip")
    os.mkfifo(folder / "03_gram_matrices.ipynb")
    assert read(course, folder).cells == {}


def test_why_there_is_nothing_to_judge(course, folder):
    put(folder / "01_feature_maps.ipynb", json.dumps({"cells": 3}).encode())
    assert read(course, folder).reasons == {
        "01_feature_maps": "01_feature_maps.ipynb: the file holds JSON, but no notebook: it has no list of cells",
        "03_gram_matrices": "03_gram_matrices.ipynb was not in the submission",
    }


def test_folders_without_end_are_not_gone_through(course, folder, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FOLDERS", 20)
    for number in range(60):
        (folder / f"{number:02}").mkdir()
    put(folder / "59" / "03_gram_matrices.ipynb", worked_on(course, NAMES[1]))
    assert read(course, folder).cells == {}


def test_no_folder(course, folder):
    with pytest.raises(CourseError, match="is no folder: give the one with the submitted notebooks"):
        read(course, folder / "missing")

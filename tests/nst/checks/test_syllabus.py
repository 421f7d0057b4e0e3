"""The table beside the cases says what the course says, and damage to it is named."""

import pytest

from notebooks import EXERCISES, OPTIONAL
from nst.checks import syllabus
from nst.checks.case_files import CaseFileError, exercise_names


def test_it_is_the_course_s_table_in_its_order():
    entries = syllabus.read()
    assert [name for name, entry in entries.items() if entry.checked] == list(EXERCISES)
    assert {name: (e.notebook, e.points) for name, e in entries.items() if e.checked} == {
        name: (notebook, points) for name, (notebook, _, points) in EXERCISES.items()
    }
    assert sum(entry.points for entry in entries.values() if not entry.optional) == 100
    assert {entry.notebook for entry in entries.values() if entry.optional} == set(OPTIONAL)
    assert set(exercise_names()) == set(EXERCISES)
    assert entries["gram_matrix"].carried == ("04_style_loss", "05_style_transfer", "07_backward")


def test_what_is_written_is_read_again(tmp_path):
    entries = list(syllabus.read().values())
    syllabus.write(entries, tmp_path)
    assert list(syllabus.read(tmp_path).values()) == entries
    assert (tmp_path / syllabus.NAME).read_bytes() == (syllabus.FOLDER / syllabus.NAME).read_bytes()


@pytest.mark.parametrize("text", [None, "name,points\ngram_matrix,eight\n"])
def test_a_damaged_table_is_named(tmp_path, text):
    if text is not None:
        (tmp_path / syllabus.NAME).write_text(text)
    with pytest.raises(CaseFileError, match=r"syllabus\.csv is missing or damaged: unpack"):
        syllabus.read(tmp_path)

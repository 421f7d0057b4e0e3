"""Tables for spreadsheets: no cell computes anything, whichever command writes it."""

import csv

import pytest
from nbgrader.api import Gradebook

from autograder.outcome import csv_table, scores
from nst.errors import SaveError

TEXTS = ["=1+1", "+1", "-1", "@sum", "\t=1+1", "\r=1+1"]


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_texts_that_could_be_formulas_are_quoted_and_numbers_stay(tmp_path):
    csv_table.write(tmp_path / "new" / "t.csv", ["text", "number"], [{"text": text, "number": -1.5} for text in TEXTS])
    assert read(tmp_path / "new" / "t.csv") == [{"text": f"'{text}", "number": "-1.5"} for text in TEXTS]


@pytest.mark.parametrize("lms", scores.COLUMNS)
@pytest.mark.parametrize("text", TEXTS)
def test_no_name_in_the_scores_is_a_formula(course, tmp_path, lms, text):
    with Gradebook(course.db_url) as gradebook:
        gradebook.add_student("ann", first_name=text, last_name=text, email=text)
    rows, _ = scores.rows_of(course, lms)
    scores.write(tmp_path / "scores.csv", rows, lms, course)
    cells = [cell for row in read(tmp_path / "scores.csv") for cell in row.values()]
    assert any(text in cell for cell in cells) and not [cell for cell in cells if cell.startswith(csv_table.FORMULAS)]


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "t.csv"
    csv_table.write(path, ["a"], [{"a": 1}])
    with pytest.raises(ValueError, match="b"):
        csv_table.write(path, ["a"], [{"b": 2}])
    with pytest.raises(SaveError):
        csv_table.write(tmp_path, ["a"], [])
    assert read(path) == [{"a": "1"}]
